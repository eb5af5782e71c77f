using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using WebApp.Accounts.Mail;
using WebApp.Admin;
using WebApp.Admin.Bulk;
using WebApp.Texts;

namespace WebApp.Pages.Admin.Bulk;

public sealed class DetailsModel(BulkRequests requests, UserDirectory people, MailLinks links, TimeProvider clock) : PageModel
{
    public const int MaxUnfoundShown = 50;

    /// <summary>How often the page loads itself anew without scripts: ten minutes' worth, or it would keep the session of somebody who has left.</summary>
    private const int MaxRefreshes = 200;

    private const string NumberField = "number";

    [FromRoute]
    public Guid Id { get; set; }

    /// <summary><c>off</c> leaves the page as it is.</summary>
    [BindProperty(SupportsGet = true)]
    public string? Refresh { get; set; }

    /// <summary>How often it has loaded itself.</summary>
    [BindProperty(SupportsGet = true, Name = "n")]
    public int Refreshes { get; set; }

    [BindProperty(Name = NumberField)]
    public string? Number { get; set; }

    public BulkProgress Progress { get; private set; } = null!;

    public BulkRequest Asked => Progress.Request;

    public IReadOnlyList<BulkTarget> Sample { get; private set; } = [];

    public IReadOnlyList<BulkTarget> Unfound { get; private set; } = [];

    /// <summary>Whether who asks is among the people.</summary>
    public bool HasAsker { get; private set; }

    public IReadOnlyDictionary<Guid, string> Emails { get; private set; } = new Dictionary<Guid, string>();

    public StaffMember Staff => StaffMember.Of(HttpContext);

    public bool IsAsker => Asked.AskedBy == Staff.UserId;

    /// <summary>See <see cref="BulkRequests.CountUnapprovedAsync(Guid)"/>; counted for a draft that can be confirmed.</summary>
    public int Unapproved { get; private set; }

    public bool NeedsApproval => requests.NeedsApproval(Asked, Unapproved);

    /// <summary>Why, in words that "so another Admin has to approve it" follows.</summary>
    public string WhyApproval => Asked.Staff > 0 ? "Staff are among these people"
        : requests.NeedsApproval(Asked, unapproved: 0) ? "These are many people"
        : $"With the {BulkWords.People(Unapproved)} of your other bulk sign-outs in the last 24 hours these are many people";

    public bool IsTooOld => requests.IsTooOld(Asked);

    public bool MayHoldUp => BulkRequests.MayHoldUp(Staff, Asked);

    public bool MayResume => BulkRequests.MayResume(Staff, Asked);

    public bool MayDecide => BulkRequests.MayDecide(Staff, Asked);

    public bool IsPreview => Asked.State is BulkState.Draft or BulkState.Waiting;

    /// <summary>Whether what the page shows changes by itself.</summary>
    public bool IsMoving => Asked.State is BulkState.Holding or BulkState.Running || (IsPreview && Asked.CountedTo < int.MaxValue && Asked.People > 0);

    public bool IsRefreshed => IsMoving && Refresh != "off" && Refreshes < MaxRefreshes;

    public string Words => BulkWords.Of(Progress, clock.GetUtcNow());

    public Task<IActionResult> OnGetAsync() => ShowAsync();

    public async Task<IActionResult> OnPostConfirmAsync()
    {
        var typed = int.TryParse(TypedCode.Of(Number ?? "").Replace(",", "", StringComparison.Ordinal), out var number)
            ? number : -1;
        var answer = await requests.ConfirmAsync(Staff, Id, typed, links.SiteOf(HttpContext));
        if (answer != BulkAnswer.WrongNumber)
            return Answer(answer, "You confirmed it.");

        ModelState.AddModelError(NumberField, "That is not the number of people above. Look at it again, and type it.");
        return await ShowAsync();
    }

    public async Task<IActionResult> OnPostIncludeMeAsync() => Answer(await requests.SpareAskerAsync(Staff, Id, spared: false), "Your own sessions will end, too.");

    public async Task<IActionResult> OnPostSpareMeAsync() => Answer(await requests.SpareAskerAsync(Staff, Id, spared: true), "Your own sessions will stay.");

    public async Task<IActionResult> OnPostDiscardAsync() => await requests.DiscardAsync(Staff, Id) is var answer && answer == BulkAnswer.Done
        ? this.RedirectWithStatus("The draft is gone. Nothing was ended.", "/Admin/Bulk/Index")
        : Answer(answer, "");

    public async Task<IActionResult> OnPostApproveAsync() => Answer(await requests.ApproveAsync(Staff, Id), "You approved it.");

    public async Task<IActionResult> OnPostRefuseAsync() => Answer(await requests.RefuseAsync(Staff, Id), "You refused it. Nothing was ended.");

    public async Task<IActionResult> OnPostPauseAsync() => Answer(await requests.PauseAsync(Staff, Id), "It is paused. What was under way has been finished.");

    public async Task<IActionResult> OnPostResumeAsync() => Answer(await requests.ResumeAsync(Staff, Id), "It goes on.");

    public async Task<IActionResult> OnPostStopAsync() => Answer(await requests.StopAsync(Staff, Id), "It was stopped. What has ended stays ended; nothing more ends.");

    private IActionResult Answer(BulkAnswer answer, string done) => answer switch
    {
        BulkAnswer.Done => this.RedirectWithStatus(done),
        BulkAnswer.Unknown => NotFound(),
        BulkAnswer.NotAllowed => Forbid(),
        BulkAnswer.TooOld => this.RedirectWithError("It was asked for more than a day ago, so its people may have changed. Ask for it anew."),
        _ => this.RedirectWithError("It had changed meanwhile, so nothing was done. See below where it stands."),
    };

    private async Task<IActionResult> ShowAsync()
    {
        if (await requests.ProgressAsync(Id) is not { } progress)
            return NotFound();

        Progress = progress;
        Unfound = await requests.UnfoundAsync(Id, MaxUnfoundShown);
        if (IsPreview)
        {
            Sample = await requests.SampleAsync(Id);
            HasAsker = IsAsker && await requests.HasAskerAsync(Asked);
            Unapproved = Asked.State == BulkState.Draft ? await requests.CountUnapprovedAsync(Asked.AskedBy) : 0;
        }

        Emails = await people.FindEmailsAsync(Sample.Concat(Unfound).Select(t => t.UserId).Append(Asked.AskedBy).Append(Asked.DecidedBy).OfType<Guid>());
        return Page();
    }
}
