using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.AuthenticatedEncryption;
using Microsoft.AspNetCore.DataProtection.AuthenticatedEncryption.ConfigurationModel;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using WebApp.Sessions;

namespace WebApp.Hosting;

/// <summary>The keys that protect cookies, tickets and tokens. They live where the sessions live, so that every instance has the same.</summary>
internal static class KeyRing
{
    /// <exception cref="InvalidOperationException">Outside Development keys in Redis need <c>DataProtection:Certificate</c>.</exception>
    public static void AddKeyRing(this WebApplicationBuilder builder, Database database)
    {
        var keys = builder.Services.AddDataProtection()
            .SetApplicationName("WebApp")
            // Shorter cookies and half the time of the default AES-CBC with HMAC.
            .UseCryptographicAlgorithms(new AuthenticatedEncryptorConfiguration { EncryptionAlgorithm = EncryptionAlgorithm.AES_256_GCM });
        builder.Services.AddSingleton<KeyRingGate>().AddHostedService(services => services.GetRequiredService<KeyRingGate>());

        var inRedis = ServerSideSessions.ChosenStore(builder) == SessionStoreKind.Redis;
        if (inRedis)
        {
            builder.Services.AddSingleton<RedisXmlRepository>().AddHostedService<RedisKeyRingKeeper>();
            builder.Services.AddSingleton(services => services.GetRequiredService<RedisXmlRepository>().Scripts);
            builder.Services.AddOptions<KeyManagementOptions>().Configure<RedisXmlRepository>((ring, repository) => ring.XmlRepository = repository);
        }
        else
        {
            keys.PersistKeysToFileSystem(new(Path.Combine(database.Folder, "keys")));
        }

        if (builder.Configuration["DataProtection:Certificate"] is { Length: > 0 } path)
            keys.ProtectKeysWithCertificate(Load(path, builder.Configuration["DataProtection:CertificatePassword"]));
        else if (inRedis && !builder.Environment.IsDevelopment())
            throw new InvalidOperationException(
                "DataProtection:Certificate is not set. Keys in Redis are plain text without it: whoever reads Redis could make cookies. "
                + "Set it to the path of a PFX file (its password: DataProtection:CertificatePassword) or of a PEM file with certificate and key.");
    }

    private static X509Certificate2 Load(string path, string? password)
    {
        try
        {
            var certificate = Path.GetExtension(path).Equals(".pem", StringComparison.OrdinalIgnoreCase)
                ? X509Certificate2.CreateFromPemFile(path)
                : X509CertificateLoader.LoadPkcs12FromFile(path, password);
            return certificate.HasPrivateKey ? certificate : throw new CryptographicException("It has no private key.");
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new InvalidOperationException(
                $"DataProtection:Certificate names \"{path}\", which can't be used: {e.Message} It must be a PFX file (its password: "
                + "DataProtection:CertificatePassword) or a PEM file, with certificate and private key.", e);
        }
    }
}

/// <summary>
/// Closed until the key ring has been read once: before that no cookie can be judged, so pages answer 503. Afterwards the ring is in memory,
/// and an unreachable Redis no longer matters to it.
/// </summary>
internal sealed partial class KeyRingGate(IDataProtectionProvider dataProtection, ILogger<KeyRingGate> logger) : BackgroundService
{
    private volatile bool _open;

    public bool IsOpen => _open;

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
            LogClosed(logger, e);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The key ring can't be read yet; pages answer 503 until it can")]
    private static partial void LogClosed(ILogger logger, Exception exception);
}
