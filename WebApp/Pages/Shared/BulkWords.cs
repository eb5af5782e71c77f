using WebApp.Admin;
using WebApp.Admin.Bulk;

namespace WebApp.Pages;

/// <summary>What the parts of a bulk request are called on screen and in its report.</summary>
public static class BulkWords
{
    public static string Of(BulkState state) => state switch
    {
        BulkState.Draft => "Draft",
        BulkState.Waiting => "Waiting for approval",
        BulkState.Refused => "Refused",
        BulkState.Holding => "About to begin",
        BulkState.Running => "Running",
        BulkState.Paused => "Paused",
        BulkState.Stopped => "Stopped",
        BulkState.Done => "Done",
        _ => "Unknown",
    };

    /// <summary>Of a row that is over; for one of a request that was stopped, "to be done" would be wrong.</summary>
    public static string Of(BulkFate fate, BulkState state) => fate == BulkFate.Pending && state is BulkState.Stopped or BulkState.Refused ? "not done" : Of(fate);

    public static string Of(BulkFate fate) => fate switch
    {
        BulkFate.Pending => "to be done",
        BulkFate.Started => "begun",
        BulkFate.Done => "done",
        BulkFate.Unconfirmed => "not confirmed",
        BulkFate.Failed => "failed",
        BulkFate.NotAllowed => "not allowed",
        BulkFate.Gone => "account deleted",
        BulkFate.Spared => "left out",
        BulkFate.Duplicate => "named before",
        BulkFate.Unknown => "no such account",
        BulkFate.NotUnderstood => "no address and no id",
        _ => "unknown",
    };

    /// <summary>A sentence that says what it means.</summary>
    public static string Explain(BulkFate fate) => fate switch
    {
        BulkFate.Pending => "Their sessions are still to be ended.",
        BulkFate.Started => "Their sessions are being ended.",
        BulkFate.Done => "Their sessions have ended.",
        BulkFate.Unconfirmed => "The session store did not confirm it. Look at their pages, and end what is left there.",
        BulkFate.Failed => "Something went wrong; the log says what. Look at their pages, and end what is left there.",
        BulkFate.NotAllowed => "Only an Admin may end an Admin's sessions.",
        BulkFate.Gone => "They deleted their account meanwhile.",
        BulkFate.Spared => "It is who asked for this.",
        BulkFate.Duplicate => "The row names somebody whom an earlier row names.",
        BulkFate.Unknown => "Nobody has an account with that address or id.",
        BulkFate.NotUnderstood => "The row has neither an e-mail address nor a user id.",
        _ => "",
    };

    /// <summary>Null when all is well.</summary>
    public static string? Of(BulkTrouble trouble) => trouble switch
    {
        BulkTrouble.None => null,
        BulkTrouble.Store => "The session store does not answer. Nobody is signed out meanwhile; it goes on by itself when the store is back.",
        BulkTrouble.Database => "The database failed. Nobody is signed out meanwhile; it goes on by itself when the database is back.",
        BulkTrouble.AskerIsNoStaff => "It was held up: who asked for it is no longer staff. It can only go on once they are again. Stop it, or ask for it anew.",
        _ => "Something holds it up.",
    };

    /// <summary>How people were chosen.</summary>
    public static string Of(UserFilter filter)
    {
        List<string> conditions = [];
        if (filter.Text is { Length: > 0 } text)
            conditions.Add($"whose address or name begins with “{text}”");
        if (filter.Role is { } role)
            conditions.Add($"with the role {role}");
        if (filter.Banned)
            conditions.Add("who are banned");
        if (filter.NoSecondFactor)
            conditions.Add("without a second factor");
        return $"People {string.Join(" and ", conditions)}";
    }
}
