namespace WebApp.Sessions.Redis;

/// <summary>A Lua script, complete. The name is for logs.</summary>
internal sealed record RedisScript(string Name, string Text);
