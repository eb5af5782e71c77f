using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.Mvc.ViewFeatures;
using WebApp.Accounts.Factors;

namespace WebApp.Pages.Account.Security;

/// <summary>What a person is answered after a change of a second factor.</summary>
public static class FactorAnswers
{
    private const string Overview = "/Account/Security";

    /// <summary>On to the overview; or, with new recovery codes, the page that shows them: they are kept nowhere, so a redirect would lose them.</summary>
    public static IActionResult Answer(this PageModel page, FactorsChange change, string done)
    {
        if (change.Outcome == FactorsChangeOutcome.Overtaken)
            return page.RedirectWithError("That was done already, or your account was changed at the same time. Nothing was changed by this form.", Overview);

        var isConfirmed = change.Outcome == FactorsChangeOutcome.Done;
        var words = $"{done} {(isConfirmed ? Ended(change.Ended) : "We could not confirm that your other sessions ended; look at the list of your sessions.")}";
        if (change.NewCodes is { } codes)
            return Show(page, new(codes, words, isConfirmed));

        return isConfirmed ? page.RedirectWithStatus(words, Overview) : page.RedirectWithError(words, Overview);
    }

    private static PartialViewResult Show(PageModel page, NewRecoveryCodes codes) => new()
    {
        ViewName = "_NewRecoveryCodes",
        ViewData = new ViewDataDictionary<NewRecoveryCodes>(page.ViewData, codes),
        TempData = page.TempData,
    };

    private static string Ended(int? others) => others switch
    {
        null => "Your other sessions stay signed in.",
        0 => "You were not signed in anywhere else.",
        1 => "One other session was ended.",
        _ => $"{others} other sessions were ended.",
    };
}

/// <param name="Sheet">The codes.</param>
/// <param name="Done">What was done, in words.</param>
/// <param name="IsConfirmed">Whether it was done altogether.</param>
public sealed record NewRecoveryCodes(RecoverySheet Sheet, string Done, bool IsConfirmed);
