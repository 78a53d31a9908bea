using System.Collections.Immutable;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Mtls;

/// <summary>
/// What the mesh configuration of each revision tells its proxies. With <c>enableAutoMtls: false</c> a proxy sends plaintext
/// wherever no DestinationRule tells it otherwise; ztunnel and HBONE do not go by it.
/// </summary>
internal sealed class MeshSettings
{
    private readonly Dictionary<string, MeshConfiguration> _byRevision = new(StringComparer.Ordinal);

    public MeshSettings(ClusterSnapshot cluster)
    {
        foreach (var configuration in (cluster.Objects.MeshConfigurations.IsDefault ? [] : cluster.Objects.MeshConfigurations)
            .OrderBy(one => string.Equals(one.Meta.Namespace, cluster.RootNamespace, StringComparison.Ordinal) ? 1 : 0))
        {
            // The one in the root namespace counts where several say they are of one revision.
            _byRevision[configuration.Revision] = configuration;
        }

        var proxies = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var pod in cluster.Workloads.Where(workload => workload.DataPlane == DataPlane.Sidecar).SelectMany(workload => workload.Pods))
        {
            if (ProxyDetection.Of(pod) == DataPlane.Sidecar)
            {
                var revision = RevisionOf(pod);
                proxies[revision] = proxies.GetValueOrDefault(revision) + 1;
            }
        }

        Off = [.. proxies.Where(one => Of(one.Key) is { AutoMtls: false, Problem: null }).Select(one => new AutoMtlsOff(_byRevision[one.Key], one.Value))];
        Unknown = [.. proxies.Keys.Where(revision => Of(revision) is null or { Problem: not null })];
    }

    /// <summary>Configurations that switch auto mTLS off and have proxies that go by them, by revision.</summary>
    public ImmutableArray<AutoMtlsOff> Off { get; }

    /// <summary>Revisions that proxies belong to and whose configuration was not found or cannot be read, by name.</summary>
    public ImmutableArray<string> Unknown { get; }

    /// <summary>All that were read, by revision.</summary>
    public IEnumerable<MeshConfiguration> All => _byRevision.Values.OrderBy(one => one.Revision, StringComparer.Ordinal);

    public MeshConfiguration? Of(string revision) => _byRevision.GetValueOrDefault(revision);

    /// <summary>The configuration that makes a caller send plaintext where nothing else tells it what to send; null when there is none.</summary>
    public MeshConfiguration? AutoMtlsOffFor(Workload caller) => Off
        .Where(off => caller.Pods.Any(pod => ProxyDetection.Of(pod) == DataPlane.Sidecar && string.Equals(RevisionOf(pod), off.Configuration.Revision, StringComparison.Ordinal)))
        .Select(off => off.Configuration)
        .FirstOrDefault();

    /// <summary>The revision a proxy belongs to: injection labels its pod with it.</summary>
    private static string RevisionOf(Pod pod) => pod.Meta.Labels.GetValueOrDefault(MeshConfiguration.RevisionLabel) is { Length: > 0 } revision ? revision : MeshConfiguration.DefaultRevision;

    public static string Words(MeshConfiguration configuration) => $"ConfigMap {configuration.Meta.Namespace}/{configuration.Meta.Name}";
}

/// <param name="Proxies">Sidecars and gateways of its revision.</param>
internal sealed record AutoMtlsOff(MeshConfiguration Configuration, int Proxies);
