using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Accounts;

namespace WebApp.Tests.Testing;

/// <summary>Counts what the app's real hasher is asked to do.</summary>
public sealed class CountingHasher
{
    private readonly Lock _lock = new();
    private int _hashed;
    private int _verified;
    private int _running;

    public int Hashed => _hashed;

    public int Verified => _verified;

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
            new Counter(this, (IPasswordHasher<AppUser>)ActivatorUtilities.CreateInstance(provider, registered.ImplementationType!)));
    }

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
            return counts.Watch(() => hasher.HashPassword(user, password));
        }

        public PasswordVerificationResult VerifyHashedPassword(AppUser user, string hashedPassword, string providedPassword)
        {
            Interlocked.Increment(ref counts._verified);
            return counts.Watch(() => hasher.VerifyHashedPassword(user, hashedPassword, providedPassword));
        }
    }
}
