namespace MeshConsole.Testing;

/// <summary>
/// A clock that stands still until a test moves it. Timers (and so <c>Task.Delay</c>, <c>PeriodicTimer</c> and cancellation
/// after a delay) fire inside <see cref="Advance"/>, in the order in which they fall due, each at its own instant.
/// </summary>
public sealed class FakeTimeProvider(DateTimeOffset start) : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<Timer> _timers = [];
    private DateTimeOffset _now = start.ToUniversalTime();
    private long _elapsedTicks;
    private long _sequence;

    public FakeTimeProvider()
        : this(new DateTimeOffset(2026, 3, 2, 9, 0, 0, TimeSpan.Zero))
    {
    }

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>Timers that will fire: lets a test see that the code under test has gone to sleep.</summary>
    public int PendingTimers
    {
        get
        {
            lock (_lock)
            {
                return _timers.Count;
            }
        }
    }

    /// <summary>Time until the next timer fires; null when none waits.</summary>
    public TimeSpan? UntilNextTimer
    {
        get
        {
            lock (_lock)
            {
                return _timers.Count == 0 ? null : TimeSpan.FromTicks(_timers.Min(timer => timer.DueTicks) - _elapsedTicks);
            }
        }
    }

    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock)
        {
            return _now;
        }
    }

    public override long GetTimestamp()
    {
        lock (_lock)
        {
            return _elapsedTicks;
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves the clock forward and fires what falls due on the way. Callbacks run on the calling thread.</summary>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        long target;
        lock (_lock)
        {
            target = _elapsedTicks + by.Ticks;
        }

        while (TakeDue(target) is { } timer)
        {
            // Outside the lock: a callback may create, change or dispose timers, or read the clock.
            timer.Fire();
        }
    }

    /// <summary>Moves the clock forward to an instant; like <see cref="Advance"/>.</summary>
    public void AdvanceTo(DateTimeOffset instant) => Advance(instant - GetUtcNow());

    /// <summary>Sets the wall clock back, as an administrator or a time server does; timers and timestamps know nothing of it.</summary>
    public void StepBack(TimeSpan by)
    {
        lock (_lock)
        {
            _now -= by;
        }
    }

    /// <summary>
    /// Waits (in real time, at most <paramref name="timeout"/>, 10 s by default) until at least <paramref name="count"/>
    /// timers are pending, so that a following <see cref="Advance"/> meets code that is already asleep.
    /// </summary>
    public async Task WaitForTimersAsync(int count = 1, TimeSpan? timeout = null)
    {
        var started = System.GetTimestamp();
        while (PendingTimers < count)
        {
            if (System.GetElapsedTime(started) > (timeout ?? TimeSpan.FromSeconds(10)))
            {
                throw new TimeoutException($"{count} pending timers were expected, there are {PendingTimers}.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(2), System, CancellationToken.None);
        }
    }

    private Timer? TakeDue(long target)
    {
        lock (_lock)
        {
            Timer? next = null;
            foreach (var timer in _timers)
            {
                if (timer.DueTicks <= target && (next is null || (timer.DueTicks, timer.Sequence).CompareTo((next.DueTicks, next.Sequence)) < 0))
                {
                    next = timer;
                }
            }

            var instant = next?.DueTicks ?? target;
            if (instant > _elapsedTicks)
            {
                _now += TimeSpan.FromTicks(instant - _elapsedTicks);
                _elapsedTicks = instant;
            }

            if (next is null)
            {
                return null;
            }

            if (next.PeriodTicks > 0)
            {
                next.DueTicks += next.PeriodTicks;
                next.Sequence = ++_sequence;
            }
            else
            {
                _timers.Remove(next);
            }

            return next;
        }
    }

    private sealed class Timer(FakeTimeProvider owner, TimerCallback callback, object? state) : ITimer
    {
        private bool _disposed;

        public long DueTicks { get; set; }

        public long PeriodTicks { get; private set; }

        /// <summary>Keeps timers due at the same instant in the order in which they were set.</summary>
        public long Sequence { get; set; }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            var fireNow = false;
            lock (owner._lock)
            {
                if (_disposed)
                {
                    return false;
                }

                owner._timers.Remove(this);
                PeriodTicks = period > TimeSpan.Zero ? period.Ticks : 0;
                if (dueTime == Timeout.InfiniteTimeSpan)
                {
                    return true;
                }

                ArgumentOutOfRangeException.ThrowIfLessThan(dueTime, TimeSpan.Zero);
                Sequence = ++owner._sequence;
                DueTicks = owner._elapsedTicks + dueTime.Ticks;
                if (dueTime > TimeSpan.Zero || PeriodTicks > 0)
                {
                    owner._timers.Add(this);
                }

                if (dueTime == TimeSpan.Zero)
                {
                    fireNow = true;
                    DueTicks += PeriodTicks;
                }
            }

            if (fireNow)
            {
                // As with a real timer, a due time of zero fires soon and never inside the call that set it.
                ThreadPool.QueueUserWorkItem(static timer => timer.Fire(), this, preferLocal: false);
            }

            return true;
        }

        public void Dispose()
        {
            lock (owner._lock)
            {
                _disposed = true;
                owner._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
