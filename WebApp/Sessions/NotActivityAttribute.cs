namespace WebApp.Sessions;

/// <summary>Marks an endpoint that scripts ask by themselves: its requests are no use of the session, and do not put off its idle end.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
public sealed class NotActivityAttribute : Attribute;
