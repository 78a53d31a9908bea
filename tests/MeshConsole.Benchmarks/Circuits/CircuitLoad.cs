using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using MeshConsole.Components;
using MeshConsole.Simulator;

namespace MeshConsole.Benchmarks.Circuits;

/// <summary>Two hundred readers of pages on one console: memory of a circuit, and how late an update reaches them.</summary>
internal static class CircuitLoad
{
    private const int Count = 200;
    private const int FewOnOnePage = 40;
    private const int Refreshes = 6;
    private const int Patches = 8;

    private static readonly TimeSpan s_refresh = TimeSpan.FromSeconds(15);

    /// <summary>An update is told apart from its neighbours when no other snapshot is this near.</summary>
    private static readonly TimeSpan s_alone = TimeSpan.FromSeconds(4);

    private static readonly string[] s_pages = ["", "mtls", "traffic"];

    public static async Task ReportAsync(MeshSize size, CancellationToken cancellationToken)
    {
        await using var mesh = await MeasuredMesh.StartAsync(size, cancellationToken);
        await using var console = await MeasuredConsole.StartAsync(mesh, cancellationToken);

        // Views, code and pools that all circuits share are there before the first memory is read.
        await using (new Crowd(await OpenAsync(console, 6, cancellationToken)))
        {
            await console.NextSnapshotAsync(TimeSpan.FromSeconds(3), cancellationToken);
        }

        await console.NextSnapshotAsync(TimeSpan.FromSeconds(5), cancellationToken);
        var before = await console.MemoryAsync(cancellationToken);
        foreach (var page in s_pages)
        {
            await using var few = new Crowd(await OpenAsync(console, FewOnOnePage, cancellationToken, page));
            // While a refresh reads its answers the shared part is larger than all these circuits.
            await console.NextSnapshotAsync(TimeSpan.FromSeconds(5), cancellationToken);
            var memory = await console.MemoryAsync(cancellationToken);
            Row.Write($"memory of a circuit on {(page.Length == 0 ? "overview" : page)}, mesh {size}", $"{(memory.Heap - before.Heap) / 1024.0 / FewOnOnePage:F0} KiB of managed heap ({FewOnOnePage} circuits)", "≤ 1 MiB");
        }

        var begun = Stopwatch.GetTimestamp();
        await using var crowd = new Crowd(await OpenAsync(console, Count, cancellationToken));
        var opened = Stopwatch.GetElapsedTime(begun);
        await console.NextSnapshotAsync(TimeSpan.FromSeconds(5), cancellationToken);
        await console.NextSnapshotAsync(TimeSpan.FromSeconds(5), cancellationToken);
        var after = await console.MemoryAsync(cancellationToken);
        Row.Write(
            $"memory of a circuit, mesh {size}, {Count} circuits on overview, mtls and traffic",
            $"{(after.Heap - before.Heap) / 1024.0 / Count:F0} KiB of managed heap, {(after.Private - before.Private) / 1024.0 / Count:F0} KiB of the process (all of it {after.Private / 1048576.0:F0} MiB, before {before.Private / 1048576.0:F0} MiB); opened in {opened.TotalSeconds:F1} s",
            "≤ 1 MiB");

        var from = TimeProvider.System.GetUtcNow();
        await Task.Delay(Refreshes * s_refresh, TimeProvider.System, cancellationToken);
        var snapshots = await console.SnapshotsAsync(cancellationToken);
        var (delays, updates, missing) = Delays(crowd.Circuits, snapshots, from);
        Row.Write(
            $"age of a snapshot when its render arrives, mesh {size}, {Count} circuits",
            $"p50 {Row.Percentile(delays, 0.5):F0} ms, p95 {Row.Percentile(delays, 0.95):F0} ms, longest {delays.Max():F0} ms ({updates} updates, {delays.Count} renders of {crowd.Circuits.Average(c => c.Renders.Last().Bytes) / 1024:F0} KiB on the average, {missing} without a change)",
            "p95 ≤ 1 s");

        var patched = await PatchAsync(mesh, console, crowd.Circuits, cancellationToken);
        Row.Write(
            $"patched weight → render, mesh {size}, {Count} circuits, those on traffic",
            $"p50 {Row.Percentile(patched, 0.5):F0} ms, p95 {Row.Percentile(patched, 0.95):F0} ms, longest {patched.Max():F0} ms ({patched.Count} renders)",
            "p95 ≤ 1 s");
        if (crowd.Circuits.FirstOrDefault(circuit => circuit.Fault is not null) is { } broken)
        {
            throw new InvalidOperationException($"{crowd.Circuits.Count(circuit => circuit.Fault is not null)} of {Count} circuits broke; {broken.Fault}\n{console.Output}");
        }
    }

    private static async Task<IReadOnlyList<Circuit>> OpenAsync(MeasuredConsole console, int count, CancellationToken cancellationToken, string? page = null)
    {
        var circuits = new List<Circuit>();
        foreach (var few in Enumerable.Range(0, count).Chunk(10))
        {
            circuits.AddRange(await Task.WhenAll(few.Select(index => Circuit.OpenAsync(console.Http, page ?? s_pages[index % s_pages.Length], cancellationToken))));
        }

        return circuits;
    }

    /// <summary>
    /// Per circuit and snapshot, from the snapshot's own time to the last render before the next snapshot, in milliseconds.
    /// Only snapshots that stand alone are counted: of two in a row nobody can say which one a render belongs to.
    /// </summary>
    private static (List<double> Delays, int Updates, int Missing) Delays(IReadOnlyList<Circuit> circuits, IReadOnlyList<PublishedSnapshot> snapshots, DateTimeOffset from)
    {
        var (delays, updates, missing) = (new List<double>(), 0, 0);
        for (var i = 1; i < snapshots.Count - 1; i++)
        {
            var at = snapshots[i].ObservedAt;
            var next = snapshots[i + 1].ObservedAt;
            if (at < from || at - snapshots[i - 1].ObservedAt < s_alone || next - at < s_alone)
            {
                continue;
            }

            updates++;
            foreach (var circuit in circuits)
            {
                if (circuit.Renders.LastOrDefault(render => render.At >= at && render.At < next) is { } render)
                {
                    delays.Add((render.At - at).TotalMilliseconds);
                }
                else
                {
                    missing++;
                }
            }
        }

        return delays.Count > 0 ? (delays, updates, missing) : throw new InvalidOperationException("No snapshot stood alone: nothing can be said about delays.");
    }

    /// <summary>Changes a weight as <c>kubectl patch</c> does and waits for its percentage in the renders of the traffic page.</summary>
    private static async Task<List<double>> PatchAsync(MeasuredMesh mesh, MeasuredConsole console, IReadOnlyList<Circuit> circuits, CancellationToken cancellationToken)
    {
        var routes = JsonNode.Parse(await ReadAsync(console.Http, "api/v1/routes", cancellationToken))!.AsArray();
        var route = routes.First(candidate => candidate!["backends"]!.AsArray().Count == 2
            && candidate["object"]!["kind"]!.GetValue<string>() == "VirtualService"
            && candidate["protocol"]!.GetValue<string>() is "http" or "grpc")!;
        var named = route["object"]!;
        var rule = route["rule"]!["index"]!.GetValue<int>();
        var path = $"apis/{named["apiVersion"]!.GetValue<string>()}/namespaces/{named["namespace"]!.GetValue<string>()}/virtualservices/{named["name"]!.GetValue<string>()}";
        var readers = circuits.Where(circuit => circuit.Page == "traffic").ToArray();
        var delays = new List<double>();
        using var kubernetes = mesh.KubernetesClient();
        for (var round = 0; round < Patches; round++)
        {
            // Shares with a fraction: no other number of the page reads alike.
            var (first, second) = (617 + (13 * round), 383 - (13 * round));
            var expected = Format.Percent(first / 1000.0);
            foreach (var reader in readers)
            {
                reader.Await(expected);
            }

            var patch = string.Create(CultureInfo.InvariantCulture, $$"""
                [{"op":"replace","path":"/spec/http/{{rule}}/route/0/weight","value":{{first}}},{"op":"replace","path":"/spec/http/{{rule}}/route/1/weight","value":{{second}}}]
                """);
            using var content = new StringContent(patch, Encoding.UTF8, new MediaTypeHeaderValue("application/json-patch+json"));
            var begun = TimeProvider.System.GetUtcNow();
            using (var answer = await kubernetes.PatchAsync(new Uri(path, UriKind.Relative), content, cancellationToken))
            {
                answer.EnsureSuccessStatusCode();
            }

            var deadline = begun.AddSeconds(20);
            while (readers.Any(reader => reader.AwaitedAt is null) && TimeProvider.System.GetUtcNow() < deadline)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cancellationToken);
            }

            var late = readers.Count(reader => reader.AwaitedAt is null);
            if (late > 0)
            {
                var known = await ReadAsync(console.Http, "api/v1/routes", cancellationToken);
                var shown = JsonNode.Parse(known)!.AsArray().First(candidate => candidate!["id"]!.GetValue<string>() == route["id"]!.GetValue<string>())!["backends"]!.ToJsonString();
                throw new InvalidOperationException(
                    $"{late} of {readers.Length} circuits on traffic did not show {expected} of {path} within 20 s; the console knows {shown}; "
                    + $"newest render {readers.Max(reader => reader.Renders.Last().At):O}, patched {begun:O}; {readers.FirstOrDefault(reader => reader.Fault is not null)?.Fault ?? "no circuit broke"}\n{console.Output}");
            }

            delays.AddRange(readers.Select(reader => (reader.AwaitedAt!.Value - begun).TotalMilliseconds));
            // Not in step with the refreshes, so that some patches meet one and some do not.
            await Task.Delay(TimeSpan.FromSeconds(3.7), TimeProvider.System, cancellationToken);
        }

        return delays;
    }

    private static async Task<string> ReadAsync(HttpClient http, string path, CancellationToken cancellationToken)
    {
        using var response = await http.GetAsync(new Uri(path, UriKind.Relative), cancellationToken);
        return await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync(cancellationToken);
    }

    private sealed class Crowd(IReadOnlyList<Circuit> circuits) : IAsyncDisposable
    {
        public IReadOnlyList<Circuit> Circuits => circuits;

        public async ValueTask DisposeAsync()
        {
            foreach (var circuit in circuits)
            {
                await circuit.DisposeAsync();
            }
        }
    }
}
