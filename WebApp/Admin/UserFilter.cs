namespace WebApp.Admin;

/// <summary>Which people staff are looking for. Everything that is set has to fit.</summary>
/// <param name="Text">The beginning of an e-mail address or a name, or a whole user id; null or empty: anyone.</param>
/// <param name="Role">A role they have; null: whatever role.</param>
/// <param name="Banned">Only people who are banned at the moment.</param>
/// <param name="NoSecondFactor">Only people whose sign-in takes one factor.</param>
public sealed record UserFilter(string? Text = null, string? Role = null, bool Banned = false, bool NoSecondFactor = false);
