using System.Data;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace WebApp.Accounts;

/// <summary>
/// What staff change about an account: whether its person may sign in, has to have a second factor, and what they may do. Each is one transaction that also sees to it
/// that an Admin is left. What takes access away leaves the sessions to the caller, who ends them as the next thing, and with a reason.
/// </summary>
public sealed class AccountStanding(AppDbContext db, AppUserManager users, RoleManager<IdentityRole<Guid>> roles, LastAdmin lastAdmin)
{
    /// <summary>Nobody signs in to the account until then. Its sessions are good for nothing, and links that were mailed before are dead.</summary>
    /// <param name="userId">Whose account.</param>
    /// <param name="until">UTC; <see cref="DateTimeOffset.MaxValue"/>: for good. It takes the place of another one.</param>
    public Task<StandingChange> BanAsync(Guid userId, DateTimeOffset until) =>
        ChangeAsync(userId, mayBeLastAdmin: false, user =>
        {
            // As it is stored: the end of time has a fraction more.
            if (user.BannedUntil?.ToUnixTimeMilliseconds() == until.ToUnixTimeMilliseconds())
                return Task.FromResult(StandingChange.Nothing);

            (user.BannedUntil, user.SecurityStamp) = (until, NewStamp());
            return SaveAsync();
        });

    /// <summary><see cref="StandingChange.Nothing"/> when no ban was set.</summary>
    public Task<StandingChange> UnbanAsync(Guid userId) => SetAsync(userId, user => user.BannedUntil is not null, user => user.BannedUntil = null);

    /// <summary>
    /// Nobody signs in before the password is reset by mail. Sessions and mailed links as with a ban. <see cref="StandingChange.Nothing"/> when that is so already.
    /// </summary>
    public Task<StandingChange> BlockUntilResetAsync(Guid userId) =>
        ChangeAsync(userId, mayBeLastAdmin: true, user =>
        {
            if (user.SignInBlocked)
                return Task.FromResult(StandingChange.Nothing);

            (user.SignInBlocked, user.SecurityStamp) = (true, NewStamp());
            return SaveAsync();
        });

    /// <summary>From the next request on the person gets no further than to where a second factor is set up, unless there is one.</summary>
    public Task<StandingChange> RequireSecondFactorAsync(Guid userId) =>
        SetAsync(userId, user => !user.SecondFactorRequired, user => user.SecondFactorRequired = true);

    /// <summary>The person may do without a second factor again, as far as their roles allow.</summary>
    public Task<StandingChange> ExcuseSecondFactorAsync(Guid userId) =>
        SetAsync(userId, user => user.SecondFactorRequired, user => user.SecondFactorRequired = false);

    /// <summary>The person has these roles, and no others, from the next request on.</summary>
    public async Task<StandingChange> SetRolesAsync(Guid userId, IReadOnlyCollection<string> wanted)
    {
        foreach (var role in wanted)
        {
            if (!await roles.RoleExistsAsync(role))
                await roles.CreateAsync(new(role) { Id = Guid.CreateVersion7() });
        }

        return await TellAsync(await ChangeAsync(userId, mayBeLastAdmin: wanted.Contains(Roles.Admin), async user =>
        {
            var present = await users.GetRolesAsync(user);
            if (present.ToHashSet(StringComparer.Ordinal).SetEquals(wanted))
                return StandingChange.Nothing;

            return (await users.RemoveFromRolesAsync(user, present.Except(wanted))).Succeeded && (await users.AddToRolesAsync(user, wanted.Except(present))).Succeeded
                ? StandingChange.Done
                : StandingChange.Refused;
        }));
    }

    private async Task<StandingChange> SetAsync(Guid userId, Func<AppUser, bool> isDue, Action<AppUser> set) =>
        await TellAsync(await ChangeAsync(userId, mayBeLastAdmin: true, user =>
        {
            if (!isDue(user))
                return Task.FromResult(StandingChange.Nothing);

            set(user);
            return SaveAsync();
        }));

    /// <param name="userId">Whose account.</param>
    /// <param name="mayBeLastAdmin">Whether it leaves an Admin one who can sign in.</param>
    /// <param name="change">Given the account as it is by now, changes and saves it.</param>
    private async Task<StandingChange> ChangeAsync(Guid userId, bool mayBeLastAdmin, Func<AppUser, Task<StandingChange>> change)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(IsolationLevel.Serializable);
        db.ChangeTracker.Clear();
        if (await users.FindByIdAsync(userId.ToString()) is not { } user)
            return StandingChange.Nothing;
        if (!mayBeLastAdmin && await lastAdmin.IsAsync(userId))
            return StandingChange.LastAdmin;
        var outcome = await change(user);
        if (outcome == StandingChange.Done)
            await transaction.CommitAsync();
        return outcome;
    }

    /// <summary>Not by the user manager: it would refuse an account whose address has come to be reserved for another, which must not save one from a ban.</summary>
    private async Task<StandingChange> SaveAsync()
    {
        await db.SaveChangesAsync();
        return StandingChange.Done;
    }

    private static string NewStamp() => RandomNumberGenerator.GetHexString(40);

    /// <summary>Has the sessions hear of it before the answer goes out: what was saved inside a transaction waits for the next second, or for the next save.</summary>
    private async Task<StandingChange> TellAsync(StandingChange change)
    {
        if (change == StandingChange.Done)
            await db.SaveChangesAsync();
        return change;
    }
}

/// <summary>What became of a change. Whatever is not <see cref="Done"/> leaves the account as it was.</summary>
public enum StandingChange
{
    Done,

    /// <summary>The account was that way already, or is gone.</summary>
    Nothing,

    /// <summary>It would leave nobody who is an Admin and can sign in.</summary>
    LastAdmin,

    /// <summary>The account can't be saved as it is: its address is reserved for somebody else by now.</summary>
    Refused,
}
