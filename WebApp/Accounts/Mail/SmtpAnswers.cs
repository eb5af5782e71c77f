using System.Globalization;
using System.Text.RegularExpressions;

namespace WebApp.Accounts.Mail;

/// <summary>
/// What a server's refusal is about: this mail, its recipient, or us. Servers agree on that less than the standards ask
/// for (RFC 5321, 3463), so a code that is plain decides first, then words, then the kind of code, then the status.
/// </summary>
public static partial class SmtpAnswers
{
    private const RegexOptions Words = RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture;
    private const int MatchTimeout = 1000;

    /// <param name="stage">What was answered.</param>
    /// <param name="status">From 400.</param>
    /// <param name="text">The answer's words, with the enhanced code if it has one.</param>
    public static MailFate FateOf(SmtpStage stage, int status, string text)
    {
        // An address may hold any word.
        var words = Address().Replace(text, " ");
        var code = CodeOf(words);
        if (status < 500)
            return IsPutOff(stage, status, code, words) ? MailFate.PutOff : MailFate.Failed;

        var refused = stage switch
        {
            SmtpStage.Connection => false,
            SmtpStage.Sender => IsTooLarge(code, words) || code is (6, 7),
            SmtpStage.Recipient => IsAboutRecipient(status, code, words),
            _ => IsAboutMessage(status, code, words),
        };
        return refused ? MailFate.Refused : MailFate.Failed;
    }

    /// <summary>Such as <c>5.7.1</c>; null if there is none.</summary>
    public static string? EnhancedCode(string text) =>
        Enhanced().Match(Address().Replace(text, " ")) is { Success: true, Value: var code } ? code : null;

    private static bool IsPutOff(SmtpStage stage, int status, (int Subject, int Detail)? code, string words)
    {
        if (status == 421 || stage is SmtpStage.Connection or SmtpStage.Sender)
            return false;
        if (Greylisting().IsMatch(words))
            return true;

        return code is not (3, _) && !(status == 452 && code is null) && !AboutUs().IsMatch(words);
    }

    private static bool IsAboutRecipient(int status, (int Subject, int Detail)? code, string words) => code switch
    {
        (1, >= 1 and <= 6 or 10) or (2, 1 or 3) or (3, 4) or (6, _) or (7, 17 or 18) => true,
        (1, 7 or 8 or 9) or (2, 2) => false,
        _ when AboutUs().IsMatch(words) => false,
        _ when AboutRecipient().IsMatch(words) => true,
        (1 or 2, _) or (4, 4) => true,
        (3 or 4 or 5 or 7, _) => false,
        _ when Policy().IsMatch(words) => false,
        _ => status is 550 or 551 or 553 or 556,
    };

    private static bool IsAboutMessage(int status, (int Subject, int Detail)? code, string words) => code switch
    {
        (3, 4) or (2, 3) => true,
        // Quota; the server's state; a limit; and whether we are who we say.
        (2, 2) or (3, _) or (4, 5) or (7, 8 or (>= 20 and <= 30) or 54 or 57 or 60) => false,
        _ when IsTooLarge(code, words) || AboutContent().IsMatch(words) => true,
        _ when AboutUs().IsMatch(words) => false,
        null => status is not (552 or 530 or 534 or 535 or 538 or 521) and >= 505,
        _ => status is not (530 or 534 or 535 or 538 or 521) and >= 505,
    };

    private static bool IsTooLarge((int Subject, int Detail)? code, string words) =>
        code is (3, 4) || TooLarge().IsMatch(words);

    private static (int Subject, int Detail)? CodeOf(string words) =>
        Enhanced().Match(words) is { Success: true } match ? (Number(match, "subject"), Number(match, "detail")) : null;

    private static int Number(Match match, string name) =>
        int.Parse(match.Groups[name].ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"<[^>]*>|\S+@\S+", RegexOptions.None, MatchTimeout)]
    private static partial Regex Address();

    // Not part of an IP address or a version.
    [GeneratedRegex(@"(?<![\d.])[245]\.(?<subject>\d{1,3})\.(?<detail>\d{1,3})(?![\d.]*\d)", Words, MatchTimeout)]
    private static partial Regex Enhanced();

    [GeneratedRegex("gr[ea]y ?-?list", Words, MatchTimeout)]
    private static partial Regex Greylisting();

    [GeneratedRegex(
        @"\brelay(ing)?\b.{0,25}\b(denied|not|prohibited|refused|rejected|forbidden|disallowed)\b|rcpthosts"
        + @"|\b(not|unable|cannot|can't|don't|no|denied|prohibited)\b.{0,25}\brelay"
        + @"|authenticat|\bauth\b|log ?in\b|starttls|must issue|encryption required"
        + @"|\bsend ?as ?denied|permissions? to send|not verified|sender|\b(spf|dkim|dmarc)\b"
        + @"|client host|client (ip|address|is|was|not|blocked)|\bips?\b|\b(helo|ehlo)\b|host ?name|reverse|\br?dns\b|\bptr\b"
        + @"|your (host|server|network|domain)\b|\b(dnsbl|rbl)\b|spamhaus|blocked (using|by)|(black|block) ?-?list|reputation"
        + @"|quota|(mailbox|inbox|storage|disk)( is)? full|over ?limit|limit (was |is |has been )?(exceeded|reached)|exceeded"
        + @"|too (many|much|fast|often)|\brate\b|throttl|insufficient",
        Words, MatchTimeout)]
    private static partial Regex AboutUs();

    [GeneratedRegex(
        @"user unknown|unknown (user|recipient|mailbox|address|account|local|destination)"
        + @"|(recipient|mailbox|address|account) unknown|\bno such\b|\bnot (exist|found|valid)|n't exist"
        + @"|\bno (mailbox|account|user)|not (a )?(known|local|our|active)"
        + @"|mailbox (is )?(unavailable|not available)|(invalid|bad|incorrect|illegal) (recipient|mailbox|address|user|destination)"
        + @"|recipient( address(es)?|s)? (was |were |is )?(rejected|refused)"
        + @"|(user|account|recipient|address|mailbox) (is |has been |was )?(disabled|inactive|suspended|deactivated|closed|deleted)"
        + @"|undeliverable|unroute?able|null ?mx|does not (receive|accept) (e-?)?mail",
        Words, MatchTimeout)]
    private static partial Regex AboutRecipient();

    [GeneratedRegex(
        @"access denied|polic(y|ies)|prohibit|forbidden|not (allowed|permitted|authorized|authorised)|\bdenied\b|\bblocked\b",
        Words, MatchTimeout)]
    private static partial Regex Policy();

    [GeneratedRegex(@"content|\bspam\b|\bvirus|malware|phish|attachment", Words, MatchTimeout)]
    private static partial Regex AboutContent();

    [GeneratedRegex(@"\bsize\b.{0,30}\b(exceed|limit|large|big)|too (big|large)", Words, MatchTimeout)]
    private static partial Regex TooLarge();
}
