using System.Globalization;
using System.Text;
using MeshConsole.Mesh.Changes;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Changes.Gates;
using MeshConsole.Mesh.Changes.Plans;
using MeshConsole.Mesh.Prometheus;
using MeshConsole.Testing;
using MeshConsole.Testing.RealServices;

namespace MeshConsole.System.Tests.Changes;

/// <summary>
/// What ztunnels deny once a policy is STRICT, read from a real Prometheus that holds series as ztunnel writes them: a series
/// begins with its first count, so that the first denials ever are no increase of anything.
/// </summary>
public sealed class DeniedByZtunnelTests
{
    private static readonly TimeSpan s_scrape = TimeSpan.FromSeconds(15);

    /// <summary>On a scrape, long enough ago that the server holds all of it.</summary>
    private static readonly DateTimeOffset s_written = DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() / 15 * 15).AddMinutes(-10);

    private static readonly DateTimeOffset s_end = s_written.AddMinutes(5);

    [SkippableFact]
    public async Task Strict_InAmbient_TripsAtTheFirstDenialsOfWhomItReaches()
    {
        Requires.Prometheus();

        // The first denial comes a minute after the policy, four more with the next scrapes; then it stays at five.
        await using var prometheus = await RealPrometheus.StartAsync(openMetrics: Samples(
            new Denials("unknown", "ledger", step => step < 4 ? null : Math.Min(step - 3, 5)),
            new Denials("unknown", "pay", step => step < 4 ? null : step * 100),
            new Denials("unknown", "ledger", step => step < 4 ? null : step * 100) { Reporter = "source" },
            new Denials("batch", "ledger", step => step < 4 ? null : step * 100) { Flags = "CONNECT" }));

        var (look, evidence) = await LookAsync(prometheus.Address, "ledger");
        evidence.Problem.ShouldBeNull();
        evidence.Refusals!.Denied.ShouldBe(new RefusalCount(5, 0), "neither those of another workload, nor the source's word for the same, nor failures of another kind");
        var result = look.Results.Single(one => one.Code == GateCodes.PlaintextRefused);
        (result.Verdict, look.Trips).ShouldBe((GateVerdict.Fail, true));
        result.Message.ShouldBe("5 connections were denied by ztunnels (DENY) (0 over as much time before).");

        // Going back needs them gone: whoever asks for a time in which none was denied gets none.
        (await LookAsync(prometheus.Address, "ledger", s_written.AddMinutes(-2))).Evidence.Refusals!.Denied.ShouldBe(new RefusalCount(0, 0));
    }

    [SkippableFact]
    public async Task Strict_InAmbient_PassesWhereAsMuchIsDeniedAsBefore()
    {
        Requires.Prometheus();

        // An AuthorizationPolicy denies one connection per scrape all the time: 20 in five minutes, before and since.
        await using var prometheus = await RealPrometheus.StartAsync(openMetrics: Samples(new Denials("batch", "ledger", step => 1_000 + step)));

        var (look, evidence) = await LookAsync(prometheus.Address, "ledger");
        var denied = evidence.Refusals!.Denied.ShouldNotBeNull();
        denied.Since.ShouldBe(20, 1e-6);
        denied.Before!.Value.ShouldBe(20, 1e-6);
        var result = look.Results.Single(one => one.Code == GateCodes.PlaintextRefused);
        result.Verdict.ShouldBe(GateVerdict.Pass);
        result.Message.ShouldEndWith("ztunnels denied 20.");

        // What cannot be asked is no pass.
        await prometheus.KillAsync();
        var (blind, nothing) = await LookAsync(prometheus.Address, "ledger");
        nothing.Problem.ShouldNotBeNullOrWhiteSpace();
        blind.Results.ShouldHaveSingleItem().Verdict.ShouldBe(GateVerdict.Error);
        blind.Verdict.ShouldBe(GateVerdict.Error);
    }

    private static async Task<(GateLook Look, GateEvidence Evidence)> LookAsync(Uri prometheus, string workload, DateTimeOffset? end = null)
    {
        var objects = SampleMesh.Objects(
            [.. SampleMesh.Pods("payments", "ledger", proxy: SampleProxy.Ambient), .. SampleMesh.Pods("payments", "pay", proxy: SampleProxy.Ambient)],
            [SampleMesh.Deployment("payments", "ledger"), SampleMesh.Deployment("payments", "pay")],
            [SampleMesh.ReplicaSet("payments", "ledger"), SampleMesh.ReplicaSet("payments", "pay")],
            [SampleMesh.Service("payments", "ledger", selector: ("app", "ledger"))],
            [SampleMesh.Namespace("payments", ("istio.io/dataplane-mode", "ambient"))]);
        var snapshot = SampleMesh.Snapshot(objects);
        var request = new ChangeRequest(Soak: TimeSpan.FromMinutes(5), Reason: "nobody needs plaintext") { Policy = new PolicyRequest(SampleMesh.Cluster, "payments", workload, null, "STRICT") };
        var plan = PolicyPlanner.Plan(request, snapshot, ChangePolicy.Default with { Enabled = true }).Plan.ShouldNotBeNull();

        using var http = new HttpClient();
        var client = new PrometheusClient(http, new PrometheusEndpoint(prometheus), TimeProvider.System);
        var reader = new PrometheusGateReader(_ => new GateSource(client, s_scrape * 2), new FakeMeshSnapshots(snapshot));
        var (from, to) = end is { } early ? (early - (s_end - s_written), early) : (s_written, s_end);
        var evidence = await reader.ReadAsync(plan, from, from, to, CancellationToken.None);
        return (GateEvaluator.Look(evidence, GateSettings.Default, []), evidence);
    }

    /// <summary>Samples from ten minutes before the policy to five after, at each scrape; step 0 is the writing of the policy.</summary>
    private static string Samples(params ReadOnlySpan<Denials> all)
    {
        var text = new StringBuilder("# TYPE istio_tcp_connections_failed_total unknown\n");
        foreach (var denials in all)
        {
            for (var step = -40; step <= 20; step++)
            {
                if (denials.At(step) is { } count)
                {
                    text.Append(
                        CultureInfo.InvariantCulture,
                        $"istio_tcp_connections_failed_total{{reporter=\"{denials.Reporter}\",source_workload=\"{denials.Source}\",source_workload_namespace=\"unknown\",destination_workload=\"{denials.Target}\",destination_workload_namespace=\"payments\",destination_service=\"{denials.Target}.payments.svc.cluster.local\",request_protocol=\"tcp\",response_flags=\"{denials.Flags}\",connection_security_policy=\"unknown\",app=\"ztunnel\",pod=\"ztunnel-x7k2p\",namespace=\"istio-system\"}} {count} {(s_written + (s_scrape * step)).ToUnixTimeSeconds()}\n");
                }
            }
        }

        return text.Append("# EOF\n").ToString();
    }

    /// <param name="At">The counter at a step; null before ztunnel has begun the series.</param>
    private sealed record Denials(string Source, string Target, Func<int, int?> At)
    {
        public string Reporter { get; init; } = "destination";

        public string Flags { get; init; } = "DENY";
    }
}
