using WebApp.Tests.Testing;

namespace WebApp.Tests.Threats;

/// <summary>A page of another site loads or reads ours in the name of who is signed in (ASVS 5.0, 3.4.2 and 3.5.8).</summary>
[Trait("Lane", "Fast")]
public sealed class CrossOriginTests(SqlApp app) : IClassFixture<SqlApp>
{
    [Theory]
    [InlineData("https://evil.example")]
    [InlineData("null")]
    public async Task No_answer_may_be_loaded_into_another_sites_page_or_read_by_its_scripts(string origin)
    {
        using var browser = await app.NewUserAsync();
        browser.Headers["Origin"] = origin;

        foreach (var path in new[] { "/", "/account/sessions", "/account/login", "/site.css", "/times.js", "/health/live", "/nothing", "/admin/users" })
        {
            foreach (var method in new[] { HttpMethod.Get, HttpMethod.Head, HttpMethod.Options })
            {
                using var request = new HttpRequestMessage(method, path) { Headers = { { "Access-Control-Request-Method", "POST" } } };
                var answer = await browser.SendAsync(request);

                Assert.DoesNotContain(answer.Headers.Keys, name => name.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase));
                Assert.Equal("same-origin", answer.Headers["Cross-Origin-Resource-Policy"].Single());
            }
        }
    }
}
