using Microsoft.Extensions.Options;

namespace WebApp.Accounts.Mail;

public static partial class MailSetup
{
    /// <summary>
    /// The queue of outgoing mail, and the way out. To be added before what sends mail: what was added first stops
    /// last.
    /// </summary>
    /// <param name="builder">The app under construction.</param>
    /// <param name="folder">Where mail goes as files when no server is set.</param>
    public static void AddMail(this WebApplicationBuilder builder, string folder)
    {
        var services = builder.Services;
        services.AddOptions<MailOptions>().BindConfiguration(MailOptions.Section, binder => binder.ErrorOnUnknownConfiguration = true).ValidateOnStart();
        services.AddSingleton<IValidateOptions<MailOptions>, MailOptionsValidation>();
        services.AddSingleton(provider => new MailFolder(folder, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<MailRows>().AddSingleton<Mailer>().AddSingleton<MailLinks>().AddSingleton<MailQueue>();
        services.AddHostedService(provider => provider.GetRequiredService<MailQueue>());
        if (!builder.Environment.IsDevelopment())
            services.AddHostedService<NoServerWarning>();
    }

    /// <summary>Said once, when the app starts.</summary>
    private sealed partial class NoServerWarning(IOptions<MailOptions> mail, MailFolder folder, ILogger<MailQueue> logger) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            if (!mail.Value.HasServer)
                LogNoServer(logger, folder.Location);
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        [LoggerMessage(Level = LogLevel.Warning, Message = "Mail:Host is not set: nobody receives mail, it lies in files in {Folder}")]
        private static partial void LogNoServer(ILogger logger, string folder);
    }
}
