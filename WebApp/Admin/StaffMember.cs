using System.Net;
using WebApp.Accounts;

namespace WebApp.Admin;

/// <summary>Who acts, with which rights, from where.</summary>
/// <param name="UserId">Null for an operator at the command line, whom the machine knows.</param>
/// <param name="IsAdmin">Otherwise Support.</param>
/// <param name="Address">The peer's; null without a request.</param>
public sealed record StaffMember(Guid? UserId, bool IsAdmin, IPAddress? Address)
{
    /// <summary>An operator: whoever may start the program with its settings may do all that an Admin may.</summary>
    public static readonly StaffMember CommandLine = new(null, IsAdmin: true, null) { Device = "Command line" };

    /// <summary>What the act came with, in the app's own words.</summary>
    public string? Device { get; init; }

    /// <summary>The id of the person who acts.</summary>
    /// <exception cref="InvalidOperationException">It is an operator, who has no account.</exception>
    public Guid PersonId => UserId ?? throw new InvalidOperationException("What an operator does by command line is not asked for by a person.");

    public static StaffMember Of(HttpContext context) =>
        new(context.User.GetUserId(), context.User.IsInRole(Roles.Admin), context.Connection.RemoteIpAddress) { Device = Sessions.Device.Of(context.Request).ToString() };
}
