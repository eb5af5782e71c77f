using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using WebApp.Benchmarks.Machine;

namespace WebApp.Benchmarks.Http;

/// <summary>A folder for what the servers keep on disk; it is deleted at the end.</summary>
internal sealed class Workplace : IDisposable
{
    /// <summary>What the audit log of every server here is chained with.</summary>
    public static readonly string AuditKey = Convert.ToBase64String(new byte[32]);

    private readonly string _folder = Directory.CreateTempSubdirectory("webapp-benchmarks-").FullName;

    public Workplace()
    {
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Dispose();
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=benchmark", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(2));
        Certificate = Path.Combine(_folder, "keys.pem");
        File.WriteAllText(Certificate, certificate.ExportCertificatePem() + '\n' + key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>What keys are protected with: a PEM file.</summary>
    public string Certificate { get; }

    public string NewFolder(string name) => Directory.CreateDirectory(Path.Combine(_folder, $"{name}-{Guid.NewGuid():N}")).FullName;

    /// <summary>What a server of this app is told, as command line arguments.</summary>
    /// <param name="folder">The server's own.</param>
    /// <param name="redis">Where the sessions are; with them the keys, so that all servers there understand each other's cookies.</param>
    public string[] SettingsIn(string folder, RedisProcess redis) =>
    [
        $"--Folder={folder}",
        $"--ConnectionStrings:Redis={redis.ConnectionString}",
        $"--ConnectionStrings:Database=Data Source={Path.Combine(folder, "webapp.db")}",
        $"--DataProtection:Certificate={Certificate}",
        $"--Audit:Key={AuditKey}",
    ];

    public void Dispose()
    {
        try
        {
            Directory.Delete(_folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Gone already; or a server that is just ending still writes there, and the system clears away what is temporary.
        }
    }
}
