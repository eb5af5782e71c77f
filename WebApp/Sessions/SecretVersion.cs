using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace WebApp.Sessions;

/// <summary>Which of a session's secrets a cookie carries. Secrets follow each other in one line; none is good for long after a later one was seen.</summary>
/// <param name="Number">Counts rotations, from 0.</param>
/// <param name="Mark">Random, drawn whenever a secret is handed out: so two browsers that were handed the same number can be told apart.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct SecretVersion(uint Number, uint Mark)
{
    /// <summary>Bytes of a version (big-endian).</summary>
    public const int Size = 2 * sizeof(uint);

    /// <summary>Version 0 of a new session.</summary>
    public static SecretVersion First() => new(0, NewMark());

    /// <summary>The version after this one. Each call draws another mark.</summary>
    public SecretVersion Next() => new(Number + 1, NewMark());

    /// <summary>A version after all that can have been handed out while this was the current one, or the next.</summary>
    public SecretVersion AfterProof() => new(Number + 2, NewMark());

    /// <summary>Reads the first <see cref="Size"/> bytes.</summary>
    public static SecretVersion Read(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt32BigEndian(bytes), BinaryPrimitives.ReadUInt32BigEndian(bytes[sizeof(uint)..]));

    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32BigEndian(destination, Number);
        BinaryPrimitives.WriteUInt32BigEndian(destination[sizeof(uint)..], Mark);
    }

    private static uint NewMark() => BinaryPrimitives.ReadUInt32BigEndian(RandomNumberGenerator.GetBytes(sizeof(uint)));
}

/// <summary>What it means that a session's cookie carries a certain version.</summary>
public enum SecretUse
{
    /// <summary>The one last seen.</summary>
    Current,

    /// <summary>Handed out after the current one, and seen for the first time: it becomes the current one.</summary>
    Next,

    /// <summary>Replaced moments ago: a request that was under way, another tab.</summary>
    InGrace,

    /// <summary>Replaced moments ago by a proof of identity, which nothing before it outlives.</summary>
    Retired,

    /// <summary>The one just before, when its time was over: a copy, or a browser that crashed before it had stored the new one.</summary>
    Reused,

    /// <summary>An older one: a copy.</summary>
    Stale,

    /// <summary>Later than any that the store can have handed out: the store went back in time.</summary>
    Ahead,
}
