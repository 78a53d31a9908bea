using System.Collections.Immutable;
using MeshConsole.Simulator.Blueprints;

namespace MeshConsole.Simulator.Traffic;

/// <summary>A workload as the engine follows it over time. Its place in the engine's list never changes.</summary>
internal sealed class WorkloadNode(int index, string key, WorkloadBlueprint behaviour)
{
    public int Index { get; } = index;

    /// <summary><c>namespace/name</c>.</summary>
    public string Key { get; } = key;

    public WorkloadBlueprint Behaviour { get; set; } = behaviour;

    public ulong Seed { get; } = Noise.Hash(key);

    /// <summary>Its pods, by name; empty while it has none.</summary>
    public ImmutableArray<PodModel> Pods { get; set; } = [];

    /// <summary>The pods that report series: all, or the first for all.</summary>
    public ImmutableArray<PodModel> Reporters { get; set; } = [];

    public WorkloadFault? Fault { get; set; }

    /// <summary>Connections that each of its pods' proxies turned away since the beginning: they matched no filter chain.</summary>
    public double RefusedPerPod { get; set; }

    /// <summary>Load over capacity in the last interval.</summary>
    public double Utilisation { get; set; }

    /// <summary>Answers to the two classes of traffic, filled anew in each interval.</summary>
    public ServerResponse[] Responses { get; } = [new(), new()];

    /// <summary>Requests per second that arrive, by class.</summary>
    public double[] Arrivals { get; } = new double[2];

    /// <summary>Arrivals from callers that were dealt with earlier in the interval's order than this workload's own calls: a loop. They count next time.</summary>
    public double[] Late { get; } = new double[2];

    public bool HasProxy => Pods is [{ HasProxy: true }, ..];

    public string Namespace => Behaviour.Namespace;

    public string Name => Behaviour.Name;

    public string Label(string name) => Pods is [var pod, ..] && pod.Labels.TryGetValue(name, out var value) ? value : "";
}

/// <summary>What a scenario does to a program.</summary>
/// <param name="FailureRatio">Share of requests it answers with <paramref name="Status"/>.</param>
/// <param name="LatencyFactor">On its own working time.</param>
/// <param name="ExtraMs">Added to its own working time.</param>
internal sealed record WorkloadFault(double FailureRatio, int Status, double LatencyFactor, double ExtraMs);

/// <summary>One way in which a request ends at a server, and how long that takes.</summary>
internal record struct Outcome(int Status, int Grpc, double Probability, double MeanMs, double Variance);

/// <summary>How a workload answers one class of traffic: every outcome and its probability; they add up to 1.</summary>
internal sealed class ServerResponse
{
    public List<Outcome> Outcomes { get; } = [];

    /// <summary>Until the first interval has been worked out: an immediate success.</summary>
    public static ServerResponse Immediate { get; } = Make();

    private static ServerResponse Make()
    {
        var response = new ServerResponse();
        response.Outcomes.Add(new Outcome(200, -1, 1, 1, 0.1));
        return response;
    }
}
