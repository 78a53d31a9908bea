using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using MeshConsole.Simulator.Blueprints;

namespace MeshConsole.Simulator.Traffic;

/// <summary>Which proxy counts.</summary>
internal enum FlowReporter
{
    Source,
    Destination,
}

/// <summary>How the connection was secured.</summary>
internal enum FlowSecurity
{
    Unknown,
    Plaintext,
    Mutual,
}

/// <summary>What the labels of a flow are made of. Minus one stands for a workload that the reporting proxy does not know.</summary>
internal readonly record struct FlowKey(
    FlowReporter Reporter, int Source, int Destination, int Host, TrafficProtocol Protocol, int Status, int Grpc, string Flags, FlowSecurity Security)
{
    /// <summary>What the reporting proxy classifies the requests as; empty when it classifies none.</summary>
    public string Operation { get; init; } = "";
}

/// <summary>Everything that one proxy (or one workload's proxies) counts under one set of labels but for the pod.</summary>
internal sealed class Flow(FlowKey key, WorkloadNode? source, WorkloadNode? destination, HostNode host)
{
    private readonly List<PodCounter> _counters = [];
    private double _rate;
    private double _mean;
    private double _square;
    private double _overhead;
    private double _retried;
    private double _retryDelay;
    private double _limit;

    public FlowKey Key { get; } = key;

    public WorkloadNode? Source { get; } = source;

    public WorkloadNode? Destination { get; } = destination;

    public HostNode Host { get; } = host;

    /// <summary>The workload whose proxy counts.</summary>
    public WorkloadNode Reporter => Key.Reporter == FlowReporter.Source ? Source! : Destination!;

    public IReadOnlyList<PodCounter> Counters => _counters;

    /// <summary>True while something has been added since the last <see cref="Settle"/>.</summary>
    public bool Touched { get; private set; }

    /// <summary>Requests per second in the current interval.</summary>
    public double Rate => _rate;

    /// <summary>Adds requests per second of one interval, spread over the pods that count them.</summary>
    public void Add(double rate, double seconds, ImmutableArray<PodModel> pods, in LatencyMix latency)
    {
        if (rate <= 0 || pods.IsEmpty) return;
        Touched = true;
        _rate += rate;
        _mean += rate * latency.MeanMs;
        _square += rate * latency.MeanMs * latency.MeanMs * (1 + (latency.Variation * latency.Variation));
        _overhead += rate * latency.OverheadMs;
        _retried += rate * latency.RetriedShare;
        _retryDelay += rate * latency.RetriedShare * latency.RetryDelayMs;
        _limit = Math.Max(_limit, latency.LimitMs);
        var each = rate * seconds / pods.Length;
        // No two pods get quite the same, but both ends of a hop are skewed alike, so that their first pods see the same requests.
        var skew = pods.Length > 1 ? 0.06 / (pods.Length - 1) : 0;
        for (var i = 0; i < pods.Length; i++) CounterOf(pods[i]).Pending += each * (1 + (skew * (pods.Length - 1 - (2 * i))));
    }

    /// <summary>Books the interval.</summary>
    public void Settle(DeckPool decks)
    {
        Touched = false;
        HistogramDeck? latency = null;
        if (Key.Protocol != TrafficProtocol.Tcp)
        {
            var mean = _mean / _rate;
            var variance = Math.Max(0, (_square / _rate) - (mean * mean));
            var retried = _retried / _rate;
            latency = decks.Latency(new LatencyMix(
                mean, mean > 0 ? Math.Sqrt(variance) / mean : 0, _overhead / _rate, retried, retried > 0 ? _retryDelay / _retried : 0, _limit));
        }

        foreach (var counter in _counters) counter.Settle(latency);
        (_rate, _mean, _square, _overhead, _retried, _retryDelay, _limit) = (0, 0, 0, 0, 0, 0, 0);
    }

    /// <summary>Forgets the counters of pods that are gone.</summary>
    /// <returns>Those counters.</returns>
    public List<PodCounter> RemoveGone(HashSet<string> uids)
    {
        var gone = _counters.FindAll(counter => !uids.Contains(counter.PodUid));
        if (gone.Count > 0) _counters.RemoveAll(counter => !uids.Contains(counter.PodUid));
        return gone;
    }

    private PodCounter CounterOf(PodModel pod)
    {
        foreach (var counter in _counters)
            if (ReferenceEquals(counter.PodUid, pod.Uid) || counter.PodUid == pod.Uid)
                return counter;
        var added = new PodCounter(this, pod);
        _counters.Add(added);
        return added;
    }
}

/// <summary>
/// One pod's count of a flow: how many requests so far, and from them every bucket and sum. The expectation is a fraction;
/// what is reported is whole.
/// </summary>
internal sealed class PodCounter(Flow flow, PodModel pod)
{
    private readonly long[] _base = new long[HistogramDeck.Bounds.Length + 2];
    private double _expected;
    private HistogramDeck? _latency;

    public Flow Flow { get; } = flow;

    public PodModel Pod { get; } = pod;

    public string PodUid { get; } = pod.Uid;

    /// <summary>Requests (or connections' worth of traffic) of the interval that has not been booked yet.</summary>
    public double Pending { get; set; }

    /// <summary>Whole requests so far.</summary>
    public long Requests => (long)_expected;

    public double Expected => _expected;

    public void Settle(HistogramDeck? latency)
    {
        if (latency is not null && !ReferenceEquals(latency, _latency))
        {
            // What was counted with the old deck stays: the new one continues where it stopped.
            _latency?.AddTo(_base, Requests, 1);
            latency.AddTo(_base, Requests, -1);
            _latency = latency;
        }

        _expected += Pending;
        Pending = 0;
    }

    /// <summary>Writes cumulative buckets, then the sum.</summary>
    [MethodImpl(Hot.FromTheStart)]
    public void ReadLatency(Span<long> target)
    {
        _base.CopyTo(target);
        _latency?.AddTo(target, Requests, 1);
    }
}
