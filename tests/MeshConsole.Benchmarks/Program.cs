using MeshConsole.Benchmarks;

// The budgets of the design, measured on the generated mesh L (or another size) on one machine: ratios, counts and bytes
// first, times beside them. docs/performance.md keeps the figures.
var size = args is ["--size", var given, ..] && Enum.TryParse<MeshConsole.Simulator.MeshSize>(given, out var parsed) ? parsed : MeshConsole.Simulator.MeshSize.L;
using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(20));

Console.WriteLine($"mesh {size}, {Environment.ProcessorCount} processors, .NET {Environment.Version}");
Console.WriteLine();
Console.WriteLine("| what | measured | budget |");
Console.WriteLine("|---|---|---|");
await PodMemory.ReportAsync(patience.Token);
await using var mesh = await MeasuredMesh.StartAsync(size, patience.Token);
await AnswerToSnapshot.ReportAsync(mesh, patience.Token);
await ServedConsole.ReportAsync(mesh, patience.Token);
