using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace MeshConsole.Simulator.Kubernetes;

/// <summary>How the simulated API server behaves. Tokens, grants and faults may be changed while it runs.</summary>
public sealed class KubernetesApiOptions
{
    /// <summary>Bearer token → identity. Without a known token only <c>/version</c> and the health paths answer.</summary>
    public ConcurrentDictionary<string, TokenIdentity> Tokens { get; } = new(StringComparer.Ordinal);

    /// <summary>Group → roles of everybody in it.</summary>
    public ConcurrentDictionary<string, ImmutableArray<RoleGrant>> GroupGrants { get; } = new(StringComparer.Ordinal);

    /// <summary>The kinds that are installed.</summary>
    public ImmutableArray<ResourceType> Types { get; init; } = ResourceTypes.All;

    /// <summary>Whether a version of a kind is served: false for a definition that is not installed, or too old to know the version. Asked for each request.</summary>
    public Func<ResourceType, string, bool> Serves { get; set; } = static (_, _) => true;

    /// <summary>What <c>/version</c> says.</summary>
    public string GitVersion { get; init; } = "v1.33.4";

    /// <summary>How often a watch that asks for bookmarks gets one.</summary>
    public TimeSpan BookmarkInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long a watch without <c>timeoutSeconds</c> runs: between this and twice this.</summary>
    public TimeSpan WatchTimeout { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>The largest body that is read, in bytes.</summary>
    public int BodyLimit { get; init; } = 3 * 1024 * 1024;

    /// <summary>Answers of at least this many bytes are compressed for those who take gzip.</summary>
    public int CompressFrom { get; init; } = 128 * 1024;

    /// <summary>What judges objects before they are written, in this order, after their names and labels.</summary>
    public ImmutableArray<IAdmissionCheck> Admission { get; init; } = [new RouteSchemaCheck(), new VirtualServiceWebhook()];

    public KubernetesFaults Faults { get; } = new();

    public RequestCounters Counters { get; } = new();
}
