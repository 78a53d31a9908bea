using MeshConsole.Mesh.Prometheus;
using MeshConsole.Mesh.Prometheus.Istio;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Tests.Prometheus;
using MeshConsole.Mesh.Topology;
using MeshConsole.Mesh.Topology.Compare;
using MeshConsole.Testing;
using static MeshConsole.Testing.SampleMesh;

namespace MeshConsole.Mesh.Tests.Snapshots;

public sealed class MeshHistoryTests
{
    private static readonly DateTimeOffset s_at = Now.AddHours(-1);

    [Fact]
    public async Task AtAsync_PastInstant_HasTheTelemetryOfThenOverTheObjectsOfNow()
    {
        var now = Payments();
        var history = new MeshHistory(new Dictionary<string, TelemetryHistory> { [Cluster] = History(up: true) });

        var past = await history.AtAsync(now, null, s_at, TimeSpan.FromMinutes(5), CancellationToken.None);

        past.ObservedAt.ShouldBe(s_at);
        var cluster = past.Clusters.ShouldHaveSingleItem();
        cluster.Telemetry!.At.ShouldBe(s_at);
        cluster.Edges.ShouldHaveSingleItem().FromSource!.RequestsPerSecond.ShouldBe(10);
        (cluster.Workloads == now.Clusters[0].Workloads).ShouldBeTrue();
        cluster.Sources.Single(source => source.Name == SourceNames.Requests).LastSuccess.ShouldBe(s_at);
        cluster.Sources.Single(source => source.Name == "kubernetes/pods").ShouldBe(now.Clusters[0].Sources.Single(source => source.Name == "kubernetes/pods"));
    }

    [Fact]
    public async Task AtAsync_OneOfTwoClustersFails_SaysSoAndShowsTheOther()
    {
        var now = Snapshot(ClusterOf(PaymentsObjects(), PaymentsEdges(), "east"), ClusterOf(PaymentsObjects(), PaymentsEdges(), "west"));
        var history = new MeshHistory(new Dictionary<string, TelemetryHistory> { ["east"] = History(up: false), ["west"] = History(up: true) });

        var past = await history.AtAsync(now, null, s_at, null, CancellationToken.None);

        past.Clusters[0].Telemetry.ShouldBeNull("what was then must not be confused with what is now");
        past.Clusters[0].Edges.ShouldBeEmpty();
        past.Clusters[0].Sources.Single(source => source.Name == SourceNames.Requests).State.ShouldBe(SourceState.Failed);
        past.Clusters[1].Edges.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task AtAsync_NothingCanBeRead_Fails()
    {
        var history = new MeshHistory(new Dictionary<string, TelemetryHistory> { [Cluster] = History(up: false) });

        (await Should.ThrowAsync<PrometheusException>(() => history.AtAsync(Payments(), null, s_at, null, CancellationToken.None))).Fault.ShouldBe(PrometheusFault.Unreachable);
    }

    [Fact]
    public async Task AtAsync_TheSameInstantAgain_IsTheSameSnapshot_UntilTheClusterChanges()
    {
        var now = Payments();
        var history = new MeshHistory(new Dictionary<string, TelemetryHistory> { [Cluster] = History(up: true) });

        var first = await history.AtAsync(now, null, s_at, null, CancellationToken.None);
        (await history.AtAsync(now, null, s_at.AddSeconds(3), null, CancellationToken.None)).ShouldBeSameAs(first, "page, canvas and read-ahead share one, with its views");
        (await history.AtAsync(now, null, s_at.AddMinutes(1), null, CancellationToken.None)).ShouldNotBeSameAs(first);
        (await history.AtAsync(Payments(), null, s_at, null, CancellationToken.None)).ShouldNotBeSameAs(first);
    }

    [Fact]
    public async Task AtAsync_RequestsRefused_AreNotKnown_NotNone()
    {
        var history = new MeshHistory(new Dictionary<string, TelemetryHistory> { [Cluster] = History(up: true, refused: "istio_requests_total") });

        var past = await history.AtAsync(Payments(), null, s_at, null, CancellationToken.None);

        var source = past.Clusters[0].Sources.Single(one => one.Name == SourceNames.Requests);
        (source.State, source.LastSuccess).ShouldBe((SourceState.Failed, null));
        source.Message!.ShouldEndWith("What was then is not known.");
        TopologyMoment.Of(past, MeshQuery.All, TopologyLevel.Workload).Silent[Cluster].ShouldContain("not known");
    }

    private static TelemetryHistory History(bool up, string? refused = null)
    {
        var server = new ScriptedPrometheus(request => refused is not null && request.Query.Contains(refused, StringComparison.Ordinal) ? ScriptedPrometheus.Json("""{"status":"error","errorType":"execution","error":"too many samples"}""", System.Net.HttpStatusCode.UnprocessableEntity)
            : !up ? throw new HttpRequestException(HttpRequestError.ConnectionError, "refused")
            : request.Query.Contains("istio_requests_total") ? ScriptedPrometheus.Vector(IstioAnswers.Series("10", IstioAnswers.Hop("source", "api", "ledger"), "response_code=200"))
            : ScriptedPrometheus.Json(ScriptedPrometheus.EmptyVector));
        var client = new PrometheusClient(new HttpClient(server), new PrometheusEndpoint(new Uri("http://prom.example:9090")), new FakeTimeProvider());
        return new TelemetryHistory("any", client, new IstioDialect(), new TelemetrySettings(), () => false);
    }
}
