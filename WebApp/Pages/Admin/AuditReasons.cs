using WebApp.Accounts;
using WebApp.Admin;
using WebApp.Audit;
using WebApp.Sessions;

namespace WebApp.Pages.Admin;

/// <summary>The reasons that entries have and support does not give: by name, with their words.</summary>
public static class AuditReasons
{
    public static IReadOnlyList<(string Name, string Words)> Others =>
    [
        .. Enum.GetValues<RevocationReason>().Except(StaffReason.Allowed).Select(reason => ($"{reason}", Words.Of(reason)))
            .Concat(Enum.GetValues<LockReason>().Select(reason => ($"{reason}", Words.Of(reason))))
            .Concat(Enum.GetValues<Signal>().Select(signal => ($"{signal}", Words.Of(signal))))
            .Concat(Roles.All.Select(role => (role, $"The role {role}")))
            .DistinctBy(reason => reason.Item1).Select(reason => (reason.Item1, Pages.Words.Capitalised(reason.Item2))).OrderBy(reason => reason.Item2, StringComparer.Ordinal),
    ];

    /// <summary>Of any reason, support's included; the name itself if it is none.</summary>
    public static string WordsOf(string name) => Words.OfAuditReason(AuditAction.SessionEnded, name);
}
