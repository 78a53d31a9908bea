using System.Collections.Immutable;
using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using MeshConsole.Mesh.Access;
using MeshConsole.Mesh.Audit;
using MeshConsole.Mesh.Changes;
using MeshConsole.Mesh.Changes.Guards;
using MeshConsole.Mesh.Changes.Plans;
using MeshConsole.Mesh.Changes.Writes;
using MeshConsole.Mesh.Kubernetes;
using MeshConsole.Mesh.Storage;
using Microsoft.Extensions.Logging;

namespace MeshConsole.Benchmarks;

/// <summary>What guarded changes cost: all guards over one context, a preview over HTTP, one durable record of the audit.</summary>
internal static class ChangeCosts
{
    private const int Rounds = 41;

    public static async Task ReportAsync(CancellationToken cancellationToken)
    {
        MeasureGuards();
        await MeasureAuditAsync(cancellationToken);
        await MeasurePreviewAsync(cancellationToken);
    }

    private static void MeasureGuards()
    {
        const int Times = 10_000;
        var context = Context();
        var verdicts = GuardSet.Check(context);
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var begun = Stopwatch.GetTimestamp();
        for (var i = 0; i < Times; i++)
        {
            verdicts = GuardSet.Check(context);
        }

        var each = Stopwatch.GetElapsedTime(begun).TotalMicroseconds / Times;
        Row.Write($"all {verdicts.Length} guards over one context", $"{each:F0} µs, {(GC.GetAllocatedBytesForCurrentThread() - allocated) / (double)Times / 1024:F0} KiB allocated", "—");
    }

    private static async Task MeasureAuditAsync(CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("meshconsole-");
        try
        {
            await using var database = new Database(DatabaseSettings.SqliteFile(Path.Combine(folder.FullName, "audit.db")), TimeProvider.System);
            await database.OpenAsync(cancellationToken);
            using var log = new AuditLog(database, TimeProvider.System);
            var entry = new AuditEntry { Actor = Actor.Console, Action = "benchmark", Phase = "outcome", Outcome = "ok", Summary = "One record as durable as any other." };
            await log.AppendAsync(entry, cancellationToken);
            var times = new List<double>();
            for (var i = 0; i < 10 * Rounds; i++)
            {
                var begun = Stopwatch.GetTimestamp();
                await log.AppendAsync(entry, cancellationToken);
                times.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
            }

            Row.Write("append to the audit, SQLite, on the disk when it returns", $"p50 {Row.Percentile(times, 0.5):F1} ms, p95 {Row.Percentile(times, 0.95):F1} ms", "—");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task MeasurePreviewAsync(CancellationToken cancellationToken)
    {
        await using var app = MeshConsoleApplication.Build(
            ["--applicationName", "MeshConsole", "--urls", "http://127.0.0.1:0"],
            builder => builder.Logging.SetMinimumLevel(LogLevel.Warning));
        await app.StartAsync(cancellationToken);
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "demo-omar");
        while (!(await http.GetAsync("readyz", cancellationToken)).IsSuccessStatusCode)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancellationToken);
        }

        var request = new { routeId = "payments-demo/payments/VirtualService/card-processor/http/1", targetPercent = 50, reason = "what a preview costs" };
        var times = new List<double>();
        for (var i = 0; i < Rounds; i++)
        {
            var begun = Stopwatch.GetTimestamp();
            using var response = await http.PostAsJsonAsync("api/v1/changes/preview", request, cancellationToken);
            response.EnsureSuccessStatusCode();
            await response.Content.ReadAsByteArrayAsync(cancellationToken);
            times.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
        }

        Row.Write("preview of a change over HTTP: read, access review, dry run, guards, two differences", $"p50 {Row.Percentile(times, 0.5):F0} ms, p95 {Row.Percentile(times, 0.95):F0} ms", "—");
        await app.StopAsync(CancellationToken.None);
    }

    private static GuardContext Context()
    {
        const string Host = "card-processor.payments.svc.cluster.local";
        var target = new ChangeTarget("demo", "networking.istio.io/v1", "VirtualService", "payments", "card-processor", "uid", "http", 1, null, []);
        var nothing = JsonSerializer.SerializeToElement(new { });
        ImmutableArray<RouteBackend> backends =
        [
            new(Host, "v1", null, 90, 0.9, 0.9, new RouteLive(90, 0.001, 80), 3, 3),
            new(Host, "v2", null, 10, 0.1, 0.1, new RouteLive(10, 0.001, 90), 2, 2),
        ];
        return new GuardContext
        {
            Moment = GuardMoment.Start,
            Plan = new ChangePlan
            {
                Target = target,
                Backends = [new PlanBackend(Host, "v1", null, 90), new PlanBackend(Host, "v2", null, 10)],
                Stable = 0,
                Canary = 1,
                Stages = [new PlanStage([75, 25], TimeSpan.FromMinutes(5)), new PlanStage([50, 50], TimeSpan.FromMinutes(5))],
                Reason = "what guards cost",
            },
            Base = new ChangeBase("uid", "7", "hash"),
            Next = [75, 25],
            Actor = new Actor { Issuer = "b", Subject = "b", Name = "b", Method = "b", Roles = [Role.Operator], ClusterIdentity = new Impersonation("b", []) },
            Policy = ChangePolicy.Default with { Enabled = true, FreezeWindows = [new FreezeWindow("night", "0 22 * * 5", TimeSpan.FromHours(10), "Europe/Berlin", [])] },
            Now = TimeProvider.System.GetUtcNow(),
            Route = new RouteView("demo/payments/VirtualService/card-processor/http/1", "demo", new RouteObject("networking.istio.io/v1", "VirtualService", "payments", "card-processor", "uid", "7"), new RouteRule(1, null, []), [Host], "http", backends, new RouteOwner("none", null, true, null), "all other requests", new RoutePolicy(null, null, null, null)),
            Live = new LiveTarget(nothing, "uid", "7", "hash", [90, 10], null),
            Access = new AccessVerdict(true, null),
            DryRun = new DryRunAnswer(true, nothing, "", 200),
            RecentStarts = [],
        };
    }
}
