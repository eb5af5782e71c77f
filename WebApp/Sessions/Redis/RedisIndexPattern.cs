using System.Buffers.Binary;
using System.Globalization;
using StackExchange.Redis;
using static WebApp.Sessions.Redis.RedisIndexEntry;

namespace WebApp.Sessions.Redis;

/// <summary>
/// What is asked of the index's entries, in the two ways that Redis can be asked: bytes to compare, one by one, for a script; and a glob, by which
/// Redis goes through all of them faster than a script can. Both let pass what fits, and may let pass more: the record decides.
/// </summary>
internal sealed class RedisIndexPattern
{
    private readonly SortedDictionary<int, (byte From, byte To)> _bytes = [];
    private bool _isOpenEnded = true;

    /// <param name="filter">What fits.</param>
    public RedisIndexPattern(SessionFilter filter)
    {
        _bytes[State] = filter.State switch
        {
            SessionState.Locked => (LockedByPerson, LockedByRule),
            SessionState.Flagged => (LockedByRule, EndedAsTheft),
            _ => (Open, LockedByRule),
        };
        if (filter.Device.Browser != 0)
            Require(Browser, filter.Device.Browser);
        if (filter.Device.System != 0)
            Require(RedisIndexEntry.System, filter.Device.System);
        for (var i = 0; i < filter.Country?.Length; i++)
            Require(Country + i, (byte)filter.Country[i]);
        if (filter.Method is { } method)
            Require(Method, SumOf(method));
        if (filter.Addresses is { } addresses)
            Require(addresses);
    }

    /// <param name="idPrefix">What the ids of live sessions begin with, in hexadecimal digits: two at least.</param>
    public RedisIndexPattern(string idPrefix)
        : this(new SessionFilter())
    {
        var from = UInt128.Parse(idPrefix.PadRight(2 * SessionId.Size, '0'), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        var to = UInt128.Parse(idPrefix.PadRight(2 * SessionId.Size, 'f'), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        Span<byte> lowest = stackalloc byte[SessionId.Size], highest = stackalloc byte[SessionId.Size];
        BinaryPrimitives.WriteUInt128BigEndian(lowest, from);
        BinaryPrimitives.WriteUInt128BigEndian(highest, to);
        for (var i = 0; i < (idPrefix.Length + 1) / 2; i++)
            _bytes[1 + i] = (lowest[i], highest[i]);
        OnlyList = lowest[0] / (256 / Lists);
    }

    /// <param name="onlyList">Where live sessions are looked for.</param>
    public RedisIndexPattern(int onlyList)
        : this(new SessionFilter())
    {
        OnlyList = onlyList;
    }

    /// <summary>The one list that can have what fits; null: any of them.</summary>
    public int? OnlyList { get; }

    /// <summary>Whether it lets pass whatever is live.</summary>
    public bool IsForAll => _bytes.Count == 1 && _isOpenEnded && _bytes[State] == (Open, LockedByRule);

    /// <summary>Threes of bytes: where, from, to.</summary>
    public RedisValue Checks => _bytes.SelectMany(b => new[] { (byte)b.Key, b.Value.From, b.Value.To }).ToArray();

    /// <summary>What a list may have nothing of, by its bitmap: threes as <see cref="Checks"/>, what is rarest first.</summary>
    public RedisValue Sought
    {
        get
        {
            var (browser, system, country, method) = (ValueAt(Browser), ValueAt(RedisIndexEntry.System), ValueAt(Country) + ValueAt(Country + 1), ValueAt(Method));
            (int At, int? Sum)[] pairs =
            [
                (BrowserAndCountry, browser + country), (SystemAndCountry, system + country), (CountryAndMethod, country + method), (BrowserAndMethod, browser + method),
            ];
            return pairs.Where(pair => pair.Sum is not null).Select(pair => (pair.At, From: (byte)pair.Sum!, To: (byte)pair.Sum!))
                .Concat(_bytes.Select(b => (At: b.Key, b.Value.From, b.Value.To))
                    .Where(check => check.At >= State && (check.From, check.To) != (Open, LockedByRule) && check.To - check.From < (8 * BitmapBytesOfPlace) - 1))
                .SelectMany(check => new[] { (byte)check.At, check.From, check.To }).ToArray();
        }
    }

    /// <summary>How long an entry must be; 0: however long.</summary>
    public int Length => _isOpenEnded ? 0 : _bytes.Keys.Max();

    public RedisValue Glob
    {
        get
        {
            var glob = new List<byte>();
            for (var at = 1; at <= _bytes.Keys.Max(); at++)
                glob.AddRange(GlobOf(_bytes.TryGetValue(at, out var range) ? range : (byte.MinValue, byte.MaxValue)));
            if (_isOpenEnded)
                glob.Add((byte)'*');
            return glob.ToArray();
        }
    }

    private int? ValueAt(int at) => _bytes.TryGetValue(at, out var range) && range.From == range.To ? range.From : null;

    private void Require(int at, byte value) => _bytes[at] = (value, value);

    /// <summary>The entry ends with the address, and one of IPv4 is shorter than one of IPv6.</summary>
    private void Require(AddressRange addresses)
    {
        var (first, last) = (addresses.First.GetAddressBytes(), addresses.Last.GetAddressBytes());
        _isOpenEnded = false;
        var (known, size) = first.Length == 4 ? (first.Length, first.Length) : (AddressBytesOfV6, AddressBytesOfV6 + 1);
        for (var i = 0; i < known; i++)
            _bytes[Address + i] = (first[i], last[i]);
        if (size > known)
        {
            var sum = (byte)first.Skip(known).Sum(b => b);
            _bytes[Address + known] = addresses.First.Equals(addresses.Last) ? (sum, sum) : (byte.MinValue, byte.MaxValue);
        }
    }

    private static byte[] GlobOf((byte From, byte To) range) => range switch
    {
        (byte.MinValue, byte.MaxValue) => "?"u8.ToArray(),
        var (from, to) when from == to => from is (byte)'*' or (byte)'?' or (byte)'[' or (byte)'\\' ? [(byte)'\\', from] : [from],
        // In brackets these have a meaning of their own: the check of the bytes is enough.
        var (from, _) when from is (byte)'\\' or (byte)']' or (byte)'^' or (byte)'-' => "?"u8.ToArray(),
        var (from, to) => [(byte)'[', from, (byte)'-', to, (byte)']'],
    };
}
