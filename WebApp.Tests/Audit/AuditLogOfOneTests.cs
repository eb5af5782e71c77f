using Microsoft.Extensions.DependencyInjection;
using WebApp.Audit;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Audit;

/// <summary>What the log has of one session and of one person.</summary>
public sealed class AuditLogOfOneTests(TestApp app) : IClassFixture<TestApp>
{
    private readonly AuditLog _audit = app.Services.GetRequiredService<AuditLog>();
    private readonly Guid _person = Guid.NewGuid();
    private readonly string _session = Guid.NewGuid().ToString("N");

    [Fact]
    public async Task A_session_has_its_latest_entries_and_only_for_its_owner()
    {
        foreach (var action in new[] { AuditAction.SignedIn, AuditAction.SessionMoved, AuditAction.SessionEnded })
            await _audit.AppendAsync(new() { Action = action, SubjectId = _person, SessionId = _session });
        await _audit.AppendAsync(new() { Action = AuditAction.SessionLocked, SubjectId = _person, SessionId = new('0', 32) });

        var found = await _audit.ListOfSessionAsync(_person, _session, 2);

        Assert.Equal([AuditAction.SessionEnded, AuditAction.SessionMoved], found.Select(e => e.Action));
        Assert.Empty(await _audit.ListOfSessionAsync(Guid.NewGuid(), _session, 2));
    }

    [Fact]
    public async Task A_person_has_the_latest_entries_of_one_action_since_a_moment()
    {
        for (var day = 0; day < 4; day++)
        {
            await _audit.AppendAsync(new() { Action = AuditAction.SignalNotified, SubjectId = _person, Details = $"{day}" });
            await _audit.AppendAsync(new() { Action = AuditAction.SignalRaised, SubjectId = _person });
            await _audit.AppendAsync(new() { Action = AuditAction.SignalNotified, SubjectId = Guid.NewGuid() });
            app.Clock.Advance(TimeSpan.FromDays(1));
        }

        var since = app.Clock.GetUtcNow().AddDays(-3);

        Assert.Equal(["3", "2", "1"], (await _audit.ListOfSubjectAsync(_person, AuditAction.SignalNotified, since, 100)).Select(e => e.Details));
        Assert.Equal(["3"], (await _audit.ListOfSubjectAsync(_person, AuditAction.SignalNotified, since, 1)).Select(e => e.Details));
    }

    [Fact]
    public async Task What_was_done_to_everyone_is_about_each_person_from_their_first_entry_on()
    {
        AuditAction[] actions = [AuditAction.Registered, AuditAction.SignedIn, AuditAction.ForceSignOutEveryone];
        var ids = new List<long>();
        foreach (var action in (AuditAction[])[AuditAction.ForceSignOutEveryone, AuditAction.Registered, AuditAction.SignedIn, AuditAction.ForceSignOutEveryone, AuditAction.SignedIn, AuditAction.ForceSignOutEveryone])
            ids.Add(await _audit.AppendAsync(new() { Action = action, SubjectId = action == AuditAction.ForceSignOutEveryone ? null : _person }));

        var all = await _audit.ListOlderOfSubjectAsync(_person, actions, null, 100);
        var (newest, older) = (await _audit.ListOlderOfSubjectAsync(_person, actions, null, 3), await _audit.ListOlderOfSubjectAsync(_person, actions, ids[3], 3));

        Assert.Equal(ids.Skip(1).Reverse(), all.Select(e => e.Id));
        Assert.Equal(ids.Skip(3).Reverse(), newest.Select(e => e.Id));
        Assert.Equal([ids[2], ids[1]], older.Select(e => e.Id));
        Assert.Equal([ids[4], ids[3]], (await _audit.ListNewerOfSubjectAsync(_person, actions, ids[2], 2)).Select(e => e.Id));
        Assert.Equal([ids[4], ids[2]], (await _audit.ListOlderOfSubjectAsync(_person, [AuditAction.SignedIn], null, 100)).Select(e => e.Id));
        Assert.Empty(await _audit.ListOlderOfSubjectAsync(Guid.NewGuid(), actions, null, 100));
    }
}
