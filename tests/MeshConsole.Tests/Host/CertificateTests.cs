using System.Net;
using System.Text.Json;
using MeshConsole.Demo;
using MeshConsole.Mesh.Certificates;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Monitoring;
using MeshConsole.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace MeshConsole.Tests.Host;

[Collection(ConsoleCollection.Name)]
public sealed class CertificateTests(ConsoleFactory console)
{
    [Fact]
    public async Task Calendar_OfTheDemo_LeavesWorkloadsOutUnlessAskedFor()
    {
        var calendar = await TextAsync("/api/v1/certificates.ics", "text/calendar; charset=utf-8");
        calendar.ShouldStartWith("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n");
        calendar.ShouldContain("SUMMARY:Gateway certificate CN=pay.example expires");
        calendar.ShouldNotContain("Workload certificate");

        var workloads = await TextAsync("/api/v1/certificates.ics?kind=workload&namespace=payments", "text/calendar; charset=utf-8");
        workloads.ShouldContain("SUMMARY:Workload certificate spiffe://cluster.local/ns/payments/sa/");
        workloads.ShouldNotContain("pay.example");
    }

    [Fact]
    public async Task Demo_HasEveryKindAndOneRoot()
    {
        var rows = (await console.GetAsync("/api/v1/certificates")).EnumerateArray().ToList();
        rows.Select(row => row.GetProperty("kind").GetString()).Distinct().Order(StringComparer.Ordinal).ShouldBe(["certManager", "gateway", "issuer", "root", "webhook", "workload"]);
        var gateway = rows.Single(row => row.GetProperty("id").GetString() == "payments-demo/gateway/istio-ingress/pay-example-tls");
        gateway.GetProperty("chain").EnumerateArray().Select(link => link.GetProperty("signsPrevious").ValueKind).ShouldBe([JsonValueKind.Null, JsonValueKind.True]);

        var trust = (await console.GetAsync("/api/v1/certificates/trust")).EnumerateArray().ShouldHaveSingleItem();
        trust.GetProperty("namespaces").EnumerateArray().ShouldAllBe(one => one.GetProperty("trustsAuthority").GetBoolean());
        var forecast = await console.GetAsync("/api/v1/certificates/forecast");
        forecast.GetProperty("spans").EnumerateArray().Select(span => span.GetProperty("seconds").GetDouble()).ShouldBe([86_400, 604_800, 2_592_000]);
    }

    private async Task<string> TextAsync(string path, string type)
    {
        using var response = await console.Http.GetAsync(path);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.ToString().ShouldBe(type);
        return await response.Content.ReadAsStringAsync();
    }
}

/// <summary>With a console of its own, whose mesh it breaks.</summary>
public sealed class CertificateScenarioTests(ConsoleFactory console) : IClassFixture<ConsoleFactory>
{
    /// <summary>Two refreshes of the demo and what a busy machine needs for them.</summary>
    private static readonly TimeSpan s_twoRefreshes = TimeSpan.FromSeconds(2 * 15) + TimeSpan.FromSeconds(5);

    [Theory]
    [InlineData("leaf-not-renewing", "workload", "late")]
    [InlineData("gateway-expiring", "gateway", "expiring")]
    public async Task Scenario_ShowsWithinTwoRefreshes(string scenario, string kind, string state)
    {
        await console.Services.GetRequiredService<IDemoScenarios>().ActivateAsync("healthy", CancellationToken.None);
        await UntilAsync(rows => rows.All(row => row.GetProperty("state").GetString() == "valid"), TimeSpan.FromSeconds(60));

        await console.Services.GetRequiredService<IDemoScenarios>().ActivateAsync(scenario, CancellationToken.None);
        await UntilAsync(rows => rows.Exists(row => row.GetProperty("kind").GetString() == kind && row.GetProperty("state").GetString() == state && row.GetProperty("nextStep").GetString() is { Length: > 0 }), s_twoRefreshes);

        using var metrics = await console.Http.GetAsync("/metrics");
        (await metrics.Content.ReadAsStringAsync()).ShouldContain($"mesh_certificates{{cluster=\"payments-demo\",kind=\"{kind}\",state=\"{state}\"}} 1");
    }

    private async Task UntilAsync(Func<List<JsonElement>, bool> condition, TimeSpan patience)
    {
        using var limit = new CancellationTokenSource(patience, TimeProvider.System);
        while (!condition([.. (await console.GetAsync("/api/v1/certificates")).EnumerateArray()]))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(250), TimeProvider.System, limit.Token);
        }
    }
}

/// <summary>What machines get, of views that are made by hand.</summary>
public sealed class CertificateMetricsTests
{
    [Fact]
    public void Series_AreCappedAtTheMostUrgentAndTheRestIsCounted()
    {
        var row = SampleViews.Certificates[0];
        var views = new FakeMeshViews
        {
            OnCertificates = [.. Enumerable.Range(0, 2_100).Select(i => row with { Id = $"main/workload/{i:0000}", State = i == 2_099 ? CertificateState.Expired : CertificateState.Valid, NotAfter = SampleViews.Now.AddHours(i) })],
        };
        var lines = Write(views, SampleViews.Snapshot());

        lines.Count(line => line.StartsWith("mesh_certificate_state{", StringComparison.Ordinal)).ShouldBe(2_000);
        lines.ShouldContain("mesh_certificates_left_out 100");
        lines.ShouldContain(line => line.StartsWith("mesh_certificate_state{", StringComparison.Ordinal) && line.Contains("main/workload/2099", StringComparison.Ordinal) && line.Contains("expired", StringComparison.Ordinal));
        lines.ShouldNotContain(line => line.Contains("main/workload/2050\"", StringComparison.Ordinal));
    }

    [Fact]
    public void Coverage_OfASilentPrometheus_IsAbsentAndNeverZero()
    {
        Write(new FakeMeshViews(), SampleViews.Snapshot()).ShouldContain(line => line.StartsWith("mesh_mtls_coverage_ratio{", StringComparison.Ordinal));
        var silent = Write(new FakeMeshViews(), SampleViews.Snapshot(7, SampleViews.Source("prometheus/requests", SourceState.Stale, message: "no answer")));
        silent.ShouldNotContain(line => line.StartsWith("mesh_mtls_coverage_ratio{", StringComparison.Ordinal));
        silent.ShouldNotContain(line => line.StartsWith("mesh_plaintext_edges{", StringComparison.Ordinal));
    }

    [Fact]
    public void NotesAndClocks_AreExported()
    {
        var views = new FakeMeshViews { OnCertificates = [SampleViews.Certificates[0] with { Notes = [new CertificateNote("weak", "a"), new CertificateNote("weak", "b")] }] };
        var snapshot = SampleViews.Snapshot();
        snapshot = snapshot with { Clusters = [snapshot.Clusters[0] with { Clocks = [new ClockSkew("Prometheus", TimeSpan.FromSeconds(-7.25), TimeSpan.FromSeconds(1), SampleViews.Now)] }] };
        var lines = Write(views, snapshot);
        lines.ShouldContain(line => line.StartsWith("mesh_certificate_notes{cluster=\"main\",kind=", StringComparison.Ordinal) && line.EndsWith("code=\"weak\"} 1", StringComparison.Ordinal));
        lines.ShouldContain("mesh_clock_skew_seconds{cluster=\"main\",of=\"Prometheus\"} -7.25");
    }

    private static string[] Write(FakeMeshViews views, MeshSnapshot snapshot) =>
        new MetricsExporter(new FakeMeshSnapshots(snapshot), views, new ConnectionCounts(), new FakeTimeProvider(SampleViews.Now)).Write().Split('\n');
}
