using System.Security.Cryptography;
using System.Text;

namespace WebApp.Sessions;

/// <summary>
/// A form that signs somebody in, by all that it says. Its antiforgery token is drawn anew with each page, so the same again is the same form sent twice.
/// </summary>
/// <param name="Place">Stands for a user, of whom it tells nothing.</param>
/// <param name="Id">Of the form.</param>
public readonly record struct SignInForm(Guid Place, Guid Id)
{
    private const int HalfSize = 16;

    /// <param name="form">What was sent.</param>
    /// <param name="earlierProof">Of a sign-in in several steps, what the browser has to show for the first one.</param>
    public static SignInForm Of(IFormCollection form, string? earlierProof = null)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(SHA256.HashData(Encoding.UTF8.GetBytes(earlierProof ?? "")));
        foreach (var (name, values) in form.OrderBy(field => field.Key, StringComparer.Ordinal))
        {
            foreach (var text in values.Prepend(name))
                hash.AppendData([.. BitConverter.GetBytes(text?.Length ?? 0), .. Encoding.UTF8.GetBytes(text ?? "")]);
        }

        var whole = hash.GetHashAndReset();
        return new(new(whole.AsSpan(0, HalfSize)), new(whole.AsSpan(HalfSize)));
    }
}
