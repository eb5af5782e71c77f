using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace WebApp.Sessions.Redis;

/// <summary>Where a change that is journalled stands among those of its hash tag; see <see cref="RedisMark"/>.</summary>
/// <param name="Lineage">Places are counted within it.</param>
/// <param name="Number">Rises with each change.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct RedisPlace(long Lineage, long Number)
{
    public const int LineageSize = sizeof(long);
    public const int Size = LineageSize + RedisSessionRecord.TimeSize;

    public static RedisPlace Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadInt64BigEndian(bytes), RedisSessionRecord.ReadNumber(bytes[LineageSize..]));

    public byte[] Write()
    {
        var bytes = new byte[Size];
        BinaryPrimitives.WriteInt64BigEndian(bytes, Lineage);
        RedisSessionRecord.WriteNumber(bytes.AsSpan(LineageSize), Number);
        return bytes;
    }
}
