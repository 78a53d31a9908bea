using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Snapshots;

/// <summary>The stable, culture-free order of ids: cluster, namespace, name.</summary>
internal static class IdOrder
{
    public static int Compare(WorkloadId x, WorkloadId y) => Compare((x.Cluster, x.Namespace, x.Name), (y.Cluster, y.Namespace, y.Name));

    public static int Compare(ServiceId x, ServiceId y) => Compare((x.Cluster, x.Namespace, x.Name), (y.Cluster, y.Namespace, y.Name));

    public static int Compare(Edge x, Edge y)
    {
        var order = Compare(x.Source.Workload, y.Source.Workload);
        order = order != 0 ? order : Compare(x.Target.Workload, y.Target.Workload);
        order = order != 0 ? order : string.CompareOrdinal(x.ServiceHost, y.ServiceHost);
        order = order != 0 ? order : string.CompareOrdinal(x.ServiceNamespace, y.ServiceNamespace);
        return order != 0 ? order : string.CompareOrdinal(x.Protocol, y.Protocol);
    }

    private static int Compare((string, string, string) x, (string, string, string) y)
    {
        var order = string.CompareOrdinal(x.Item1, y.Item1);
        order = order != 0 ? order : string.CompareOrdinal(x.Item2, y.Item2);
        return order != 0 ? order : string.CompareOrdinal(x.Item3, y.Item3);
    }
}
