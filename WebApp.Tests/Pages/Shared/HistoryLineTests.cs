using WebApp.Audit;
using WebApp.Pages;
using WebApp.Sessions;

namespace WebApp.Tests.Pages.Shared;

/// <summary>What a person may read of an audit entry about them.</summary>
[Trait("Lane", "Fast")]
public sealed class HistoryLineTests
{
    private static readonly Guid Person = Guid.NewGuid();

    /// <summary>That an act was done says no more than the act.</summary>
    public static TheoryData<AuditAction> Actions => [.. Enum.GetValues<AuditAction>().Where(action => action != AuditAction.StaffActDone)];

    [Theory]
    [MemberData(nameof(Actions))]
    public void Every_action_has_words_and_stands_among_its_kind(AuditAction action)
    {
        var line = HistoryLine.Of(new() { Action = action, SubjectId = Person });

        Assert.NotEqual(Words.Of((AuditAction)999), line.What);
        Assert.Matches("^[A-Z].*[^.]$", line.What);
        Assert.Contains(action, HistoryLine.ActionsOf(line.Kind));
        Assert.Contains(action, HistoryLine.ActionsOf(HistoryKind.All));
        Assert.Single(Enum.GetValues<HistoryKind>(), kind => kind != HistoryKind.All && HistoryLine.ActionsOf(kind).Contains(action));
    }

    [Theory]
    [MemberData(nameof(Actions))]
    public void Whatever_staff_did_nothing_of_theirs_is_told(AuditAction action)
    {
        var line = HistoryLine.Of(new()
        {
            Action = action,
            ActorId = Guid.NewGuid(),
            SubjectId = Person,
            Address = "203.0.113.7",
            Device = "Firefox on Windows",
            Method = "pwd",
            Details = "details",
            Note = "note",
            Reason = nameof(RevocationReason.Other),
            CaseReference = "C-1",
        });

        Assert.Equal((HistoryActor.Support, "C-1"), (line.By, line.CaseReference));
        Assert.Equal((null, null, null), (line.Address, line.Device, line.Method));
        // What exactly was done to them is theirs to know, where the action alone does not say it.
        var isDetailed = action is AuditAction.ForceSignOutSome or AuditAction.Ban or AuditAction.ChangeRoles or AuditAction.RevealAddress;
        Assert.Equal(isDetailed ? "details" : null, line.Details);
    }

    [Theory]
    [InlineData(AuditAction.SessionEnded, "PossibleTheft", "Session ended by a security rule: possible theft: its cookie was used in two places", HistoryActor.App)]
    [InlineData(AuditAction.SessionEnded, "Maintenance", "Session ended by support: maintenance", HistoryActor.Support)]
    [InlineData(AuditAction.SessionEnded, "99", "Session ended by a security rule: no longer known", HistoryActor.App)]
    [InlineData(AuditAction.SessionLocked, "User", "Session locked by its owner", HistoryActor.App)]
    [InlineData(AuditAction.SessionLocked, "Support", "Session locked by support", HistoryActor.Support)]
    [InlineData(AuditAction.SessionLocked, "BrowserChanged", "Session locked by a security rule: another kind of browser used its cookie", HistoryActor.App)]
    [InlineData(AuditAction.SignalRaised, "Travel", "Warning: it was used in two countries within a short time", HistoryActor.Unknown)]
    [InlineData(AuditAction.RoleGranted, "Support", "You were given the role Support", HistoryActor.App)]
    [InlineData(AuditAction.SignInFailed, null, "A sign-in failed", HistoryActor.Unknown)]
    [InlineData(AuditAction.PasskeyRefused, null, "Passkey refused", HistoryActor.Unknown)]
    public void An_entry_without_an_actor_says_by_whom_in_general(AuditAction action, string? reason, string words, HistoryActor by)
    {
        var line = HistoryLine.Of(new() { Action = action, SubjectId = Person, Reason = reason });

        Assert.Equal((words, by), (line.What, line.By));
    }

    [Fact]
    public void That_an_act_was_done_has_no_line_of_its_own() => Assert.All(Enum.GetValues<HistoryKind>(), kind => Assert.DoesNotContain(AuditAction.StaffActDone, HistoryLine.ActionsOf(kind)));

    [Theory]
    [InlineData(AuditAction.Ban)]
    [InlineData(AuditAction.StaffActFailed)]
    [InlineData(AuditAction.ForceSignOutUnconfirmed)]
    public void An_operator_at_the_command_line_is_support_without_a_name(AuditAction action)
    {
        var line = HistoryLine.Of(new() { Action = action, SubjectId = Person, Device = "Command line", Reason = nameof(RevocationReason.Maintenance) });

        Assert.Equal((HistoryActor.Support, null), (line.By, line.Device));
    }

    [Theory]
    [InlineData(AuditAction.SignInFailed)]
    [InlineData(AuditAction.PasskeyRefused)]
    public void What_did_not_prove_who_somebody_is_stands_among_the_sign_ins(AuditAction action) =>
        Assert.Contains(action, HistoryLine.ActionsOf(HistoryKind.SignIns));
}
