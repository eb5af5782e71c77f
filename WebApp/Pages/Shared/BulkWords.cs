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

    /// <summary>What to do about a list that can't be read.</summary>
    public static string Of(ListFault fault, int row) => fault switch
    {
        ListFault.NoText =>
            $"Row {row} has characters that no text has. Save it as CSV or as text, and not as a workbook.",
        ListFault.Encoding =>
            $"The address in row {row} has letters in an encoding that can't be told. Save the file in UTF-8.",
        ListFault.OpenQuote =>
            $"In row {row} a quotation mark opens a cell that nothing closes. Close it, or take it out.",
        _ => $"Row {row} is too long. Put fewer people on it.",
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
        BulkTrouble.AskerIsNoStaff => "It was held up: who asked for it may no longer. They were shut out, or lost the role that it takes. Stop it, and ask for it anew if it is still wanted.",
        BulkTrouble.NotApproved => "It was held up: who approved it was shut out, or is no longer an Admin. Stop it, and ask for it anew if it is still wanted.",
        BulkTrouble.AuditLog => "It was held up: the audit log can't go on from where it is, and nobody is signed out without being written there. Let it go on when an operator has seen to the log.",
        BulkTrouble.PausedByAdmin => "An Admin paused it. Only an Admin can let it go on.",
        BulkTrouble.NotConfirmed => "We could not confirm that everyone's sessions ended. Look whether people are signed out, and ask for it anew if they are not.",
        _ => "Something holds it up.",
    };

    /// <summary>How far it is, in a sentence.</summary>
    public static string Of(BulkProgress progress, DateTimeOffset now) => progress.Request switch
    {
        { Kind: BulkKind.Everyone, State: BulkState.Waiting } => "Everyone's sessions are to be ended.",
        { State: BulkState.Draft or BulkState.Waiting } request => request.CountedTo == int.MaxValue
            ? $"They have {Words.Count(request.Sessions, "session")}. {People(request.Active)} used one in the last {Words.Of(BulkCounter.Recently)}."
            : $"Counted so far: {request.CountedPeople:N0} of {People(request.People)}. Those have {Words.Count(request.Sessions, "session")}; {request.Active:N0} used one in the last {Words.Of(BulkCounter.Recently)}.",
        { State: BulkState.Holding, HoldUntil: { } until } => until > now ? $"It begins in {Words.Of(TimeSpan.FromSeconds(Math.Ceiling((until - now).TotalSeconds)))}. Nothing has ended yet." : "It begins now.",
        { State: BulkState.Paused, StartedAt: null } => "Nothing has ended yet.",
        { Kind: BulkKind.Everyone, Trouble: BulkTrouble.NotConfirmed } => "It was tried once.",
        { Kind: BulkKind.Everyone, State: BulkState.Done } => "Everyone's sessions have ended.",
        { Kind: BulkKind.Everyone } => "Nothing has ended yet.",
        { StartedAt: null } => "Nothing was ended.",
        var request => $"{progress.Of(BulkFate.Done):N0} of {People(request.People)} done, {Words.Count(progress.Ended, "session")} ended.{(progress.NotDone > 0 ? $" {progress.NotDone:N0} not done: see below why." : "")}",
    };

    /// <summary>"1 person", "3 people".</summary>
    public static string People(int count) => count == 1 ? "1 person" : $"{count:N0} people";

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
