namespace WebApp.Tests.Testing;

/// <summary>Which process it is that people come to.</summary>
public enum StartKind
{
    /// <summary>The first one that meets this database and this Redis.</summary>
    First,

    /// <summary>The next one, after the first was stopped.</summary>
    Restart,

    /// <summary>Another one beside the first.</summary>
    SecondInstance,
}
