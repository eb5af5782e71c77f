using System.Text;
using WebApp.Benchmarks.Http;

namespace WebApp.Benchmarks.Soak;

/// <summary>A browser's session: its cookie, and whom the page has to greet.</summary>
internal sealed class SoakSession(string cookie, byte[] name)
{
    private string _cookie = cookie;

    public byte[] Name => name;

    /// <summary>A request for the page.</summary>
    public byte[] Page { get; private set; } = LoadConnection.WriteRequest("GET /", $"Cookie: {cookie}");

    /// <summary>A request to end it.</summary>
    public byte[] Revoke => LoadConnection.WriteRequest("POST /revoke", $"Content-Length: 0\nCookie: {_cookie}");

    public static byte[] SignIn(BenchmarkUser user) => LoadConnection.WriteRequest("POST /sign-in" + user.ToQuery(), "Content-Length: 0");

    public static byte[] NameOf(BenchmarkUser user) => Encoding.UTF8.GetBytes(user.Email);

    /// <summary>A rotated secret: as a browser would, go on with the new cookie.</summary>
    public void Adopt(string rotated)
    {
        _cookie = rotated;
        Page = LoadConnection.WriteRequest("GET /", $"Cookie: {rotated}");
    }
}
