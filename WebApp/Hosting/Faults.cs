using System.Data.Common;
using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using WebApp.Audit;
using WebApp.Sessions;

namespace WebApp.Hosting;

/// <summary>
/// Tells faults of the machine and of its settings, which an operator reads in words, from mistakes of ours.
/// </summary>
internal static class Faults
{
    /// <summary>Null for what can only be a mistake of ours.</summary>
    public static string? InWords(Exception e) => e switch
    {
        OptionsValidationException settings => string.Join('\n', settings.Failures),
        AggregateException several => InWords(several.InnerExceptions),
        SessionStoreUnavailableException => "The session store does not answer.",
        DbException or DbUpdateException => $"The database did not do it: {e.GetBaseException().Message}",
        AuditChainException or IOException or UnauthorizedAccessException => e.Message,
        // A settings file that is no JSON.
        InvalidDataException => $"{e.Message} {e.GetBaseException().Message}",
        // The framework has no exception of its own for a value that can't be read, nor for an address to listen on.
        InvalidOperationException { Source: "Microsoft.Extensions.Configuration.Binder" } => e.Message,
        InvalidOperationException { Source: "Microsoft.AspNetCore.Server.Kestrel.Core" } => e.Message,
        CryptographicException when e.StackTrace?.Contains("Microsoft.AspNetCore.Server.Kestrel") is true =>
            $"The certificate that Kestrel:Certificates or Kestrel:Endpoints names can't be used: {e.Message}",
        FormatException { Source: "Microsoft.AspNetCore.Http" } => e.Message,
        _ => null,
    };

    private static string? InWords(IEnumerable<Exception> several)
    {
        var words = several.Select(InWords).Distinct(StringComparer.Ordinal).ToList();
        return words.Contains(null) ? null : string.Join('\n', words);
    }
}
