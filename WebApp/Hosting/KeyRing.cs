using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.AuthenticatedEncryption;
using Microsoft.AspNetCore.DataProtection.AuthenticatedEncryption.ConfigurationModel;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.Options;
using WebApp.Sessions;

namespace WebApp.Hosting;

/// <summary>The keys that protect cookies, tickets and tokens. They live where the sessions live, so that every instance has the same.</summary>
internal static class KeyRing
{
    /// <summary>How the framework's categories in the log begin.</summary>
    private const string Framework = "Microsoft.AspNetCore.DataProtection";

    private const string Certificate = "DataProtection:Certificate";
    private const string Password = "DataProtection:CertificatePassword";
    private const string Previous = "DataProtection:PreviousCertificates";
    private const string PreviousPasswords = "DataProtection:PreviousCertificatePasswords";

    /// <exception cref="OptionsValidationException">Outside Development keys in Redis need <c>DataProtection:Certificate</c>.</exception>
    public static void AddKeyRing(this WebApplicationBuilder builder, Database database)
    {
        var keys = builder.Services.AddDataProtection()
            .SetApplicationName("WebApp")
            // Shorter cookies and half the time of the default AES-CBC with HMAC.
            .UseCryptographicAlgorithms(new AuthenticatedEncryptorConfiguration { EncryptionAlgorithm = EncryptionAlgorithm.AES_256_GCM });
        KeyRingGate? gate = null;
        builder.Services.AddSingleton(services => gate = ActivatorUtilities.CreateInstance<KeyRingGate>(services))
            .AddHostedService(services => services.GetRequiredService<KeyRingGate>());
        // Before the ring has been read once, the gate says what is wrong, in one line a while.
        builder.Logging.AddFilter($"{Framework}.KeyManagement.KeyRingProvider", _ => gate is { IsOpen: true });

        var folder = Path.Combine(database.Folder, "keys");
        var inRedis = ServerSideSessions.ChosenStore(builder) == SessionStoreKind.Redis;
        if (inRedis)
        {
            builder.Services.AddSingleton<KeyRingCopy>().AddSingleton<RestorableKeyRing>().AddHostedService<RedisKeyRingKeeper>();
            builder.Services.AddSingleton(services => services.GetRequiredService<RestorableKeyRing>().Scripts);
            builder.Services.AddOptions<KeyManagementOptions>().Configure<RestorableKeyRing>((ring, repository) => ring.XmlRepository = repository);
        }
        else
        {
            keys.PersistKeysToFileSystem(new(folder));
        }

        // Around whichever repository it is, once that is chosen.
        builder.Services.AddSingleton<KeyRingInventory>().AddOptions<KeyManagementOptions>().PostConfigure<IServiceProvider>(
            (ring, services) => ring.XmlRepository = new GuardedKeyRing(ring.XmlRepository!, services));
        builder.Services.AddSingleton<SealedRows>().AddHostedService(services => services.GetRequiredService<SealedRows>());

        X509Certificate2[] previous = [.. LoadPrevious(builder.Configuration)];
        if (previous.Length > 0)
            keys.UnprotectKeysWithAnyCertificate(previous);
        if (builder.Configuration[Certificate] is { Length: > 0 } path)
            keys.ProtectKeysWithCertificate(Load(Certificate, path, builder.Configuration[Password], Password));
        else if (inRedis && !builder.Environment.IsDevelopment())
            throw Mistake(
                "DataProtection:Certificate is not set. Keys in Redis are plain text without it: whoever reads Redis could make cookies. "
                + "Set it to the path of a PFX file (its password: DataProtection:CertificatePassword) or of a PEM file with certificate and key.");
        else
            WarnOfOpenKeys(builder, folder);
    }

    /// <summary>
    /// The framework warns of it only when it makes a key, every 90 days, and does not say what to do. In Development
    /// there is nothing to protect; elsewhere each start says it.
    /// </summary>
    private static void WarnOfOpenKeys(WebApplicationBuilder builder, string folder)
    {
        builder.Logging.AddFilter($"{Framework}.KeyManagement.XmlKeyManager", LogLevel.Error);
        if (!builder.Environment.IsDevelopment())
        {
            builder.Services.AddHostedService(
                services => ActivatorUtilities.CreateInstance<OpenKeysWarning>(services, folder));
            return;
        }

        // In a container, that the files go with it.
        builder.Logging.AddFilter($"{Framework}.Repositories.FileSystemXmlRepository", LogLevel.Error);
    }

    /// <summary>Those that keys may still be encrypted for. One value is a list of one.</summary>
    private static IEnumerable<X509Certificate2> LoadPrevious(ConfigurationManager configuration)
    {
        var list = configuration.GetSection(Previous);
        var passwords = configuration.GetSection(PreviousPasswords);
        if (list.Value is { Length: > 0 } one)
            yield return Load(Previous, one, passwords.Value ?? configuration[Password], PreviousPasswords);

        foreach (var item in list.GetChildren())
        {
            yield return Load(
                item.Path, item.Value ?? "", passwords[item.Key] ?? configuration[Password],
                $"{PreviousPasswords}:{item.Key}");
        }
    }

    private static X509Certificate2 Load(string setting, string path, string? password, string passwordSetting)
    {
        try
        {
            var certificate = Path.GetExtension(path).Equals(".pem", StringComparison.OrdinalIgnoreCase)
                ? X509Certificate2.CreateFromPemFile(path)
                : X509CertificateLoader.LoadPkcs12FromFile(path, password);
            return certificate.HasPrivateKey ? certificate : throw new CryptographicException("It has no private key.");
        }
        catch (Exception e) when (
            e is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw Mistake(
                $"{setting} names \"{path}\", which can't be used: {e.Message} It must be a PFX file (its password: "
                + $"{passwordSetting}) or a PEM file, with certificate and private key.");
        }
    }

    private static OptionsValidationException Mistake(string words) =>
        new("DataProtection", typeof(KeyManagementOptions), [words]);
}

/// <summary>
/// Closed until the key ring has been read once: before that no cookie can be judged, so pages answer 503. Afterwards the ring is in memory,
/// and an unreachable Redis no longer matters to it.
/// </summary>
internal sealed partial class KeyRingGate(
    IDataProtectionProvider dataProtection, TimeProvider clock, ILogger<KeyRingGate> logger) : BackgroundService
{
    /// <summary>A slow machine takes some seconds to its first answer from Redis, which is no trouble yet.</summary>
    private static readonly TimeSpan BetweenWarnings = TimeSpan.FromSeconds(15);

    private volatile bool _open;
    private volatile string _why = "";
    private long _warnedAt = clock.GetTimestamp();

    public bool IsOpen => _open;

    /// <summary>Why the last try failed.</summary>
    public string Why => _why;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        TryOpen();
        return base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!_open)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), stoppingToken);
            TryOpen();
        }
    }

    private void TryOpen()
    {
        try
        {
            dataProtection.CreateProtector("WebApp.Hosting.KeyRingGate").Protect([]);
            _open = true;
        }
        catch (Exception e) when (e is CryptographicException or SessionStoreUnavailableException or IOException)
        {
            _why = e.GetBaseException().Message;
            if (clock.GetElapsedTime(_warnedAt) < BetweenWarnings)
                return;

            _warnedAt = clock.GetTimestamp();
            LogClosed(logger, _why);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "The key ring can't be read yet; pages answer 503 until it can: {Why}")]
    private static partial void LogClosed(ILogger logger, string why);
}
