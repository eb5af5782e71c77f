using AngleSharp;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using Microsoft.Net.Http.Headers;

namespace WebApp.Tests.Testing;

/// <summary>
/// A browser without scripts: keeps cookies, follows redirects, and sends the forms that the pages really have.
/// Over plain http it keeps Secure cookies too, as if the connection were encrypted.
/// </summary>
public sealed class Browser : IDisposable
{
    public const string Firefox = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0";
    public const string Safari = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1";
    public const string DemoPassword = "try-the-demo-2026";
    public const string Password = "nine violet kettles hum softly";
    private const int MaxRedirects = 5;

    /// <summary>Bytes. Proxies take four thousand, and some of them add their own.</summary>
    private const int MaxHeaderSize = 2048;

    private readonly HttpClient _http;

    public Browser(Uri address, string userAgent = Firefox)
    {
        _http = new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = address };
        Headers["User-Agent"] = userAgent;
    }

    /// <summary>Sent with every request, as they are.</summary>
    public IDictionary<string, string> Headers { get; } = new Dictionary<string, string>();

    /// <summary>Values by name.</summary>
    public IDictionary<string, string> Cookies { get; } = new Dictionary<string, string>();

    /// <summary>The address that this browser last registered or signed in with.</summary>
    public string Email { get; private set; } = "";

    /// <summary>The value of the session cookie; null without one.</summary>
    public string? SessionCookie
    {
        get => Cookies.SingleOrDefault(c => c.Key.EndsWith("-session", StringComparison.Ordinal)).Value;
        set => Cookies["webapp-dev-session"] = value!;
    }

    /// <summary>Follows redirects.</summary>
    public async Task<Page> GetAsync(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        return await FollowAsync(await SendAsync(request));
    }

    /// <summary>One request, without following where it leads.</summary>
    public async Task<Page> PeekAsync(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        return await SendAsync(request);
    }

    /// <summary>A form that no page has shown. Does not follow redirects.</summary>
    public async Task<Page> PostAsync(string path, params (string Name, string Value)[] fields)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new FormUrlEncodedContent(fields.Select(f => KeyValuePair.Create(f.Name, f.Value))),
        };
        return await SendAsync(request);
    }

    /// <summary>One request and its answer, whatever that is.</summary>
    public async Task<Page> SendAsync(HttpRequestMessage request)
    {
        foreach (var (name, value) in Headers)
            request.Headers.TryAddWithoutValidation(name, value);
        if (Cookies.Count > 0 && !request.Headers.Contains("Cookie"))
            request.Headers.TryAddWithoutValidation("Cookie", string.Join("; ", Cookies.Select(c => $"{c.Key}={c.Value}")));

        using var response = await _http.SendAsync(request);
        Keep(response);
        var page = await Page.ReadAsync(this, response);
        Assert.True(page.HeaderSize <= MaxHeaderSize, $"{page.Address} answers with {page.HeaderSize} bytes of headers");
        return page;
    }

    public async Task<Page> FollowAsync(Page page)
    {
        for (var redirects = 0; page.Location is { } location; redirects++)
        {
            Assert.True(redirects < MaxRedirects, $"Too many redirects, the last one to {location}");
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(page.Address, location));
            page = await SendAsync(request);
        }

        return page;
    }

    /// <summary>Fills and sends the sign-in form, and asserts that it worked.</summary>
    public async Task<Page> SignInAsync(string email, string password = Password, bool remember = false, string path = "/account/login")
    {
        var page = await TrySignInAsync(email, password, remember, path);
        Assert.True(page.Status == 200 && page.Document.QuerySelector("input[name=Password]") is null, $"The sign-in of {email} worked");
        return page;
    }

    /// <summary>Fills and sends the sign-in form.</summary>
    public async Task<Page> TrySignInAsync(string email, string password, bool remember = false, string path = "/account/login")
    {
        var page = await GetAsync(path);
        page.Fill("Email", Email = email).Fill("Password", password);
        ((IHtmlInputElement)page.Document.QuerySelector("input[type=checkbox]")!).IsChecked = remember;
        return await page.PressAsync("Sign in", "main");
    }

    /// <summary>Proves who is there, and goes on to <paramref name="path"/>.</summary>
    public async Task<Page> ConfirmAsync(string path = "/account/sessions", string password = Password)
    {
        var page = await GetAsync("/account/confirm?returnUrl=" + Uri.EscapeDataString(path));
        return await page.Fill("Password", password).PressAsync("Confirm");
    }

    /// <summary>Makes an account of its own, which signs it in.</summary>
    public async Task<Page> RegisterAsync(string? name = null)
    {
        Email = $"{Guid.NewGuid():N}@example.com";
        var page = await GetAsync("/account/register");
        page.Fill("Name", name ?? "Someone").Fill("Email", Email).Fill("Password", Password);
        page = await page.PressAsync("Create account");
        Assert.Equal("/account/sessions", page.Address.AbsolutePath);
        return page;
    }

    public void Dispose() => _http.Dispose();

    private void Keep(HttpResponseMessage response)
    {
        if (!response.Headers.TryGetValues("Set-Cookie", out var headers))
            return;

        foreach (var cookie in SetCookieHeaderValue.ParseList([.. headers]))
        {
            if (cookie.Expires is { } expires && expires < DateTimeOffset.UtcNow.AddYears(-10))
                Cookies.Remove(cookie.Name.Value!);
            else
                Cookies[cookie.Name.Value!] = cookie.Value.Value!;
        }
    }
}

/// <summary>An answer, read as a page.</summary>
public sealed class Page
{
    private readonly Browser _browser;
    private readonly Lazy<IHtmlDocument> _document;

    private Page(Browser browser, HttpResponseMessage response, string body)
    {
        (_browser, Body, _document) = (browser, body, new(Parse));
        Status = (int)response.StatusCode;
        Address = response.RequestMessage!.RequestUri!;
        Location = response.Headers.Location?.OriginalString;
        Headers = response.Headers.Concat(response.Content.Headers).ToDictionary(h => h.Key, h => h.Value.ToArray(), StringComparer.OrdinalIgnoreCase);
    }

    public int Status { get; }

    public Uri Address { get; }

    /// <summary>Where a redirect leads, as it was sent; null without one.</summary>
    public string? Location { get; }

    public IReadOnlyDictionary<string, string[]> Headers { get; }

    /// <summary>Bytes of all headers, as HTTP/1.1 writes them.</summary>
    public int HeaderSize => Headers.Sum(header => header.Value.Sum(value => $"{header.Key}: {value}\r\n".Length));

    public string Body { get; }

    /// <summary>For files.</summary>
    public required byte[] Bytes { get; init; }

    public IHtmlDocument Document => _document.Value;

    /// <summary>What a reader sees in the page's main part, with single spaces.</summary>
    public string Text => Document.QuerySelector("main") is { } main ? Words(string.Concat(main.GetDescendants().Select(TextOf))) : Words(Body);

    /// <summary>The sessions that the page lists, in order.</summary>
    public IReadOnlyList<string> SessionIds => [.. Document.QuerySelectorAll("[data-session-id]").Select(e => e.GetAttribute("data-session-id")!)];

    /// <summary>This browser's session, as the page says.</summary>
    public string CurrentSessionId => Document.QuerySelector("[aria-current=true]")!.GetAttribute("data-session-id")!;

    /// <summary>The <c>Set-Cookie</c> headers for the session cookie.</summary>
    public IReadOnlyList<SetCookieHeaderValue> SessionCookies => Headers.TryGetValue("Set-Cookie", out var headers)
        ? [.. SetCookieHeaderValue.ParseList(headers).Where(c => c.Name.Value!.EndsWith("-session", StringComparison.Ordinal))]
        : [];

    /// <summary>The first antiforgery token on the page.</summary>
    public string AntiforgeryToken => Document.QuerySelector("input[name=__RequestVerificationToken]")!.GetAttribute("value")!;

    public static async Task<Page> ReadAsync(Browser browser, HttpResponseMessage response)
    {
        var bytes = await response.Content.ReadAsByteArrayAsync();
        var body = await response.Content.ReadAsStringAsync();
        return new(browser, response, body) { Bytes = bytes };
    }

    /// <summary>Types into the field of that name.</summary>
    public Page Fill(string name, string value)
    {
        switch (Document.QuerySelector($"[name={name}]"))
        {
            case IHtmlInputElement input: input.Value = value; break;
            case IHtmlTextAreaElement area: area.Value = value; break;
            case IHtmlSelectElement select: select.Value = value; break;
            default: Assert.Fail($"{Address} has no field {name}."); break;
        }

        return this;
    }

    /// <summary>Chooses the radio button of that value.</summary>
    public Page Pick(string value)
    {
        foreach (var radio in Document.QuerySelectorAll("input[type=radio]").OfType<IHtmlInputElement>())
            radio.IsChecked = radio.Value == value;
        return this;
    }

    /// <summary>Follows the link with that text, wherever on the page it stands.</summary>
    public Task<Page> FollowLinkAsync(string text)
    {
        var link = Document.QuerySelectorAll("a[href]").FirstOrDefault(a => Words(a.TextContent) == text);
        Assert.True(link is not null, $"{Address} has a link \"{text}\"");
        return _browser.GetAsync(link.GetAttribute("href")!);
    }

    /// <summary>Presses the button with that label, inside the first element that fits the selector, and follows redirects.</summary>
    public async Task<Page> PressAsync(string label, string within = "main") => await _browser.FollowAsync(await SendAsync(label, within));

    /// <summary>Presses the button; does not follow redirects.</summary>
    public async Task<Page> SendAsync(string label, string within = "main")
    {
        var button = Document.QuerySelector(within)?.QuerySelectorAll("button").OfType<IHtmlButtonElement>().FirstOrDefault(b => Words(b.TextContent) == label);
        Assert.True(button is not null, $"{Address} has a button \"{label}\" in {within}");
        // AngleSharp leaves out the value of a button that stands outside of its form.
        if (button.Name is { Length: > 0 } name && !button.Form!.Contains(button))
        {
            var value = (IHtmlInputElement)Document.CreateElement("input");
            (value.Type, value.Name, value.Value) = ("hidden", name, button.Value);
            button.Form.AppendChild(value);
        }

        // The server must not count on the browser's checks.
        var form = button.Form!;
        form.NoValidate = true;
        // AngleSharp leaves out the name and value of a button that stands outside its form.
        form.AppendChild(button);
        var submission = form.GetSubmission(button)!;
        using var request = new HttpRequestMessage(HttpMethod.Parse(submission.Method.ToString().ToUpperInvariant()), submission.Target.Href);
        if (request.Method == HttpMethod.Post)
        {
            request.Content = new StreamContent(submission.Body);
            request.Content.Headers.TryAddWithoutValidation("Content-Type", submission.MimeType);
        }

        return await _browser.SendAsync(request);
    }

    // It is in memory: nothing is waited for.
    private IHtmlDocument Parse() => (IHtmlDocument)BrowsingContext.New(Configuration.Default)
        .OpenAsync(response => response.Content(Body).Address(Address)).GetAwaiter().GetResult();

    // Terms and what is said of them stand apart on the page, whatever the white space between them.
    private static string TextOf(INode node) => node switch
    {
        IText text => text.Data,
        IElement { LocalName: "dt" or "dd" } => " ",
        _ => "",
    };

    private static string Words(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
