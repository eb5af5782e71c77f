namespace WebApp.Accounts.Passwords;

/// <summary>
/// Asks the <see cref="BreachService"/> once per request. Whoever is about to wait for a turn at the <see cref="PasswordGate"/> asks before, for
/// nobody's turn should be spent on waiting for a server elsewhere; the rules then have the answer.
/// </summary>
public sealed class BreachCheck(BreachService service)
{
    private (string Password, bool IsStolen)? _last;

    /// <summary>False also when there is no answer.</summary>
    public async Task<bool> IsStolenAsync(string password)
    {
        if (_last is not { } last || last.Password != password)
            _last = last = (password, PasswordRules.CanBeHashed(password) && await service.HasAsync(password));
        return last.IsStolen;
    }
}
