namespace MeshConsole.Mesh.Topology;

/// <summary>
/// What a topology is drawn of: its level, and what stands between a caller and a callee. The services that are called may
/// stand there (not among services and namespaces, which are their own), and the operations of gateways (not among
/// namespaces). Written as the level and the words of what stands between: <c>workload,services,operations</c>.
/// </summary>
public readonly record struct TopologyForm
{
    public const string ServicesWord = "services";
    public const string OperationsWord = "operations";

    private TopologyForm(TopologyLevel level, bool services, bool operations) => (Level, HasServices, HasOperations) = (level, services, operations);

    /// <summary>For sentences that say what is legal.</summary>
    public static string Legal => $"{TopologyLevels.Legal}; after a comma {ServicesWord}, {OperationsWord} for what stands between callers and callees";

    public TopologyLevel Level { get; }

    /// <summary>Whether a call leads through the node of the service that was called.</summary>
    public bool HasServices { get; }

    /// <summary>Whether a gateway's call leads through the node of its operation, where telemetry names operations.</summary>
    public bool HasOperations { get; }

    public static implicit operator TopologyForm(TopologyLevel level) => Of(level);

    /// <summary>The form; what a level has no place for is left out.</summary>
    public static TopologyForm Of(TopologyLevel level, bool services = false, bool operations = false) =>
        new(level, services && MayHaveServices(level), operations && MayHaveOperations(level));

    public static bool MayHaveServices(TopologyLevel level) => level is TopologyLevel.Workload or TopologyLevel.App or TopologyLevel.VersionedApp;

    public static bool MayHaveOperations(TopologyLevel level) => level is not TopologyLevel.Namespace;

    /// <summary>The form of a text; null where a word means nothing.</summary>
    public static TopologyForm? Parse(string? text)
    {
        var words = (text ?? "").Split(',');
        return TopologyLevels.Parse(words[0]) is { } level && words.Skip(1).All(word => word is ServicesWord or OperationsWord)
            ? Of(level, words.Contains(ServicesWord, StringComparer.Ordinal), words.Contains(OperationsWord, StringComparer.Ordinal))
            : null;
    }

    /// <summary>The words of what stands between; null where nothing does.</summary>
    public string? Between => (HasServices, HasOperations) switch
    {
        (true, true) => $"{ServicesWord},{OperationsWord}",
        (true, false) => ServicesWord,
        (false, true) => OperationsWord,
        _ => null,
    };

    public override string ToString() => TopologyLevels.NameOf(Level) + (Between is { } between ? $",{between}" : "");
}
