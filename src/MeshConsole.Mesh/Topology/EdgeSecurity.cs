using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Topology;

/// <summary>
/// How an edge is protected, by the word of the callee's proxy or a waypoint alone: the caller's proxy never knows. Unknown
/// is never called plaintext, and no traffic is neither.
/// </summary>
internal static class EdgeSecurity
{
    public static EdgeMutualTls Of(IReadOnlyList<Hop> hops, ReporterTraffic? caller, ReporterTraffic? callee, NodeId target, MeshNodes nodes, EdgeGaps gaps = default)
    {
        var tcp = string.Equals(hops[0].Protocol, "tcp", StringComparison.Ordinal);
        if (callee is null)
        {
            return Flows(caller) switch
            {
                false => gaps.HideTraffic ? Unknown(gaps.Words!) : Idle,

                // Envoy at the caller never says this; ztunnel does, and it made the connection.
                true when tcp && caller!.ConnectionSecurity is { Mutual: > 0, Plaintext: 0, Unknown: 0 } => new EdgeMutualTls(MutualTlsState.Mutual, 1, null),
                null when gaps.HideTraffic => Unknown(gaps.Words!),
                _ => Unknown(WhyNobodyTells(hops, target, nodes, gaps)),
            };
        }

        var split = !tcp ? callee.RequestSecurity : callee.ConnectionSecurity.Total > 0 ? callee.ConnectionSecurity : callee.ByteSecurity;
        if (split.Total <= 0)
        {
            return (Flows(callee) ?? Flows(caller)) switch
            {
                true => Unknown("The callee's proxy does not say how this traffic is protected."),
                false when Flows(caller) == true && gaps.Target is not null => Unknown(gaps.Words!),
                false or null when gaps.HideTraffic => Unknown(gaps.Words!),
                false when Flows(caller) == true => Unknown("What the caller sends does not arrive at the callee's proxy."),
                false => Idle,
                null => Unknown("The traffic of this edge is not known."),
            };
        }

        var ratio = split.Mutual / split.Total;
        var what = tcp ? "connections" : "requests";
        var missing = gaps.Target is null ? "" : " " + gaps.Words;
        return (split.Mutual > 0, split.Plaintext > 0, split.Unknown > 0) switch
        {
            (true, false, false) when missing.Length > 0 => Unknown($"All {what} that are counted arrive over mutual TLS.{missing}"),
            (true, false, false) => new EdgeMutualTls(MutualTlsState.Mutual, 1, null),
            (true, true, _) => new EdgeMutualTls(MutualTlsState.Mixed, ratio, $"{Figures.Percent(ratio)} of {what} arrive over mutual TLS. {WhyPlaintext(hops, nodes)}{missing}"),
            (false, true, _) => new EdgeMutualTls(MutualTlsState.Plaintext, ratio, WhyPlaintext(hops, nodes) + missing),
            (true, false, true) => Unknown($"{Figures.Percent(ratio)} of {what} arrive over mutual TLS; of the others nobody can tell.{missing}"),
            _ => Unknown("The callee's proxy does not say how this traffic is protected."),
        };
    }

    /// <summary>
    /// The same of the operations of a gateway. Only the gateway's proxy need name them: where the callee's does not, it tells of
    /// all requests between both at once, which tells of each operation only while all are protected alike.
    /// </summary>
    public static EdgeMutualTls OfOperations(IReadOnlyList<Hop> hops, ReporterTraffic? caller, ReporterTraffic? callee, NodeId target, MeshNodes nodes, EdgeGaps gaps)
    {
        var own = Of(hops, caller, callee, target, nodes, gaps);
        if (callee is not null || own.State != MutualTlsState.Unknown)
        {
            return own;
        }

        var edges = hops.SelectMany(hop => hop.Edges).Distinct().ToList();
        var all = ReporterTrafficSum.Of(edges.Select(edge => edge.FromDestination ?? edge.FromWaypoint));
        var whole = Of(hops, ReporterTrafficSum.Of(edges.Select(edge => edge.FromSource)), all, target, nodes, gaps);
        return whole.State != MutualTlsState.Mixed ? whole
            : Unknown($"{Figures.Percent(whole.Ratio!.Value)} of what the gateway sends there arrives over mutual TLS; of which operations cannot be told.");
    }

    private static EdgeMutualTls Idle { get; } = new(MutualTlsState.Idle, null, "No traffic in the window.");

    /// <summary>Null when it is not known whether anything flows.</summary>
    private static bool? Flows(ReporterTraffic? traffic) =>
        traffic is null || (traffic.RequestsPerSecond ?? traffic.ConnectionsPerSecond ?? traffic.SentBytesPerSecond ?? traffic.ReceivedBytesPerSecond) is null ? null
        : traffic.RequestsPerSecond > 0 || traffic.ConnectionsPerSecond > 0 || traffic.SentBytesPerSecond > 0 || traffic.ReceivedBytesPerSecond > 0;

    private static EdgeMutualTls Unknown(string reason) => new(MutualTlsState.Unknown, null, reason);

    private static string WhyNobodyTells(IReadOnlyList<Hop> hops, NodeId target, MeshNodes nodes, EdgeGaps gaps)
    {
        var reason = target.Kind switch
        {
            _ when gaps.Target is not null => gaps.Words!,
            NodeKind.External => "The callee is outside the mesh: nobody there reports.",
            NodeKind.Service when hops.All(hop => hop.Target.IsUnknown) => "The requests reached no workload of the service.",
            NodeKind.Unknown => "The callee is not known: nobody there reports.",
            _ when hops.All(hop => nodes.Workload(hop.Target) is { PodsWithProxy: 0 }) => "The callee has no proxy that could tell.",
            _ => "The callee's proxy reports nothing of this edge.",
        };

        // Envoy names the callee's identity only when it was presented in a handshake.
        return hops.SelectMany(hop => hop.Edges).Any(edge => edge.FromSource is not null && edge.DestinationPrincipals.Any(IsIdentity))
            ? reason + " The caller saw a mesh identity, which suggests mutual TLS."
            : reason;
    }

    private static string WhyPlaintext(IReadOnlyList<Hop> hops, MeshNodes nodes)
    {
        var plain = hops.Where(hop => hop.Callee is { } callee && callee.RequestSecurity.Plaintext + callee.ConnectionSecurity.Plaintext + callee.ByteSecurity.Plaintext > 0).ToList();
        return plain.Any(hop => hop.Source.IsUnknown) ? "The caller has no proxy, so it cannot be named."
            : plain.Any(hop => nodes.Workload(hop.Source) is { PodsWithProxy: 0 }) ? "The caller has no proxy."
            : "The caller has a proxy, and its traffic arrives in plaintext all the same: TLS is switched off or passed by for it.";
    }

    private static bool IsIdentity(string principal) => principal.StartsWith("spiffe://", StringComparison.Ordinal);
}
