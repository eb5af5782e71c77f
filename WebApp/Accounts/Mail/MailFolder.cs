using MimeKit;

namespace WebApp.Accounts.Mail;

/// <summary>
/// Mail as <c>.eml</c> files: the embedded default. They hold links that work, so only the app's own user may read
/// them.
/// </summary>
/// <param name="path">Made when the first mail comes.</param>
/// <param name="clock">Dates the names.</param>
public sealed class MailFolder(string path, TimeProvider clock)
{
    private const string Extension = ".eml";
    private int _written;

    public string Location => path;

    /// <summary>The name rises with time, and appears when the file is complete.</summary>
    internal async Task AddAsync(MimeMessage message, FormatOptions format, CancellationToken cancellationToken)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var unfinished = Path.Combine(path, $".{Guid.NewGuid():N}");
        try
        {
            await message.WriteToAsync(format, unfinished, cancellationToken);
            var (number, unique) = (Interlocked.Increment(ref _written), Guid.NewGuid().ToString("N")[..8]);
            File.Move(unfinished, Path.Combine(path, $"{clock.GetUtcNow():yyyyMMdd-HHmmss-fff}-{number:D6}-{unique}{Extension}"));
        }
        finally
        {
            File.Delete(unfinished);
        }
    }

    /// <summary>Newest first.</summary>
    public IReadOnlyList<string> List() => Directory.Exists(path)
        ? [.. Directory.EnumerateFiles(path, $"*{Extension}").Select(file => Path.GetFileName(file)!)
            .OrderDescending(StringComparer.Ordinal)]
        : [];

    /// <summary>Null for a name that <see cref="List"/> does not hold.</summary>
    public MailFile? Read(string name) =>
        List().Contains(name, StringComparer.Ordinal) ? MailFile.Parse(name, File.ReadAllText(Path.Combine(path, name))) : null;
}
