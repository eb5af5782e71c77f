namespace WebApp.Accounts.Mail;

/// <summary>
/// A mail with what stays the same through all tries, so that a server that was handed it twice can tell.
/// </summary>
/// <param name="Id">Becomes the <c>Message-ID</c>.</param>
/// <param name="WrittenAt">Becomes the <c>Date</c>.</param>
/// <param name="Mail">What is said to whom.</param>
public sealed record Letter(Guid Id, DateTimeOffset WrittenAt, OutgoingMail Mail)
{
    /// <summary>Neither addresses nor links: a record's text ends up in logs.</summary>
    public override string ToString() => nameof(Letter);
}
