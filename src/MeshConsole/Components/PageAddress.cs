using System.Text;
using MeshConsole.Mesh.Snapshots;
using Microsoft.AspNetCore.Components;

namespace MeshConsole.Components;

/// <summary>The one place where addresses of pages are read and written. What a page shows is in its address, so a link shows the same.</summary>
public static class PageAddress
{
    public const string ClusterParameter = "cluster";
    public const string NamespaceParameter = "namespace";
    public const string Selected = "selected";
    public const string Sort = "sort";
    public const string Filter = "q";

    /// <summary>A past instant, in ISO 8601; absent for the present.</summary>
    public const string At = "at";

    /// <summary>How much time the slider shows.</summary>
    public const string Span = "span";

    /// <summary>Where a replay ends, as <see cref="At"/>; absent for the present.</summary>
    public const string Until = "until";

    /// <summary>The instant that the shown one is compared with, as <see cref="At"/>; absent for none.</summary>
    public const string Compare = "compare";

    public const string Overview = "";
    public const string Topology = "topology";
    public const string Mtls = "mtls";
    public const string StrictPlan = "mtls/strict";

    /// <summary>Parameter of <see cref="StrictPlan"/>: <c>namespace</c>, <c>namespace/workload</c> or <c>namespace/workload/port</c>; absent for the mesh.</summary>
    public const string Scope = "scope";

    public const string Certificates = "certificates";
    public const string Latency = "latency";
    public const string Traffic = "traffic";
    public const string ChangeQueue = "changes";
    public const string Safety = "safety";
    public const string Audit = "audit";
    public const string Incidents = "incidents";
    public const string NewIncident = "incidents/new";

    /// <summary>The page of an incident that was kept.</summary>
    public static string OfIncident(string id) => $"{Incidents}/{Uri.EscapeDataString(id)}";

    /// <summary>Reads cluster and comma separated namespaces.</summary>
    public static MeshQuery ReadQuery(string? cluster, string? namespaces)
    {
        var chosen = string.IsNullOrWhiteSpace(cluster) ? null : cluster.Trim();
        var names = (namespaces ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return chosen is null && names.Length == 0 ? MeshQuery.All : MeshQuery.For(chosen, names);
    }

    /// <summary>A page, relative to the base address, with the cluster and namespaces of <paramref name="query"/>.</summary>
    public static string To(string page, MeshQuery query, params (string Name, string? Value)[] parameters)
    {
        var address = new StringBuilder(page.Length == 0 ? "./" : page);
        var separator = '?';
        Append(ClusterParameter, query.Cluster);
        Append(NamespaceParameter, query.Namespaces.IsEmpty ? null : string.Join(',', query.Namespaces));
        foreach (var (name, value) in parameters)
        {
            Append(name, value);
        }

        return address.ToString();

        void Append(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value))
            {
                address.Append(separator).Append(name).Append('=').Append(Uri.EscapeDataString(value));
                separator = '&';
            }
        }
    }

    /// <summary>The current page with some parameters changed; null or empty removes one.</summary>
    public static string With(NavigationManager navigation, params (string Name, string? Value)[] changes) =>
        navigation.GetUriWithQueryParameters(changes.ToDictionary(change => change.Name, change => (object?)(string.IsNullOrEmpty(change.Value) ? null : change.Value), StringComparer.Ordinal));

    /// <summary>
    /// The page that a problem points to, as one of ours: an absolute address or one outside the console is refused, since
    /// its text may come from a cluster.
    /// </summary>
    public static string? Local(string? page)
    {
        var path = page?.TrimStart('/');
        return path is null || page!.StartsWith("//", StringComparison.Ordinal) || path.Contains("//", StringComparison.Ordinal) || path.Contains('\\') || path.Split('?', '/')[0].Contains(':')
            ? null
            : path.Length == 0 ? "./" : path;
    }

    /// <summary>First segment of a page's relative address: <c>mtls</c> of <c>/mtls?selected=x</c>.</summary>
    public static string PageOf(string address) => address.TrimStart('/', '.').Split('?', '#', '/')[0];
}
