using System.Collections.Immutable;
using MeshConsole.Mesh.Changes.Gates;
using MeshConsole.Mesh.Changes.Plans;

namespace MeshConsole.Mesh.Tests.Changes.Execution;

/// <summary>Prometheus as a test states it, and an evaluator that is simple enough to be right.</summary>
internal sealed class FakeGates : IGateReader
{
    /// <summary>Requests of the canary; null when there is no counter.</summary>
    public double? Requests { get; set; } = 1000;

    public double ErrorRatio { get; set; }

    /// <summary>Prometheus does not answer.</summary>
    public bool Down { get; set; }

    public Func<double?> Share { get; set; } = () => null;

    /// <summary>The share by the window that it is asked of; null: <see cref="Share"/>, whatever the window.</summary>
    public Func<DateTimeOffset, DateTimeOffset, double?>? ShareIn { get; set; }

    public int Reads { get; private set; }

    /// <summary>Windows that were asked about.</summary>
    public List<(DateTimeOffset From, DateTimeOffset To)> Windows { get; } = [];

    public async Task<GateEvidence> ReadAsync(ChangePlan plan, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken)
    {
        await Task.Yield();
        cancellationToken.ThrowIfCancellationRequested();
        Reads++;
        Windows.Add((from, to));
        return Down
            ? new GateEvidence(from, to, null, null, ["sum(x)"], "Prometheus does not answer.")
            : new GateEvidence(from, to, new GateCounts(Requests, Requests * ErrorRatio, null, null, null), new GateCounts(10_000, 0, null, null, null), ["sum(x)"], null);
    }

    public async Task<double?> CanaryShareAsync(ChangePlan plan, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken)
    {
        await Task.Yield();
        return Down ? null : ShareIn is { } ask ? ask(from, to) : Share();
    }

    public static GateLook Evaluate(GateEvidence evidence, GateSettings settings, ImmutableArray<GateLook> history)
    {
        var ratio = evidence.Canary?.Errors / evidence.Canary?.Requests;
        var verdict = evidence.Problem is not null ? GateVerdict.Error
            : !(evidence.Canary?.Requests >= settings.MinimumRequests) ? GateVerdict.InsufficientData
            : ratio > settings.MaxErrorRatio ? GateVerdict.Fail
            : GateVerdict.Pass;
        return new GateLook(evidence, [new GateResult("errors", "Errors", verdict, $"{ratio:0.###} of requests fail.")], verdict, verdict == GateVerdict.Fail && ratio >= settings.TripwireErrorRatio);
    }
}
