namespace MeshConsole.Configuration;

/// <summary>One fault of the configuration, in words that need no manual.</summary>
/// <param name="Key">Full key, for example <c>MeshConsole:Clusters:0:PrometheusUrl</c>.</param>
/// <param name="Value">As found; null when the key is absent. Values of secret keys are never put here.</param>
/// <param name="Problem">What is wrong and what is legal.</param>
public sealed record ConfigurationFault(string Key, string? Value, string Problem)
{
    public override string ToString() => Value is null ? $"{Key}: {Problem}" : $"{Key} = '{Value}': {Problem}";
}
