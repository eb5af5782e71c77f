namespace WebApp.Tests.Testing;

/// <summary>The same on a clock whose timestamps are held: however busy the machine is, the cache stays trusted and what is in it stays good.</summary>
public sealed class SteadyCachedApps() : CachedApps(new() { HoldsTimestamps = true });
