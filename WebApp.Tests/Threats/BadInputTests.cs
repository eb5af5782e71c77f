using System.Net;
using System.Text;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Threats;

/// <summary>What no form of ours would send (ASVS 5.0, 2.2 and 4.2): an answer that says so, never a failure, and no password is hashed for it.</summary>
public sealed class BadInputTests(BadInputTests.Scene scene) : IClassFixture<BadInputTests.Scene>
{
    private const string FormType = "application/x-www-form-urlencoded";

    /// <summary>Good values for every form that takes any; each test spoils one.</summary>
    private Dictionary<string, Dictionary<string, string>> Forms => new()
    {
        ["/account/login"] = new() { ["Email"] = scene.User.Email, ["Password"] = Browser.Password },
        ["/account/register"] = new() { ["Name"] = "New", ["Email"] = "new@example.com", ["Password"] = Browser.Password },
        ["/account/change-password"] = new() { ["CurrentPassword"] = Browser.Password, ["NewPassword"] = "another good passphrase" },
        [$"/admin/users/{scene.UserId}?handler=ForceSignOutAll"] = new() { ["reason"] = "Other", ["caseReference"] = "C-1", ["note"] = "Because" },
    };

    [Fact]
    public Task A_missing_field_gets_a_message() => SpoilEachFieldAsync((fields, name) => fields.Remove(name));

    [Fact]
    public Task An_empty_field_gets_a_message() => SpoilEachFieldAsync((fields, name) => fields[name] = "");

    [Fact]
    public Task Blanks_get_a_message() => SpoilEachFieldAsync((fields, name) => fields[name] = "   ");

    [Fact]
    public Task An_over_long_field_gets_a_message() => SpoilEachFieldAsync((fields, name) => fields[name] = new('x', 2000));

    [Fact]
    public Task A_NUL_gets_a_message() => SpoilEachFieldAsync((fields, name) => fields[name] += "\0");

    [Fact]
    public Task An_escape_character_gets_a_message_outside_passwords() =>
        SpoilEachFieldAsync((fields, name) => fields[name] += name.EndsWith("Password", StringComparison.Ordinal) ? "\0" : "\u001b[31m");

    [Theory]
    [InlineData("\xff")]
    [InlineData("\xfe\xff")]
    [InlineData("%00")]
    [InlineData("%EF%BF%BD")]
    public async Task Bytes_that_are_no_text_get_a_message_or_400(string encoded)
    {
        foreach (var (path, fields) in Forms)
        {
            foreach (var spoilt in fields.Keys)
            {
                var body = string.Join('&', fields.Select(f => $"{f.Key}={WebUtility.UrlEncode(f.Value)}{(f.Key == spoilt ? encoded : "")}"));

                await AssertRefusedAsync(path, spoilt, Bytes($"{body}&__RequestVerificationToken={scene.Token}", FormType));
            }
        }
    }

    [Theory]
    [InlineData("%FF")]
    [InlineData("%C0%80")]
    [InlineData("%ED%A0%80")]
    public async Task An_escape_that_stands_for_no_text_is_taken_as_it_is_written(string encoded)
    {
        // So no two spellings meet in one password: decoding never puts U+FFFD in their place.
        using var browser = scene.App.NewBrowser();
        await browser.RegisterAsync();
        var body = $"CurrentPassword={WebUtility.UrlEncode(Browser.Password)}&NewPassword={WebUtility.UrlEncode(Browser.Password)}{encoded}"
            + $"&__RequestVerificationToken={(await browser.GetAsync("/account/logout")).AntiforgeryToken}";
        using var request = new HttpRequestMessage(HttpMethod.Post, "/account/change-password") { Content = Bytes(body, FormType) };

        await browser.SendAsync(request);

        await browser.SignInAsync(browser.Email, Browser.Password + encoded);
    }

    [Theory]
    [InlineData(3 * 1024 * 1024)]
    [InlineData(100 * 1024)]
    [InlineData(129)]
    public Task A_password_of_megabytes_or_just_too_long_is_refused(int length) => SpoilEachFieldAsync((fields, name) =>
        fields[name] = name.EndsWith("Password", StringComparison.Ordinal) ? new('x', length) : new('x', Math.Max(length, 2000)));

    [Fact]
    public async Task A_long_password_without_a_length_up_front_is_refused()
    {
        foreach (var (path, fields) in Forms)
        {
            var body = $"{Encode(fields)}&__RequestVerificationToken={scene.Token}&Password={new string('x', 3 * 1024 * 1024)}";

            // The server hangs up on what is too long, and then and now this client gives up sending before it reads why.
            await Eventually.AnyAsync(async () =>
            {
                using var content = new StreamContent(new UnsizedStream(Encoding.ASCII.GetBytes(body)));
                content.Headers.ContentType = new(FormType);
                await AssertRefusedAsync(path, "chunked", content);
                return true;
            });
        }
    }

    [Fact]
    public async Task Ten_thousand_fields_are_refused()
    {
        var many = string.Join('&', Enumerable.Range(0, 10_000).Select(i => $"f{i}="));
        foreach (var (path, fields) in Forms)
            await AssertRefusedAsync(path, "fields", Bytes($"{Encode(fields)}&__RequestVerificationToken={scene.Token}&{many}", FormType));
    }

    [Fact]
    public async Task A_field_name_of_100_KB_is_refused()
    {
        foreach (var (path, fields) in Forms)
            await AssertRefusedAsync(path, "name", Bytes($"{Encode(fields)}&__RequestVerificationToken={scene.Token}&{new string('n', 100 * 1024)}=1", FormType));
    }

    [Theory]
    [InlineData("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"Email\"\r\n\r\nno end")]
    [InlineData("multipart/form-data; boundary=x", "--x")]
    [InlineData("multipart/form-data; boundary=x", "")]
    [InlineData("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: nonsense\r\n\r\n\r\n--x--")]
    [InlineData("multipart/form-data; boundary=x", "--x\r\nNo-Colon\r\n\r\n\r\n--x--")]
    [InlineData("multipart/form-data", "--x--")]
    [InlineData("multipart/form-data; boundary=\"", "--x--")]
    [InlineData("application/json", "{\"Email\":\"x\"}")]
    [InlineData("text/plain", "Email=x")]
    [InlineData("application/xml", "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><x>&e;</x>")]
    [InlineData("application/x-www-form-urlencoded; charset=utf-7", "Email=x")]
    [InlineData("application/x-www-form-urlencoded; charset=nonsense", "Email=x")]
    [InlineData("nonsense", "x")]
    [InlineData("", "Email=x")]
    public async Task A_body_that_is_not_a_form_of_ours_is_refused(string contentType, string body)
    {
        foreach (var path in Forms.Keys)
        {
            var content = Bytes(body, contentType);

            await AssertRefusedAsync(path, contentType, content);
        }
    }

    [Theory]
    [InlineData("/account/login?handler=%00")]
    [InlineData("/account/login?handler=Nonsense&returnUrl=%00")]
    [InlineData("/account/login?returnUrl=%FF%FE")]
    [InlineData("/account/login?returnUrl=%")]
    [InlineData("/account/login?%00=%00")]
    [InlineData("/account/login?returnUrl=a&returnUrl=b")]
    [InlineData("/account/login?returnUrl[0]=a&returnUrl.x=b")]
    [InlineData("/account/sessions?handler=Nonsense")]
    [InlineData("/account/sessions?handler=Revoke&id=1")]
    [InlineData("/account?handler=<script>")]
    [InlineData("/admin/users?q=%00")]
    [InlineData("/admin/users?q=%FF")]
    [InlineData("/admin/users?q=%F0%9F%98%80")]
    [InlineData("/admin/users?q=%25%5F%5C%27%22")]
    [InlineData("/admin/users?q=a&q=b")]
    [InlineData("/admin/users?handler=Nonsense")]
    [InlineData("/admin/audit?before=x")]
    [InlineData("/admin/audit?before=-1")]
    [InlineData("/admin/audit?before=99999999999999999999999")]
    [InlineData("/admin/audit?before=%00")]
    [InlineData("/admin/users/not-a-guid")]
    [InlineData("/admin/users/00000000-0000-0000-0000-000000000000")]
    [InlineData("/admin/users/%00")]
    [InlineData("/admin/users/{0}?handler=Nonsense")]
    [InlineData("/admin/users/{0}?reason=Nonsense&id=x")]
    [InlineData("/admin/users/..%2f..%2faudit")]
    [InlineData("/admin/bulk?before=x")]
    [InlineData("/admin/bulk?before=-1")]
    [InlineData("/admin/bulk?before=9223372036854775807")]
    [InlineData("/admin/bulk/not-a-guid")]
    [InlineData("/admin/bulk/00000000-0000-0000-0000-000000000000?n=x&refresh=%00")]
    [InlineData("/admin/bulk/00000000-0000-0000-0000-000000000000/progress")]
    [InlineData("/admin/bulk/00000000-0000-0000-0000-000000000000/report?x=%00")]
    [InlineData("/error/400")]
    [InlineData("/error/99999999999")]
    [InlineData("/error/x")]
    [InlineData("/site.css%00")]
    [InlineData("/..%2f..%2fappsettings.json")]
    [InlineData("/App_Data/webapp.db")]
    [InlineData("/%2e%2e/appsettings.json")]
    [InlineData("/unavailable.html?x=%00")]
    [InlineData("/health/ready/%00")]
    public async Task An_address_that_nobody_links_to_gets_a_page(string path)
    {
        using var visitor = scene.App.NewBrowser();
        foreach (var browser in new[] { visitor, scene.User, scene.Staff })
        {
            var page = await browser.GetAsync(path.Replace("{0}", scene.UserId));

            Assert.True(page.Status is 200 or 400 or 403 or 404, $"{path} got {page.Status}");
            // The server refuses a NUL in a path before the app is asked.
            Assert.True(
                page.Document.QuerySelector("h1") is not null || path.Split('?')[0].Contains("%00", StringComparison.Ordinal),
                $"{path} got {page.Status} and no page: {page.Text}");
            Assert.DoesNotContain("ConnectionStrings", page.Body);
        }
    }

    [Fact]
    public async Task A_query_of_many_kilobytes_is_answered_or_refused()
    {
        foreach (var path in new[] { "/account/login?returnUrl=/", "/admin/users?q=", "/account?x=", "/admin/audit?before=" })
        {
            Assert.Equal(200, (await scene.Staff.GetAsync(path + new string('9', 6000))).Status);
            Assert.Equal(414, (await scene.Staff.PeekAsync(path + new string('9', 20_000))).Status);
        }
    }

    [Theory]
    [InlineData("not-an-id")]
    [InlineData("")]
    [InlineData("00000000000000000000000000000000")]
    [InlineData("0000000000000000000000000000000g")]
    [InlineData("ffffffffffffffffffffffffffffffffff")]
    public async Task A_session_id_that_is_none_is_one_that_has_ended(string id)
    {
        var token = (await scene.User.GetAsync("/account/sessions")).AntiforgeryToken;

        var own = await scene.User.FollowAsync(await scene.User.PostAsync("/account/sessions?handler=Revoke", ("id", id), ("__RequestVerificationToken", token)));
        var staffs = await scene.Staff.FollowAsync(await scene.Staff.PostAsync($"/admin/users/{scene.UserId}?handler=ForceSignOut",
            ("id", id), ("reason", "Maintenance"), ("caseReference", "C-1"), ("__RequestVerificationToken", scene.Token)));

        Assert.Contains("That session had already ended.", own.Text);
        Assert.Contains("There was no session left to end.", staffs.Text);
        Assert.Single(own.SessionIds);
    }

    [Theory]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    [InlineData("PATCH")]
    [InlineData("TRACE")]
    [InlineData("NONSENSE")]
    public async Task A_method_that_no_page_has_is_refused(string method)
    {
        foreach (var path in Forms.Keys.Append("/").Append("/account/sessions"))
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = new FormUrlEncodedContent([new("__RequestVerificationToken", scene.Token)]) };

            var answer = await scene.Staff.SendAsync(request);

            Assert.Equal(405, answer.Status);
        }
    }

    [Fact]
    public async Task A_head_request_gets_the_head_of_the_page()
    {
        foreach (var path in new[] { "/", "/account/login", "/account", "/account/sessions", "/admin/users", "/admin/audit", $"/admin/users/{scene.UserId}" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Head, path);

            var answer = await scene.Staff.SendAsync(request);

            Assert.Equal((200, ""), (answer.Status, answer.Body));
        }
    }

    private async Task SpoilEachFieldAsync(Action<Dictionary<string, string>, string> spoil)
    {
        foreach (var (path, good) in Forms)
        {
            // The note is the one field that may be missing, unless the reason needs it.
            foreach (var name in good.Keys)
            {
                var fields = new Dictionary<string, string>(good);
                spoil(fields, name);

                await AssertRefusedAsync(path, name, Bytes($"{Encode(fields)}&__RequestVerificationToken={scene.Token}", FormType));
            }
        }
    }

    /// <summary>Refused with a page or sent back with a message; nothing done, no password looked at.</summary>
    private async Task AssertRefusedAsync(string path, string what, HttpContent content)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
        var hashed = scene.Hashed;

        var answer = await scene.Staff.SendAsync(request);

        var told = answer.Status is >= 400 and < 500 ? answer.Document.QuerySelector("h1") : answer.Document.QuerySelector("[role=alert]");
        Assert.True(answer.Status is 200 or (>= 400 and < 500) && told is not null, $"{path}, {what}: {answer.Status} {answer.Text}");
        Assert.True(hashed == scene.Hashed, $"{path}, {what}: a password was hashed");
        Assert.Empty(answer.SessionCookies);
    }

    private static string Encode(Dictionary<string, string> fields) =>
        string.Join('&', fields.Select(f => $"{WebUtility.UrlEncode(f.Key)}={WebUtility.UrlEncode(f.Value)}"));

    private static ByteArrayContent Bytes(string text, string contentType)
    {
        var content = new ByteArrayContent(Encoding.Latin1.GetBytes(text));
        content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        return content;
    }

    /// <summary>Makes HttpClient send chunks instead of a length.</summary>
    private sealed class UnsizedStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }

    /// <summary>An app that counts its hashes, a user, and a member of staff who sends the forms.</summary>
    public sealed class Scene : IAsyncLifetime
    {
        private readonly CountingHasher _hasher = new();

        public Scene() => App = new TestApp { EdgeServices = _hasher.Around };

        public TestApp App { get; }

        public Browser User { get; private set; } = null!;

        public Browser Staff { get; private set; } = null!;

        public string UserId { get; private set; } = "";

        /// <summary>For the forms of <see cref="Staff"/>.</summary>
        public string Token { get; private set; } = "";

        public int Hashed => _hasher.Hashed + _hasher.Verified;

        public async Task InitializeAsync()
        {
            User = await App.NewUserAsync();
            UserId = $"{await App.UserIdAsync(User.Email)}";
            Staff = await App.SignedInAsync("sam@example.com");
            Token = (await Staff.GetAsync("/account/logout")).AntiforgeryToken;
        }

        public async Task DisposeAsync()
        {
            User.Dispose();
            Staff.Dispose();
            await App.DisposeAsync();
        }
    }
}
