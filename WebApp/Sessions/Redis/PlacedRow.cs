using System.Runtime.InteropServices;

namespace WebApp.Sessions.Redis;

/// <summary>A row of the journal that Redis has counted.</summary>
/// <param name="Id">The row's.</param>
/// <param name="Place">Where.</param>
/// <param name="Latest">Nothing that it concerns can live after that; null: not known.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct PlacedRow(long Id, RedisPlace Place, DateTimeOffset? Latest = null);
