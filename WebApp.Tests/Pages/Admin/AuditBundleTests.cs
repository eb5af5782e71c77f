using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Audit;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Pages.Admin;

/// <summary>One session or case as a signed file, and how it is checked.</summary>
public sealed class AuditBundleTests(SqlApp app) : IClassFixture<SqlApp>
{
    private readonly string _case = $"C-{Guid.NewGuid():N}";

    [Fact]
    public async Task An_Admin_has_all_of_a_case_for_a_claim()
    {
        var (person, _) = await WriteCaseAsync();
        using var admin = await app.SignedInAsync("ada@example.com");

        var bundle = Open(await MakeAsync(admin, $"case={_case}", "Claim"));

        var line = Assert.Single(Lines(bundle));
        Assert.Equal(("203.0.113.77", "for staff", $"{person}"), (Text(line, "address"), Text(line, "note"), Text(line, "subjectId")));
        var manifest = JsonDocument.Parse(bundle["manifest.json"]).RootElement;
        Assert.Equal((1, $"case {_case}", "whole"), (manifest.GetProperty("entries").GetInt32(), Text(manifest, "about"), Text(manifest, "addresses")));
        Assert.True(manifest.GetProperty("log").GetProperty("fits").GetBoolean());
        var told = (await app.AuditOfAsync(person))[^1];
        Assert.Equal((AuditAction.BundleMade, _case), (told.Action, told.CaseReference));
    }

    [Fact]
    public async Task For_a_data_request_it_has_what_the_person_may_read_and_for_support_networks_only()
    {
        var (_, session) = await WriteCaseAsync();
        using var support = await app.SignedInAsync("sam@example.com");

        var all = string.Concat(Open(await MakeAsync(support, $"session={session}", "DataRequest")).Values.Select(System.Text.Encoding.UTF8.GetString));

        Assert.Contains("\"action\":\"SignedIn\"", all, StringComparison.Ordinal);
        Assert.Contains("203.0.113.0/24", all, StringComparison.Ordinal);
        Assert.DoesNotContain("203.0.113.7\"", all, StringComparison.Ordinal);
        Assert.DoesNotContain("for staff", all, StringComparison.Ordinal);
        Assert.DoesNotContain("203.0.113.77", all, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Support_can_not_have_one_for_a_claim()
    {
        await WriteCaseAsync();
        using var support = await app.SignedInAsync("sam@example.com");
        var path = $"/admin/audit/bundle?case={_case}";
        var token = (await support.GetAsync(path)).AntiforgeryToken;

        var answer = await support.PostAsync(path, ("__RequestVerificationToken", token), ("purpose", "Claim"));

        Assert.Equal(403, (await support.FollowAsync(answer)).Status);
    }

    [Fact]
    public async Task A_data_request_is_about_one_person()
    {
        await WriteCaseAsync();
        await WriteCaseAsync();
        using var admin = await app.SignedInAsync("ada@example.com");

        Assert.Contains("This case is about several people", (await MakeAsync(admin, $"case={_case}", "DataRequest")).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "Choose what it is for.")]
    [InlineData("Fun", "Choose what it is for.")]
    [InlineData("7", "Choose what it is for.")]
    [InlineData("DataRequest", "The log has nothing of this case")]
    public async Task What_can_not_be_made_is_explained(string purpose, string words)
    {
        using var admin = await app.SignedInAsync("ada@example.com");

        var page = await MakeAsync(admin, "case=NoSuchCase", purpose);

        Assert.Equal(200, page.Status);
        Assert.Contains(words, page.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_has_the_public_key_finds_out_that_anything_was_changed()
    {
        var key = app.Services.GetRequiredService<AuditKey>();
        var bundles = new AuditBundle(key);
        var made = Make(bundles);
        var publicKey = key.PublicKey();

        Assert.Null(Check(made));
        foreach (var (name, content) in Open(made))
            Assert.True(Check(With(made, name, [.. content, (byte)' '])) is not null || name == "public-key.pem", $"A change of {name} was not found");
        Assert.NotNull(Check(With(made, "more.txt", [1])));
        Assert.NotNull(Check([1, 2, 3]));
        // One that somebody else has signed, with a key of their own in it.
        Assert.NotNull(Check(Make(new AuditBundle(new(Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)), "")))));

        string? Check(byte[] file) => new AuditBundle(new(null, "/no/such/file")).FindMisfit(new MemoryStream(file), publicKey);
        static byte[] Make(AuditBundle with) => with.Make(new("case C-1", "a claim", "whole", 1, DateTimeOffset.UnixEpoch.AddYears(50), Guid.NewGuid(), new(new(0, [0]), null, new(1, [1]), 1, null)), "{}\n"u8);
    }

    [Fact]
    public async Task The_pair_that_signs_follows_from_the_key()
    {
        var secret = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

        Assert.Equal(new AuditKey(secret, "").PublicKey(), new AuditKey(secret, "").PublicKey());
        Assert.NotEqual(app.Services.GetRequiredService<AuditKey>().PublicKey(), new AuditKey(secret, "").PublicKey());
        await Task.CompletedTask;
    }

    /// <summary>A sign-in and what support did about it.</summary>
    private async Task<(Guid Person, string Session)> WriteCaseAsync()
    {
        var (person, session, audit) = (Guid.NewGuid(), Guid.NewGuid().ToString("N"), app.Services.GetRequiredService<AuditLog>());
        await audit.AppendAsync(new() { Action = AuditAction.SignedIn, ActorId = person, SubjectId = person, SessionId = session, Address = "203.0.113.7" });
        await audit.AppendAsync(new() { Action = AuditAction.ForceSignOut, ActorId = Guid.NewGuid(), SubjectId = person, SessionId = session, CaseReference = _case, Address = "203.0.113.77", Note = "for staff" });
        return (person, session);
    }

    private static async Task<Page> MakeAsync(Browser staff, string query, string purpose)
    {
        var path = $"/admin/audit/bundle?{query}";
        return await staff.PostAsync(path, ("__RequestVerificationToken", (await staff.GetAsync(path)).AntiforgeryToken), ("purpose", purpose));
    }

    private static Dictionary<string, byte[]> Open(Page page) => Open(page.Bytes);

    private static Dictionary<string, byte[]> Open(byte[] file)
    {
        using var zip = new ZipArchive(new MemoryStream(file));
        return zip.Entries.ToDictionary(entry => entry.FullName, entry =>
        {
            using var content = entry.Open();
            using var bytes = new MemoryStream();
            content.CopyTo(bytes);
            return bytes.ToArray();
        });
    }

    private static byte[] With(byte[] file, string name, byte[] content)
    {
        var files = Open(file);
        files[name] = content;
        using var changed = new MemoryStream();
        using (var zip = new ZipArchive(changed, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (each, bytes) in files)
            {
                using var stream = zip.CreateEntry(each).Open();
                stream.Write(bytes);
            }
        }

        return changed.ToArray();
    }

    private static IEnumerable<JsonElement> Lines(Dictionary<string, byte[]> bundle) =>
        System.Text.Encoding.UTF8.GetString(bundle["entries.jsonl"]).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement);

    private static string? Text(JsonElement json, string name) => json.GetProperty(name).GetString();
}
