using System.Collections.Concurrent;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Accounts;

namespace WebApp.Tests.Testing;

/// <summary>Counts what the app's real hasher is asked to do.</summary>
public sealed class CountingHasher
{
    /// <summary>Of a hash: its version, function, rounds, and how long the salt is.</summary>
    private const int TermsSize = 13;

    private readonly Lock _lock = new();
    private readonly ConcurrentQueue<string> _works = [];
    private readonly ConcurrentQueue<string> _passwords = [];
    private int _hashed;
    private int _verified;
    private int _running;

    public int Hashed => _hashed;

    /// <summary>How often a person's password was compared.</summary>
    public int Verified => _verified;

    /// <summary>What was done, in its order, and on which terms: those decide what it takes.</summary>
    public IReadOnlyCollection<string> Works => _works;

    /// <summary>The passwords that were compared, in their order.</summary>
    public IReadOnlyCollection<string> Passwords => _passwords;

    /// <summary>The most that ever ran at the same time.</summary>
    public int MostAtOnce { get; private set; }

    /// <summary>How many took a thread of the pool, on which requests run.</summary>
    public int OnRequestThreads { get; private set; }

    /// <summary>Puts the counter around the hasher that is registered.</summary>
    public void Around(IServiceCollection services)
    {
        var registered = services.Single(s => s.ServiceType == typeof(IPasswordHasher<AppUser>));
        services.Remove(registered);
        services.AddScoped<IPasswordHasher<AppUser>>(provider =>
            new Counter(this, provider.Create<IPasswordHasher<AppUser>>(registered)));
    }

    private void Note(string work, string hash) => _works.Enqueue($"{work} on {Convert.ToHexString(Convert.FromBase64String(hash)[..TermsSize])}");

    private T Watch<T>(Func<T> hash)
    {
        lock (_lock)
        {
            MostAtOnce = Math.Max(MostAtOnce, ++_running);
            OnRequestThreads += Thread.CurrentThread.IsThreadPoolThread ? 1 : 0;
        }

        var result = hash();
        lock (_lock)
            _running--;
        return result;
    }

    private sealed class Counter(CountingHasher counts, IPasswordHasher<AppUser> hasher) : IPasswordHasher<AppUser>
    {
        public string HashPassword(AppUser user, string password)
        {
            Interlocked.Increment(ref counts._hashed);
            var hash = counts.Watch(() => hasher.HashPassword(user, password));
            counts.Note("hash", hash);
            return hash;
        }

        public PasswordVerificationResult VerifyHashedPassword(AppUser user, string hashedPassword, string providedPassword)
        {
            // Without a person it is done for the sake of the time that it takes.
            if (user.Email is not null)
                Interlocked.Increment(ref counts._verified);
            counts.Note("verify", hashedPassword);
            counts._passwords.Enqueue(providedPassword);
            return counts.Watch(() => hasher.VerifyHashedPassword(user, hashedPassword, providedPassword));
        }
    }
}
