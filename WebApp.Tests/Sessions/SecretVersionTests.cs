using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions;

[Trait("Lane", "Fast")]
public sealed class SecretVersionTests
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);
    private static readonly DateTimeOffset Since = DateTimeOffset.UnixEpoch.AddYears(50);
    private static readonly SecretVersion Current = new(7, 100);
    private static readonly SecretVersion Previous = new(6, 200);

    private readonly UserSession _session = Samples.Session(Since) with { Secret = Current, PreviousSecret = Previous, SecretSince = Since };

    [Theory]
    [InlineData(7, 100, SecretUse.Current, SecretUse.Current)]
    [InlineData(8, 1, SecretUse.Next, SecretUse.Next)]
    [InlineData(7, 101, SecretUse.InGrace, SecretUse.InGrace)]
    [InlineData(6, 200, SecretUse.InGrace, SecretUse.Reused)]
    [InlineData(6, 201, SecretUse.InGrace, SecretUse.Reused)]
    [InlineData(5, 200, SecretUse.Stale, SecretUse.Stale)]
    [InlineData(0, 0, SecretUse.Stale, SecretUse.Stale)]
    [InlineData(9, 1, SecretUse.Ahead, SecretUse.Ahead)]
    [InlineData(uint.MaxValue, 1, SecretUse.Ahead, SecretUse.Ahead)]
    public void What_a_version_means_depends_on_the_one_last_seen(uint number, uint mark, SecretUse within, SecretUse after)
    {
        var presented = new SecretVersion(number, mark);

        Assert.Equal(within, _session.UseOf(presented, Since, Grace));
        Assert.Equal(within, _session.UseOf(presented, Since + Grace - TimeSpan.FromMilliseconds(1), Grace));
        Assert.Equal(after, _session.UseOf(presented, Since + Grace, Grace));
    }

    [Fact]
    public void A_twin_may_take_the_place_of_the_one_seen_first_after_two_graces()
    {
        var twin = Current with { Mark = 101 };

        Assert.Equal(SecretUse.InGrace, _session.UseOf(twin, Since + (2 * Grace) - TimeSpan.FromMilliseconds(1), Grace));
        Assert.Equal(SecretUse.Next, _session.UseOf(twin, Since + (2 * Grace), Grace));
    }

    [Theory]
    [InlineData(7, 100, SecretUse.InGrace, SecretUse.Reused)] // the one whose place it took
    [InlineData(7, 102, SecretUse.InGrace, SecretUse.Stale)] // a third
    [InlineData(6, 200, SecretUse.Stale, SecretUse.Stale)]
    [InlineData(8, 1, SecretUse.Next, SecretUse.Next)]
    public void Once_a_twin_has_taken_the_place_no_other_can(uint number, uint mark, SecretUse within, SecretUse after)
    {
        var session = _session with { Secret = Current with { Mark = 101 }, PreviousSecret = Current };

        Assert.Equal(within, session.UseOf(new(number, mark), Since, Grace));
        Assert.Equal(after, session.UseOf(new(number, mark), Since + Grace, Grace));
    }

    [Theory]
    [InlineData(7, 100, SecretUse.Current, SecretUse.Current)]
    [InlineData(6, 200, SecretUse.Retired, SecretUse.Reused)]
    [InlineData(6, 201, SecretUse.Retired, SecretUse.Reused)]
    [InlineData(5, 200, SecretUse.Retired, SecretUse.Stale)]
    [InlineData(0, 0, SecretUse.Retired, SecretUse.Stale)]
    [InlineData(8, 1, SecretUse.Next, SecretUse.Next)]
    public void A_proof_of_identity_leaves_no_grace_to_what_was_before(uint number, uint mark, SecretUse within, SecretUse after)
    {
        var session = _session with { AuthenticatedAt = Since };

        Assert.Equal(within, session.UseOf(new(number, mark), Since, Grace));
        Assert.Equal(within, session.UseOf(new(number, mark), Since + Grace - TimeSpan.FromMilliseconds(1), Grace));
        Assert.Equal(after, session.UseOf(new(number, mark), Since + Grace, Grace));
    }

    [Fact]
    public void The_version_after_a_proof_comes_after_all_that_can_have_been_handed_out()
    {
        var after = Current.AfterProof();

        Assert.True(after.Number > Current.Next().Number);
        Assert.NotEqual(after, Current.AfterProof());
    }

    [Fact]
    public void A_new_session_knows_its_first_version_only()
    {
        var first = SecretVersion.First();
        var session = _session with { Secret = first, PreviousSecret = first };

        Assert.Equal(SecretUse.Current, session.UseOf(first, Since + TimeSpan.FromDays(1), Grace));
        Assert.Equal(SecretUse.Next, session.UseOf(first.Next(), Since, Grace));
    }

    [Fact]
    public void A_version_comes_back_from_its_bytes()
    {
        var bytes = new byte[SecretVersion.Size];
        var version = new SecretVersion(uint.MaxValue, 0x01020304);

        version.Write(bytes);

        Assert.Equal("FFFFFFFF01020304", Convert.ToHexString(bytes));
        Assert.Equal(version, SecretVersion.Read(bytes));
    }
}
