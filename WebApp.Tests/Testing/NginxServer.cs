using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;

namespace WebApp.Tests.Testing;

/// <summary>A real nginx with its defaults in front of the app: a process of the test's own on a free port.</summary>
public sealed class NginxServer : IAsyncDisposable
{
    /// <summary>Where Debian and Ubuntu have it, which is on the path of administrators only.</summary>
    private const string Place = "/usr/sbin/nginx";

    private static readonly string Program = File.Exists(Place) ? Place : "nginx";

    private readonly string _folder = Directory.CreateTempSubdirectory("nginx-").FullName;
    private readonly int _port = RedisServer.FreePort();
    private Process? _process;

    private NginxServer() => AppDomain.CurrentDomain.ProcessExit += (_, _) => Kill();

    public Uri Address => new($"http://127.0.0.1:{_port}");

    /// <summary>Returns when it answers.</summary>
    /// <param name="app">Where requests go.</param>
    public static async Task<NginxServer> StartAsync(Uri app)
    {
        var nginx = new NginxServer();
        var configuration = Path.Combine(nginx._folder, "nginx.conf");
        await File.WriteAllTextAsync(configuration, nginx.Configure(app));
        nginx._process = Process.Start(new ProcessStartInfo(Program, ["-p", nginx._folder, "-e", "error.log", "-c", configuration]))!;
        await Eventually.TrueAsync(nginx.AnswersAsync, "nginx answers");
        return nginx;
    }

    public async ValueTask DisposeAsync()
    {
        Kill();
        if (_process is not null)
            await _process.WaitForExitAsync();
        Directory.Delete(_folder, recursive: true);
    }

    // One process, which belongs to whoever runs the tests, and all it writes in its folder. What is left out is as nginx has it.
    private string Configure(Uri app) => string.Create(CultureInfo.InvariantCulture, $$"""
        daemon off;
        master_process off;
        pid nginx.pid;
        error_log error.log;
        events {}
        http {
            access_log off;
            client_body_temp_path body;
            proxy_temp_path proxy;
            fastcgi_temp_path fastcgi;
            uwsgi_temp_path uwsgi;
            scgi_temp_path scgi;
            server {
                listen 127.0.0.1:{{_port}};
                location / {
                    proxy_pass {{app.GetLeftPart(UriPartial.Authority)}};
                    proxy_set_header Host $http_host;
                    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
                    proxy_set_header X-Forwarded-Proto $scheme;
                }
            }
        }
        """);

    private async Task<bool> AnswersAsync()
    {
        Assert.False(_process!.HasExited, "nginx goes on");
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(Address.Host, _port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private void Kill()
    {
        if (_process is { HasExited: false } process)
            process.Kill();
    }
}
