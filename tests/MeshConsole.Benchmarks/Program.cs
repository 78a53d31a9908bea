using MeshConsole.Benchmarks;
using MeshConsole.Benchmarks.Browsers;
using MeshConsole.Benchmarks.Circuits;
using MeshConsole.Benchmarks.Micro;
using MeshConsole.Simulator;

// The budgets of the design, measured on the generated mesh L (or another size) on one machine: ratios, counts and bytes
// first, times beside them. docs/performance.md keeps the figures.
if (args is [MeasuredConsole.Command, ..])
{
    await MeasuredConsole.ServeAsync(args[1..], CancellationToken.None);
    return 0;
}

var size = MeshSize.L;
var sizeGiven = false;
var names = new List<string>();
for (var i = 0; i < args.Length; i++)
{
    if (args[i] == "--size" && i + 1 < args.Length && Enum.TryParse(args[i + 1], out size))
    {
        sizeGiven = true;
        i++;
    }
    else
    {
        names.Add(args[i]);
    }
}

using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(60));
var token = patience.Token;
(string Name, string What, Func<Task> Run)[] measurements =
[
    ("pods", "memory of a watched pod", () => PodMemory.ReportAsync(token)),
    ("answers", "Prometheus answers → snapshot, against a scan", () => OnMeshAsync(mesh => AnswerToSnapshot.ReportAsync(mesh, token))),
    ("served", "the console over HTTP and its hub: start, topology, queries and delays with 1 and 50 streams", () => OnMeshAsync(mesh => ServedConsole.ReportAsync(mesh, token))),
    ("prometheus", "a real Prometheus: its time per refresh", () => OnMeshAsync(mesh => PrometheusTime.ReportAsync(mesh, token))),
    ("lookback", "seven days of readiness: samples that a real Prometheus reads and holds, in counts", () => OnMeshAsync(mesh => LookbackCost.ReportAsync(mesh, token))),
    ("circuits", "200 circuits: memory of one, delay of an update; on mesh S and L, or on the size given", CircuitsAsync),
    ("browsers", "queries per refresh with 1 and 50 pages of Chromium", () => OnMeshAsync(mesh => ManyBrowsers.ReportAsync(mesh, token))),
    ("topology", "the topology in Chromium: opening, layout, updates, panning", () => OnMeshAsync(mesh => TopologyInBrowser.ReportAsync(mesh, token))),
    ("hour", "memory of the topology's page over 240 updates, an hour's at 15 s, driven every 2 s", () => HourInBrowser.ReportAsync(size, token)),
    ("changes", "guards, preview and audit of a change, on the embedded payments mesh", () => ChangeCosts.ReportAsync(token)),
    ("micro-answers", "BenchmarkDotNet: answers → snapshot", () => Task.Run(MicroBenchmarks.Report<AnswerReading>)),
    ("micro-pods", "BenchmarkDotNet: reading pods", () => Task.Run(MicroBenchmarks.Report<PodParsing>)),
];

var unknown = names.Where(name => name != "all" && measurements.All(measurement => measurement.Name != name)).ToArray();
if (names.Count == 0 || unknown.Length > 0)
{
    Console.WriteLine(unknown.Length > 0 ? $"There is no measurement {string.Join(", ", unknown)}. These are there:" : "Name what to measure, or all; --size S, M or L for another mesh than L.");
    foreach (var (name, what, _) in measurements)
    {
        Console.WriteLine($"  {name,-14} {what}");
    }

    return unknown.Length > 0 ? 2 : 0;
}

Console.WriteLine($"mesh {size}, {Environment.ProcessorCount} processors, .NET {Environment.Version}");
Console.WriteLine();
Console.WriteLine("| what | measured | budget |");
Console.WriteLine("|---|---|---|");
foreach (var measurement in measurements.Where(measurement => names.Contains("all") || names.Contains(measurement.Name)))
{
    await measurement.Run();
}

return 0;

async Task OnMeshAsync(Func<MeasuredMesh, Task> measure)
{
    await using var mesh = await MeasuredMesh.StartAsync(size, token);
    await measure(mesh);
}

async Task CircuitsAsync()
{
    MeshSize[] sizes = sizeGiven ? [size] : [MeshSize.S, MeshSize.L];
    foreach (var each in sizes)
    {
        await CircuitLoad.ReportAsync(each, token);
    }
}
