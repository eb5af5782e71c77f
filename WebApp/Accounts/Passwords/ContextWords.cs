namespace WebApp.Accounts.Passwords;

/// <summary>What anybody knows who knows whose password it is, and where.</summary>
internal static class ContextWords
{
    private const int ShortestWord = 3;
    private static readonly char[] Separators = [' ', '.', '_', '-', '+', '@', '\'', ','];

    /// <summary>The parts of the e-mail address and of the name, and the app's names. (The end of a domain, such as "com", is no word.)</summary>
    public static IEnumerable<string> Of(AppUser user, IEnumerable<string> appNames)
    {
        var address = (user.Email ?? user.UserName ?? "").Split('@', 2);
        var domain = address.Length == 2 ? address[1].Split('.') : [];
        return appNames
            .Concat([user.Name, address[0]])
            .Concat(user.Name.Split(Separators))
            .Concat(address[0].Split(Separators))
            .Concat(domain.SkipLast(1))
            .Where(word => word.Length >= ShortestWord)
            .Distinct(StringComparer.OrdinalIgnoreCase);
    }
}
