using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace WebApp.Accounts.Passwords;

/// <summary>
/// Passwords that are tried first: <see cref="CommonPasswords"/> and the operator's file. They are compared folded (see <see cref="TypedText"/>), so
/// that variants are found; and kept as 64 bits of a hash each, because a file may have a million lines. A look-up takes the same time whatever their number.
/// </summary>
public sealed class PasswordBlocklist(IOptions<PasswordSettings> settings)
{
    private static HashSet<ulong>? MadeBuiltIn;

    private readonly Lazy<HashSet<ulong>> _added = new(() => Read(settings.Value.Blocklist));

    /// <summary>The same for every app in the process, and made when the first password is set.</summary>
    private static HashSet<ulong> BuiltIn => LazyInitializer.EnsureInitialized(
        ref MadeBuiltIn, () => [.. CommonPasswords.All().Select(password => Mark(new TypedText(password).Folded))]);

    /// <summary>Whether it is one of them, with digits and signs around it, or again and again.</summary>
    internal bool Has(TypedText typed)
    {
        var stem = typed.Stem();
        return ((string[])[typed.Folded, stem, TypedText.UnitOf(typed.Folded), TypedText.UnitOf(stem)]).Where(text => text.Length > 0).Any(IsListed);
    }

    private bool IsListed(string folded) => Mark(folded) is var mark && (BuiltIn.Contains(mark) || _added.Value.Contains(mark));

    private static HashSet<ulong> Read(string? path) => string.IsNullOrEmpty(path)
        ? []
        : [.. File.ReadLines(path).Select(line => new TypedText(line).Folded).Where(folded => folded.Length > 0).Select(Mark)];

    private static ulong Mark(string folded) => BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(folded)));
}
