namespace MeshConsole.Mesh.Model;

/// <summary>Equality selectors, as mesh objects and Services use them.</summary>
public static class LabelSelector
{
    /// <summary>Whether every wanted label is there with its value. An empty selector matches everything.</summary>
    public static bool Matches(IReadOnlyDictionary<string, string> wanted, IReadOnlyDictionary<string, string> labels)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        ArgumentNullException.ThrowIfNull(labels);
        foreach (var (name, value) in wanted)
        {
            if (!labels.TryGetValue(name, out var actual) || !string.Equals(actual, value, StringComparison.Ordinal))
            {
                return false;
            }
        }

        return true;
    }
}
