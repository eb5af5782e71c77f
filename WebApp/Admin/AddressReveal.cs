using System.Net;
using WebApp.Accounts.Notices;
using WebApp.Audit;
using WebApp.Sessions;

namespace WebApp.Admin;

/// <summary>
/// Staff see of an address only its network. The whole of one, of one session, is shown once, to whoever says why; the person is told that somebody looked.
/// </summary>
public sealed class AddressReveal(StaffActs acts, SessionManager sessions, AccountNotices notices)
{
    /// <summary>The address; null unless it was done. <see cref="ActFailure.Nothing"/> when it is not known, or no more.</summary>
    /// <param name="staff">Who looks.</param>
    /// <param name="userId">Whose session it is.</param>
    /// <param name="id">Which session.</param>
    /// <param name="field">Which of its addresses.</param>
    /// <param name="reason">Why.</param>
    public async Task<(StaffActResult Result, IPAddress? Address)> RevealAsync(StaffMember staff, Guid userId, SessionId id, AddressField field, StaffReason reason)
    {
        IPAddress? address = null;
        var result = await acts.RunAsync(new(AuditAction.RevealAddress, staff, userId, reason) { SessionId = id, Details = Describe(field) }, async person =>
        {
            if (Read(await sessions.FindAsync(userId, id), field) is not { } known)
                return ActEnd.Not(ActFailure.Nothing);

            address = known;
            notices.DoneBySupport(person.Email, "Support looked at an address", $"Support looked at the address {Describe(field)}, of one of your sessions,", reason.Told);
            return new();
        });
        return (result, address);
    }

    /// <summary>In words that follow "the address".</summary>
    public static string Describe(AddressField field) => field switch
    {
        AddressField.SignIn => "it was signed in from",
        AddressField.LastUse => "it was last used from",
        _ => "it was last tried from after its end",
    };

    private static IPAddress? Read(UserSession? session, AddressField field) => field switch
    {
        AddressField.SignIn => session?.SignInAddress,
        AddressField.LastUse => session?.LastAddress,
        _ => session?.Refused?.LastAddress,
    };
}

/// <summary>An address that the record of a session holds.</summary>
public enum AddressField
{
    LastUse,
    SignIn,

    /// <summary>Where an ended session was last tried from.</summary>
    LastRefused,
}
