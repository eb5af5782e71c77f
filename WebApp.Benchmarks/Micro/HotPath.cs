using System.Net;
using System.Security.Claims;
using BenchmarkDotNet.Attributes;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Identity;
using Microsoft.Net.Http.Headers;
using WebApp.Benchmarks.Http;
using WebApp.Benchmarks.Machine;
using WebApp.Benchmarks.Scale;
using WebApp.Sessions;
using WebApp.Sessions.Redis;

namespace WebApp.Benchmarks.Micro;

/// <summary>What a request with a cookie goes through, on a session that a sign-in began in a real Redis.</summary>
#pragma warning disable CA1001 // BenchmarkDotNet calls CleanupAsync.
public class HotPath
#pragma warning restore CA1001
{
    private const int Sessions = 1000;

    private Workplace _place = null!;
    private SeededStore _store = null!;
    private SessionCookieFormat _format = null!;
    private TicketProtector _protector = null!;
    private SessionTicketStore _tickets = null!;
    private string _cookie = "";
    private string _key = "";
    private UserSession _session = null!;
    private byte[] _record = [];

    [GlobalSetup]
    public async Task SetupAsync()
    {
        _place = new();
        _store = await SeededStore.CreateAsync(new Cores(null, null), _place, Sessions, perUser: 5);
        _format = _store.Services.GetRequiredService<SessionCookieFormat>();
        _protector = _store.Services.GetRequiredService<TicketProtector>();
        _tickets = _store.Services.GetRequiredService<SessionTicketStore>();
        _cookie = _store.Sample[0].Header.Split('=', 2)[1];
        _key = _format.Unprotect(_cookie)!.Principal.FindFirstValue("Microsoft.AspNetCore.Authentication.Cookies-SessionId")!;
        SessionKey.TryDecode(_key, out var key);
        _session = (await _store.Store.FindAsync(key!.UserId, key.SessionId))!;
        _record = RedisSessionRecord.Write(_session);
    }

    [GlobalCleanup]
    public async Task CleanupAsync()
    {
        await _store.DisposeAsync();
        _place.Dispose();
    }

    [Benchmark]
    public object? UnprotectCookie() => _format.Unprotect(_cookie);

    [Benchmark]
    public bool ParseKey() => SessionKey.TryDecode(_key, out _);

    [Benchmark]
    public object? DecodeRecord() => RedisSessionRecord.Read(_session.Id, _record);

    [Benchmark]
    public object? UnprotectTicket() => _protector.Unprotect(_session, IdentityConstants.ApplicationScheme);

    /// <summary>From the key to the ticket, with the round trip to Redis.</summary>
    [Benchmark]
    public Task<AuthenticationTicket?> Retrieve()
    {
        var context = new DefaultHttpContext();
        context.Connection.RemoteIpAddress = IPAddress.Loopback;
        context.Request.Headers[HeaderNames.UserAgent] = LoadConnection.UserAgent;
        return _tickets.RetrieveAsync(_key, context, CancellationToken.None);
    }
}
