using WebApp.Accounts.Mail;

namespace WebApp.Tests.Testing;

/// <summary>The mail of everybody who uses an app, read from its files. A mail is handed out once.</summary>
/// <param name="database">Tells the file beside which the app keeps its mail.</param>
/// <param name="sent">Returns when all mail that was caused so far is sent.</param>
public sealed class Mailbox(Func<string> database, Func<Task> sent)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ReceivedMail> _unread = [];
    private readonly HashSet<string> _seen = [];

    private string Folder => Path.Combine(Path.GetDirectoryName(database())!, "mail");

    /// <summary>The oldest mail to the address that no test has read; waits for it.</summary>
    public async Task<ReceivedMail> NextAsync(string to)
    {
        ReceivedMail? mail = null;
        await Eventually.TrueAsync(() => (mail = Take(to)) is not null, $"there is mail for {to}");
        return mail!;
    }

    /// <summary>Whether there is none for the address, when all mail that was caused so far is sent.</summary>
    public async Task<bool> IsEmptyAsync(string to)
    {
        await sent();
        lock (_lock)
        {
            Collect();
            return !_unread.Values.Any(mail => mail.To == to);
        }
    }

    /// <summary>Forgets what was caused so far to be sent to the address.</summary>
    public async Task ClearAsync(string to)
    {
        await sent();
        while (Take(to) is not null)
        {
        }
    }

    private ReceivedMail? Take(string to)
    {
        lock (_lock)
        {
            Collect();
            if (_unread.OrderBy(mail => mail.Key, StringComparer.Ordinal).FirstOrDefault(mail => mail.Value.To == to) is not { Key: { } name, Value: var mail })
                return null;

            _unread.Remove(name);
            return mail;
        }
    }

    private void Collect()
    {
        if (!Directory.Exists(Folder))
            return;

        foreach (var path in Directory.EnumerateFiles(Folder, "*.eml").Where(path => _seen.Add(path)))
        {
            var mail = MailFile.Parse(Path.GetFileName(path), File.ReadAllText(path));
            _unread[mail.Name] = new(mail.To, mail.Subject, mail.Text);
        }
    }
}

/// <summary>A mail as its reader sees it.</summary>
public sealed record ReceivedMail(string To, string Subject, string Text)
{
    /// <summary>In the order in which they stand.</summary>
    public IReadOnlyList<Uri> Links => [.. Text.Split('\n').Where(line => line.StartsWith("http", StringComparison.Ordinal)).Select(line => new Uri(line))];

    /// <summary>The path and query of the first link to that page: what a <see cref="Browser"/> opens.</summary>
    public string LinkTo(string path) => Links.First(link => link.AbsolutePath == path).PathAndQuery;
}
