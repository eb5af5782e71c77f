namespace WebApp.Accounts;

/// <summary>
/// Marks a request that named a session which is not among its person's, nor was lately. The answer tells nothing; the
/// log of refusals, which stands around the pages, names the person (ASVS 5.0, 16.3.2).
/// </summary>
public sealed class ForeignSession
{
    private ForeignSession()
    {
    }

    public static void Mark(HttpContext context) => context.Features.Set(new ForeignSession());

    public static bool IsMarked(HttpContext context) => context.Features.Get<ForeignSession>() is not null;
}
