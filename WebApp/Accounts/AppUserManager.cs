using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using WebApp.Accounts.Passwords;

namespace WebApp.Accounts;

/// <summary>
/// Identity's user manager; whatever hashes a password has to have its turn at the <see cref="PasswordGate"/>, and is thrown a
/// <see cref="PasswordsBusyException"/> if that would take too long.
/// </summary>
public sealed class AppUserManager(
    IUserStore<AppUser> store, IOptions<IdentityOptions> options, IPasswordHasher<AppUser> hasher, IEnumerable<IUserValidator<AppUser>> userValidators,
    IEnumerable<IPasswordValidator<AppUser>> passwordValidators, ILookupNormalizer normalizer, IdentityErrorDescriber errors, IServiceProvider services,
    ILogger<UserManager<AppUser>> logger, PasswordGate gate, DummyPassword dummy, BreachCheck breaches, IHttpContextAccessor contexts)
    : UserManager<AppUser>(store, options, hasher, userValidators, passwordValidators, normalizer, errors, services, logger)
{
    private bool _hasTurn;

    /// <summary>
    /// Does in one turn what hashes more than once, and what must not be begun before the turn: who is turned away, or leaves, has touched nothing then.
    /// </summary>
    /// <exception cref="PasswordsBusyException">Too many wait already.</exception>
    public async Task<T> InTurnAsync<T>(Func<Task<T>> work)
    {
        if (_hasTurn)
            return await work();

        using var turn = await gate.EnterAsync(contexts.HttpContext?.RequestAborted ?? CancellationToken.None);
        _hasTurn = true;
        try
        {
            return await work();
        }
        finally
        {
            _hasTurn = false;
        }
    }

    /// <summary>Costs as much as <see cref="CheckPasswordAsync"/>, for the cases in which there is no password to check.</summary>
    public Task PretendToCheckPasswordAsync(string password) => HashAsync(() => Task.FromResult(dummy.Verify(PasswordHasher, password)));

    /// <summary>Whether a password is good enough for an account, which need not exist yet. Costs no hash.</summary>
    public Task<IdentityResult> JudgeNewPasswordAsync(AppUser user, string password) => ValidatePasswordAsync(user, password);

    /// <summary>Sets a password that <see cref="JudgeNewPasswordAsync"/> has passed, and saves the user with whatever else was changed.</summary>
    public Task<IdentityResult> SetPasswordAsync(AppUser user, string judgedPassword) => HashAsync(async () =>
        await UpdatePasswordHash(user, judgedPassword, validatePassword: false) is { Succeeded: false } refused ? refused : await UpdateUserAsync(user));

    /// <summary>What to store for a new password; nothing when it is not good enough.</summary>
    public async Task<(IdentityResult Judged, string Hash)> HashNewPasswordAsync(AppUser user, string password) =>
        await JudgeNewPasswordAsync(user, password) is { Succeeded: false } refused
            ? (refused, "")
            : (IdentityResult.Success, await HashAsync(() => Task.FromResult(PasswordHasher.HashPassword(user, password))));

    public override Task<bool> CheckPasswordAsync(AppUser user, string password) => HashAsync(() => base.CheckPasswordAsync(user, password));

    public override Task<IdentityResult> CreateAsync(AppUser user, string password) => SetAsync(password, () => base.CreateAsync(user, password));

    public override Task<IdentityResult> ChangePasswordAsync(AppUser user, string currentPassword, string newPassword) =>
        SetAsync(newPassword, () => base.ChangePasswordAsync(user, currentPassword, newPassword));

    public override Task<IdentityResult> ResetPasswordAsync(AppUser user, string token, string newPassword) =>
        SetAsync(newPassword, () => base.ResetPasswordAsync(user, token, newPassword));

    public override Task<IdentityResult> AddPasswordAsync(AppUser user, string password) => SetAsync(password, () => base.AddPasswordAsync(user, password));

    /// <summary>Does what may take long and needs no turn: asks whether the password is known to be stolen. Before <see cref="InTurnAsync"/>.</summary>
    public Task PrepareToSetAsync(string password) => breaches.IsStolenAsync(password);

    private async Task<IdentityResult> SetAsync(string password, Func<Task<IdentityResult>> set)
    {
        await PrepareToSetAsync(password);
        return await HashAsync(set);
    }

    // Identity hashes on the thread that calls it. Those of the pool are for requests: there are no more of them than cores.
    private Task<T> HashAsync<T>(Func<Task<T>> hash) => InTurnAsync(() =>
        Task.Factory.StartNew(hash, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap());
}
