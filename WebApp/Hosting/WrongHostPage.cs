using System.Net;

namespace WebApp.Hosting;

/// <summary>
/// Answers a request for another host with 400 and a page for people and operators, and says it in the log. The page
/// names no host: not what the client wrote, which could be anything, and not the right one. Strangers who try
/// addresses would learn which site lives at this one; the operator knows it from the settings.
/// </summary>
internal sealed partial class WrongHostPage(
    RequestDelegate next, KnownHosts hosts, IWebHostEnvironment environment, TimeProvider clock,
    ILogger<WrongHostPage> logger)
{
    /// <summary>Of the client's text, in the log.</summary>
    private const int MaxLength = 100;

    private static readonly TimeSpan BetweenWarnings = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private DateTimeOffset _nextWarning = DateTimeOffset.MinValue;
    private int _refused;

    public Task InvokeAsync(HttpContext context) =>
        hosts.Includes(context.Request) ? next(context) : RefuseAsync(context);

    /// <summary>One short line of plain characters, whatever the client wrote: it could forge lines.</summary>
    internal static string Clean(string host)
    {
        var cut = host.Length > MaxLength ? $"{host[..MaxLength]}..." : host;
        return string.Concat(cut.Select(c => c is > ' ' and <= '~' ? c : '?'));
    }

    private Task RefuseAsync(HttpContext context)
    {
        Warn(context.Request.Headers.Host.ToString(), context.Connection.RemoteIpAddress);
        context.Response.StatusCode = StatusCodes.Status400BadRequest;
        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.SendFileAsync(environment.WebRootFileProvider.GetFileInfo("wrong-host.html"));
    }

    // Scanners try many names: one line a minute says it.
    private void Warn(string host, IPAddress? address)
    {
        int count;
        lock (_lock)
        {
            _refused++;
            var now = clock.GetUtcNow();
            if (now < _nextWarning)
                return;

            _nextWarning = now + BetweenWarnings;
            (count, _refused) = (_refused, 0);
        }

        LogRefused(count, Clean(host), address, hosts);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Refused for a wrong Host header: {Count} since this was last "
        + "said, now \"{Host}\" from {Address}. This app answers to {Known}. If that is not the address people use, "
        + "set App:PublicUrl; else let the proxy pass the Host header on, and health probes send it")]
    private partial void LogRefused(int count, string host, IPAddress? address, KnownHosts known);
}
