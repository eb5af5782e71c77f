using CsCheck;
using StackExchange.Redis;
using WebApp.Sessions;
using WebApp.Sessions.Redis;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions.Redis;

[Trait("Lane", "Fast")]
public sealed class RedisEpochsTests
{
    /// <summary>Case references have no control characters; a copy has a zero behind its own.</summary>
    private static readonly Gen<string> References =
        Any.WholeText.Select(text => text.Replace("\0", "", StringComparison.Ordinal)).Where(text => text.Length > 0);

    private static readonly Gen<SessionEpoch> Epochs = Gen.Select(
        Gen.UInt.Where(number => number > 0), Any.Time, Gen.Enum<RevocationReason>(), Gen.Null(References),
        Gen.Null(Gen.Select(Gen.Guid, Any.SessionId, (userId, id) => new SparedSession(userId, id))),
        (number, at, reason, reference, spared) => new SessionEpoch(number, new(at, reason, reference), spared));

    private readonly RedisScripts _scripts = new();

    [Fact]
    public Task Any_epoch_comes_back_from_the_copy_that_a_tag_is_told() =>
        Gen.Frequency((99, Epochs), (1, Gen.Const(SessionEpoch.First))).SampleAsync(async epoch =>
        {
            byte[] copy = [];
            var epochs = new RedisEpochs(
                (_, _, args) =>
                {
                    copy = args[1]!;
                    return Task.FromResult(RedisResult.Create(RedisScripts.Yes));
                },
                _scripts);

            await epochs.TellAsync(epoch, tag: 0);

            Assert.Equal(epoch, RedisEpochs.Read(copy));
        }, iter: 300);
}
