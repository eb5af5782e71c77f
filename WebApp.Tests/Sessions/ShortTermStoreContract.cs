using System.Security.Cryptography;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions;

/// <summary>What <see cref="IShortTermStore"/> promises, for each implementation.</summary>
public abstract class ShortTermStoreContract : IAsyncLifetime
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    private readonly Guid _user = Guid.NewGuid();
    private IShortTermStore _store = null!;

    protected TestClock Clock { get; } = new();

    public async Task InitializeAsync() => _store = await OpenAsync();

    public abstract Task DisposeAsync();

    protected abstract Task<IShortTermStore> OpenAsync();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(200_000)]
    public async Task What_is_kept_is_found_by_its_user_and_id_and_by_no_others(int size)
    {
        var (id, content) = (Guid.NewGuid(), RandomNumberGenerator.GetBytes(size));

        Assert.Equal(content, await _store.KeepAsync(_user, id, content, Lifetime));

        Assert.Equal(content, await _store.FindAsync(_user, id));
        Assert.Null(await _store.FindAsync(Guid.NewGuid(), id));
        Assert.Null(await _store.FindAsync(_user, Guid.NewGuid()));
    }

    [Fact]
    public async Task It_is_gone_when_its_time_is_over_and_not_before()
    {
        var (sooner, later) = (await KeepAsync(TimeSpan.FromMinutes(1)), await KeepAsync(Lifetime));

        Clock.Advance(TimeSpan.FromMinutes(1) - TimeSpan.FromMilliseconds(1));
        Assert.NotNull(await _store.FindAsync(_user, sooner));
        Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Null(await _store.FindAsync(_user, sooner));
        Assert.NotNull(await _store.FindAsync(_user, later));
        Clock.Advance(Lifetime);
        Assert.Null(await _store.FindAsync(_user, later));
    }

    [Fact]
    public async Task Under_one_id_the_first_stays_until_it_is_gone()
    {
        var id = Guid.NewGuid();
        await _store.KeepAsync(_user, id, [1], Lifetime);

        Assert.Equal([1], await _store.KeepAsync(_user, id, [2], Lifetime));
        Assert.Equal([1], await _store.FindAsync(_user, id));

        Clock.Advance(Lifetime);
        Assert.Equal([3], await _store.KeepAsync(_user, id, [3], Lifetime));
        await _store.RemoveAsync(_user, id);
        Assert.Equal([4], await _store.KeepAsync(_user, id, [4], Lifetime));
    }

    [Fact]
    public async Task Of_many_that_keep_under_one_id_at_once_all_get_the_same_back()
    {
        var id = Guid.NewGuid();

        var kept = await Task.WhenAll(Enumerable.Range(0, 20).Select(number => _store.KeepAsync(_user, id, [(byte)number], Lifetime)));

        Assert.Single(kept.Select(content => content[0]).Distinct());
    }

    [Fact]
    public async Task What_is_removed_is_gone_alone()
    {
        var (one, other) = (await KeepAsync(Lifetime), await KeepAsync(Lifetime));

        await _store.RemoveAsync(_user, one);
        await _store.RemoveAsync(_user, Guid.NewGuid());

        Assert.Null(await _store.FindAsync(_user, one));
        Assert.NotNull(await _store.FindAsync(_user, other));
    }

    [Fact]
    public async Task A_user_with_too_many_loses_what_ends_first_and_nobody_else_does()
    {
        var neighbour = Guid.NewGuid();
        await _store.KeepAsync(neighbour, neighbour, [7], Lifetime);
        List<Guid> ids = [];
        for (var i = 0; i < IShortTermStore.MaxPerUser + 2; i++)
        {
            ids.Add(await KeepAsync(Lifetime));
            Clock.Advance(TimeSpan.FromSeconds(1));
        }

        var found = await Task.WhenAll(ids.Select(async id => await _store.FindAsync(_user, id) is not null));

        Assert.Equal([false, false, .. Enumerable.Repeat(true, IShortTermStore.MaxPerUser)], found);
        Assert.Equal([7], await _store.FindAsync(neighbour, neighbour));
    }

    private async Task<Guid> KeepAsync(TimeSpan lifetime)
    {
        var id = Guid.NewGuid();
        await _store.KeepAsync(_user, id, [1, 2, 3], lifetime);
        return id;
    }
}
