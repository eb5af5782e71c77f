using System.Text;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Data.Sqlite;
using WebApp.Sessions;
using WebApp.Tests.Testing;

namespace WebApp.Tests.Threats;

/// <summary>Somebody has all the bytes of Redis, from a dump, a backup or a replica: that signs nobody in and gives no secret away.</summary>
public sealed class StoreDumpTests : IAsyncLifetime
{
    // Uncompressed, so that what is in the dump can be found in it.
    private readonly RedisServer _redis = new() { Options = ["--rdbcompression", "no"] };
    private readonly ProductionApp _app = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("certificate-").FullName;

    public Task InitializeAsync() => _redis.StartAsync();

    public async Task DisposeAsync()
    {
        await _app.DisposeAsync();
        await _redis.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_dump_holds_no_secret_no_password_no_security_stamp_and_no_readable_key()
    {
        await StartAsync("pfx");
        using var browser = await _app.NewUserAsync();
        await SupportsActAsync(browser);
        var key = _app.KeyOf(browser);
        var stamp = await SecurityStampAsync(key.UserId);

        var dump = await DumpAsync();

        // It is this person's dump, and what is searched for below would be found.
        AssertContains(dump, "the session id", Encoding.ASCII.GetBytes(key.SessionId.ToString()));
        AssertContains(dump, "the user id", Encoding.ASCII.GetBytes(key.UserId.ToString("N")));
        AssertContains(dump, "the family's hash", key.HashFamily());
        foreach (var (what, bytes) in SessionCookies.SecretsOf(key).SelectMany(Forms))
            AssertLacks(dump, $"the secret as {what}", bytes);
        AssertLacks(dump, "the cookie", Encoding.ASCII.GetBytes(browser.SessionCookie!));
        AssertLacks(dump, "the cookie's bytes", WebEncoders.Base64UrlDecode(browser.SessionCookie!));
        AssertLacks(dump, "the password", Encoding.UTF8.GetBytes(Browser.Password));
        AssertLacks(dump, "the security stamp", Encoding.UTF8.GetBytes(stamp));
        AssertLacks(dump, "the e-mail address", Encoding.UTF8.GetBytes(browser.Email));
        AssertContains(dump, "an encrypted key", "<encryptedSecret"u8.ToArray());
        AssertContains(dump, "its cipher text", "<CipherValue"u8.ToArray());
        AssertLacks(dump, "a plain key", "<masterKey"u8.ToArray());
        Assert.Equal("1", (await _redis.CliAsync("LLEN", "DataProtection-Keys")).Trim());
    }

    [Fact]
    public async Task No_cookie_made_from_a_dump_signs_anybody_in()
    {
        await StartAsync("pem");
        using var owner = await _app.NewUserAsync();
        var (key, dump) = (_app.KeyOf(owner), await DumpAsync());
        using var thief = _app.NewBrowser();

        // All that an attacker can know: the ids, the hash, the sealed ticket, and the key's id.
        byte[] userId = key.UserId.ToByteArray(bigEndian: true), sessionId = Convert.FromHexString(key.SessionId.ToString()), hash = key.HashFamily();
        byte[] made = [.. userId, .. sessionId, .. hash, .. new byte[SessionKey.Size - 48]];
        var foreign = WebEncoders.Base64UrlDecode(new SessionCookieFormat(new EphemeralDataProtectionProvider()).CookieWith(SessionKey.Read(made)!));
        var ticket = TicketIn(dump);
        ticket.AsSpan(0, 20).CopyTo(foreign);
        foreach (byte[] value in new byte[][] { made, [1, .. made], hash, ticket, [.. ticket[..20], 1, .. made], foreign, [.. ticket[..20], .. foreign[20..]] })
        {
            thief.Cookies[ProductionApp.SessionCookieName] = WebEncoders.Base64UrlEncode(value);
            Assert.Equal("/account/login", (await thief.GetAsync("/account")).Address.AbsolutePath);
        }

        Assert.Equal("/account", (await owner.GetAsync("/account")).Address.AbsolutePath);
    }

    [Fact]
    public async Task An_app_without_the_certificate_can_use_neither_keys_nor_sessions_of_a_dump()
    {
        await StartAsync("pfx");
        using var owner = await _app.NewUserAsync();
        await using var stolen = new RedisServer();
        await _redis.CliAsync("SAVE");
        File.Copy(Path.Combine(_redis.Directory, "dump.rdb"), Path.Combine(stolen.Directory, "dump.rdb"));
        await stolen.StartAsync();
        var database = Path.Combine(_folder, "stolen.db");
        await SqlAsync(_app.Database, $"VACUUM INTO '{database}'");

        // While there are keys that it can't open, it makes none of its own.
        await using (var other = NewApp())
        {
            using var early = other.NewBrowser();
            early.Cookies[ProductionApp.SessionCookieName] = owner.SessionCookie!;
            Assert.Equal(503, (await early.GetAsync("/account")).Status);
            Assert.Equal("1", (await stolen.CliAsync("LLEN", "DataProtection-Keys")).Trim());
        }

        await SqlAsync(database, "DELETE FROM RingKeys");
        await stolen.CliAsync("DEL", "DataProtection-Keys");
        await using var thiefs = NewApp();
        await thiefs.UntilReadyAsync();
        using var browser = thiefs.NewBrowser();
        browser.Cookies[ProductionApp.SessionCookieName] = owner.SessionCookie!;
        Assert.Equal("/account/login", (await browser.GetAsync("/account")).Address.AbsolutePath);

        // Not even with a cookie of the right secret: the ticket can't be opened.
        browser.Cookies[ProductionApp.SessionCookieName] = thiefs.CookieWith(_app.KeyOf(owner));
        Assert.Equal("/account/login", (await browser.GetAsync("/account")).Address.AbsolutePath);

        ProductionApp NewApp()
        {
            var app = new ProductionApp { Database = database, Clock = _app.Clock };
            app.UseRedis(stolen, ProductionApp.MakeCertificate(_folder, "pfx"));
            // Or it would not even start on that database.
            app.Settings["Audit:Key"] = _app.Settings["Audit:Key"];
            return app;
        }
    }

    [Fact]
    public async Task A_session_moved_under_another_users_or_sessions_name_opens_nothing()
    {
        await StartAsync("pfx");
        using Browser owner = await _app.NewUserAsync(), attacker = await _app.NewUserAsync();
        SessionKey victims = _app.KeyOf(owner), own = _app.KeyOf(attacker);

        // Whoever can write Redis puts the victim's ticket into the own record.
        var records = await _redis.CliAsync("EVAL", """
            local own, victims = redis.call('GET', KEYS[1]), redis.call('GET', KEYS[2])
            local function tail(record) return 116 + string.byte(record, 116) + struct.unpack('>I2', record, 68) end
            redis.call('SET', KEYS[1], string.sub(own, 1, tail(own)) .. string.sub(victims, tail(victims) + 1))
            return 'moved'
            """, "2", RecordOf(own), RecordOf(victims));

        Assert.Equal("moved", records.Trim());
        var page = await attacker.GetAsync("/account");
        Assert.Equal((200, "/account/login"), (page.Status, page.Address.AbsolutePath));
        Assert.Equal("/account", (await owner.GetAsync("/account")).Address.AbsolutePath);
    }

    [Fact]
    public async Task A_key_ring_that_was_written_by_hand_is_read()
    {
        const string id = "8f3a1c52-6d0e-4b7f-9a21-5c4d3e2f1a0b";
        var key = $"""
            <key id="{id}" version="1"><creationDate>2020-01-01T00:00:00Z</creationDate><activationDate>2020-01-01T00:00:00Z</activationDate><expirationDate>2199-01-01T00:00:00Z</expirationDate><descriptor deserializerType="Microsoft.AspNetCore.DataProtection.AuthenticatedEncryption.ConfigurationModel.AuthenticatedEncryptorDescriptorDeserializer, Microsoft.AspNetCore.DataProtection"><descriptor><encryption algorithm="AES_256_GCM" /><masterKey><value>{Convert.ToBase64String(new byte[64])}</value></masterKey></descriptor></descriptor></key>
            """;
        await _redis.CliAsync("RPUSH", "DataProtection-Keys", key);
        await using var app = new TestApp();
        app.Settings["ConnectionStrings:Redis"] = _redis.ConnectionString;

        using var browser = await app.NewUserAsync();

        var used = new Guid(WebEncoders.Base64UrlDecode(browser.SessionCookie!).AsSpan(4, 16));
        Assert.Equal(Guid.Parse(id), used);
        Assert.Equal("1", (await _redis.CliAsync("LLEN", "DataProtection-Keys")).Trim());
        // And without a certificate the key does lie there in the open, as the first test would find.
        AssertContains(await DumpAsync(), "a plain key", "<masterKey"u8.ToArray());
    }

    private static async Task SqlAsync(string database, string sql)
    {
        await using var connection = new SqliteConnection($"Data Source={database}");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The test's own text.
        command.CommandText = sql;
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync();
    }

    private async Task StartAsync(string certificate)
    {
        _app.UseRedis(_redis, ProductionApp.MakeCertificate(_folder, certificate));
        // Beforehand, as operators do: the app would wait for the journal's table.
        await using (var onSql = new ProductionApp { Database = _app.Database })
        {
            onSql.Settings["Audit:Key"] = _app.Settings["Audit:Key"];
            await onSql.InitializeAsync();
        }

        await _app.UntilReadyAsync();
    }

    /// <summary>Leaves a tombstone, a generation and a second session behind.</summary>
    private async Task SupportsActAsync(Browser browser)
    {
        using var other = _app.NewBrowser();
        await other.SignInAsync(browser.Email);
        await (await browser.GetAsync("/account/sessions")).PressAsync("Sign out the other session");
        await other.SignInAsync(browser.Email);
    }

    private async Task<byte[]> DumpAsync()
    {
        await _redis.CliAsync("SAVE");
        return await File.ReadAllBytesAsync(Path.Combine(_redis.Directory, "dump.rdb"));
    }

    private async Task<string> SecurityStampAsync(Guid userId)
    {
        await using var database = new SqliteConnection($"Data Source={_app.Database}");
        await database.OpenAsync();
        await using var command = database.CreateCommand();
        command.CommandText = "SELECT SecurityStamp FROM AspNetUsers WHERE Id = $id";
        command.Parameters.AddWithValue("$id", userId.ToString().ToUpperInvariant());
        return (string)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>The first protected bytes in the dump: Data Protection begins them all with the same four.</summary>
    private static byte[] TicketIn(byte[] dump)
    {
        var at = dump.AsSpan().IndexOf((byte[])[0x09, 0xF0, 0xC9, 0xF0]);
        Assert.True(at > 0, "The dump holds a ticket.");
        return dump[at..Math.Min(at + 300, dump.Length)];
    }

    private static string RecordOf(SessionKey key) => $"us:{{s{key.UserId.ToByteArray(bigEndian: true)[^1]:x2}}}:{key.SessionId}";

    private static IEnumerable<(string What, byte[] Bytes)> Forms(byte[] secret) =>
    [
        ("bytes", secret),
        ("hexadecimal", Encoding.ASCII.GetBytes(Convert.ToHexStringLower(secret))),
        ("capital hexadecimal", Encoding.ASCII.GetBytes(Convert.ToHexString(secret))),
        ("base64", Encoding.ASCII.GetBytes(Convert.ToBase64String(secret).TrimEnd('='))),
        ("base64url", Encoding.ASCII.GetBytes(WebEncoders.Base64UrlEncode(secret))),
    ];

    private static void AssertContains(byte[] dump, string what, byte[] bytes) => Assert.True(dump.AsSpan().IndexOf(bytes) >= 0, $"The dump holds {what}.");

    private static void AssertLacks(byte[] dump, string what, byte[] bytes) => Assert.True(dump.AsSpan().IndexOf(bytes) < 0, $"The dump holds {what}!");
}
