using System.Net;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Mtls.Readiness;
using MeshConsole.Mesh.Prometheus;
using MeshConsole.Mesh.Tests.Prometheus;
using MeshConsole.Testing;

namespace MeshConsole.Mesh.Tests.Mtls.Readiness;

public sealed class LookbackReaderTests : IDisposable
{
    private static readonly TimeSpan s_hour = TimeSpan.FromHours(1);

    private readonly FakeTimeProvider _time = new(Given.Now);
    private readonly List<IDisposable> _owned = [];

    public void Dispose() => _owned.ForEach(one => one.Dispose());

    [Fact]
    public async Task ReadAsync_ManyAtOnce_AskFiveQueriesForTheWholeMesh()
    {
        var hold = new TaskCompletionSource();
        var (reader, prometheus) = Create(_ => ScriptedPrometheus.Vector());
        prometheus.Hold = hold.Task;

        var reading = Enumerable.Range(0, 50).Select(_ => reader.ReadAsync(s_hour, CancellationToken.None)).ToArray();
        hold.SetResult();
        var evidence = await Task.WhenAll(reading);

        prometheus.Requests.Count.ShouldBe(5);
        evidence.ShouldAllBe(one => ReferenceEquals(one, evidence[0]));
        prometheus.Requests.ShouldAllBe(request => request.Parameters["time"] == "1772331000" && request.Query.Contains("[3600s", StringComparison.Ordinal) && !request.Query.Contains('$'));
        (evidence[0].At, evidence[0].Start, evidence[0].Slot).ShouldBe((Given.Now, Given.Now.AddHours(-1), TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task ReadAsync_WhoeverAskedFirstGoesAway_TheOthersAreAnswered()
    {
        var hold = new TaskCompletionSource();
        var (reader, prometheus) = Create(_ => ScriptedPrometheus.Vector());
        prometheus.Hold = hold.Task;
        using var impatient = new CancellationTokenSource();

        var first = reader.ReadAsync(s_hour, impatient.Token);
        var second = reader.ReadAsync(s_hour, CancellationToken.None);
        await impatient.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(first);
        hold.SetResult();

        (await second).Faults.ShouldBeEmpty();
        prometheus.Requests.Count.ShouldBe(5);
    }

    [Fact]
    public async Task ReadAsync_Later_AsksAgainNoSoonerThanTheLookbackIsWorth()
    {
        var (reader, prometheus) = Create(_ => ScriptedPrometheus.Vector());
        await reader.ReadAsync(s_hour, CancellationToken.None);
        _time.Advance(TimeSpan.FromSeconds(14));
        await reader.ReadAsync(s_hour, CancellationToken.None);
        prometheus.Requests.Count.ShouldBe(5, "an hour's 240th is a refresh");
        _time.Advance(TimeSpan.FromSeconds(1));
        await reader.ReadAsync(s_hour, CancellationToken.None);
        prometheus.Requests.Count.ShouldBe(10);

        var week = TimeSpan.FromDays(7);
        await reader.ReadAsync(week, CancellationToken.None);
        _time.Advance(TimeSpan.FromSeconds(299));
        await reader.ReadAsync(week, CancellationToken.None);
        prometheus.Requests.Count.ShouldBe(15, "a week's evidence holds for five minutes");
        _time.Advance(TimeSpan.FromSeconds(1));
        await reader.ReadAsync(week, CancellationToken.None);
        prometheus.Requests.Count.ShouldBe(20);
    }

    [Fact]
    public async Task ReadAsync_OneQuestionFails_IsNotKnownAndTriedAtTheNextRefresh()
    {
        var fails = true;
        var (reader, prometheus) = Create(request => fails && request.Query.Contains("istio_tcp_connections_opened_total{reporter=\"destination\",connection", StringComparison.Ordinal)
            ? ScriptedPrometheus.Json("""{"status":"error","errorType":"execution","error":"too many samples"}""", HttpStatusCode.UnprocessableEntity)
            : ScriptedPrometheus.Vector());

        var evidence = await reader.ReadAsync(TimeSpan.FromDays(7), CancellationToken.None);
        evidence.Unprotected.ShouldBeNull("two answers of three would pass for all that there is");
        evidence.Arrivals.ShouldNotBeNull();
        evidence.Faults.Single().Question.ShouldBe("plaintext connections");
        evidence.Faults.Single().Message.ShouldContain("too many samples");

        fails = false;
        _time.Advance(TimeSpan.FromSeconds(15));
        (await reader.ReadAsync(TimeSpan.FromDays(7), CancellationToken.None)).Unprotected.ShouldNotBeNull();
        prometheus.Requests.Count.ShouldBe(10);
    }

    [Fact]
    public async Task ReadAsync_Answers_AreReadAsTheirReporterMeansThem()
    {
        var (reader, _) = Create(request => request.Query switch
        {
            var query when query.Contains("measure\", \"slots", StringComparison.Ordinal) => ScriptedPrometheus.Vector(
                ScriptedPrometheus.Series("100", "namespace=a", "pod=p", "measure=slots"),
                ScriptedPrometheus.Series("1772327400", "namespace=a", "pod=p", "measure=first"),
                ScriptedPrometheus.Series("1772330990", "namespace=a", "pod=p", "measure=last"),
                ScriptedPrometheus.Series("7", "measure=slots")),
            var query when query.Contains("\"measure\", \"requests\"", StringComparison.Ordinal) => ScriptedPrometheus.Vector(
                ScriptedPrometheus.Series("4", "destination_workload=t", "destination_workload_namespace=a", "source_cluster=east", "destination_cluster=east", "measure=requests"),
                ScriptedPrometheus.Series("2", "destination_workload=t", "destination_workload_namespace=a", "source_cluster=west", "destination_cluster=east", "measure=requests"),
                ScriptedPrometheus.Series("1", "destination_workload=t", "destination_workload_namespace=a", "source_cluster=unknown", "measure=bytes"),
                ScriptedPrometheus.Series("0", "destination_workload=idle", "destination_workload_namespace=a", "measure=requests")),
            var query when query.Contains("istio_requests_total", StringComparison.Ordinal) => ScriptedPrometheus.Vector(
                ScriptedPrometheus.Series("3", "source_workload=unknown", "destination_workload=t", "destination_workload_namespace=a", "connection_security_policy=none"),
                ScriptedPrometheus.Series("2", "source_workload=s", "source_workload_namespace=b", "destination_workload=t", "destination_workload_namespace=a", "connection_security_policy=unknown", "app=ztunnel"),
                ScriptedPrometheus.Series("NaN", "source_workload=n", "destination_workload=t", "destination_workload_namespace=a", "connection_security_policy=none"),
                ScriptedPrometheus.Series("1", "source_workload=absent", "destination_workload=t", "destination_workload_namespace=a")),
            var query when query.Contains("opened_total", StringComparison.Ordinal) => ScriptedPrometheus.Vector(
                ScriptedPrometheus.Series("5", "source_workload=z", "source_workload_namespace=b", "destination_workload=t", "destination_workload_namespace=a", "connection_security_policy=unknown", "app=ztunnel"),
                ScriptedPrometheus.Series("6", "source_workload=e", "source_workload_namespace=b", "destination_workload=t", "destination_workload_namespace=a", "connection_security_policy=unknown", "app=t")),
            _ => ScriptedPrometheus.Vector(),
        });

        var evidence = await reader.ReadAsync(s_hour, CancellationToken.None);

        var target = new WorkloadId("test", "a", "t");
        evidence.Unprotected!.Value.Select(one => (one.Source.Name, one.Measure, one.Known, one.Count)).ShouldBe(
        [
            ("unknown", TrafficMeasure.Requests, true, 3),
            ("s", TrafficMeasure.Requests, false, 2), // Requests are Envoy's: its "unknown" is not ztunnel's.
            ("absent", TrafficMeasure.Requests, false, 1),
            ("z", TrafficMeasure.Connections, true, 5),
            ("e", TrafficMeasure.Connections, false, 6),
        ]);
        evidence.Unprotected.Value.ShouldAllBe(one => one.Target == target);
        evidence.Arrivals!.Keys.ShouldBe([target]);
        (evidence.Arrivals[target].Requests, evidence.Arrivals[target].Bytes).ShouldBe((6, 1));
        evidence.Arrivals[target].Clusters.ShouldBe(["west"]);
        evidence.Proxies!.Single().Value.ShouldBe(new ScrapedSpan(TimeSpan.FromMinutes(50), DateTimeOffset.FromUnixTimeSeconds(1772327400), DateTimeOffset.FromUnixTimeSeconds(1772330990)));
    }

    [Fact]
    public async Task AskAsync_ClusterNobodyReads_IsUnproven()
    {
        var readiness = new StrictReadinessReader(new FakeMeshSnapshots(), () => new Dictionary<string, LookbackReader>(), Mesh.Certificates.CertificateThresholds.Default);
        var answer = await readiness.AskAsync(new StrictScope("nowhere"), s_hour, CancellationToken.None);
        (answer.Verdict, answer.Unproven.Single().Code).ShouldBe((ReadinessVerdict.Unproven, "cluster-unknown"));
    }

    /// <summary>Whatever the rate window: 240 slots at most, half of the window at least, and half a minute at least.</summary>
    [Theory]
    [InlineData(5, 1, 30)] // Half of the window, 2.5 s, would be shorter than the time between two usual scrapes.
    [InlineData(60, 1, 30)]
    [InlineData(300, 1, 150)]
    [InlineData(60, 168, 2520)] // Seven days in 240 slots.
    public void Slot_IsNeverShorterThanUsualScrapesAreApart(int windowSeconds, int lookbackHours, int expected)
    {
        using var http = new HttpClient();
        using var reader = new LookbackReader("test", new PrometheusClient(http, new PrometheusEndpoint(new Uri("http://127.0.0.1:1/")), _time), new TelemetrySettings { RateWindow = TimeSpan.FromSeconds(windowSeconds) }, _time);
        reader.SlotOf(TimeSpan.FromHours(lookbackHours)).ShouldBe(TimeSpan.FromSeconds(expected));
    }

    private (LookbackReader Reader, ScriptedPrometheus Prometheus) Create(Func<ScriptedPrometheus.Request, HttpResponseMessage> answer)
    {
        var prometheus = new ScriptedPrometheus(answer);
        var http = new HttpClient(prometheus);
        var client = new PrometheusClient(http, new PrometheusEndpoint(new Uri("http://prometheus:9090/")), _time);
        var reader = new LookbackReader("test", client, new TelemetrySettings(), _time);
        _owned.AddRange([reader, http]);
        return (reader, prometheus);
    }
}
