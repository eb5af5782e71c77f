using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace WebApp.Tests.Testing;

/// <summary>A breach service: a real server that speaks its protocol, or whatever else the test wants.</summary>
public sealed class StolenPasswords : IAsyncDisposable
{
    private readonly WebApplication _server;

    private StolenPasswords(WebApplication server) => _server = server;

    public Uri Address => new(_server.Urls.Single() + "/range/");

    /// <summary>What was asked: the path, and the header that asks for padding.</summary>
    public ConcurrentQueue<(string Path, string Padding)> Asked { get; } = [];

    public Func<HttpContext, Task> Answer { get; set; } = _ => Task.CompletedTask;

    public static async Task<StolenPasswords> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var service = new StolenPasswords(builder.Build());
        service._server.Run(context =>
        {
            service.Asked.Enqueue((context.Request.Path, context.Request.Headers["Add-Padding"].ToString()));
            return service.Answer(context);
        });
        await service._server.StartAsync();
        return service;
    }

#pragma warning disable CA5350 // It is what the protocol asks with.
    public static string HashOf(string password) => Convert.ToHexString(SHA1.HashData(Encoding.UTF8.GetBytes(password)));
#pragma warning restore CA5350

    /// <summary>Answers that the password was seen so often, among others.</summary>
    public void Knows(string password, int times) => Answer = context => context.Response.WriteAsync(
        $"0018A45C4D1DEF81644B54AB7F969B88D65:3\r\n{HashOf(password)[5..]}:{times}\r\n00D4F6E8FA6EECAD2A3AA415EEC418D38EC:0");

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();
}
