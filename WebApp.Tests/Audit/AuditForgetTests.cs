using Microsoft.Extensions.DependencyInjection;
using WebApp.Audit;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Audit;

/// <summary>What is personal goes with the account; the entry stays, and so does its proof.</summary>
public sealed class AuditForgetTests(TestApp app) : IClassFixture<TestApp>
{
    private readonly AuditLog _audit = app.Services.GetRequiredService<AuditLog>();
    private readonly Guid _person = Guid.NewGuid();
    private readonly Guid _other = Guid.NewGuid();

    [Fact]
    public async Task Of_what_is_about_the_person_ids_times_actions_and_reasons_stay()
    {
        var entry = Full(actor: _other, subject: _person);
        await _audit.AppendAsync(entry);
        var before = (await app.AuditOfAsync(_person))[0];

        await _audit.ForgetAsync(_person);

        var after = await app.AuditOfAsync(_person);
        Assert.Equal(before with { Address = null, Device = null, Details = null, Note = null }, after[0]);
        Assert.Equal([before.Action, AuditAction.PersonalDataForgotten], after.Select(e => e.Action));
        Assert.Null((await app.Services.GetRequiredService<AuditVerifier>().VerifyAsync()).Misfit);
    }

    // A note on somebody else is about that person; and nobody washes it away by leaving.
    [Fact]
    public async Task Of_what_the_person_did_to_others_only_address_and_device_go()
    {
        await _audit.AppendAsync(Full(actor: _person, subject: _other));
        var before = (await app.AuditOfAsync(_other))[0];

        await _audit.ForgetAsync(_person);

        Assert.Equal(before with { Address = null, Device = null }, Assert.Single(await app.AuditOfAsync(_other)));
    }

    [Fact]
    public async Task Nobody_elses_entries_change_and_it_may_be_repeated()
    {
        await _audit.AppendAsync(Full(actor: _other, subject: _other));
        await _audit.AppendAsync(new() { Action = AuditAction.SignInFailed, Address = "203.0.113.7" });
        var before = await _audit.ListAsync(null, 2);

        await _audit.ForgetAsync(_person);
        await _audit.ForgetAsync(_person);

        Assert.Equal(before, await _audit.ListAsync(null, 2));
    }

    [Fact]
    public async Task Repeated_it_says_so_once()
    {
        await _audit.AppendAsync(Full(actor: _person, subject: _person));

        await _audit.ForgetAsync(_person);
        await _audit.ForgetAsync(_person);

        Assert.Single(await app.AuditOfAsync(_person), e => e.Action == AuditAction.PersonalDataForgotten);
    }

    [Fact]
    public async Task More_than_one_batch_is_forgotten()
    {
        await app.FillAuditLogAsync(_person, AuditLog.Batch + 10);

        await _audit.ForgetAsync(_person);

        var entries = await app.AuditOfAsync(_person);
        Assert.Equal(AuditLog.Batch + 11, entries.Count);
        Assert.DoesNotContain(entries, e => e.Address is not null);
    }

    private static AuditEntry Full(Guid actor, Guid subject) => new()
    {
        Action = AuditAction.ForceSignOut,
        ActorId = actor,
        SubjectId = subject,
        SessionId = new('a', 32),
        Address = "203.0.113.7",
        Device = "Firefox on Windows",
        Method = "pwd",
        Reason = "Other",
        CaseReference = "C-1",
        Details = "details",
        Note = "note",
    };
}
