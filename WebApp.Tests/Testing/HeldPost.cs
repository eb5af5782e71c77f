using System.Net;

namespace WebApp.Tests.Testing;

/// <summary>A form whose headers the server has, and whose body it waits for: the request is authenticated and in flight.</summary>
public sealed class HeldPost
{
    private readonly Task<Page> _answer;
    private readonly TaskCompletionSource _release;

    private HeldPost(Task<Page> answer, TaskCompletionSource release) => (_answer, _release) = (answer, release);

    /// <summary>Returns once the server knows who sends it.</summary>
    public static async Task<HeldPost> SendAsync(TestApp app, Browser browser, string path, params (string Name, string Value)[] fields)
    {
        var logged = app.Log.Lines.Count;
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var body = await new FormUrlEncodedContent(fields.Select(f => KeyValuePair.Create(f.Name, f.Value))).ReadAsByteArrayAsync();
        var held = new HeldPost(AnswerAsync(browser, path, new HeldContent(body, release.Task)), release);
        await Eventually.TrueAsync(() => app.Log.HasSince(logged, IsBehindAuthentication), "the held request is authenticated");
        return held;
    }

    /// <summary>Sends the rest. Does not follow redirects.</summary>
    public Task<Page> FinishAsync()
    {
        _release.SetResult();
        return _answer;
    }

    private static async Task<Page> AnswerAsync(Browser browser, string path, HeldContent content)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
        return await browser.SendAsync(request);
    }

    private static bool IsBehindAuthentication(string line) => line.Contains("Executing endpoint", StringComparison.Ordinal);

    private sealed class HeldContent : HttpContent
    {
        private readonly byte[] _body;
        private readonly Task _release;

        public HeldContent(byte[] body, Task release)
        {
            (_body, _release) = (body, release);
            Headers.ContentType = new("application/x-www-form-urlencoded");
        }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(_body.AsMemory(0, 1));
            await stream.FlushAsync();
            await _release;
            await stream.WriteAsync(_body.AsMemory(1));
        }

        protected override bool TryComputeLength(out long length)
        {
            length = _body.Length;
            return true;
        }
    }
}
