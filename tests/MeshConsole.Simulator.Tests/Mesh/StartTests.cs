using MeshConsole.Simulator.Kubernetes;
using MeshConsole.Simulator.Prometheus;
using MeshConsole.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeshConsole.Simulator.Tests.Mesh;

public sealed class StartTests
{
    /// <summary>What a start costs is what it makes: this many series, this often. Six hours by 30 s, the last quarter of an hour by 5 s.</summary>
    [Fact]
    public void SmallMesh_StartsWithSixHoursOfSamples()
    {
        using var model = new MeshModel(new SimulatorOptions(), new FakeTimeProvider());

        model.CreateHistory(CancellationToken.None);

        model.Telemetry.ActiveSeries.ShouldBeInRange(10_000, 20_000);
        var up = model.Samples.Select([new LabelMatcher(LabelSet.MetricNameLabel, MatchKind.Equal, "up")], 0, long.MaxValue)[0];
        var (times, _) = CountedSamples.Samples(up, DateTimeOffset.UnixEpoch, model.TickedAt);
        times.Length.ShouldBe(1 + (345 * 2) + (15 * 12));
        (times[^1] - times[0]).ShouldBe((long)TimeSpan.FromHours(6).TotalMilliseconds);
        times[^1].ShouldBe(model.TickedAt.ToUnixTimeMilliseconds());
    }

    [Fact]
    public async Task Begin_HasTheObjectsAtOnceAndTheSamplesWhenThePastIsThere()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        await using var mesh = await SimulatedMesh.BeginAsync(new SimulatorOptions { HistoryLength = TimeSpan.FromHours(1) }, NullLoggerFactory.Instance, TimeProvider.System, patience.Token);

        mesh.Objects.Version(ResourceTypes.Pods).ShouldBeGreaterThan(0);
        await mesh.Past.WaitAsync(patience.Token);

        mesh.Samples.NewestMs.ShouldBe(mesh.SampledAt.ToUnixTimeMilliseconds());
        (TimeProvider.System.GetUtcNow() - mesh.SampledAt).ShouldBeLessThan(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Dispose_EndsAPastThatIsStillWorkedOut()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        var mesh = await SimulatedMesh.BeginAsync(new SimulatorOptions { HistoryLength = TimeSpan.FromDays(30) }, NullLoggerFactory.Instance, TimeProvider.System, patience.Token);

        await mesh.DisposeAsync();

        mesh.Past.IsCanceled.ShouldBeTrue();
    }
}
