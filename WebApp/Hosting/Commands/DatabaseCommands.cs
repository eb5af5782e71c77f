namespace WebApp.Hosting.Commands;

internal static class DatabaseCommands
{
    public static async Task<int> MigrateAsync(CommandContext context)
    {
        await Database.MigrateAsync(context.Services);
        Console.WriteLine("The database is up to date.");
        return CommandLine.Done;
    }
}
