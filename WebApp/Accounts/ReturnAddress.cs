namespace WebApp.Accounts;

/// <summary>Where a person was when they were asked who they are, as it travels in an address.</summary>
public static class ReturnAddress
{
    /// <summary>The query's name for it.</summary>
    public const string Name = "returnUrl";

    /// <summary>Characters, as it stands in a query. It is sent in headers, which proxies take to some kilobytes, and comes back in the request's first line.</summary>
    private const int MaxLength = 1000;

    /// <summary>As it is; too long, without its query; null when even that is too long.</summary>
    public static string? Shorten(string? address) =>
        IsShort(address) ? address : address!.Split('?')[0] is var path && IsShort(path) ? path : null;

    private static bool IsShort(string? address) =>
        address is null || (address.Length <= MaxLength && Uri.EscapeDataString(address).Length <= MaxLength);
}
