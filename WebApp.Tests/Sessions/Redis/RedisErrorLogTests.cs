using WebApp.Sessions.Redis;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Sessions.Redis;

/// <summary>How often errors of Redis are logged.</summary>
public sealed class RedisErrorLogTests
{
    private readonly SteppedClock _clock = new();
    private readonly LogCollector _log = new();
    private readonly RedisErrorLog _errors;

    public RedisErrorLogTests() => _errors = new(_clock, _log.CreateLogger("test"));

    [Fact]
    public void A_kind_is_logged_once_a_minute_with_how_many_were_left_out()
    {
        for (var error = 0; error < 100; error++)
            _errors.Add("touch", new("ERR", "ERR words"));
        _clock.Step(TimeSpan.FromSeconds(59));
        _errors.Add("touch", new("ERR", "ERR words"));
        Assert.Equal(["Error test: Redis refused touch: ERR words (0 more were not logged before) "], _log.Lines);

        _clock.Step(TimeSpan.FromSeconds(1));
        _errors.Add("touch", new("ERR", "ERR other words"));

        Assert.Equal(2, _log.Lines.Count);
        Assert.EndsWith(
            "ERR other words (100 more were not logged before) ", _log.Lines.Last(), StringComparison.Ordinal);
    }

    [Fact]
    public void Another_operation_or_code_is_another_kind()
    {
        _errors.Add("touch", new("ERR", "ERR words"));
        _errors.Add("touch", new("OOM", "OOM words"));
        _errors.Add("add", new("ERR", "ERR words"));

        Assert.Equal(3, _log.Lines.Count);
    }

    private sealed class SteppedClock : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;

        public void Step(TimeSpan by) => _ticks += by.Ticks;
    }
}
