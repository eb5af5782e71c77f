using Microsoft.AspNetCore.Mvc;
using WebApp.Admin;
using WebApp.Audit;

namespace WebApp.Pages.Admin.Users;

public sealed class RolesModel(UserDirectory people, StaffReasons reasons, AccountActs acts) : StaffActModel(people, reasons)
{
    /// <summary>Those that the person is to have. Words that are no role are left out.</summary>
    [BindProperty(Name = "roles")]
    public IReadOnlyList<string> Wanted { get; set; } = [];

    public async Task<IActionResult> OnGetAsync()
    {
        var page = await ShowAsync(AuditAction.ChangeRoles);
        Wanted = KeptForms.Ticked(HttpContext, "roles", Person?.Roles ?? []);
        return page;
    }

    public Task<IActionResult> OnPostAsync()
    {
        var roles = Accounts.Roles.All.Where(role => Wanted.Contains(role)).ToList();
        return ActAsync(AuditAction.ChangeRoles, reason => acts.ChangeRolesAsync(Staff, UserId, roles, reason));
    }
}
