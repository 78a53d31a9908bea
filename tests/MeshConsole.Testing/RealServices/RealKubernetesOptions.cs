namespace MeshConsole.Testing.RealServices;

/// <summary>Which CRDs the API server gets.</summary>
public enum CustomResources
{
    /// <summary>None: a cluster without a mesh.</summary>
    None,

    /// <summary>The project's own minimal CRDs.</summary>
    Minimal,

    /// <summary>The meshes' own CRDs where they are beside the repository, else the minimal ones.</summary>
    UpstreamOrMinimal,
}

public sealed record RealKubernetesOptions
{
    public CustomResources CustomResources { get; init; } = CustomResources.UpstreamOrMinimal;

    /// <summary>Users beside <c>admin</c>; they have no right until a test binds a role to them.</summary>
    public IReadOnlyList<string> Users { get; init; } = ["console", "limited", "nobody"];

    /// <summary>
    /// Off, watches and lists go straight to etcd, so that a compaction makes older versions answer 410 at once; on (as in
    /// every real cluster), the server keeps a window of events.
    /// </summary>
    public bool WatchCache { get; init; } = true;

    /// <summary>
    /// The server reaches etcd over a relay that a test can cut (<see cref="RealKubernetes.EtcdRelay"/>); a peer does not, so
    /// that the cluster changes behind the back of the first server.
    /// </summary>
    public bool RelayedEtcd { get; init; }

    public IReadOnlyList<string> ExtraArguments { get; init; } = [];
}
