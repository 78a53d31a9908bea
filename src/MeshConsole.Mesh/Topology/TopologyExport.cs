using System.Globalization;
using System.Text;
using MeshConsole.Mesh.Exports;
using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Topology;

/// <summary>A topology for other programs: Graphviz, and a table of edges for a spreadsheet.</summary>
public static class TopologyExport
{
    /// <summary>A directed graph in the DOT language (https://graphviz.org/doc/info/lang.html), a cluster per namespace.</summary>
    public static string Dot(TopologyView view)
    {
        ArgumentNullException.ThrowIfNull(view);
        var text = new StringBuilder("digraph mesh {\n  rankdir=LR;\n  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n  edge [fontname=\"sans-serif\", fontsize=10];\n");
        var index = 0;
        foreach (var group in view.Nodes.GroupBy(n => (n.Cluster, n.Namespace)))
        {
            text.Append(CultureInfo.InvariantCulture, $"  subgraph cluster_{index++} {{\n    label={Quote($"{group.Key.Namespace} ({group.Key.Cluster})")};\n");
            foreach (var node in group)
            {
                text.Append(CultureInfo.InvariantCulture, $"    {Quote(node.Id)} [label={Quote(node.Name)}, tooltip={Quote(string.Join(' ', node.Reasons))}, color={Colour(node.Health)}];\n");
            }

            text.Append("  }\n");
        }

        foreach (var edge in view.Edges)
        {
            var rate = edge.RequestsPerSecond is { } requests ? Figures.Rate(requests, "requests") : edge.ConnectionsPerSecond is { } connections ? Figures.Rate(connections, "connections") : "";
            var style = edge.Mtls.State switch { MutualTlsState.Plaintext => "dashed", MutualTlsState.Idle => "dotted", _ => "solid" };
            text.Append(CultureInfo.InvariantCulture, $"  {Quote(edge.Source)} -> {Quote(edge.Target)} [label={Quote(rate)}, style={style}, color={Colour(edge.Health)}];\n");
        }

        return text.Append("}\n").ToString();
    }

    /// <summary>One line per edge with a heading; rates per second, latencies in milliseconds, shares 0..1, empty for what is not known. No cell is a formula.</summary>
    public static string Csv(TopologyView view)
    {
        ArgumentNullException.ThrowIfNull(view);
        var text = new StringBuilder("source,target,service,protocol,requestsPerSecond,connectionsPerSecond,errorRatio,clientErrorRatio,serverMeanMs,serverP50Ms,serverP95Ms,serverP99Ms,clientMeanMs,clientP99Ms,overheadMs,mtls,mtlsRatio,health\r\n");
        foreach (var edge in view.Edges)
        {
            text.AppendJoin(',',
                CsvText.Cell(edge.Source), CsvText.Cell(edge.Target), CsvText.Cell(edge.Service), CsvText.Cell(edge.Protocol),
                Number(edge.RequestsPerSecond), Number(edge.ConnectionsPerSecond), Number(edge.ErrorRatio), Number(edge.ClientErrorRatio),
                Number(edge.LatencyMs?.Mean), Number(edge.LatencyMs?.P50), Number(edge.LatencyMs?.P95), Number(edge.LatencyMs?.P99),
                Number(edge.ClientLatencyMs?.Mean), Number(edge.ClientLatencyMs?.P99), Number(edge.OverheadMs?.Mean),
                CsvText.Cell(edge.Mtls.State.ToString().ToLowerInvariant()), Number(edge.Mtls.Ratio), CsvText.Cell(edge.Health.ToString().ToLowerInvariant()))
                .Append("\r\n");
        }

        return text.ToString();
    }

    private static string Number(double? value) => value is { } known && double.IsFinite(known) ? known.ToString("R", CultureInfo.InvariantCulture) : "";

    private static string Colour(Health health) => health switch
    {
        Health.Failing => "red",
        Health.Degraded => "orange",
        Health.Healthy => "darkgreen",
        _ => "gray",
    };

    /// <summary>
    /// A quoted string: only the quote itself is escaped there; a backslash before it, or at the end, would escape what follows. Line
    /// feeds stay: two names that differ in one alone are two nodes.
    /// </summary>
    private static string Quote(string text) => $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
