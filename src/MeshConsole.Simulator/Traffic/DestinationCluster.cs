using System.Collections.Immutable;
using MeshConsole.Simulator.Blueprints;
using MeshConsole.Simulator.Traffic.Configuration;

namespace MeshConsole.Simulator.Traffic;

/// <summary>
/// What Envoy calls a cluster: a host, a subset and a port, with the pods behind it and the policy for it. Ejections are kept
/// here for the mesh as a whole, though each client proxy has its own view.
/// </summary>
internal sealed class DestinationCluster
{
    private readonly ImmutableArray<HostEndpoint> _endpoints;
    private readonly Dictionary<string, Ejection> _ejections = new(StringComparer.Ordinal);

    public DestinationCluster(
        HostNode host, string? subset, int port, int targetPort, TrafficProtocol protocol, TrafficPolicy policy, ImmutableArray<HostEndpoint> endpoints)
    {
        (Host, Subset, Port, TargetPort, Protocol, Policy, _endpoints) = (host, subset, port, targetPort, protocol, policy, endpoints);
        SelectActive();
    }

    public HostNode Host { get; }

    public string? Subset { get; }

    public int Port { get; }

    public int TargetPort { get; }

    public TrafficProtocol Protocol { get; }

    public TrafficPolicy Policy { get; }

    public (string Host, string? Subset, int Port) Key => (Host.Host, Subset, Port);

    /// <summary>Ready pods by workload, without those that are ejected now.</summary>
    public ImmutableArray<HostEndpoint> Active { get; private set; } = [];

    public int ActivePods { get; private set; }

    public int EjectedPods => _endpoints.Sum(endpoint => endpoint.Pods.Length) - ActivePods;

    /// <summary>Takes over the ejections of the cluster that this one replaces.</summary>
    public void Inherit(DestinationCluster earlier)
    {
        foreach (var (uid, ejection) in earlier._ejections) _ejections[uid] = ejection;
        SelectActive();
    }

    /// <summary>Lets pods back in whose time is over.</summary>
    public void Release(DateTimeOffset now)
    {
        if (_ejections.Count == 0) return;
        var changed = false;
        foreach (var (uid, ejection) in _ejections)
        {
            if (!ejection.Out || ejection.Until > now) continue;
            _ejections[uid] = ejection with { Out = false };
            changed = true;
        }

        if (changed) SelectActive();
    }

    /// <summary>
    /// Judges one interval of one workload's answers: how likely a run of consecutive errors was, from the rate per pod and
    /// the ratio of errors, and takes a pod out when chance has it so.
    /// </summary>
    public void Judge(HostEndpoint endpoint, double requestsPerPod, double errorRatio, DateTimeOffset now, ulong seed)
    {
        if (Policy.Outliers is not { Consecutive5xx: > 0 } limits || errorRatio <= 0 || requestsPerPod <= 0) return;
        var total = _endpoints.Sum(item => item.Pods.Length);
        // Expected runs of that length among the requests: a run begins after a success (or at the start) and lasts.
        var runs = requestsPerPod * Math.Pow(errorRatio, limits.Consecutive5xx) * Math.Max(1 - errorRatio, 1.0 / limits.Consecutive5xx);
        var changed = false;
        foreach (var pod in endpoint.Pods)
        {
            var mayBeOut = Math.Max(1, total * limits.MaxEjectionPercent / 100);
            if (_ejections.Values.Count(ejection => ejection.Out) >= mayBeOut) break;
            if (Noise.Uniform(seed ^ Noise.Hash(pod.Uid), (ulong)now.ToUnixTimeSeconds()) >= 1 - Math.Exp(-runs)) continue;
            var times = (_ejections.TryGetValue(pod.Uid, out var before) ? before.Times : 0) + 1;
            _ejections[pod.Uid] = new Ejection(true, now + Longest(limits.BaseEjectionTime * times), times);
            changed = true;
        }

        if (changed) SelectActive();
    }

    private static TimeSpan Longest(TimeSpan ejection) => ejection > TimeSpan.FromSeconds(300) ? TimeSpan.FromSeconds(300) : ejection;

    private void SelectActive()
    {
        Active = [.. _endpoints.Select(endpoint => endpoint with { Pods = endpoint.Pods.RemoveAll(pod => _ejections.TryGetValue(pod.Uid, out var ejection) && ejection.Out) }).Where(endpoint => !endpoint.Pods.IsEmpty)];
        ActivePods = Active.Sum(endpoint => endpoint.Pods.Length);
    }

    private readonly record struct Ejection(bool Out, DateTimeOffset Until, int Times);
}
