namespace WebApp.Tests.Testing;

/// <summary>What an app that is about to start finds in its database.</summary>
public enum DatabaseBefore
{
    /// <summary>Made for this start. In Production it has an account, in Development there is no file yet.</summary>
    Fresh,

    /// <summary>As the app left it when it stopped.</summary>
    Existing,

    /// <summary>A backup from before the latest sign-ins, ends of sessions and changes of accounts.</summary>
    RestoredOlder,
}
