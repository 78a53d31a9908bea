using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Prometheus;
using MeshConsole.Mesh.Prometheus.Istio;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.System.Tests.ByHand;
using MeshConsole.Testing.RealServices;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeshConsole.System.Tests.Telemetry;

/// <summary>The telemetry of a mesh, read from a real Prometheus, against figures worked out on paper (<see cref="HandMesh"/>).</summary>
[Collection(Alone.Name)]
public sealed class TelemetryPollerTests
{
    private static readonly TimeSpan s_window = TimeSpan.FromMinutes(1);

    [SkippableFact]
    public async Task Frame_FromRealPrometheus_HoldsTheStatedFigures()
    {
        Requires.Prometheus();
        await using var metrics = await HandMesh.StartAsync();
        await using var prometheus = await RealPrometheus.StartAsync(metrics.ScrapeConfig, metrics.History(TimeSpan.FromMinutes(3), TimeSpan.FromSeconds(1)));
        await UntilScrapedAsync(prometheus);

        using var http = new HttpClient();
        var poller = Poller(http, prometheus.Address, TimeSpan.FromSeconds(15));
        using var end = new CancellationTokenSource();
        var running = poller.RunAsync(end.Token);
        await poller.Ready.WaitAsync(TimeSpan.FromSeconds(20));
        await end.CancelAsync();
        await running;

        foreach (var source in poller.Sources)
        {
            source.State.ShouldBe(SourceState.Live, source.ToString());
        }

        var frame = poller.Frame.ShouldNotBeNull();
        frame.Window.ShouldBe(s_window);
        frame.Edges.Length.ShouldBe(6);

        var arriving = EdgeOf(frame, "istio-ingressgateway", "payment-api");
        arriving.FromSource!.RequestsPerSecond!.Value.ShouldBe(20, 1e-6);
        arriving.FromSource.Responses.ShouldContain(response => response.Code == 503 && response.Flags == "UF" && Math.Abs(response.RequestsPerSecond - 0.3) < 1e-6);
        arriving.FromDestination!.RequestsPerSecond!.Value.ShouldBe(19.7, 1e-6);
        arriving.FromDestination.RequestSecurity.Mutual.ShouldBe(19.7, 1e-6);
        arriving.SourcePrincipals.ShouldBe(["spiffe://cluster.local/ns/istio-ingress/sa/istio-ingressgateway"]);

        var plaintext = EdgeOf(frame, "unknown", "payment-api");
        plaintext.FromSource.ShouldBeNull();
        plaintext.FromDestination!.RequestSecurity.Plaintext.ShouldBe(2, 1e-6);
        plaintext.FromDestination.RequestSecurity.Mutual.ShouldBe(0);

        var stable = EdgeOf(frame, "payment-api", "card-processor-v1");
        stable.ServiceHost.ShouldBe(HandMesh.CardProcessorHost);
        (stable.FromDestination!.DurationSum!.Value / stable.FromDestination.DurationCount!.Value).ShouldBe(46.5, 1e-6);
        (stable.FromSource!.CleanDurationSum!.Value / stable.FromSource.CleanDurationCount!.Value).ShouldBe(48, 1e-6);
        var buckets = stable.FromDestination.Durations.ShouldNotBeNull();
        buckets.Bounds.ShouldBe([.. HandMesh.Bounds, double.PositiveInfinity]);
        double[] cumulative = [0, 0, 0, 4.5, 8.1, 9, 9, 9];
        for (var index = 0; index < cumulative.Length; index++)
        {
            buckets.Cumulative[index].ShouldBe(cumulative[index], 1e-6);
        }

        var canary = EdgeOf(frame, "payment-api", "card-processor-v2").FromDestination!;
        canary.Responses.Single(response => response.Code == 503).RequestsPerSecond.ShouldBe(0.1, 1e-6);

        var ledger = EdgeOf(frame, "payment-api", "ledger-db");
        ledger.Protocol.ShouldBe("tcp");
        ledger.FromDestination!.ConnectionsPerSecond!.Value.ShouldBe(0.4, 1e-6);
        ledger.FromDestination.ConnectionSecurity.Mutual.ShouldBe(0.4, 1e-6);
        ledger.FromDestination.RequestsPerSecond.ShouldBeNull();

        // Istio counts "sent" on the way back: the proxy writes it to the caller.
        ledger.FromDestination.SentBytesPerSecond!.Value.ShouldBe(2_000, 1e-3);
        ledger.FromDestination.ReceivedBytesPerSecond!.Value.ShouldBe(500, 1e-3);

        var outside = frame.Edges.Single(edge => edge.ServiceHost == HandMesh.HostileHost);
        outside.FromSource!.RequestsPerSecond!.Value.ShouldBe(0.25, 1e-6);
        outside.FromSource.RequestSecurity.Unknown.ShouldBe(0.25, 1e-6);
        outside.FromDestination.ShouldBeNull();

        var certificate = frame.ProxyCertificates.ShouldHaveSingleItem();
        certificate.Pod.ShouldBe("payment-api-6d4c5b7f8-00001");
        var left = certificate.SampledAt.AddSeconds(certificate.RemainingSeconds) - TimeProvider.System.GetUtcNow();
        left.TotalHours.ShouldBe(6, 0.01);
        frame.ControlPlane.ShouldContain(sample => sample.Metric == "pilot_info");
    }

    [SkippableFact]
    public async Task Refresh_AtTheServer_IsAtMostTwelveQueriesOfOneInstant()
    {
        Requires.Prometheus();
        await using var metrics = await HandMesh.StartAsync();
        await using var prometheus = await RealPrometheus.StartAsync(metrics.ScrapeConfig, metrics.History(TimeSpan.FromMinutes(3), TimeSpan.FromSeconds(1)));
        await UntilScrapedAsync(prometheus);
        var before = (await prometheus.LoggedQueriesAsync()).Count;

        using var http = new HttpClient();
        var poller = Poller(http, prometheus.Address, TimeSpan.FromSeconds(3));
        using var end = new CancellationTokenSource();
        var running = poller.RunAsync(end.Token);
        await Eventually.BecomesAsync(
            "three refreshes in the server's log",
            TimeSpan.FromSeconds(30),
            async token => (await prometheus.LoggedQueriesAsync(token)).Skip(before).Select(query => query.Start).Distinct().Count(),
            count => count >= 4);
        await end.CancelAsync();
        await running;

        // The last one may have been cut short.
        var refreshes = (await prometheus.LoggedQueriesAsync()).Skip(before).GroupBy(query => query.Start).OrderBy(refresh => refresh.Key).SkipLast(1).ToList();
        refreshes.Count.ShouldBeGreaterThanOrEqualTo(3);
        foreach (var refresh in refreshes)
        {
            refresh.Count().ShouldBeInRange(5, 12);
            refresh.Select(query => query.Query).ShouldBeUnique();
        }

        // Histograms of the whole mesh are the dear part: at most once a minute.
        refreshes.Count(refresh => refresh.Any(query => query.Query.Contains("_bucket", StringComparison.Ordinal) && query.Query.Contains("istio_request_duration", StringComparison.Ordinal))).ShouldBe(1);
    }

    [SkippableFact]
    public async Task Poller_WhilePrometheusIsKilled_KeepsTheFrameAndIsLiveAgainSoonAfter()
    {
        Requires.Prometheus();
        await using var metrics = await HandMesh.StartAsync();
        await using var prometheus = await RealPrometheus.StartAsync(metrics.ScrapeConfig, metrics.History(TimeSpan.FromMinutes(3), TimeSpan.FromSeconds(1)));
        await UntilScrapedAsync(prometheus);
        using var http = new HttpClient();
        var poller = Poller(http, prometheus.Address, TimeSpan.FromSeconds(2));
        using var end = new CancellationTokenSource();
        var running = poller.RunAsync(end.Token);
        await poller.Ready.WaitAsync(TimeSpan.FromSeconds(20));

        await prometheus.KillAsync();
        await Eventually.HoldsAsync("every query stale", TimeSpan.FromSeconds(20), () => poller.Sources.All(source => source.State == SourceState.Stale));
        var kept = poller.Frame.ShouldNotBeNull();
        kept.Edges.Length.ShouldBe(6);
        foreach (var source in poller.Sources)
        {
            source.LastSuccess.ShouldNotBeNull();
            source.Message.ShouldNotBeNullOrWhiteSpace();
            source.Message.ShouldContain(prometheus.Address.Authority);
        }

        await prometheus.StartAgainAsync();
        await Eventually.HoldsAsync("requests live again", TimeSpan.FromSeconds(10), () => poller.Sources.Single(source => source.Name == SourceNames.Requests).State == SourceState.Live);
        running.IsCompleted.ShouldBeFalse();
        poller.Frame!.At.ShouldBeGreaterThan(kept.At);
        await end.CancelAsync();
        await running;
    }

    private static TelemetryPoller Poller(HttpClient http, Uri address, TimeSpan refresh) => new(
        "real",
        new PrometheusClient(http, new PrometheusEndpoint(address), TimeProvider.System),
        new IstioDialect(),
        new TelemetrySettings { RefreshInterval = refresh, RateWindow = s_window, RetryInterval = TimeSpan.FromSeconds(2) },
        TimeProvider.System,
        NullLogger<TelemetryPoller>.Instance);

    private static Edge EdgeOf(TelemetryFrame frame, string source, string target) =>
        frame.Edges.Single(edge => edge.Source.Workload.Name == source && edge.Target.Workload.Name == target);

    private static Task UntilScrapedAsync(RealPrometheus prometheus) => Eventually.BecomesAsync(
        "the endpoint was scraped",
        TimeSpan.FromSeconds(15),
        token => prometheus.QueryAsync("count_over_time(up[10s]) >= 2", cancellationToken: token),
        samples => samples.Count == 1);
}
