namespace MeshConsole.Mesh.Topology;

/// <summary>The views of the topology.</summary>
public enum TopologyLevel
{
    Workload,
    Service,
    App,
    Namespace,

    /// <summary>One node per app and version, so that a canary stands beside its stable version.</summary>
    VersionedApp,
}

/// <summary>How addresses and REST spell the views.</summary>
public static class TopologyLevels
{
    /// <summary>For sentences that say what is legal.</summary>
    public const string Legal = "workload, versionedApp, service, app, namespace";

    /// <summary>The view of a word; null for any other.</summary>
    public static TopologyLevel? Parse(string? text) => text switch
    {
        "workload" => TopologyLevel.Workload,
        "versionedApp" => TopologyLevel.VersionedApp,
        "service" => TopologyLevel.Service,
        "app" => TopologyLevel.App,
        "namespace" => TopologyLevel.Namespace,
        _ => null,
    };

    public static string NameOf(TopologyLevel level) => level switch
    {
        TopologyLevel.Workload => "workload",
        TopologyLevel.VersionedApp => "versionedApp",
        TopologyLevel.Service => "service",
        TopologyLevel.App => "app",
        TopologyLevel.Namespace => "namespace",
        _ => throw new ArgumentOutOfRangeException(nameof(level), level, null),
    };
}
