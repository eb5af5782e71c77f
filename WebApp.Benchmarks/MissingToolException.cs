namespace WebApp.Benchmarks;

/// <summary>A program that a benchmark can't do without is not installed.</summary>
internal sealed class MissingToolException(string message) : Exception(message);
