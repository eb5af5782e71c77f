using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace WebApp.Accounts.Passwords;

/// <summary>
/// A service that knows stolen passwords, if the operator names one. It is asked in the manner of Have I Been Pwned: for all hashes that begin with the
/// same five digits, so that it does not learn which was meant. No answer in time is no reason to refuse a password.
/// </summary>
public sealed partial class BreachService : IDisposable
{
    private const int PrefixLength = 5;

    /// <summary>Bytes. A padded answer has about 40,000.</summary>
    private const int MaxAnswer = 512 * 1024;

    private static readonly TimeSpan BetweenWarnings = TimeSpan.FromMinutes(1);

    private readonly TimeProvider _clock;
    private readonly ILogger<BreachService> _logger;
    private readonly HttpClient? _http;
    private readonly Lock _lock = new();
    private DateTimeOffset _nextWarning = DateTimeOffset.MinValue;

    public BreachService(IOptions<PasswordSettings> settings, TimeProvider clock, ILogger<BreachService> logger)
    {
        (_clock, _logger) = (clock, logger);
        if (settings.Value.BreachService is not { } address)
            return;

        // Not one of the factory's: those write the addresses that they ask into the log, and the prefix is none of its business.
        _http = new(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ActivityHeadersPropagator = null,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        })
        {
            BaseAddress = new(address.AbsoluteUri.TrimEnd('/') + "/"),
            Timeout = settings.Value.BreachTimeout,
            MaxResponseContentBufferSize = MaxAnswer,
        };
        // Answers of one length for every prefix, made up with hashes that count zero.
        _http.DefaultRequestHeaders.Add("Add-Padding", "true");
        _http.DefaultRequestHeaders.Add("User-Agent", "WebApp");
    }

    /// <summary>Whether the password is known to be stolen. False when it is not, when nobody is to be asked, and when there is no answer in time.</summary>
    public async Task<bool> HasAsync(string password)
    {
        if (_http is null)
            return false;

        var hash = Hash(password);
        try
        {
            return Find(await _http.GetStringAsync(hash[..PrefixLength]), hash[PrefixLength..]);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or FormatException or InvalidOperationException or IOException)
        {
            // Of the failure, only what can't hold the address that was asked.
            Warn(e is HttpRequestException { StatusCode: { } status } ? $"status {(int)status}" : e.GetType().Name);
            return false;
        }
    }

    public void Dispose() => _http?.Dispose();

    /// <summary>Lines of "rest of the hash:how often it was seen".</summary>
    /// <exception cref="FormatException">It is no such answer.</exception>
    private static bool Find(string answer, string rest)
    {
        foreach (var line in answer.AsSpan().EnumerateLines())
        {
            if (line.IsWhiteSpace())
                continue;

            var colon = line.IndexOf(':');
            if (colon != rest.Length || !long.TryParse(line[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var count))
                throw new FormatException("The breach service did not answer as one.");
            if (line[..colon].Equals(rest, StringComparison.OrdinalIgnoreCase))
                return count > 0;
        }

        return false;
    }

#pragma warning disable CA5350 // The service's protocol is SHA-1. Nothing is protected by it here.
    private static string Hash(string password) => Convert.ToHexString(SHA1.HashData(Encoding.UTF8.GetBytes(password)));
#pragma warning restore CA5350

    private void Warn(string reason)
    {
        lock (_lock)
        {
            var now = _clock.GetUtcNow();
            if (now < _nextWarning)
                return;

            _nextWarning = now + BetweenWarnings;
        }

        LogNoAnswer(reason);
    }

    // People change passwords while the service is down: one line a minute says it.
    [LoggerMessage(Level = LogLevel.Warning, Message = "The breach service gave no answer ({Reason}); new passwords are taken without it")]
    private partial void LogNoAnswer(string reason);
}
