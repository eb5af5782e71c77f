using WebApp.Accounts.Mail;

namespace WebApp.Accounts;

/// <summary>The words of mail about accounts. None holds a name: whoever registers with another's address could write to them through it.</summary>
internal static class AccountMails
{
    public static OutgoingMail ConfirmAddress(string to, Uri site, Uri link) => new(to, "Confirm your e-mail address",
    [
        $"Somebody, probably you, made an account at {site.Host} with this address.",
        $"To use it, open the link and enter the password that was chosen for it. The link is good for {ConfirmationLinks.Lifetime.TotalHours} hours.",
        "If it wasn't you, do nothing: nobody can use the account without the link, and it is removed after a week.",
    ])
    {
        Priority = MailPriority.Awaited,
        Links = [new("Confirm the address", link)],
    };

    public static OutgoingMail AddressIsTaken(string to, Uri site, Uri signIn, Uri forgotPassword) => new(to, "You have an account already",
    [
        $"Somebody, probably you, tried to make an account at {site.Host} with this address. You have one already, and nothing about it was changed.",
        "You can sign in, or choose a new password if you don't remember yours.",
        "If it wasn't you, do nothing: who tried it was not told that you have an account.",
    ])
    {
        Priority = MailPriority.Awaited,
        Links = [new("Sign in", signIn), new("I don't remember my password", forgotPassword)],
    };

    public static OutgoingMail ResetPasswordBySupport(string to, Uri site, Uri link, string why, bool required) => new(to, "Choose a new password",
    [
        required
            ? $"Support asks you to choose a new password for your account at {site.Host}. You are signed out everywhere, and nobody can sign in before that."
            : $"Support sends you this link to choose a new password for your account at {site.Host}. Until you use it, your password stays as it is.",
        $"The reason: {why}.",
        $"The link is good once, for {PasswordResetMail.Lifetime.TotalMinutes} minutes. After that, ask for another by \"Forgot your password?\" on the sign-in page.",
    ])
    {
        Priority = MailPriority.Awaited,
        Links = [new("Choose a new password", link)],
    };

    public static OutgoingMail Closed(string to, Uri site, DateTimeOffset until, string? caseReference) => new(to, "Your account is closed",
    [
        $"Somebody, probably you, tried to sign in to your account at {site.Host} with the right password. Support has closed the account"
            + (until == DateTimeOffset.MaxValue ? "." : $" until {until.UtcDateTime:d MMMM yyyy, HH:mm 'UTC'}."),
        caseReference is null ? "If you think that is a mistake, ask support." : $"If you think that is a mistake, ask support, and name the case {caseReference}.",
    ]);

    public static OutgoingMail ResetPassword(string to, Uri site, Uri link) => new(to, "Choose a new password",
    [
        $"Somebody, probably you, asked for a new password for your account at {site.Host}.",
        $"The link is good once, for {PasswordResetMail.Lifetime.TotalMinutes} minutes. With the new password you are signed out everywhere else.",
        "If it wasn't you, do nothing: your password stays as it is.",
    ])
    {
        Priority = MailPriority.Awaited,
        Links = [new("Choose a new password", link)],
    };
}
