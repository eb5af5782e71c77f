using System.Net.Sockets;
using System.Text;

namespace WebApp.Tests.Testing;

/// <summary>Requests written byte by byte, for what HttpClient refuses to send.</summary>
public static class RawHttp
{
    /// <summary>Sends the text with one byte per character (see <see cref="Bytes"/>) and reads until the server hangs up.</summary>
    public static async Task<RawAnswer> SendAsync(Uri address, string requestLine, IEnumerable<(string Name, string Value)> headers, string body = "")
    {
        var head = new StringBuilder(requestLine).Append("\r\n");
        foreach (var (name, value) in headers)
            head.Append(name).Append(": ").Append(value).Append("\r\n");
        if (body.Length > 0)
            head.Append("Content-Length: ").Append(body.Length).Append("\r\n");
        head.Append("Connection: close\r\n\r\n").Append(body);

        using var timeout = new CancellationTokenSource(Eventually.Patience);
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port, timeout.Token);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(head.ToString()), timeout.Token);
        using var answer = new MemoryStream();
        await stream.CopyToAsync(answer, timeout.Token);
        return new(Encoding.Latin1.GetString(answer.ToArray()));
    }

    /// <summary>The text's UTF-8, one character per byte.</summary>
    public static string Bytes(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));
}

/// <summary>All that came back, one character per byte.</summary>
public sealed record RawAnswer(string Text)
{
    public int Status => int.Parse(Text.Split(' ', 3)[1]);

    public string Head => Text[..Text.IndexOf("\r\n\r\n", StringComparison.Ordinal)];

    /// <summary>The first header of that name; null without one.</summary>
    public string? Header(string name) => Head.Split("\r\n").FirstOrDefault(h => h.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))?[(name.Length + 1)..].Trim();
}
