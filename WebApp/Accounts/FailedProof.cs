namespace WebApp.Accounts;

/// <summary>
/// Marks a request that offered a proof of identity (a password, a code) which was not accepted, whoever's it was. What counts such requests per
/// address stands around the pages and learns of it by this mark.
/// </summary>
public sealed class FailedProof
{
    private FailedProof()
    {
    }

    public static void Mark(HttpContext context) => context.Features.Set(new FailedProof());

    public static bool IsMarked(HttpContext context) => context.Features.Get<FailedProof>() is not null;
}
