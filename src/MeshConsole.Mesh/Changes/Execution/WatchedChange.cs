using MeshConsole.Mesh.Kubernetes;

namespace MeshConsole.Mesh.Changes.Execution;

/// <summary>
/// What this process remembers of a change while it looks after it, on its forward-only clock. Nothing here is needed for
/// safety: without it the executor reads again, looks again and soaks again.
/// </summary>
internal sealed class WatchedChange(TimeProvider time)
{
    private TargetReading? _reading;
    private long _version;
    private long _readAt;
    private long? _unreachableSince;
    private string? _pendingId;
    private long _pendingSince;
    private (int Stage, DateTimeOffset StartedAt, long At)? _soak;
    private long? _lookedAt;
    private TimeSpan _soakedAtLook;
    private long? _guardsAskedAt;
    private long? _failedAt;
    private long? _inObjectAt;
    private long? _shareAt;
    private double? _share;
    private double? _shareBefore;
    private OtherRules? _others;
    private KubernetesException? _refusal;

    /// <summary>The change is looked at again: what a person did to it meanwhile is decided on with a fresh reading.</summary>
    public void Met(ChangeRecord change)
    {
        if (change.Version != _version)
        {
            _reading = null;
            Left(change);
        }
    }

    public void Left(ChangeRecord change) => _version = change.Version;

    public StepFacts Facts(ChangeRecord change, ExecutorSettings settings)
    {
        if (change.PendingWrite is { } pending && pending.Id != _pendingId)
        {
            Sent(pending.Id);
        }

        if (change.Return?.InObjectAt is not null && _inObjectAt is null)
        {
            _inObjectAt = time.GetTimestamp();
        }
        else if (change.Return?.InObjectAt is null)
        {
            _inObjectAt = null;
        }

        var reading = _reading is not null && time.GetElapsedTime(_readAt) < settings.ReadEvery ? _reading : null;
        return new StepFacts
        {
            Now = time.GetUtcNow(),
            Settings = settings,
            Live = reading?.Live,
            Problem = reading?.Problem,
            UnreachableFor = Since(_unreachableSince),
            PendingFor = change.PendingWrite is null ? null : Since(_pendingSince),
            Soaked = Soaked(change),
            SinceLook = Since(_lookedAt),
            SoakedAtLook = _lookedAt is null ? null : _soakedAtLook,
            SinceGuards = Since(_guardsAskedAt),
            SinceFailure = Since(_failedAt),
            SinceInObject = Since(_inObjectAt),
            SinceShare = Since(_shareAt),
            Share = _share,
            ShareBefore = _shareBefore,
            Others = _others,
        };
    }

    /// <summary>Null where this process has not watched over the stage since its soak began.</summary>
    public TimeSpan? Soaked(ChangeRecord change) =>
        _soak is { } soak && change.Current is { SoakStartedAt: { } started } && soak.Stage == change.Stage && soak.StartedAt == started ? time.GetElapsedTime(soak.At) : null;

    public void Seen(TargetReading reading)
    {
        _reading = reading;
        _readAt = time.GetTimestamp();
        _unreachableSince = reading.Problem is { Fault: TargetFault.Unreachable } ? _unreachableSince ?? _readAt : null;
    }

    /// <summary>A write is on its way: what was read before it says nothing any more.</summary>
    public void Sent(string writeId)
    {
        _pendingId = writeId;
        _pendingSince = time.GetTimestamp();
        _reading = null;
        _refusal = null;
    }

    /// <summary>The try has ended without an outcome; from now on its silence counts.</summary>
    public void Answered()
    {
        _pendingSince = time.GetTimestamp();
        _reading = null;
    }

    public void Refused(KubernetesException refusal) => _refusal = refusal;

    public KubernetesException? TakeRefusal()
    {
        var taken = _refusal;
        _refusal = null;
        return taken;
    }

    public void Failed() => _failedAt = time.GetTimestamp();

    public void GuardsAsked() => _guardsAskedAt = time.GetTimestamp();

    public void Looked(TimeSpan soaked)
    {
        _lookedAt = time.GetTimestamp();
        _soakedAtLook = soaked;
    }

    public void ShareSeen(double? share, double? before, OtherRules? others)
    {
        (_share, _shareBefore, _others) = (share, before ?? _shareBefore, others);
        _shareAt = time.GetTimestamp();
    }

    public void Stored(ChangeRecord change, ChangeEvent happened)
    {
        switch (happened)
        {
            case ChangeEvent.BeginSoak:
                _soak = (change.Stage, change.Current!.SoakStartedAt!.Value, time.GetTimestamp());
                _lookedAt = null;
                break;
            case ChangeEvent.Settle { Outcome: not WriteOutcome.Applied }:
                _failedAt = time.GetTimestamp();
                break;
            case ChangeEvent.Settle:
                _failedAt = null;
                _lookedAt = null;
                break;
            case ChangeEvent.Release or ChangeEvent.HoldBack:
                break;
            case ChangeEvent.ReachObject:
                _inObjectAt = time.GetTimestamp();
                _shareAt = null;
                break;
        }
    }

    private TimeSpan? Since(long? at) => at is { } known ? time.GetElapsedTime(known) : null;
}
