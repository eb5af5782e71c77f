namespace WebApp.Tests.Testing;

/// <summary>
/// What an installation went through before a test begins, made once and then copied. Two browsers of one person signed
/// in, then backups were taken. Then the one ended the session of the other and changed the person's name, somebody
/// else registered, and the app stopped.
/// </summary>
public sealed class InstallationPast : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("past-");
    private readonly string _environment;
    private readonly string _certificate;

    private InstallationPast(string environment)
    {
        _environment = environment;
        _certificate = ProductionApp.MakeCertificate(_folder.FullName, "pfx");
    }

    /// <summary>Its session was ended after the backups.</summary>
    public Browser Ended { get; private set; } = null!;

    /// <summary>Its session is from before the backups, and was not ended.</summary>
    public Browser Kept { get; private set; } = null!;

    /// <summary>The account and the session are from after the backups.</summary>
    public Browser Later { get; private set; } = null!;

    public static async Task<InstallationPast> MakeAsync(string environment)
    {
        var past = new InstallationPast(environment);
        await using var installation = new Installation(environment, past._certificate);
        await installation.Redis.StartAsync();
        if (environment == Installation.Production)
            await past.PrepareAsync(installation);
        await past.LiveAsync(installation);
        return past;
    }

    /// <summary>A new installation that finds these two.</summary>
    public async Task<Installation> InstallAsync(DatabaseBefore database, RedisBefore redis)
    {
        var installation = new Installation(_environment, _certificate);
        if (Directory.Exists(FolderOf(database)))
            installation.Restore(FolderOf(database));
        if (redis is not RedisBefore.Empty)
            File.Copy(DumpOf(redis is RedisBefore.Flushed ? RedisBefore.Existing : redis), DumpOf(installation));
        await installation.Redis.StartAsync();
        if (redis is RedisBefore.Flushed)
            await installation.Redis.FlushAllAsync();
        return installation;
    }

    public ValueTask DisposeAsync()
    {
        Ended.Dispose();
        Kept.Dispose();
        Later.Dispose();
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    /// <summary>
    /// The steps before the first start, for two databases: the fresh one gets its account from the operator, the other
    /// one from the person's own registration. So the people of the one are nobody to the other.
    /// </summary>
    private async Task PrepareAsync(Installation installation)
    {
        await installation.RunAsync(["migrate"]);
        var migrated = Path.Combine(_folder.FullName, "migrated");
        installation.BackUp(migrated);

        await using var fresh = new Installation(_environment, _certificate);
        fresh.Restore(migrated);
        await fresh.RunAsync(["users", "add", "--email", Installation.Email, "--name", "Alice"], Browser.Password + '\n');
        fresh.BackUp(FolderOf(DatabaseBefore.Fresh));
    }

    private async Task LiveAsync(Installation installation)
    {
        var app = await installation.StartAsync();
        Ended = _environment == Installation.Production
            ? await installation.RegisterAsync(app, Installation.Email)
            : await installation.SignInAsync(app);
        Kept = await installation.SignInAsync(app, Browser.Safari);

        installation.BackUp(FolderOf(DatabaseBefore.RestoredOlder));
        await SaveAsync(installation, RedisBefore.OlderSnapshot);

        await (await Kept.GetAsync("/account/sessions")).PressAsync("Sign out the other session");
        await (await Kept.GetAsync("/account/name")).Fill("Name", "Alice the Later").PressAsync("Change name");
        Later = await installation.RegisterAsync(app, "later@example.com");

        await installation.StopAsync();
        installation.BackUp(FolderOf(DatabaseBefore.Existing));
        await SaveAsync(installation, RedisBefore.Existing);
    }

    private async Task SaveAsync(Installation installation, RedisBefore state)
    {
        await installation.Redis.CliAsync("SAVE");
        File.Copy(DumpOf(installation), DumpOf(state));
    }

    private static string DumpOf(Installation installation) => Path.Combine(installation.Redis.Directory, "dump.rdb");

    private string DumpOf(RedisBefore state) => Path.Combine(_folder.FullName, $"{state}.rdb");

    private string FolderOf(DatabaseBefore state) => Path.Combine(_folder.FullName, $"{state}");
}
