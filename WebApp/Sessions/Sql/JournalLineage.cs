namespace WebApp.Sessions.Sql;

/// <summary>How far the journal goes in one lineage of a hash tag.</summary>
/// <param name="Tag">See <see cref="JournalRow.Tag"/>.</param>
/// <param name="Lineage">See <see cref="JournalRow.Lineage"/>.</param>
/// <param name="Last">The highest place.</param>
/// <param name="FirstId">The lowest id.</param>
public sealed record JournalLineage(int Tag, long Lineage, long Last, long FirstId);
