using System.Text;

namespace WebApp.Sessions.Redis;

/// <summary>The entries of the index over all users; see <see cref="RedisIndex"/>. The scripts make them.</summary>
internal static class RedisIndexEntry
{
    /// <summary>What an entry says of its session first. The numbers are stored.</summary>
    public const byte Open = 1;
    public const byte LockedByPerson = 2;
    public const byte LockedByRule = 3;
    public const byte EndedAsTheft = 4;

    /// <summary>Where in an entry its parts stand, counted from 1 as in Lua; before them is the id.</summary>
    public const int State = SessionId.Size + 1;
    public const int Browser = State + 1;
    public const int System = Browser + 1;
    public const int Country = System + 1;
    public const int Method = Country + 2;
    public const int Address = Method + 1;

    /// <summary>How many bytes of an IPv6 address an entry has as they are; one more is made of the others.</summary>
    public const int AddressBytesOfV6 = 6;

    /// <summary>How many lists a tag has. A list stays compact up to 128 entries, as Redis is set by default.</summary>
    public const int Lists = 64;

    /// <summary>
    /// Places that the bitmap alone has, with a sum of two others: a pair may be rare though each of the two is common.
    /// </summary>
    public const int BrowserAndCountry = Address + AddressBytesOfV6 + 1;
    public const int SystemAndCountry = BrowserAndCountry + 1;
    public const int CountryAndMethod = SystemAndCountry + 1;
    public const int BrowserAndMethod = CountryAndMethod + 1;

    /// <summary>
    /// How many bytes of a tag's bitmap say which values the entries of a list have at one place (values 64 apart share
    /// a bit), and at all of them.
    /// </summary>
    public const int BitmapBytesOfPlace = 8;
    public const int BitmapBytesOfList = (BrowserAndMethod + 1 - State) * BitmapBytesOfPlace;

    /// <summary>Where those that ended as theft are counted, in place of the mark of an epoch.</summary>
    public const string Theft = "theft";

    /// <summary>What an entry has of a sign-in method.</summary>
    public static byte SumOf(string method) => (byte)Encoding.UTF8.GetBytes(method).Sum(b => b);

    /// <summary>The sums of the methods that a record has by their number.</summary>
    public static byte[] SumsOfNumberedMethods() => [.. RedisSessionRecord.Methods.Select(SumOf)];
}
