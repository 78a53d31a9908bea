using MeshConsole.Testing;

namespace MeshConsole.Mesh.Tests.Testing;

public sealed class FakeTimeProviderTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Advance_SeveralTimers_FireInOrderOfDueTimeAtTheirOwnInstant()
    {
        var start = _time.GetUtcNow();
        var fired = new List<(string Name, TimeSpan At)>();
        using var late = _time.CreateTimer(_ => fired.Add(("late", _time.GetUtcNow() - start)), null, TimeSpan.FromSeconds(5), Timeout.InfiniteTimeSpan);
        using var periodic = _time.CreateTimer(_ => fired.Add(("tick", _time.GetUtcNow() - start)), null, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(2));

        _time.Advance(TimeSpan.FromSeconds(5));

        fired.ShouldBe([("tick", TimeSpan.FromSeconds(2)), ("tick", TimeSpan.FromSeconds(4)), ("late", TimeSpan.FromSeconds(5))]);
        (_time.GetUtcNow() - start).ShouldBe(TimeSpan.FromSeconds(5));
        _time.PendingTimers.ShouldBe(1);
        _time.UntilNextTimer.ShouldBe(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Delay_ClockMoved_Completes()
    {
        var delay = Task.Delay(TimeSpan.FromMinutes(10), _time, CancellationToken.None);
        _time.Advance(TimeSpan.FromMinutes(9));
        delay.IsCompleted.ShouldBeFalse();

        _time.Advance(TimeSpan.FromMinutes(1));

        await delay.WaitAsync(TimeSpan.FromSeconds(10), TimeProvider.System, CancellationToken.None);
    }

    [Fact]
    public async Task CancelAfter_ClockMoved_Cancels()
    {
        using var source = new CancellationTokenSource(TimeSpan.FromSeconds(3), _time);
        _time.Advance(TimeSpan.FromSeconds(2));
        source.IsCancellationRequested.ShouldBeFalse();

        _time.Advance(TimeSpan.FromSeconds(1));

        source.IsCancellationRequested.ShouldBeTrue();
        await _time.WaitForTimersAsync(0);
        _time.PendingTimers.ShouldBe(0);
    }

    [Fact]
    public void GetElapsedTime_ClockMoved_IsWhatWasAdvanced()
    {
        var stamp = _time.GetTimestamp();
        _time.Advance(TimeSpan.FromMilliseconds(1234));
        _time.GetElapsedTime(stamp).ShouldBe(TimeSpan.FromMilliseconds(1234));
    }

    [Fact]
    public void Timer_Disposed_DoesNotFire()
    {
        var fired = false;
        var timer = _time.CreateTimer(_ => fired = true, null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        timer.Dispose();

        _time.Advance(TimeSpan.FromSeconds(2));

        fired.ShouldBeFalse();
        timer.Change(TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan).ShouldBeFalse();
    }
}
