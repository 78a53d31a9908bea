using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Topology;

namespace MeshConsole.Mesh.Mtls;

/// <summary>The mTLS objects of one cluster, read once for all workloads.</summary>
internal sealed class ClusterPolicies
{
    private readonly Dictionary<WorkloadId, List<Service>> _services = [];

    public ClusterPolicies(MeshSnapshot snapshot, ClusterSnapshot cluster)
    {
        Nodes = MeshNodes.Of(snapshot);
        Resolver = cluster.Objects.PeerAuthentications.IsDefault ? null : PeerAuthenticationResolver.Of(cluster.Objects.PeerAuthentications, cluster.RootNamespace);
        Domain = cluster.Services.IsEmpty ? ServiceHost.DefaultDomain : ServiceHost.DomainOf(cluster.Services[0]);
        Mesh = new MeshSettings(cluster);
        ClientTls = new ClientTlsRules(cluster.Objects.DestinationRules, Domain, cluster.RootNamespace);
        foreach (var service in cluster.Services)
        {
            foreach (var workload in service.Workloads)
            {
                if (!_services.TryGetValue(workload, out var list))
                {
                    _services[workload] = list = [];
                }

                list.Add(service);
            }
        }
    }

    public MeshNodes Nodes { get; }

    /// <summary>Null while PeerAuthentications are not known.</summary>
    public PeerAuthenticationResolver? Resolver { get; }

    public ClientTlsRules ClientTls { get; }

    public MeshSettings Mesh { get; }

    public string Domain { get; }

    public IReadOnlyList<Service> ServicesOf(WorkloadId workload) => _services.GetValueOrDefault(workload) ?? [];

    public PeerDecision? DecisionFor(Workload workload) =>
        Resolver?.ResolveWorkload(workload.Id.Namespace, workload.Labels, workload.DataPlane == DataPlane.Ambient);

    /// <summary>Container port behind a Service port; null when it is named and the name is not known here.</summary>
    public static int? TargetPort(Service service, int port)
    {
        foreach (var candidate in service.Ports.IsDefault ? [] : service.Ports)
        {
            if (candidate.Port == port)
            {
                return string.IsNullOrEmpty(candidate.TargetPort) ? port
                    : int.TryParse(candidate.TargetPort, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number) ? number
                    : null;
            }
        }

        return null;
    }

    public static string Words(PeerMode mode) => mode switch
    {
        PeerMode.Strict => "STRICT",
        PeerMode.Permissive => "PERMISSIVE",
        PeerMode.Disable => "DISABLE",
        PeerMode.Unset => "UNSET",
        _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, null),
    };
}
