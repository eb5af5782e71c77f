namespace WebApp.Pages;

/// <summary>The form of <c>_PasskeyProof</c>, whose answer passkeys.js gets from the browser.</summary>
/// <param name="Page">Has the handlers <c>PasskeyQuestion</c> (GET) and <c>Passkey</c> (POST).</param>
/// <param name="Label">Of the button.</param>
public sealed record PasskeyForm(string Page, string Label)
{
    public string? ReturnUrl { get; init; }

    /// <summary>See <see cref="KeptForms"/>.</summary>
    public string? Kept { get; init; }

    /// <summary>A tick box of another form of the page, by id and name, that holds for this one, too.</summary>
    public string? CopyOf { get; init; }

    /// <summary>Whether browsers may offer passkeys among the names for a field with <c>autocomplete="webauthn"</c>, before the button is pressed.</summary>
    public bool OffersItself { get; init; }
}
