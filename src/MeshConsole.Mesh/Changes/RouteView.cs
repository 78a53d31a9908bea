using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace MeshConsole.Mesh.Changes;

/// <summary>One rule of one route object: a row of <c>GET /api/v1/routes</c>.</summary>
/// <param name="Id">Stable: <c>cluster/namespace/kind/name/protocol/index</c>.</param>
/// <param name="Hosts">Hosts the object applies to.</param>
/// <param name="Protocol"><c>http, grpc, tls, tcp</c>.</param>
/// <param name="Summary">The rule in words, for example <c>header x-merchant-tier is enterprise</c> or <c>all other requests</c>.</param>
public sealed record RouteView(
    string Id,
    string Cluster,
    RouteObject Object,
    RouteRule Rule,
    ImmutableArray<string> Hosts,
    string Protocol,
    ImmutableArray<RouteBackend> Backends,
    RouteOwner Owner,
    string Summary,
    RoutePolicy Policy)
{
    /// <summary>Where it applies: <c>mesh</c> (the callers' proxies), or gateways as <c>namespace/name</c>.</summary>
    public ImmutableArray<string> AppliesAt { get; init; } = [];

    /// <summary>
    /// True when other rules of the object send to the same backends: live numbers and observed shares then count their
    /// requests too, and a gap between configured and observed share is no fault.
    /// </summary>
    public bool SharesBackends { get; init; }

    /// <summary>What is odd about the rule, in words: hosts and subsets that do not exist, weights that add up to nothing, rules never reached.</summary>
    public ImmutableArray<string> Notes { get; init; } = [];
}

public sealed record RouteObject(string ApiVersion, string Kind, string Namespace, string Name, string Uid, string ResourceVersion);

/// <summary>A rule is identified by its matches and name, not by its index alone.</summary>
/// <param name="Matches">One sentence per match; they are alternatives. Empty: the rule catches all.</param>
public sealed record RouteRule(int Index, string? Name, ImmutableArray<string> Matches)
{
    /// <summary>The rule as its own object writes it, where other objects add to it (a delegate's roots): what a write has to find there. Null where it is the same.</summary>
    [JsonIgnore]
    public RouteRule? Own { get; init; }
}

/// <param name="Weight">
/// As written in the object; null when omitted. Of a TrafficSplit in which a weight is written in parts of one (<c>500m</c>):
/// every weight in thousandths.
/// </param>
/// <param name="Share">weight ÷ sum, 0..1; a single destination takes 1.</param>
/// <param name="ObservedShare">Share of the live traffic of this rule's destinations; null without traffic or when it cannot be told.</param>
public sealed record RouteBackend(string Host, string? Subset, int? Port, int? Weight, double? Share, double? ObservedShare, RouteLive? Live, int? ReadyReplicas, int? DesiredReplicas)
{
    /// <summary>The weight as the object writes it, where that is no plain number: a quantity such as <c>500m</c>. Null otherwise.</summary>
    public string? WeightText { get; init; }
}

/// <summary>Live numbers of a backend. They count all traffic that reaches the backend, whichever rule sent it.</summary>
public sealed record RouteLive(double? RequestsPerSecond, double? ErrorRatio, double? P99Ms);

/// <param name="Kind">Who manages the object: <c>none, argocd, flux, helm, flagger, argo-rollouts, controller</c>.</param>
public sealed record RouteOwner(string Kind, string? Name, bool Writable, string? Message);

/// <summary>Retry and timeout policy of the rule as written; null where the object is silent.</summary>
public sealed record RoutePolicy(string? Timeout, int? RetryAttempts, string? PerTryTimeout, string? RetryOn);
