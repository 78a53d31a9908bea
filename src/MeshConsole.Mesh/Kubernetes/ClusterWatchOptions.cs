using System.Collections.Immutable;

namespace MeshConsole.Mesh.Kubernetes;

/// <summary>How a cluster is watched.</summary>
public sealed record ClusterWatchOptions
{
    /// <summary>Namespaces to watch one by one, for accounts that may not read the whole cluster; empty for all at once.</summary>
    public ImmutableArray<string> Namespaces { get; init; } = [];

    /// <summary>A watch without any byte for this long is given up and the kind listed anew. Servers send bookmarks about every minute.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>The server is asked to end each watch after a random time between this and twice this, so that not all end at once.</summary>
    public TimeSpan WatchTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Longest pause between two tries while the server does not answer.</summary>
    public TimeSpan LongestBackOff { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>Longest pause between two tries while a right or a CRD is missing: somebody has to act first.</summary>
    public TimeSpan LongestRecheck { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// A kind that was served and is not any more keeps its objects for this long: a server that starts up answers 404 for
    /// CRDs before it has read them.
    /// </summary>
    public TimeSpan NotServedGrace { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Source of jitter, 0 up to 1.</summary>
    internal Func<double> Jitter { get; init; } = Random.Shared.NextDouble;
}
