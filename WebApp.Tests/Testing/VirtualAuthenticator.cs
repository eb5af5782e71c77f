using System.Text.Json;
using Microsoft.Playwright;

namespace WebApp.Tests.Testing;

/// <summary>What keeps passkeys in a real browser: a device with a lock, in software, by Chromium's own tools for developers.</summary>
public sealed class VirtualAuthenticator
{
    private readonly ICDPSession _tools;
    private readonly string _id;

    private VirtualAuthenticator(ICDPSession tools, string id) => (_tools, _id) = (tools, id);

    /// <summary>Into this page's browser. It answers at once, as if its person had waited for it.</summary>
    public static async Task<VirtualAuthenticator> PlugInAsync(IPage page)
    {
        var tools = await page.Context.NewCDPSessionAsync(page);
        await tools.SendAsync("WebAuthn.enable");
        var added = await tools.SendAsync("WebAuthn.addVirtualAuthenticator", new()
        {
            ["options"] = new Dictionary<string, object>
            {
                ["protocol"] = "ctap2",
                ["transport"] = "internal",
                ["hasResidentKey"] = true,
                ["hasUserVerification"] = true,
                ["isUserVerified"] = true,
                ["automaticPresenceSimulation"] = true,
            },
        });
        return new(tools, added!.Value.GetProperty("authenticatorId").GetString()!);
    }

    /// <summary>Whether it knows its person by the finger or the PIN.</summary>
    public Task SetKnowsPersonAsync(bool knows) => SendAsync("WebAuthn.setUserVerified", ("isUserVerified", knows));

    /// <summary>How many passkeys it keeps.</summary>
    public async Task<int> CountAsync() => (await SendAsync("WebAuthn.getCredentials"))!.Value.GetProperty("credentials").GetArrayLength();

    private Task<JsonElement?> SendAsync(string command, params (string Name, object Value)[] arguments) =>
        _tools.SendAsync(command, arguments.Append(("authenticatorId", _id)).ToDictionary(a => a.Item1, a => a.Item2));
}
