namespace MeshConsole.Simulator.Kubernetes;

/// <summary>What can go wrong with an API server, to be switched on by scenarios and tests. Safe for any number of threads.</summary>
/// <remarks>Durations count on the clock of the server, once <see cref="KubernetesApi.Map"/> has been told these faults.</remarks>
public sealed class KubernetesFaults
{
    private readonly Lock _gate = new();
    private TimeProvider _time = TimeProvider.System;
    private readonly List<ObjectStore> _stores = [];
    private DateTimeOffset _refusingUntil;
    private DateTimeOffset _unavailableUntil;
    private DateTimeOffset _throttlingUntil;
    private int _throttledRequests;
    private TimeSpan _retryAfter;
    private TimeSpan _delay;
    private bool _muted;
    private TaskCompletionSource _watchesDropped = NewSignal();
    private TaskCompletionSource _changed = NewSignal();

    /// <summary>How long every answer is held back.</summary>
    public TimeSpan Delay
    {
        get
        {
            lock (_gate) return _delay;
        }
        set => Change(() => _delay = value);
    }

    /// <summary>While true, running watches stay open and silent: neither events nor bookmarks. They go on where they were afterwards.</summary>
    public bool MuteWatches
    {
        get
        {
            lock (_gate) return _muted;
        }
        set => Change(() => _muted = value);
    }

    /// <summary>
    /// True to answer a watch from a version that is too old with HTTP status 410, as old servers and proxies do; by default it
    /// is answered with status 200 and one ERROR event, as a current API server does.
    /// </summary>
    public bool RefuseExpiredWatchesByStatus { get; set; }

    /// <summary>Asked first about every request: a status is the answer, null lets the request through. For faults of one kind or user.</summary>
    public Func<ApiRequest, ApiUser, ApiStatus?>? Answer { get; set; }

    /// <summary>Cuts every connection that sends a request, and all running watches, as a server that is down. Null: until <see cref="Clear"/>.</summary>
    public void RefuseConnections(TimeSpan? duration = null)
    {
        Change(() => _refusingUntil = Until(duration));
        DropWatches();
    }

    /// <summary>Answers every request with 503. Null: until <see cref="Clear"/>.</summary>
    public void AnswerUnavailable(TimeSpan? duration = null) => Change(() => _unavailableUntil = Until(duration));

    /// <summary>Answers requests with 429 and a Retry-After.</summary>
    /// <param name="retryAfter">Whole seconds are sent, at least one.</param>
    /// <param name="duration">For how long; null: until <see cref="Clear"/>.</param>
    /// <param name="requests">For how many requests at most; null: for all.</param>
    public void Throttle(TimeSpan retryAfter, TimeSpan? duration = null, int? requests = null) => Change(() =>
    {
        _retryAfter = retryAfter;
        _throttlingUntil = Until(duration);
        _throttledRequests = requests ?? int.MaxValue;
    });

    /// <summary>Ends all running watches, as a server that restarts; new ones are taken.</summary>
    public void DropWatches()
    {
        lock (_gate)
        {
            _watchesDropped.TrySetResult();
            _watchesDropped = NewSignal();
        }
    }

    /// <summary>Makes every resource version that clients hold too old: running watches get an ERROR event with 410.</summary>
    public void ExpireResourceVersions()
    {
        ObjectStore[] stores;
        lock (_gate) stores = [.. _stores];
        foreach (var store in stores)
            store.ExpireHistory();
    }

    /// <summary>Ends every fault.</summary>
    public void Clear() => Change(() =>
    {
        (_refusingUntil, _unavailableUntil, _throttlingUntil) = (default, default, default);
        _delay = TimeSpan.Zero;
        _muted = false;
        RefuseExpiredWatchesByStatus = false;
        Answer = null;
    });

    /// <summary>Ends when the watches that run now are to end.</summary>
    internal Task WatchesDropped
    {
        get
        {
            lock (_gate) return _watchesDropped.Task;
        }
    }

    /// <summary>Ends at the next change of a fault.</summary>
    internal Task Changed
    {
        get
        {
            lock (_gate) return _changed.Task;
        }
    }

    internal bool RefusesConnections
    {
        get
        {
            lock (_gate) return _time.GetUtcNow() < _refusingUntil;
        }
    }

    /// <summary>Tells of the clock and the objects of a server that these faults are for.</summary>
    internal void Attach(ObjectStore store, TimeProvider time)
    {
        lock (_gate)
        {
            _time = time;
            _stores.Add(store);
        }
    }

    /// <summary>The answer that a fault gives to every request now; null when there is none.</summary>
    internal ApiStatus? Refusal()
    {
        lock (_gate)
        {
            var now = _time.GetUtcNow();
            if (now < _unavailableUntil)
                return new ApiStatus(503, "ServiceUnavailable", "the server is currently unable to handle the request") { Details = new ApiStatusDetails() };
            if (now < _throttlingUntil && _throttledRequests > 0)
            {
                _throttledRequests--;
                var seconds = Math.Max(1, (int)Math.Ceiling(_retryAfter.TotalSeconds));
                return new ApiStatus(429, "TooManyRequests", "Too many requests, please try again later.") { Details = new ApiStatusDetails { RetryAfterSeconds = seconds } };
            }
            return null;
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private DateTimeOffset Until(TimeSpan? duration) => duration is { } limit ? _time.GetUtcNow() + limit : DateTimeOffset.MaxValue;

    private void Change(Action change)
    {
        lock (_gate)
        {
            change();
            _changed.TrySetResult();
            _changed = NewSignal();
        }
    }
}
