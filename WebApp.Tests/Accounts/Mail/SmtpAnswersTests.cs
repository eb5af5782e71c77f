using WebApp.Accounts.Mail;

namespace WebApp.Tests.Accounts.Mail;

/// <summary>Refusals as servers word them: Postfix, Exim, Exchange, Gmail and others.</summary>
[Trait("Lane", "Fast")]
public sealed class SmtpAnswersTests
{
    [Theory]
    [InlineData(550, "5.1.1 <nobody@example.com>: Recipient address rejected: User unknown in local recipient table")]
    [InlineData(550, "5.1.1 <relay@example.com>: Recipient address rejected: User unknown in relay recipient table")]
    [InlineData(550, "<relay-denied@example.com>: Recipient address rejected: User unknown in virtual mailbox table")]
    [InlineData(550, "5.1.1 The email account that you tried to reach does not exist.\nPlease try double-checking the recipient's email address")]
    [InlineData(550, "5.1.2 Bad destination host")]
    [InlineData(501, "5.1.3 Bad recipient address syntax")]
    [InlineData(550, "5.1.6 The mailbox has moved")]
    [InlineData(550, "5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup")]
    [InlineData(556, "5.1.10 Recipient address has null MX")]
    [InlineData(550, "5.2.1 The email account that you tried to reach is disabled")]
    [InlineData(550, "5.4.1 Recipient address rejected: Access denied")]
    [InlineData(550, "5.4.1 All recipient addresses rejected : Access denied")]
    [InlineData(554, "5.7.1 <nobody@example.com>: Recipient address rejected: Access denied")]
    [InlineData(550, "5.5.0 Requested action not taken: mailbox unavailable")]
    [InlineData(550, "Requested action not taken: mailbox unavailable")]
    [InlineData(550, "No such user here")]
    [InlineData(550, "#5.1.0 Address rejected.")]
    [InlineData(553, "5.3.0 <nobody@example.com>... User unknown")]
    [InlineData(554, "delivery error: dd This user doesn't have an example.com account: unknown user")]
    [InlineData(553, "5.6.7 SMTPUTF8 is needed for this address")]
    [InlineData(550, "no")]
    [InlineData(551, "User not local")]
    public void A_recipient_that_is_refused_for_good_is_given_up(int status, string text) =>
        Assert.Equal(MailFate.Refused, SmtpAnswers.FateOf(SmtpStage.Recipient, status, text));

    [Theory]
    [InlineData(550, "5.7.1 relaying denied")]
    [InlineData(554, "5.7.1 <someone@example.com>: Relay access denied")]
    [InlineData(550, "5.7.1 Unable to relay for someone@example.com")]
    [InlineData(550, "relay not permitted")]
    [InlineData(551, "5.7.1 relaying to <someone@example.com> prohibited by administrator")]
    [InlineData(553, "sorry, that domain isn't in my list of allowed rcpthosts")]
    [InlineData(550, "5.7.0 Mail relay denied [192.0.2.1]")]
    [InlineData(550, "We don't relay; mailbox unavailable")]
    [InlineData(550, "5.7.54 SMTP; Unable to relay recipient in non-accepted domain")]
    [InlineData(554, "5.7.1 <unknown[192.0.2.1]>: Client host rejected: Access denied")]
    [InlineData(550, "Client host rejected: cannot find your hostname, [192.0.2.1]")]
    [InlineData(554, "5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org")]
    [InlineData(550, "5.7.1 <accounts@example.com>: Sender address rejected: not owned by user someone")]
    [InlineData(550, "5.1.8 <accounts@example.com>: Sender address rejected: Domain not found")]
    [InlineData(550, "Verification failed for <accounts@example.com>\nNo Such User Here\nSender verify failed")]
    [InlineData(550, "5.7.1 Helo command rejected: need fully-qualified hostname")]
    [InlineData(550, "5.7.25 The IP address sending this message does not have a PTR record setup")]
    [InlineData(552, "5.2.2 The email account that you tried to reach is over quota")]
    [InlineData(552, "Mailbox full")]
    [InlineData(550, "5.4.5 Daily user sending limit exceeded")]
    [InlineData(550, "Too many invalid recipients")]
    [InlineData(530, "5.7.1 Authentication required")]
    [InlineData(550, "Please authenticate first")]
    [InlineData(550, "5.3.5 System incorrectly configured")]
    [InlineData(554, "5.7.1 Access denied")]
    [InlineData(550, "Administrative prohibition")]
    [InlineData(503, "5.5.1 Bad sequence of commands")]
    [InlineData(554, "Transaction failed")]
    [InlineData(521, "Host does not speak to you")]
    public void A_refusal_that_is_about_us_is_tried_again_and_told(int status, string text) =>
        Assert.Equal(MailFate.Failed, SmtpAnswers.FateOf(SmtpStage.Recipient, status, text));

    [Theory]
    [InlineData(554, "5.7.1 Message rejected as spam")]
    [InlineData(554, "Transaction failed")]
    [InlineData(554, "5.6.0 Message contains bare line feeds")]
    [InlineData(554, "5.7.1 Message contains spam or virus or its sender is blocked")]
    [InlineData(550, "5.1.1 User unknown")]
    [InlineData(552, "5.3.4 Message size exceeds fixed limit")]
    [InlineData(552, "5.7.0 This message was blocked because its content presents a potential security issue")]
    [InlineData(550, "no")]
    public void A_message_that_is_refused_for_good_is_given_up(int status, string text) =>
        Assert.Equal(MailFate.Refused, SmtpAnswers.FateOf(SmtpStage.Message, status, text));

    [Theory]
    [InlineData(550, "5.7.26 This mail has been blocked because the sender is unauthenticated")]
    [InlineData(550, "5.7.60 SMTP; Client does not have permissions to send as this sender")]
    [InlineData(554, "5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied")]
    [InlineData(554, "5.7.1 Relay access denied")]
    [InlineData(552, "5.2.2 Mailbox full")]
    [InlineData(552, "Exceeded storage allocation")]
    [InlineData(550, "5.4.5 Daily user sending limit exceeded")]
    [InlineData(554, "Message rejected: Email address is not verified")]
    [InlineData(550, "The from address does not match a verified Sender Identity")]
    [InlineData(550, "5.7.606 Access denied, banned sending IP [192.0.2.1]")]
    [InlineData(503, "Bad sequence of commands")]
    public void At_the_end_of_a_message_too_it_may_be_about_us(int status, string text) =>
        Assert.Equal(MailFate.Failed, SmtpAnswers.FateOf(SmtpStage.Message, status, text));

    [Theory]
    [InlineData(SmtpStage.Recipient, 450, "4.7.1 <someone@example.com>: Recipient address rejected: Greylisted, see later")]
    [InlineData(SmtpStage.Recipient, 451, "Greylisting in action, please come back later")]
    [InlineData(SmtpStage.Recipient, 450, "4.2.0 Recipient address rejected: Graylisted")]
    [InlineData(SmtpStage.Recipient, 450, "try later")]
    [InlineData(SmtpStage.Recipient, 450, "4.1.2 <someone@example.com>: Recipient address rejected: Domain not found")]
    [InlineData(SmtpStage.Message, 451, "4.7.1 Please try again later")]
    public void What_a_server_puts_off_waits_and_is_nobodys_fault(SmtpStage stage, int status, string text) =>
        Assert.Equal(MailFate.PutOff, SmtpAnswers.FateOf(stage, status, text));

    [Theory]
    [InlineData(SmtpStage.Connection, 421, "not now")]
    [InlineData(SmtpStage.Connection, 554, "No SMTP service here")]
    [InlineData(SmtpStage.Sender, 451, "busy")]
    [InlineData(SmtpStage.Sender, 550, "from whom?")]
    [InlineData(SmtpStage.Sender, 553, "5.7.1 Sender address rejected: not logged in")]
    [InlineData(SmtpStage.Recipient, 421, "4.7.0 Too many connections")]
    [InlineData(SmtpStage.Recipient, 450, "4.7.1 Client host rejected: cannot find your reverse hostname")]
    [InlineData(SmtpStage.Recipient, 454, "4.7.1 Relay access denied")]
    [InlineData(SmtpStage.Recipient, 452, "4.2.2 Over quota")]
    [InlineData(SmtpStage.Recipient, 452, "4.3.1 Insufficient system storage")]
    [InlineData(SmtpStage.Message, 452, "full")]
    [InlineData(SmtpStage.Message, 454, "Throttling failure: Maximum sending rate exceeded")]
    [InlineData(SmtpStage.Message, 451, "4.3.0 Queue file write error")]
    public void A_server_that_takes_no_mail_is_told(SmtpStage stage, int status, string text) =>
        Assert.Equal(MailFate.Failed, SmtpAnswers.FateOf(stage, status, text));

    [Theory]
    [InlineData(552, "5.3.4 Message size exceeds fixed maximum message size")]
    [InlineData(552, "Message too large")]
    [InlineData(553, "5.6.7 Non-ASCII addresses are not permitted")]
    public void A_message_that_is_refused_by_its_measures_is_given_up_before_it_is_sent(int status, string text) =>
        Assert.Equal(MailFate.Refused, SmtpAnswers.FateOf(SmtpStage.Sender, status, text));

    [Theory]
    [InlineData("5.7.1 no", "5.7.1")]
    [InlineData("#5.1.0 Address rejected.", "5.1.0")]
    [InlineData("<a5.1.1@example.com> no", null)]
    [InlineData("[5.1.1.7] no", null)]
    [InlineData("no", null)]
    public void The_code_is_found_wherever_it_stands_and_is_no_part_of_an_address(string text, string? code) =>
        Assert.Equal(code, SmtpAnswers.EnhancedCode(text));
}
