using System.Collections.Immutable;

namespace MeshConsole.Mesh.Prometheus;

/// <summary>What one series of a range query says at one instant.</summary>
public readonly record struct HistorySample(ImmutableSortedDictionary<string, string> Labels, double Value)
{
    /// <summary>The label's value; null where the series has no such label, which Prometheus holds equal to an empty one.</summary>
    public string? Label(string name) => Labels.TryGetValue(name, out var value) && value.Length > 0 ? value : null;
}
