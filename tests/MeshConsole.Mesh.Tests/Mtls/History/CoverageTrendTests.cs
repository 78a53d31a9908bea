using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Mtls.History;
using MeshConsole.Mesh.Prometheus;
using MeshConsole.Mesh.Prometheus.Istio;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Tests.Prometheus;
using MeshConsole.Testing;

namespace MeshConsole.Mesh.Tests.Mtls.History;

public sealed class CoverageTrendTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(Given.Now);
    private readonly List<IDisposable> _owned = [];

    public void Dispose() => _owned.ForEach(one => one.Dispose());

    [Theory]
    [InlineData("1h", 61, "60s", "[60s]")]
    [InlineData("6h", 73, "300s", "[300s]")]
    [InlineData("24h", 97, "900s", "[900s]")]
    [InlineData("7d", 85, "7200s", "[7200s]")]
    public async Task ReadAsync_EachRange_IsAlignedAndAskedOnceForAll(string range, int points, string step, string window)
    {
        var (reader, prometheus) = Create(_ => Matrix());
        var asked = HistoryRange.All.Single(one => one.Id == range);
        var snapshot = Given.Snapshot(Given.ClusterOf());

        var reads = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => reader.ReadAsync(snapshot, MeshQuery.All, null, CoverageMeasure.Requests, asked, CancellationToken.None)));

        var request = prometheus.Requests.ShouldHaveSingleItem();
        (request.Parameters["step"], request.Query.Contains(window, StringComparison.Ordinal)).ShouldBe((step, true));
        (long.Parse(request.Parameters["start"], System.Globalization.CultureInfo.InvariantCulture) % (long)asked.Step.TotalSeconds).ShouldBe(0, "points stand on whole steps, so that a later question fits");
        reads.ShouldAllBe(read => read!.Points.Length == points && !read.IsKnown && read.Fault == null);

        // The next step costs the one point that is new.
        _time.Advance(asked.Step);
        await reader.ReadAsync(snapshot, MeshQuery.All, null, CoverageMeasure.Requests, asked, CancellationToken.None);
        prometheus.Requests.Count.ShouldBe(2);
        prometheus.Requests[1].Parameters["start"].ShouldBe(prometheus.Requests[1].Parameters["end"]);
    }

    [Fact]
    public async Task ReadAsync_SeriesOfSidecarAndAmbient_AreReadByTheirReporter()
    {
        var at = Given.Now.AddMinutes(-1).ToUnixTimeSeconds() / 60 * 60;
        var (reader, prometheus) = Create(request => Matrix(
            ("connection_security_policy=mutual_tls;app=ztunnel", at, 6), ("connection_security_policy=unknown;app=ztunnel", at, 1),
            ("connection_security_policy=none;app=db", at, 2), ("connection_security_policy=unknown;app=db", at, 3), ("app=db", at, 4)));

        var trend = (await reader.ReadAsync(Given.Snapshot(Given.ClusterOf()), MeshQuery.All, Given.Id("db"), CoverageMeasure.Connections, HistoryRange.Hour, CancellationToken.None))!;

        trend.Points.OfType<SecuritySplit>().ShouldHaveSingleItem().ShouldBe(new SecuritySplit(6, 3, 7));
        prometheus.Requests.Single().Query.ShouldContain("destination_workload_namespace=\"payments\", destination_workload=\"db\"");
        prometheus.Requests.Single().Query.ShouldContain("reporter=\"destination\"");
    }

    [Fact]
    public async Task ReadAsync_PrometheusFails_IsInTheAnswer()
    {
        var (reader, _) = Create(_ => ScriptedPrometheus.Json("""{"status":"error","errorType":"timeout","error":"query timed out"}""", System.Net.HttpStatusCode.ServiceUnavailable));
        var trend = (await reader.ReadAsync(Given.Snapshot(Given.ClusterOf()), MeshQuery.All, null, CoverageMeasure.Bytes, HistoryRange.Day, CancellationToken.None))!;
        trend.IsKnown.ShouldBeFalse();
        trend.Fault!.ShouldContain("query timed out");
    }

    [Fact]
    public void Marks_AreWritesOfPoliciesWithinTheTime()
    {
        var policy = Given.Object("PeerAuthentication", "default", "{}", createdAt: Given.Now.AddMinutes(-50));
        policy = policy with { Meta = policy.Meta with { LastWriter = "argocd-controller", WrittenAt = Given.Now.AddMinutes(-10) } };
        var old = Given.Object("PeerAuthentication", "mesh", "{}", "istio-system", createdAt: Given.Now.AddDays(-9));
        var rule = Given.Object("DestinationRule", "ledger", "{}", "risk", createdAt: Given.Now.AddMinutes(-20));
        rule = rule with { Meta = rule.Meta with { LastWriter = "kubectl", WrittenAt = Given.Now.AddMinutes(-20) } };
        var snapshot = Given.Snapshot(Given.ClusterOf(Given.NoObjects with { PeerAuthentications = [policy, old], DestinationRules = [rule] }));

        PolicyMark.Of(snapshot, MeshQuery.All, Given.Now.AddHours(-1), Given.Now).Select(mark => (mark.Object.Kind, mark.Object.Name, mark.Created, mark.By)).ShouldBe(
        [
            ("PeerAuthentication", "default", true, null),
            ("DestinationRule", "ledger", true, "kubectl"),
            ("PeerAuthentication", "default", false, "argocd-controller"),
        ]);
        PolicyMark.Of(snapshot, MeshQuery.For(null, ["payments"]), Given.Now.AddHours(-1), Given.Now).Length.ShouldBe(2);
        PolicyMark.Of(snapshot, MeshQuery.For(null, ["payments"]), Given.Now.AddDays(-10), Given.Now).Select(mark => mark.Object.Name).ShouldContain("mesh", "a mesh-wide policy holds everywhere");
    }

    private (CoverageTrendReader Reader, ScriptedPrometheus Prometheus) Create(Func<ScriptedPrometheus.Request, HttpResponseMessage> answer)
    {
        var prometheus = new ScriptedPrometheus(answer);
        var http = new HttpClient(prometheus);
        var client = new PrometheusClient(http, new PrometheusEndpoint(new Uri("http://prometheus:9090/")), _time);
        var history = new TrafficHistory(client, new IstioDialect(), new TelemetrySettings(), _time);
        _owned.AddRange([history, http]);
        return (new CoverageTrendReader(() => new Dictionary<string, TrafficHistory> { [Given.Cluster] = history }), prometheus);
    }

    private static HttpResponseMessage Matrix(params (string Labels, long At, double Value)[] series) => ScriptedPrometheus.Json(
        """{"status":"success","data":{"resultType":"matrix","result":[SERIES]}}""".Replace("SERIES", string.Join(',', series.Select(one =>
            "{\"metric\":{" + string.Join(',', one.Labels.Split(';').Select(label => label.Split('=')).Select(pair => $"\"{pair[0]}\":\"{pair[1]}\"")) + "},\"values\":[[" + one.At.ToString(System.Globalization.CultureInfo.InvariantCulture) + ",\"" + one.Value.ToString(System.Globalization.CultureInfo.InvariantCulture) + "\"]]}")), StringComparison.Ordinal));
}
