using System.Collections.Immutable;

namespace MeshConsole.Configuration;

/// <summary>The configuration has faults; the process says each of them and ends with a non-zero code.</summary>
public sealed class ConfigurationException(ImmutableArray<ConfigurationFault> faults)
    : Exception(string.Join(Environment.NewLine, faults))
{
    public ImmutableArray<ConfigurationFault> Faults { get; } = faults;
}
