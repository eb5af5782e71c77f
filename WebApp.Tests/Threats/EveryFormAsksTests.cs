using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.Mvc.RazorPages.Infrastructure;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Threats;

/// <summary>
/// Somebody finds the one form that was forgotten when the others were made to ask for a recent proof of identity
/// (ASVS 5.0, 7.5.1 and 7.5.3). The forms are those that the app has.
/// </summary>
public sealed class EveryFormAsksTests(SqlApp app) : IClassFixture<SqlApp>
{
    /// <summary>The pages whose forms ask for none, each with the reason.</summary>
    private static readonly Dictionary<string, string> Exempt = new(StringComparer.Ordinal)
    {
        ["/Account/Login"] = "is the proof",
        ["/Account/SecondFactor"] = "is the proof",
        ["/Account/Confirm"] = "is the proof",
        ["/Account/Register"] = "is for strangers",
        ["/Account/ForgotPassword"] = "mails a link, and changes nothing",
        ["/Account/ResetPassword"] = "has a mailed link for a proof",
        ["/Account/ConfirmEmail"] = "has a mailed link for a proof",
        ["/Account/ConfirmNewEmail"] = "has a mailed link for a proof",
        ["/Account/NotMe"] = "has a mailed link for a proof",
        ["/Account/Logout"] = "is the way out, open to everybody",
        ["/Account/Name"] = "risks nothing, and is told in the history",
    };

    [Fact]
    public async Task No_form_of_a_signed_in_person_was_forgotten()
    {
        using var admin = await app.SignedInAsync("ada@example.com");
        var token = (await admin.GetAsync("/account/sessions")).AntiforgeryToken;
        app.Clock.Advance(new SessionPolicy().RecentSignIn);
        List<string> met = [], forgotten = [];

        foreach (var (page, path) in await FormsAsync())
        {
            met.Add(page);
            if (Exempt.ContainsKey(page))
                continue;

            var answer = await admin.PostAsync(path, ("__RequestVerificationToken", token));
            if (answer.Location?.StartsWith("/account/confirm", StringComparison.Ordinal) != true)
                forgotten.Add($"{path} answers {answer.Status}");
        }

        Assert.Empty(forgotten);
        Assert.Empty(Exempt.Keys.Except(met));
        Assert.True(met.Count > 50, $"Only {met.Count} forms were found");
    }

    /// <summary>Every handler of a page that answers a POST, with a path that leads there.</summary>
    private async Task<List<(string Page, string Path)>> FormsAsync()
    {
        var loader = app.Services.GetRequiredService<PageLoader>();
        var forms = new List<(string, string)>();
        foreach (var endpoint in app.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>())
        {
            if (endpoint.Metadata.GetMetadata<PageActionDescriptor>() is not { } page)
                continue;

            var handlers = (await loader.LoadAsync(page, EndpointMetadataCollection.Empty)).HandlerMethods;
            forms.AddRange(handlers.Where(handler => handler.HttpMethod != "Get")
                .Select(handler => (page.ViewEnginePath, $"/{Fill(endpoint.RoutePattern.RawText!)}?handler={handler.Name}")));
        }

        return forms;
    }

    private static string Fill(string route) => route
        .Replace("{userId:guid}", $"{Guid.NewGuid()}", StringComparison.Ordinal)
        .Replace("{id:guid}", $"{Guid.NewGuid()}", StringComparison.Ordinal)
        .Replace("{id}", $"{SessionId.New()}", StringComparison.Ordinal);
}
