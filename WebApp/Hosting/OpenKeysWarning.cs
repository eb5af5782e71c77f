namespace WebApp.Hosting;

/// <summary>Said once, when the app starts: keys lie in files that anybody who can read the folder can use.</summary>
internal sealed partial class OpenKeysWarning(string folder, ILogger<OpenKeysWarning> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        LogOpen(logger, folder);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(Level = LogLevel.Warning, Message = "DataProtection:Certificate is not set: the keys in {Folder} "
        + "are not encrypted. Let nobody but this app read that folder, or set it")]
    private static partial void LogOpen(ILogger logger, string folder);
}
