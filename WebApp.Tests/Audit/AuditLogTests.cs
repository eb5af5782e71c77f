using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Audit;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Audit;

[Trait("Lane", "Fast")]
public sealed class AuditLogTests(TestApp app) : IClassFixture<TestApp>
{
    private readonly AuditLog _audit = app.Services.GetRequiredService<AuditLog>();

    [Fact]
    public async Task An_entry_comes_back_as_it_was_written_with_the_time_and_an_id_that_rises()
    {
        var entry = new AuditEntry
        {
            Action = AuditAction.ForceSignOut,
            ActorId = Guid.NewGuid(),
            SubjectId = Guid.NewGuid(),
            SessionId = new('a', 32),
            Address = "2001:db8:1111:2222:3333:4444:5555:6666",
            Device = new('d', AuditEntry.MaxDeviceLength),
            Method = new('m', AuditEntry.MaxMethodLength),
            Reason = "SuspiciousActivity",
            CaseReference = new('c', 64),
            Note = new('ñ', AuditEntry.MaxNoteLength),
        };

        await _audit.AppendAsync(entry);
        app.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await _audit.AppendAsync(new() { Action = AuditAction.SignInFailed });

        var newest = await _audit.ListAsync(before: null, count: 2);
        Assert.Equal(entry with { Id = newest[1].Id, At = app.Clock.GetUtcNow().AddMilliseconds(-1) }, newest[1]);
        Assert.Equal(new() { Id = newest[0].Id, At = app.Clock.GetUtcNow(), Action = AuditAction.SignInFailed }, newest[0]);
        Assert.True(newest[0].Id > newest[1].Id);
    }

    // SQLite's driver ends a long text at its first NUL: the database would have less than the link was made of, and nothing behind it could be proved any more.
    [Fact]
    public async Task A_text_that_would_not_be_kept_as_it_is_is_refused_wherever_it_stands_and_the_log_still_fits()
    {
        foreach (var field in typeof(AuditEntry).GetProperties().Where(p => p.PropertyType == typeof(string)))
        {
            foreach (var text in new[] { "x\0" + new string('a', 600), "x\0", "\u0085", new('é', 600) })
            {
                var entry = new AuditEntry { Action = AuditAction.AuditExported };
                field.SetValue(entry, text);
                var refusal = await Assert.ThrowsAsync<ArgumentException>(() => _audit.AppendAsync(entry));
                Assert.StartsWith($"{field.Name} of an audit entry", refusal.Message, StringComparison.Ordinal);
            }
        }

        await _audit.AppendAsync(new() { Action = AuditAction.ForceSignOut, Note = "two\r\nlines\tand " + new string('語', 400) });
        Assert.Null((await app.Services.GetRequiredService<AuditVerifier>().VerifyAsync()).Misfit);
    }

    [Fact]
    public async Task Entries_are_read_newest_first_page_by_page_and_each_once()
    {
        var subject = Guid.NewGuid();
        for (var i = 0; i < 7; i++)
            await _audit.AppendAsync(new() { Action = AuditAction.SignedIn, SubjectId = subject, Reason = $"{i}" });

        var pages = new List<string>();
        for (long? before = null; await _audit.ListAsync(before, 3) is { } page && page.Any(e => e.SubjectId == subject); before = page[^1].Id)
            pages.Add(string.Join(' ', page.Where(e => e.SubjectId == subject).Select(e => e.Reason)));

        Assert.Equal(["6 5 4", "3 2 1", "0"], pages);
    }

    // The order is that of writing: a clock that is set back must not hide the newest entries.
    [Fact]
    public async Task A_clock_set_back_does_not_change_the_order()
    {
        await _audit.AppendAsync(new() { Action = AuditAction.SignedIn, Reason = "first" });
        app.Clock.Advance(-TimeSpan.FromHours(1));
        await _audit.AppendAsync(new() { Action = AuditAction.SignedIn, Reason = "second" });

        Assert.Equal(["second", "first"], (await _audit.ListAsync(null, 2)).Select(e => e.Reason));
    }

    // What is personal goes with its account, and that is all: see AuditForgetTests.
    [Fact]
    public void The_log_can_be_appended_to_and_read_and_nothing_else() => Assert.Equal(
        ["AppendAsync", "CountByHourAsync", "Dispose", "ForgetAsync", "HeadAsync", "ListAsync", "ListNewerOfSubjectAsync", "ListOfSessionAsync", "ListOfSubjectAsync", "ListOlderOfSubjectAsync", "ReadAsync", "SearchAsync"],
        typeof(AuditLog).GetMethods(BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.DeclaredOnly).Select(m => m.Name).Order(StringComparer.Ordinal));

    [Fact]
    public void An_entry_can_not_be_changed_once_it_is_made() => Assert.All(
        typeof(AuditEntry).GetProperties(),
        property => Assert.Contains(typeof(System.Runtime.CompilerServices.IsExternalInit), property.SetMethod!.ReturnParameter.GetRequiredCustomModifiers()));

    // Names are stored: an entry that says something else after a deployment is worse than none.
    [Fact]
    public void The_names_of_the_actions_stay_as_they_are() => Assert.Equal(
        "Registered SignedIn SignInFailed SessionEnded SessionLocked SessionMoved SignalRaised SignalNotified SessionDisowned RevokedSessionTried IdentityConfirmed PasswordChanged RoleGranted "
        + "ForceSignOut ForceSignOutAll ForceSignOutUnconfirmed ForceLock ForceLockUnconfirmed Refused SessionShortened "
        + "EmailConfirmed PasswordResetRequested PasswordReset EmailChangeRequested EmailChanged AccountLocked AuthenticatorAdded AuthenticatorRemoved PasskeyAdded "
        + "PasskeyRenamed PasskeyRemoved RecoveryCodesMade RecoveryCodeUsed BrowserRemembered BrowserForgotten AccountDisowned PasskeyRefused "
        + "NameChanged AccountDeleted AccountNotDeleted DataDownloaded "
        + "ForceSignOutSome Ban Unban RequirePasswordReset SendPasswordReset RequireSecondFactor ExcuseSecondFactor RemoveFactors ResendConfirmation ChangeRoles DeleteAccount "
        + "RevealAddress StaffActFailed "
        + "BulkRequested BulkApproved BulkRefused BulkStarted BulkPaused BulkResumed BulkStopped BulkFinished "
        + "PersonalDataForgotten AuditExported BundleMade ChainRestarted ForceSignOutEveryone BulkReportDownloaded StaffActDone",
        string.Join(' ', Enum.GetNames<AuditAction>()));
}
