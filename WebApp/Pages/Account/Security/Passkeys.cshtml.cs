using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using WebApp.Accounts;
using WebApp.Accounts.Factors;
using WebApp.Sessions;
using WebApp.Texts;

namespace WebApp.Pages.Account.Security;

public sealed class PasskeysModel(Passkeys passkeys, SecondFactors factors, AppUserManager users) : PageModel
{
    internal const string Gone = "That passkey was removed already.";

    [BindProperty]
    public string? Name { get; set; }

    [BindProperty]
    public bool EndOthers { get; set; }

    /// <summary>Whoever adds one has a reason to look at the sessions from before; another passkey is for comfort.</summary>
    public bool IsFirstFactor { get; private set; }

    /// <summary>See <see cref="FactorSummary.MustEndOthers"/>.</summary>
    public bool MustEndOthers { get; private set; }

    /// <summary>The newest first.</summary>
    public IReadOnlyList<Passkey> List { get; private set; } = [];

    public async Task<IActionResult> OnGetAsync()
    {
        // The account may have gone since the session began.
        if (await users.GetUserAsync(User) is not { } user)
            return NotFound();

        List = await passkeys.ListAsync(user.Id);
        var summary = await factors.DescribeAsync(user);
        (IsFirstFactor, MustEndOthers) = (summary.Factors == 0, summary.MustEndOthers);
        (Name, EndOthers) = (DefaultName(), IsFirstFactor);
        return Page();
    }

    public async Task<IActionResult> OnGetQuestionAsync() =>
        await users.GetUserAsync(User) is { } user && await passkeys.AskForNewAsync(HttpContext, user) is { } question ? new JsonResult(question.ToJson()) : NotFound();

    public async Task<IActionResult> OnPostAddAsync(string? passkeyAnswer, string? passkeyState)
    {
        if (await users.GetUserAsync(User) is not { } user)
            return NotFound();

        // The device has made it by now: a name that can't be used must not have it thrown away here.
        var name = CleanName(Name) ?? DefaultName();
        var addition = await passkeys.AddAsync(HttpContext, user, passkeyAnswer, passkeyState, name, EndOthers);
        return addition.Outcome switch
        {
            PasskeyOutcome.Proved => this.Answer(addition.Change!, $"The passkey “{name}” is added. Next time you sign in, you can use it instead of your password."),
            PasskeyOutcome.TooLate => this.RedirectWithError("That took too long, or was done already. Please try again."),
            _ => this.RedirectWithError("That passkey could not be added: it was not made for this site, or is in use already. Try again, or use another device."),
        };
    }

    public async Task<IActionResult> OnPostRenameAsync(string? id, string? name)
    {
        if (CleanName(name) is not { } clean)
            return this.RedirectWithError($"The passkey was not renamed: a name has 1 to {Passkeys.MaxNameLength} characters, and no special ones.");

        return await passkeys.RenameAsync(HttpContext, User.GetUserId(), id, clean)
            ? this.RedirectWithStatus($"The passkey is called “{clean}” from now on.")
            : this.RedirectWithError(Gone);
    }

    private string DefaultName() => Device.Parse(Request.Headers.UserAgent.ToString()).ToString();

    /// <summary>Null when it is no name.</summary>
    private static string? CleanName(string? name) =>
        name is not null && ShownText.IsGood(name) && ShownText.Of(name) is { Length: <= Passkeys.MaxNameLength } shown
            ? shown : null;
}
