namespace WebApp.Tests.Testing;

/// <summary>What an app that is about to start finds in Redis.</summary>
public enum RedisBefore
{
    /// <summary>A new server.</summary>
    Empty,

    /// <summary>As the app left it when it stopped.</summary>
    Existing,

    /// <summary>The same, after FLUSHALL: sessions and the key ring are gone, loaded scripts are not.</summary>
    Flushed,

    /// <summary>A snapshot from before the latest sign-ins and ends of sessions.</summary>
    OlderSnapshot,
}
