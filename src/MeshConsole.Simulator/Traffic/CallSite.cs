using System.Collections.Immutable;
using MeshConsole.Simulator.Blueprints;
using MeshConsole.Simulator.Traffic.Configuration;

namespace MeshConsole.Simulator.Traffic;

/// <summary>The classes of traffic: what the header <c>x-merchant-tier</c> says.</summary>
internal static class TrafficClass
{
    public const int Standard = 0;
    public const int Enterprise = 1;
    public const int Count = 2;

    public static readonly ImmutableArray<ImmutableDictionary<string, string>> Headers =
    [
        ImmutableDictionary<string, string>.Empty,
        ImmutableDictionary<string, string>.Empty.Add("x-merchant-tier", "enterprise"),
    ];
}

/// <summary>A place in a program from which a host is called, and where its requests go under the configuration of the moment.</summary>
internal sealed class CallSite(WorkloadNode caller, HostNode host, CallBlueprint call, DemandBlueprint? demand, string key)
{
    public WorkloadNode Caller { get; } = caller;

    public HostNode Host { get; } = host;

    public CallBlueprint Call { get; } = call;

    /// <summary>Set for calls that start by themselves; null for those made while serving.</summary>
    public DemandBlueprint? Demand { get; } = demand;

    public ulong Seed { get; } = Noise.Hash(key);

    /// <summary>What happens to requests, by class.</summary>
    public RouteChoice[] Routes { get; } = new RouteChoice[TrafficClass.Count];

    /// <summary>What the caller gets, by class.</summary>
    public CallResult[] Results { get; } = [new(), new()];
}

/// <summary>The rule that decides, and its destinations with their shares (which add up to 1).</summary>
internal sealed record RouteChoice(RouteRule Rule, ImmutableArray<(double Share, DestinationCluster Cluster)> Targets)
{
    /// <summary>A status that the caller's proxy answers by itself, with this flag.</summary>
    public (int Status, string Flags)? OwnAnswer { get; init; }
}

/// <summary>What a call comes to for the caller.</summary>
internal sealed class CallResult
{
    /// <summary>Share of calls that fail for good.</summary>
    public double FailureRatio { get; set; }

    public double MeanMs { get; set; }

    public double Variance { get; set; }

    /// <summary>The flows that one request per second causes.</summary>
    public List<FlowShare> Flows { get; } = [];

    /// <summary>Requests per second that arrive at workloads for each request made, retries included.</summary>
    public List<(WorkloadNode Workload, double PerRequest)> Arrivals { get; } = [];

    /// <summary>Plaintext connections that servers turn away for each request made, retries included.</summary>
    public List<(WorkloadNode Workload, double PerRequest)> Refusals { get; } = [];

    /// <summary>For outlier detection: how the attempts at a cluster's workload end.</summary>
    public List<(DestinationCluster Cluster, HostEndpoint Endpoint, double PerRequest, double ErrorRatio)> Attempts { get; } = [];

    public void Clear()
    {
        Flows.Clear();
        Arrivals.Clear();
        Attempts.Clear();
        Refusals.Clear();
        (FailureRatio, MeanMs, Variance) = (0, 0, 0);
    }
}

/// <summary>A part of a call's requests that is counted under one set of labels.</summary>
internal readonly record struct FlowShare(Flow Flow, double PerRequest, ImmutableArray<PodModel> Pods, LatencyMix Latency);
