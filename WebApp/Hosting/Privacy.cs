using Microsoft.Extensions.Options;
using WebApp.Sessions;

namespace WebApp.Hosting;

/// <summary>The configuration section <c>Privacy</c>, checked when the app starts. Changes apply to what is stored afterwards.</summary>
public sealed class PrivacyOptions
{
    public const string Section = "Privacy";

    /// <summary>
    /// How much of people's addresses is stored and logged. <see cref="AddressPrivacy.Cut"/> where an address counts as personal data: people still see
    /// which network a session came from, and every rule about networks works as before. <see cref="AddressPrivacy.None"/> turns those rules off.
    /// </summary>
    public AddressPrivacy Addresses { get; set; }
}

public enum AddressPrivacy
{
    /// <summary>All of it.</summary>
    Full,

    /// <summary>The network only: /24, or /48 for IPv6.</summary>
    Cut,

    /// <summary>Nothing.</summary>
    None,
}

/// <summary>
/// Cuts the connection's address before anything can store or log it: whoever writes a new line of code need not remember to. Limits per address
/// ask <see cref="ClientAddress"/>: by what is left here, a network would be one client, or everybody would.
/// </summary>
internal static class Privacy
{
    public static void AddPrivacy(this IServiceCollection services)
    {
        services.AddOptions<PrivacyOptions>().BindConfiguration(PrivacyOptions.Section, binder => binder.ErrorOnUnknownConfiguration = true)
            .Validate(privacy => Enum.IsDefined(privacy.Addresses),
                $"{PrivacyOptions.Section}:{nameof(PrivacyOptions.Addresses)} can be {string.Join(", ", Enum.GetNames<AddressPrivacy>())}.")
            .ValidateOnStart();
        services.AddOptions<SessionPolicy>().Validate<IOptions<PrivacyOptions>>(
            (policy, privacy) => privacy.Value.Addresses != AddressPrivacy.None || policy.Signals.TwoNetworks.Action <= SignalAction.Log,
            $"{SessionPolicy.Section}:{nameof(SessionPolicy.Signals)}:{nameof(SignalPolicy.TwoNetworks)}:{nameof(SignalRule.Action)} is to act, but with "
            + $"{PrivacyOptions.Section}:{nameof(PrivacyOptions.Addresses)} None no network is known, so it could never happen.");
    }

    /// <summary>Right behind the proxies, whose word makes the connection's address the client's.</summary>
    public static void UseAddressPrivacy(this WebApplication app)
    {
        var addresses = app.Services.GetRequiredService<IOptions<PrivacyOptions>>().Value.Addresses;
        if (addresses == AddressPrivacy.Full)
            return;

        app.Use((context, next) =>
        {
            ClientAddress.Replace(context, addresses == AddressPrivacy.Cut && context.Connection.RemoteIpAddress is { } whole ? Network.Of(whole) : null);
            return next(context);
        });
    }
}
