using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace WebApp.Tests.Testing;

/// <summary>The app as it runs in production, behind a proxy that speaks https, with sessions in the database unless the settings name a Redis.</summary>
public sealed class ProductionApp : TestApp, IAsyncLifetime
{
    public const string Host = "accounts.example.com";
    public const string SessionCookieName = "__Host-session";

    public ProductionApp()
    {
        EnvironmentName = "Production";
        Settings["App:PublicUrl"] = $"https://{Host}";
        Settings["ForwardedHeaders:KnownProxies:0"] = "127.0.0.1";
        Settings["Sessions:Store"] = "Sql";
        // Most tests here have nothing to do with mail. ConfirmEmailTests has one with the default.
        Settings["Accounts:RequireConfirmedEmail"] = "false";
        // Most tests of staff are about something else.
        Settings["Accounts:RequireTwoFactor:Support"] = "false";
        Settings["Accounts:RequireTwoFactor:Admin"] = "false";
    }

    /// <summary>Keeps sessions in Redis instead, the key ring under the certificate, and the audit log's key in the settings.</summary>
    public void UseRedis(RedisServer redis, string certificate)
    {
        Settings.Remove("Sessions:Store");
        Settings["ConnectionStrings:Redis"] = redis.ConnectionString;
        Settings["DataProtection:Certificate"] = certificate;
        Settings["Audit:Key"] = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
    }

    /// <summary>With its database prepared.</summary>
    public static async Task<ProductionApp> StartAsync()
    {
        var app = new ProductionApp();
        await app.InitializeAsync();
        return app;
    }

    public Task InitializeAsync() => WebApp.Hosting.Database.MigrateAsync(Services);

    /// <summary>A browser on the far side of the proxy.</summary>
    public override Browser NewBrowser(string userAgent = Browser.Firefox) => BehindTheProxy(base.NewBrowser(userAgent));

    /// <summary>Has the browser send what the proxy adds.</summary>
    public static Browser BehindTheProxy(Browser browser)
    {
        browser.Headers["Host"] = Host;
        browser.Headers["X-Forwarded-Proto"] = "https";
        browser.Headers["X-Forwarded-For"] = "203.0.113.50";
        return browser;
    }

    async Task IAsyncLifetime.DisposeAsync() => await DisposeAsync();

    /// <summary>Makes a certificate with its key, and returns the path of the file: a PFX file without a password, or a PEM file.</summary>
    public static string MakeCertificate(string folder, string extension, bool withKey = true)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=key ring", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddYears(10));
        var path = Path.Combine(folder, $"{Guid.NewGuid():N}.{extension}");
        if (extension == "pem")
            File.WriteAllText(path, $"{certificate.ExportCertificatePem()}\n{(withKey ? key.ExportPkcs8PrivateKeyPem() : "")}\n");
        else if (withKey)
            File.WriteAllBytes(path, certificate.Export(X509ContentType.Pfx));
        else
            File.WriteAllBytes(path, X509CertificateLoader.LoadCertificate(certificate.RawData).Export(X509ContentType.Pfx));
        return path;
    }
}
