using System.Data;
using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using WebApp.Audit;
using WebApp.Sessions;

namespace WebApp.Accounts;

/// <summary>
/// Deletes an account, on behalf of its person or of an Admin. The sessions end first: an account without sessions can be signed in to and deleted again, but a session
/// without an account would be somebody whom nobody can look up. Then the account and all that hangs on it go in one transaction, or not at all.
/// </summary>
public sealed partial class AccountDeletion(
    AppDbContext db, AppUserManager users, SessionManager sessions, AuditLog audit, LastAdmin lastAdmin,
    ILogger<AccountDeletion> logger)
{
    /// <summary>See <see cref="LastAdmin"/>.</summary>
    public Task<bool> IsLastAdminAsync(Guid userId) => lastAdmin.IsAsync(userId);

    /// <summary>Whether that is the user's own e-mail address, however it is written.</summary>
    public bool IsAddressOf(AppUser user, string? typed) => EmailAddress.KeyOf(typed) == EmailAddress.KeyOf(user.Email);

    /// <summary>On behalf of the person. Other outcomes than <see cref="AccountDeletionOutcome.Deleted"/> leave the account as it was.</summary>
    /// <exception cref="DbUpdateException">The audit log can't be written; nothing was done.</exception>
    public async Task<AccountDeletionOutcome> DeleteAsync(Guid userId)
    {
        if (await IsLastAdminAsync(userId))
            return AccountDeletionOutcome.LastAdmin;

        // Without address and device: nothing personal may be left of it.
        var entry = new AuditEntry { Action = AuditAction.AccountDeleted, ActorId = userId, SubjectId = userId };
        await audit.AppendAsync(entry);
        var outcome = await DeleteForStaffAsync(userId);
        if (outcome != AccountDeletionOutcome.Deleted)
            await NoteAsync(entry with { Action = AuditAction.AccountNotDeleted });
        return outcome;
    }

    /// <summary>As <see cref="DeleteAsync"/>, for a caller who has written it down and writes down what became of it.</summary>
    public async Task<AccountDeletionOutcome> DeleteForStaffAsync(Guid userId)
    {
        if (await IsLastAdminAsync(userId))
            return AccountDeletionOutcome.LastAdmin;

        var outcome = await EndAndDeleteAsync(userId);
        if (outcome == AccountDeletionOutcome.Deleted)
            await ClearUpAsync(userId);
        return outcome;
    }

    private async Task<AccountDeletionOutcome> EndAndDeleteAsync(Guid userId)
    {
        try
        {
            await sessions.RevokeAllAsync(userId, RevocationReason.AccountDeleted);
        }
        catch (SessionStoreUnavailableException e)
        {
            LogNotDeleted(e, userId);
            return AccountDeletionOutcome.StoreDown;
        }

        try
        {
            return await DeleteRowAsync(userId) ? AccountDeletionOutcome.Deleted : AccountDeletionOutcome.NotDeleted;
        }
        catch (Exception e) when (e is DbException or DbUpdateException)
        {
            LogNotDeleted(e, userId);
            return AccountDeletionOutcome.NotDeleted;
        }
    }

    /// <summary>Of two Admins who leave at the same moment, the second finds that nobody else is left.</summary>
    private async Task<bool> DeleteRowAsync(Guid userId)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(IsolationLevel.Serializable);
        // As it is by now: its version of rights counts for the sessions that are told of its end.
        db.ChangeTracker.Clear();
        // Gone already: a form that was sent twice.
        if (await users.FindByIdAsync(userId.ToString()) is not { } user)
            return true;

        if (await IsLastAdminAsync(userId) || !(await users.DeleteAsync(user)).Succeeded)
            return false;

        await transaction.CommitAsync();
        return true;
    }

    /// <summary>
    /// A sign-in that overtook the first end of all sessions ends here; one that is still under way is refused by the new generation. Should this
    /// fail, <see cref="RightsOutbox"/> makes up for it: its row was saved together with the deletion.
    /// </summary>
    private async Task ClearUpAsync(Guid userId)
    {
        try
        {
            await sessions.RevokeAllAsync(userId, RevocationReason.AccountDeleted);
            await audit.ForgetAsync(userId);
        }
        catch (Exception e) when (e is SessionStoreUnavailableException or DbException or DbUpdateException)
        {
            LogNotClearedUp(e, userId);
        }
    }

    private async Task NoteAsync(AuditEntry entry)
    {
        try
        {
            await audit.AppendAsync(entry);
        }
        catch (Exception e) when (e is DbException or DbUpdateException)
        {
            // The database that refused the deletion refuses this, too. The person is told, and the log says so.
            LogNotNoted(e, entry.SubjectId);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The account of user {UserId} was not deleted")]
    private partial void LogNotDeleted(Exception exception, Guid userId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The account of user {UserId} is deleted; its sessions and audit entries are cleared up later")]
    private partial void LogNotClearedUp(Exception exception, Guid userId);

    [LoggerMessage(Level = LogLevel.Error, Message = "The audit entry that the account of user {UserId} was not deleted could not be written")]
    private partial void LogNotNoted(Exception exception, Guid? userId);
}

public enum AccountDeletionOutcome
{
    Deleted,

    /// <summary>Nothing was done.</summary>
    LastAdmin,

    /// <summary>The account is as it was. Whether its sessions ended is not known.</summary>
    StoreDown,

    /// <summary>The account is as it was, but its sessions have ended.</summary>
    NotDeleted,
}
