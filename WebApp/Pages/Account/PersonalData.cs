using System.Globalization;
using System.Net;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Net.Http.Headers;
using WebApp.Accounts;
using WebApp.Audit;
using WebApp.Sessions;

namespace WebApp.Pages.Account;

/// <summary>
/// All that is kept about a person, as a file: JSON with stable names, UTC times of ISO 8601, and the names of actions and reasons rather than the words on
/// screen. It is written as it is read, so a long history takes no more memory than a short one. What is in it is named here, one by one: nothing
/// that signs in, nothing of the staff's.
/// </summary>
internal sealed class PersonalData(AppUser user, AccountFacts facts, UserSessions sessions, AuditLog audit, DateTimeOffset now) : IActionResult
{
    private const int Batch = 500;

    // It is a file and never a part of a page: names shall be readable in every language.
    private static readonly JsonWriterOptions Options = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public async Task ExecuteResultAsync(ActionContext context)
    {
        var (response, left) = (context.HttpContext.Response, context.HttpContext.RequestAborted);
        response.ContentType = "application/json; charset=utf-8";
        response.Headers.ContentDisposition = new ContentDispositionHeaderValue("attachment") { FileName = $"my-data-{now.UtcDateTime:yyyy-MM-dd}.json" }.ToString();
        await using var json = new Utf8JsonWriter(response.BodyWriter, Options);
        json.WriteStartObject();
        WriteTime(json, "generatedAt", now);
        WriteAccount(json);
        WriteProofs(json);
        WriteBrowsers(json);
        json.WriteStartArray("sessions");
        foreach (var session in sessions.Live.Concat(sessions.Revoked))
            WriteSession(json, session);
        json.WriteEndArray();
        json.WriteStartArray("history");
        for (long? before = null; await audit.ListOlderOfSubjectAsync(user.Id, HistoryLine.ActionsOf(HistoryKind.All), before, Batch) is { Count: > 0 } batch; before = batch[^1].Id)
        {
            foreach (var entry in batch)
            {
                json.WriteStartObject();
                HistoryLine.Of(entry).WriteTo(json);
                json.WriteEndObject();
            }

            await json.FlushAsync(left);
            await response.BodyWriter.FlushAsync(left);
        }

        json.WriteEndArray();
        json.WriteEndObject();
        await json.FlushAsync(left);
        await response.BodyWriter.FlushAsync(left);
    }

    private void WriteAccount(Utf8JsonWriter json)
    {
        json.WriteStartObject("account");
        json.WriteString("id", user.Id);
        json.WriteString("name", user.Name);
        json.WriteString("email", user.Email);
        json.WriteBoolean("emailConfirmed", user.EmailConfirmed);
        WriteTime(json, "memberSince", user.CreatedAt);
        json.WriteStartArray("roles");
        foreach (var role in facts.Roles)
            json.WriteStringValue(role);
        json.WriteEndArray();
        json.WriteBoolean("signInBlocked", user.SignInBlocked);
        json.WriteBoolean("secondFactorRequired", user.SecondFactorRequired);
        WriteTime(json, "bannedUntil", user.BannedUntil);
        json.WriteEndObject();
    }

    private void WriteProofs(Utf8JsonWriter json)
    {
        json.WriteStartObject("proofs");
        json.WriteStartArray("passkeys");
        foreach (var passkey in facts.Passkeys)
        {
            json.WriteStartObject();
            json.WriteString("name", passkey.Name);
            WriteTime(json, "addedAt", passkey.AddedAt);
            WriteTime(json, "lastUsedAt", passkey.LastUsedAt);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (facts.Authenticator is { } authenticator)
        {
            json.WriteStartObject("authenticator");
            WriteTime(json, "addedAt", authenticator.AddedAt);
            WriteTime(json, "lastUsedAt", authenticator.LastUsedAt);
            json.WriteEndObject();
        }

        json.WriteNumber("recoveryCodesLeft", facts.RecoveryCodesLeft);
        json.WriteEndObject();
    }

    private void WriteBrowsers(Utf8JsonWriter json)
    {
        json.WriteStartArray("browsers");
        foreach (var browser in facts.Browsers)
        {
            json.WriteStartObject();
            json.WriteString("device", browser.Device);
            WriteTime(json, "firstSignInAt", browser.FirstSignInAt);
            WriteTime(json, "lastSignInAt", browser.LastSignInAt);
            WriteTime(json, "rememberedUntil", browser.RememberedUntil);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteSession(Utf8JsonWriter json, UserSession session)
    {
        json.WriteStartObject();
        json.WriteString("id", session.Id.ToString());
        json.WriteString("device", session.Device.ToString());
        json.WriteString("userAgent", session.UserAgent);
        json.WriteString("signInMethod", session.SignInMethod);
        json.WriteBoolean("keptSignedIn", session.Remembered);
        WriteTime(json, "signedInAt", session.CreatedAt);
        WriteTime(json, "identityProvedAt", session.AuthenticatedAt);
        WriteTime(json, "lastSeenAt", session.LastSeenAt);
        WriteTime(json, "endsAt", session.Revocation?.At ?? session.ExpiresAt);
        WriteAddress(json, "signInAddress", session.SignInAddress);
        WriteAddress(json, "lastAddress", session.LastAddress);
        WriteAddress(json, "previousAddress", session.PreviousAddress);
        WriteTime(json, "movedAt", session.MovedAt);
        json.WriteString("country", session.Country);
        if (session.Lock is { } locked)
        {
            json.WriteStartObject("locked");
            WriteTime(json, "at", locked.At);
            json.WriteString("reason", locked.Reason.ToString());
            json.WriteEndObject();
        }

        if (session.Revocation is { } ended)
        {
            json.WriteStartObject("ended");
            WriteTime(json, "at", ended.At);
            json.WriteString("reason", ended.Reason.ToString());
            json.WriteString("caseReference", ended.CaseReference);
            json.WriteEndObject();
        }

        if (session.Refused is { } refused)
        {
            json.WriteStartObject("triedAgain");
            json.WriteNumber("atLeast", refused.Count);
            WriteTime(json, "lastAt", refused.LastAt);
            WriteAddress(json, "lastAddress", refused.LastAddress);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteAddress(Utf8JsonWriter json, string name, IPAddress? address) => json.WriteString(name, address is null ? null : Network.Describe(address));

    private static void WriteTime(Utf8JsonWriter json, string name, DateTimeOffset? time) =>
        json.WriteString(name, time?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
}
