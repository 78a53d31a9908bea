using System.Text.Json.Nodes;
using MeshConsole.Mesh.Changes.Gates;
using MeshConsole.Mesh.Changes.Plans;
using MeshConsole.Mesh.Prometheus;
using MeshConsole.Simulator;
using MeshConsole.Simulator.Kubernetes;
using MeshConsole.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeshConsole.Mesh.Tests.Changes.Policies;

/// <summary>The gates of a policy over the simulated payments mesh, which honours the policies it is given, in a time that the test moves.</summary>
public sealed class SimulatedPolicyTests : IAsyncLifetime, IDisposable
{
    private static readonly TimeSpan s_scrape = TimeSpan.FromSeconds(5);

    private readonly FakeTimeProvider _time = new(Given.Now);
    private readonly CancellationTokenSource _patience = new(TimeSpan.FromMinutes(3), TimeProvider.System);
    private readonly HttpClient _http = new();
    private SimulatedMesh _mesh = null!;
    private PrometheusGateReader _reader = null!;
    private ChangePlan _plan = null!;

    public async Task InitializeAsync()
    {
        _mesh = await SimulatedMesh.StartAsync(new SimulatorOptions { HistoryLength = TimeSpan.FromMinutes(8) }, NullLoggerFactory.Instance, _time, _patience.Token);
        var client = new PrometheusClient(_http, new PrometheusEndpoint(_mesh.PrometheusUrl) { QueryTimeout = TimeSpan.FromSeconds(30) }, TimeProvider.System);
        var pods = _mesh.Objects.List(ResourceTypes.Pods, "payments").Where(p => p.Labels.TryGetValue("app", out var app) && app == "token-vault").ToList();
        var vault = GivenPolicy.Workload("token-vault", "payments", "app=token-vault");
        vault = vault with { Pods = [.. pods.Select(p => vault.Pods[0] with { Meta = vault.Pods[0].Meta with { Name = p.Name } })], PodsWithProxy = pods.Count };
        var snapshot = GivenPolicy.Snapshot([vault], GivenPolicy.Object("token-vault", """{"selector":{"matchLabels":{"app":"token-vault"}},"mtls":{"mode":"PERMISSIVE"}}"""));
        _plan = GivenPolicy.Plan(snapshot, "payments", "token-vault");
        _reader = new PrometheusGateReader(_ => new GateSource(client, s_scrape * 2), new FakeMeshSnapshots(snapshot), _time);
        pods.Count.ShouldBeGreaterThan(1);
    }

    public async Task DisposeAsync() => await _mesh.DisposeAsync();

    public void Dispose()
    {
        _http.Dispose();
        _patience.Dispose();
    }

    [Fact]
    public async Task Strict_WithoutPlaintextCallers_PassesAgainstAsMuchTimeBefore()
    {
        var (written, look) = await StrictForAsync(TimeSpan.FromMinutes(2));
        look.Verdict.ShouldBe(GateVerdict.Pass, Words(look));
        var refusals = look.Evidence.Refusals!;
        (refusals.BeforeTo, refusals.BeforeTo - refusals.BeforeFrom).ShouldBe((written, look.Evidence.To - look.Evidence.From));
        refusals.Listener.ShouldBe(new RefusalCount(0, 0));
        refusals.Callers.ShouldNotBeEmpty();
        refusals.Callers.ShouldAllBe(c => c.Failed == 0 && c.Requests > 0);
        refusals.Sight!.Counting.ShouldBe(refusals.Sight.All);
        look.Evidence.Queries.ShouldContain(q => q.Contains("no_filter_chain_match", StringComparison.Ordinal));
        (await _reader.RefusalSightAsync(_plan, _patience.Token)).ShouldBe(refusals.Sight);
    }

    [Fact]
    public async Task PlaintextCallerThatWakesUp_TripsAtTheListener_AndIsGoneOnceItIsTakenBack()
    {
        await StrictAsync("STRICT");
        var written = _mesh.SampledAt;
        await PassAsync(TimeSpan.FromSeconds(30));
        await _mesh.Scenarios.ActivateAsync("plaintext-caller", _patience.Token);
        await PassAsync(TimeSpan.FromMinutes(1));
        var look = await LookAsync(written);
        (look.Verdict, look.Trips).ShouldBe((GateVerdict.Fail, true), Words(look));
        look.Evidence.Refusals!.Listener!.Since.ShouldBeGreaterThan(60);
        look.Results.Single(r => r.Code == GateCodes.Errors).Verdict.ShouldBe(GateVerdict.Pass, "callers with a proxy are served all the time, so only the listener tells");
        (await _reader.CanaryShareAsync(_plan, written, _mesh.SampledAt, _patience.Token))!.Value.ShouldBeGreaterThan(0.005);

        await StrictAsync("PERMISSIVE");
        await PassAsync(s_scrape * 3);
        var back = _mesh.SampledAt;
        await PassAsync(TimeSpan.FromSeconds(30));
        (await _reader.CanaryShareAsync(_plan, back, _mesh.SampledAt, _patience.Token)).ShouldBe(0);
    }

    [Fact]
    public async Task CallerWithAProxyThatSendsPlaintext_IsNamed()
    {
        _mesh.Objects.Put(ResourceTypes.DestinationRules, JsonNode.Parse("""{"apiVersion":"networking.istio.io/v1","kind":"DestinationRule","metadata":{"name":"vault-plain","namespace":"payments"},"spec":{"host":"token-vault.payments.svc.cluster.local","trafficPolicy":{"tls":{"mode":"DISABLE"}}}}""")!.AsObject(), new MeshConsole.Simulator.Kubernetes.WriteOptions());
        await PassAsync(TimeSpan.FromMinutes(2));
        var (_, look) = await StrictForAsync(TimeSpan.FromMinutes(1));
        look.Trips.ShouldBeTrue(Words(look));
        look.Results.Single(r => r.Code == GateCodes.PlaintextRefused).Message.ShouldContain("requests of payments/payment-api failed to connect");
    }

    private async Task<(DateTimeOffset Written, GateLook Look)> StrictForAsync(TimeSpan length)
    {
        await StrictAsync("STRICT");
        var written = _mesh.SampledAt;
        await PassAsync(length);
        return (written, await LookAsync(written));
    }

    private Task StrictAsync(string mode)
    {
        _mesh.Objects.Update(ResourceTypes.PeerAuthentications, "payments", "token-vault", json => json["spec"]!["mtls"]!["mode"] = mode);
        return Task.CompletedTask;
    }

    private async Task<GateLook> LookAsync(DateTimeOffset written) =>
        GateEvaluator.Look(await _reader.ReadAsync(_plan, written, written, _mesh.SampledAt, _patience.Token), GateSettings.Default, []);

    private static string Words(GateLook look) => string.Join('\n', look.Results.Select(r => $"{r.Verdict} {r.Message}"));

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
}
