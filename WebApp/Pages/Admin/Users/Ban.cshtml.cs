using System.Globalization;
using Microsoft.AspNetCore.Mvc;
using WebApp.Admin;
using WebApp.Audit;

namespace WebApp.Pages.Admin.Users;

public sealed class BanModel(UserDirectory people, StaffReasons reasons, AccountActs acts, TimeProvider clock) : StaffActModel(people, reasons)
{
    public const string Forever = "forever";
    public const string UntilThen = "until";

    private const string TimeField = "until";
    private static readonly TimeSpan Longest = TimeSpan.FromDays(3660);

    /// <summary>What the form offers, by the values of its field.</summary>
    public static readonly IReadOnlyList<(string Value, string Words)> Lengths =
        [("1.00:00:00", "1 day"), ("7.00:00:00", "7 days"), ("30.00:00:00", "30 days"), (Forever, "For good, until it is lifted"), (UntilThen, "Until the time below")];

    [BindProperty(Name = "for")]
    public string? For { get; set; }

    /// <summary>UTC, as browsers send it.</summary>
    [BindProperty(Name = TimeField)]
    public string? Until { get; set; }

    public bool IsBanned => Person.BannedUntil > clock.GetUtcNow();

    public Task<IActionResult> OnGetAsync() => ShowAsync(AuditAction.Ban);

    public Task<IActionResult> OnPostAsync()
    {
        var until = ReadUntil();
        return ActAsync(AuditAction.Ban, reason => acts.BanAsync(Staff, UserId, until, reason));
    }

    public Task<IActionResult> OnPostLiftAsync() => ActAsync(AuditAction.Ban, reason => acts.UnbanAsync(Staff, UserId, reason));

    private DateTimeOffset ReadUntil()
    {
        var now = clock.GetUtcNow();
        switch (For)
        {
            case Forever:
                return DateTimeOffset.MaxValue;
            case UntilThen when DateTimeOffset.TryParse(Until, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) && time > now && time - now < Longest:
                return time;
            case UntilThen:
                ModelState.AddModelError(TimeField, "Enter a time to come, within ten years, in UTC.");
                return default;
            case { } length when Lengths.Any(known => known.Value == length):
                return now + TimeSpan.Parse(length, CultureInfo.InvariantCulture);
            default:
                ModelState.AddModelError("for", "Choose how long.");
                return default;
        }
    }
}
