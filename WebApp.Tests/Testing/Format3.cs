using System.Buffers.Binary;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using StackExchange.Redis;
using WebApp.Sessions;
using WebApp.Sessions.Redis;

namespace WebApp.Tests.Testing;

/// <summary>Records as the version before wrote them; see <see cref="RedisRecordFormat3"/>.</summary>
public static class Format3
{
    /// <summary>A session or a tombstone.</summary>
    public static byte[] Write(UserSession session)
    {
        byte[] agent = Encoding.UTF8.GetBytes(session.UserAgent), method = Encoding.UTF8.GetBytes(session.SignInMethod);
        byte[] variable = [.. Number((ushort)agent.Length), .. agent, (byte)method.Length, .. method];
        return
        [
            3, session.Revocation is null ? (byte)1 : (byte)2,
            .. session.UserId.ToByteArray(bigEndian: true), .. Number(session.RightsVersion), .. Number(session.RequiredRightsVersion),
            .. Time(session.NameShownUntil), .. Time(session.LastSeenAt), .. Address(session.LastAddress), .. Encoding.ASCII.GetBytes(session.Country ?? "\0\0"),
            .. Address(session.PreviousAddress), .. Time(session.MovedAt), session.Family.Browser, session.Family.System,
            .. Secret(session.Secret), .. Secret(session.PreviousSecret), .. Time(session.SecretSince),
            .. Time(session.AuthenticatedAt), .. Time(session.Lock?.At), session.Lock is { } sessionLock ? (byte)sessionLock.Reason : (byte)0, session.ProofAttempts,
            .. Time(session.CreatedAt), .. Time(session.AbsoluteDeadline), .. Number((long)session.IdleTimeout.TotalMilliseconds),
            // The whole SHA-256.
            .. session.FamilyHash.Span, .. RandomNumberGenerator.GetBytes(32 - session.FamilyHash.Length),
            .. Address(session.SignInAddress), session.Remembered ? (byte)1 : (byte)0, .. Number((ushort)(203 + variable.Length)),
            .. variable, .. session.Revocation is { } revocation ? Tail(revocation, session.Refused) : session.Ticket.ToArray(),
        ];
    }

    /// <summary>Has all of a user's sessions and tombstones in the store be of format 3. Their keys live as long as before.</summary>
    public static async Task DowngradeAsync(IDatabase redis, Guid userId)
    {
        var keys = new RedisKeys(userId);
        var ids = (await redis.SortedSetRangeByRankAsync(keys.Index)).Select(id => SessionId.Read((byte[])id!)).ToList();
        foreach (var (id, record) in ids.Zip(await redis.StringGetAsync([.. ids.Select(keys.Record)])))
        {
            if ((byte[]?)record is [RedisSessionRecord.FormatVersion, ..] and var bytes && RedisSessionRecord.Read(id, bytes) is { } session)
                await redis.ExecuteAsync("SET", keys.Record(id), Write(session), "KEEPTTL");
        }
    }

    private static byte[] Tail(Revocation revocation, RefusedAttempts? refused) =>
    [
        .. Time(revocation.At), (byte)revocation.Reason, revocation.CaseReference is null ? (byte)0 : (byte)1,
        .. Number((ushort)(refused?.Count ?? 0)), .. Time(refused?.LastAt), .. Address(refused?.LastAddress), .. Encoding.UTF8.GetBytes(revocation.CaseReference ?? ""),
    ];

    private static byte[] Secret(SecretVersion version) => [.. Number((int)version.Number), .. Number((int)version.Mark)];

    private static byte[] Time(DateTimeOffset? time) => Number(time?.ToUnixTimeMilliseconds() ?? 0);

    private static byte[] Address(IPAddress? address) => address?.MapToIPv6().GetAddressBytes() ?? new byte[16];

    private static byte[] Number(long number)
    {
        var bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, number);
        return bytes;
    }

    private static byte[] Number(int number) => Number((long)number)[sizeof(int)..];

    private static byte[] Number(ushort number) => Number((long)number)[^sizeof(ushort)..];
}
