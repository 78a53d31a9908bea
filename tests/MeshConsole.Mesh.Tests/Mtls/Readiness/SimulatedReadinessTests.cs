using MeshConsole.Mesh.Certificates;
using MeshConsole.Mesh.Kubernetes;
using MeshConsole.Mesh.Kubernetes.Connections;
using MeshConsole.Mesh.Mtls;
using MeshConsole.Mesh.Mtls.Readiness;
using MeshConsole.Mesh.Prometheus;
using MeshConsole.Mesh.Prometheus.Istio;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Simulator;
using MeshConsole.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeshConsole.Mesh.Tests.Mtls.Readiness;

/// <summary>Readiness of the simulated payments mesh over HTTP, before, while and after somebody calls in plaintext.</summary>
public sealed class SimulatedReadinessTests
{
    private static readonly TimeSpan s_lookback = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan s_refresh = TimeSpan.FromSeconds(15);
    private static readonly StrictScope s_vault = new("demo", "payments", "token-vault");

    [Fact]
    public async Task AskAsync_PlaintextCallerComesAndGoes_BlocksWithinTwoRefreshesAndIsReadyAfterTheLookback()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2), TimeProvider.System);
        var time = new FakeTimeProvider();
        await using var mesh = await SimulatedMesh.StartAsync(new SimulatorOptions { HistoryLength = TimeSpan.FromMinutes(5) }, NullLoggerFactory.Instance, time, patience.Token);
        using var http = new HttpClient();
        var client = new PrometheusClient(http, new PrometheusEndpoint(mesh.PrometheusUrl), TimeProvider.System);
        var settings = new TelemetrySettings { RefreshInterval = s_refresh };
        var history = new TelemetryHistory("demo", client, new IstioDialect(), settings with { RefreshInterval = TimeSpan.FromSeconds(1) }, () => false);
        using var reader = new LookbackReader("demo", client, settings, time);
        var file = Path.Combine(Directory.CreateTempSubdirectory("meshconsole-test-").FullName, "kubeconfig");
        await File.WriteAllTextAsync(file, mesh.Kubeconfig, patience.Token);
        using var kubernetes = new KubernetesClient(Kubeconfig.Load(file).Connect(null, TimeProvider.System), TimeProvider.System);
        using var objects = new ClusterObjectSource(kubernetes, new ClusterWatchOptions(), TimeProvider.System, NullLogger<ClusterObjectSource>.Instance);
        var watching = objects.RunAsync(patience.Token);
        await objects.Ready.WaitAsync(patience.Token);
        var snapshots = new FakeMeshSnapshots();
        var readiness = new StrictReadinessReader(snapshots, () => new Dictionary<string, LookbackReader> { ["demo"] = reader }, CertificateThresholds.Default);

        await RefreshAsync();
        var before = await readiness.AskForPartsAsync(new StrictScope("demo"), s_lookback, patience.Token);
        before.Whole.Blockers.ShouldBeEmpty();
        before.Whole.Verdict.ShouldBe(ReadinessVerdict.Ready, string.Join('\n', before.Whole.Unproven));
        before.Parts.Where(part => part.Verdict == ReadinessVerdict.Ready).Select(part => part.Scope.Namespace).ShouldBe(["finance", "merchants", "payments", "platform", "risk"]);
        (await readiness.AskAsync(s_vault, s_lookback, patience.Token)).Verdict.ShouldBe(ReadinessVerdict.Ready);

        // What blocks in a healthy mesh are its permanent oddities, and no other workload.
        var finance = await readiness.AskForPartsAsync(new StrictScope("demo", "finance"), s_lookback, patience.Token);
        finance.Parts.Where(part => part.Verdict == ReadinessVerdict.Blocked).Select(part => part.Scope.Workload).ShouldBe(["postgres", "settlement"]);

        // The nightly job names settlement and has not run within two minutes; its port is excepted, so the namespace need not wait.
        var settlement = await readiness.AskAsync(new StrictScope("demo", "finance", "settlement"), s_lookback, patience.Token);
        settlement.Unproven.Single(found => found.Code == "cron-job-not-seen").Message.ShouldStartWith("CronJob batch/nightly-settlement names settlement.finance.svc.cluster.local and has not run within 2 min");
        finance.Whole.Unproven.ShouldBeEmpty();
        before.Whole.Warnings.Single(found => found.Code == "cron-job-not-seen").Message.ShouldContain("batch/report-export");

        await mesh.Scenarios.ActivateAsync("plaintext-caller", patience.Token);
        await PassAsync(2 * s_refresh);
        await RefreshAsync();
        var coverage = MtlsCoverageBuilder.Build(snapshots.Current, MeshQuery.All);
        var edge = coverage.Plaintext.Single(edge => edge.Target.EndsWith("/token-vault", StringComparison.Ordinal));
        edge.Reason.ShouldContain("batch/report-export");
        foreach (var scope in new[] { s_vault, new StrictScope("demo", "payments"), new StrictScope("demo") })
        {
            var blocked = await readiness.AskAsync(scope, s_lookback, patience.Token);
            blocked.Verdict.ShouldBe(ReadinessVerdict.Blocked);
            var finding = blocked.Blockers.Single();
            (finding.Code, finding.Workload).ShouldBe(("plaintext-requests", "payments/token-vault"));
            finding.Message.ShouldContain("batch/report-export");
            finding.Fix.ShouldNotBeNullOrEmpty();
        }

        // Two requests of one look-back do not ask twice, whatever they ask for.
        var asked = client.QueriesSent;
        await readiness.AskForPartsAsync(new StrictScope("demo", "risk"), s_lookback, patience.Token);
        client.QueriesSent.ShouldBe(asked);

        await mesh.Scenarios.ActivateAsync("healthy", patience.Token);
        await PassAsync(TimeSpan.FromSeconds(90));
        await RefreshAsync();
        var remembered = await readiness.AskAsync(s_vault, s_lookback, patience.Token);
        remembered.Verdict.ShouldBe(ReadinessVerdict.Blocked, "the rate has gone back to zero, the look-back has not passed");
        remembered.Blockers.Single().Message.ShouldContain("may be gone");

        await PassAsync(TimeSpan.FromSeconds(50));
        await RefreshAsync();
        var after = await readiness.AskAsync(s_vault, s_lookback, patience.Token);
        after.Verdict.ShouldBe(ReadinessVerdict.Ready, string.Join('\n', after.Blockers.Concat(after.Unproven)));

        await patience.CancelAsync();
        await watching;

        async Task RefreshAsync()
        {
            var frame = await history.AtAsync(mesh.SampledAt, TimeSpan.FromMinutes(1), patience.Token);
            snapshots.Publish(new MeshSnapshot(snapshots.Current.Revision + 1, frame.At, [SnapshotBuilder.Build("demo", objects.Objects, [], frame, null)]));
        }

        async Task PassAsync(TimeSpan duration)
        {
            var until = mesh.SampledAt + duration;
            await time.WaitForTimersAsync();
            while (mesh.SampledAt < until)
            {
                time.Advance(TimeSpan.FromSeconds(1));
                await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, patience.Token);
            }

            // The cluster is read in real time.
            await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System, patience.Token);
        }
    }
}
