using MeshConsole.Mesh.Changes.Gates;
using MeshConsole.Mesh.Prometheus;
using MeshConsole.Simulator;
using MeshConsole.Simulator.Kubernetes;
using MeshConsole.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeshConsole.Mesh.Tests.Changes.Gates;

/// <summary>The gates over the simulated payments mesh and its Prometheus API, in a time that the test moves.</summary>
public sealed class SimulatedGateTests : IAsyncLifetime, IDisposable
{
    private static readonly TimeSpan s_scrape = TimeSpan.FromSeconds(5);

    private readonly FakeTimeProvider _time = new(Given.Now);
    private readonly CancellationTokenSource _patience = new(TimeSpan.FromMinutes(2), TimeProvider.System);
    private readonly HttpClient _http = new();
    private SimulatedMesh _mesh = null!;
    private PrometheusClient _client = null!;

    public async Task InitializeAsync()
    {
        _mesh = await SimulatedMesh.StartAsync(new SimulatorOptions { HistoryLength = TimeSpan.FromMinutes(8) }, NullLoggerFactory.Instance, _time, _patience.Token);
        _client = new PrometheusClient(_http, new PrometheusEndpoint(_mesh.PrometheusUrl) { QueryTimeout = TimeSpan.FromSeconds(30) }, TimeProvider.System);
    }

    public async Task DisposeAsync() => await _mesh.DisposeAsync();

    public void Dispose()
    {
        _http.Dispose();
        _patience.Dispose();
    }

    [Fact]
    public async Task HealthyCanary_PassesOnCountsThatAreTheRawCounters()
    {
        var to = _mesh.SampledAt;
        var evidence = await ReadAsync(to - TimeSpan.FromMinutes(5), to);
        var look = GateEvaluator.Look(evidence, GateSettings.Default, []);
        look.Verdict.ShouldBe(GateVerdict.Pass, string.Join('\n', look.Results.Select(r => r.Message)));

        // The window begins and ends with a sample, so that nothing is extrapolated.
        foreach (var (workload, counts) in new[] { ("card-processor-v1", evidence.Stable!), ("card-processor-v2", evidence.Canary!) })
        {
            var selector = $"reporter=\"source\",destination_workload=\"{workload}\",destination_workload_namespace=\"payments\"";
            var requests = await RawAsync($"istio_requests_total{{{selector}}}", to);
            counts.Requests!.Value.ShouldBe(requests, 1e-6 * requests, workload);
            var failed = await RawAsync($"istio_requests_total{{{selector},response_code=~\"0|5..\"}}", to);
            counts.Errors!.Value.ShouldBe(failed, 1e-6 * requests, workload);
            var timed = await RawAsync($"istio_request_duration_milliseconds_bucket{{{selector},le=\"+Inf\"}}", to);
            counts.Timed!.Value.ShouldBe(timed, 1e-6 * timed);
            var slow = timed - await RawAsync($"istio_request_duration_milliseconds_bucket{{{selector},le=\"500\"}}", to);
            counts.Slow!.Value.ShouldBe(slow, 1e-6 * timed, workload);
            counts.SlowBoundMs.ShouldBe(500);
        }
    }

    [Fact]
    public async Task ProviderFailing_FailsWithinAMinuteAndTrips()
    {
        await _mesh.Scenarios.ActivateAsync("provider-failing", _patience.Token);
        var from = _mesh.SampledAt;
        await PassAsync(TimeSpan.FromMinutes(1));
        var look = GateEvaluator.Look(await ReadAsync(from, _mesh.SampledAt), GateSettings.Default, []);
        (look.Verdict, look.Trips).ShouldBe((GateVerdict.Fail, true), string.Join('\n', look.Results.Select(r => r.Message)));
        look.Results.Single(r => r.Code == "errors").Verdict.ShouldBe(GateVerdict.Fail);
    }

    [Fact]
    public async Task CanaryWithoutTraffic_HasTooLittleData_AndAShareOfNothing()
    {
        _mesh.Objects.Update(ResourceTypes.VirtualServices, "payments", "card-processor", json =>
        {
            foreach (var destination in json["spec"]!["http"]!.AsArray().SelectMany(rule => rule!["route"]!.AsArray()))
            {
                destination!["destination"]!["subset"] = "v1-stable";
            }
        });
        await PassAsync(s_scrape * 2);
        var from = _mesh.SampledAt;
        await PassAsync(TimeSpan.FromMinutes(2));
        var evidence = await ReadAsync(from, _mesh.SampledAt);
        evidence.Canary!.Requests.ShouldBe(0);
        evidence.Stable!.Requests!.Value.ShouldBeGreaterThan(100);
        var look = GateEvaluator.Look(evidence, GateSettings.Default, []);
        look.Verdict.ShouldBe(GateVerdict.InsufficientData, string.Join('\n', look.Results.Select(r => r.Message)));
        (await Reader(_client).CanaryShareAsync(GatePlans.Plan(), from, _mesh.SampledAt, _patience.Token)).ShouldBe(0);
    }

    [Fact]
    public async Task PrometheusAway_IsAnErrorThatSaysSo()
    {
        await _mesh.DisposeAsync();
        var evidence = await ReadAsync(Given.Now.AddMinutes(-5), Given.Now);
        evidence.Problem!.ShouldContain("accepts no connection");
        GateEvaluator.Look(evidence, GateSettings.Default, []).Verdict.ShouldBe(GateVerdict.Error);
    }

    private static PrometheusGateReader Reader(PrometheusClient client) => new(_ => new GateSource(client, s_scrape * 2), new FakeMeshSnapshots(GatePlans.Snapshot()));

    private Task<GateEvidence> ReadAsync(DateTimeOffset from, DateTimeOffset to) => Reader(_client).ReadAsync(GatePlans.Plan(), from, to, _patience.Token);

    /// <summary>Lets time pass in steps that the mesh can follow.</summary>
    private async Task PassAsync(TimeSpan duration)
    {
        var until = _mesh.SampledAt + duration;
        while (_mesh.SampledAt < until)
        {
            if (_time.GetUtcNow() - _mesh.SampledAt < 3 * s_scrape)
            {
                _time.Advance(TimeSpan.FromSeconds(1));
            }

            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, _patience.Token);
        }
    }

    /// <summary>What the counters grew by from the first to the last sample of the five minutes before.</summary>
    private async Task<double> RawAsync(string selector, DateTimeOffset to) =>
        (await _client.QueryAsync($"{selector}[5m]", to, _patience.Token)).Series.Sum(series => series.Points[^1].Value - series.Points[0].Value);
}
