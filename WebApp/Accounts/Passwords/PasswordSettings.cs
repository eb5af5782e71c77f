namespace WebApp.Accounts.Passwords;

/// <summary>The configuration section <c>Passwords</c>.</summary>
public sealed class PasswordSettings
{
    public const string Section = "Passwords";

    /// <summary>What NIST SP 800-63B-4 and ASVS allow at the least, whatever else protects the account.</summary>
    internal const int LowestMinLength = 8;

    private const int HighestMinLength = 64;

    /// <summary>
    /// How many passwords are hashed at once. 0 becomes half of the cores, at least one, so that signed-in people have the others.
    /// Raise it where sign-ins matter more than pages.
    /// </summary>
    public int ParallelHashes { get; set; }

    /// <summary>
    /// Whoever would wait longer than this for a turn is asked to come back. Keep it shorter than the time-outs of proxies, which would give up for them.
    /// </summary>
    public TimeSpan LongestWait { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Characters of a new password that is all that protects its account. Raise it for longer pass phrases; lower it only with another factor in front of the app.</summary>
    public int MinLength { get; set; } = 15;

    /// <summary>Characters of a new password of whoever has a second factor. Set it to <see cref="MinLength"/> to make no difference.</summary>
    public int MinLengthWithSecondFactor { get; set; } = LowestMinLength;

    /// <summary>
    /// Path of a file with passwords to refuse besides the built-in ones, one a line: the names of your products and places, or a published list. Variants in
    /// case, spaces, punctuation and look-alike digits are refused with them.
    /// </summary>
    public string? Blocklist { get; set; }

    /// <summary>
    /// The base address of a service that is asked whether a new password is known to be stolen, such as <c>https://api.pwnedpasswords.com/range/</c>.
    /// It is told five of the forty digits of the password's SHA-1, nothing else. Set it where the server may call out.
    /// </summary>
    public Uri? BreachService { get; set; }

    /// <summary>After this long without an answer the password is taken as it is. Raise it for a slow line; people wait as long.</summary>
    public TimeSpan BreachTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>What this app calls itself, and the names in its address: no password either.</summary>
    internal ISet<string> AppNames { get; } = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { "WebApp", "Sessions" };

    /// <summary>How long the person's new password has to be, in characters (code points).</summary>
    public int MinLengthFor(AppUser? user) => user?.TwoFactorEnabled is true ? MinLengthWithSecondFactor : MinLength;

    /// <summary>What is wrong with the settings; null when nothing is.</summary>
    internal string? Problem() =>
        ParallelHashes < 0 ? "Passwords:ParallelHashes must not be negative. 0 means half of the cores."
        : LongestWait < TimeSpan.FromSeconds(1) || LongestWait > TimeSpan.FromMinutes(5) ? "Passwords:LongestWait must be from 00:00:01 to 00:05:00."
        : MinLength is < LowestMinLength or > HighestMinLength ? $"Passwords:MinLength must be from {LowestMinLength} to {HighestMinLength}."
        : MinLengthWithSecondFactor < LowestMinLength || MinLengthWithSecondFactor > MinLength
            ? $"Passwords:MinLengthWithSecondFactor must be from {LowestMinLength} to Passwords:MinLength."
        : BreachService is { } service && !(service.IsAbsoluteUri && service.Scheme is "https" or "http") ? "Passwords:BreachService must be an absolute http or https address."
        : BreachTimeout < TimeSpan.FromMilliseconds(100) || BreachTimeout > TimeSpan.FromSeconds(10) ? "Passwords:BreachTimeout must be from 00:00:00.1 to 00:00:10."
        : Blocklist is { Length: > 0 } path ? ProblemOf(path)
        : null;

    private static string? ProblemOf(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"Passwords:Blocklist names \"{path}\", which can't be read: {e.Message}";
        }
    }
}
