using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Accounts;

namespace WebApp.Tests.Testing;

/// <summary>Counts what the app's real hasher is asked to do.</summary>
public sealed class CountingHasher
{
    private int _hashed;
    private int _verified;

    public int Hashed => _hashed;

    public int Verified => _verified;

    /// <summary>Puts the counter around the hasher that is registered.</summary>
    public void Around(IServiceCollection services)
    {
        var registered = services.Single(s => s.ServiceType == typeof(IPasswordHasher<AppUser>));
        services.Remove(registered);
        services.AddScoped<IPasswordHasher<AppUser>>(provider =>
            new Counter(this, (IPasswordHasher<AppUser>)ActivatorUtilities.CreateInstance(provider, registered.ImplementationType!)));
    }

    private sealed class Counter(CountingHasher counts, IPasswordHasher<AppUser> hasher) : IPasswordHasher<AppUser>
    {
        public string HashPassword(AppUser user, string password)
        {
            Interlocked.Increment(ref counts._hashed);
            return hasher.HashPassword(user, password);
        }

        public PasswordVerificationResult VerifyHashedPassword(AppUser user, string hashedPassword, string providedPassword)
        {
            Interlocked.Increment(ref counts._verified);
            return hasher.VerifyHashedPassword(user, hashedPassword, providedPassword);
        }
    }
}
