using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using MeshConsole.Testing.RealServices;

namespace MeshConsole.Benchmarks.Micro;

/// <summary>
/// The parts that are small enough for BenchmarkDotNet, in this process: its own builds of a project beside this one would
/// know neither the lock files nor the folder of artifacts.
/// </summary>
internal static class MicroBenchmarks
{
    public static void Report<TBenchmarks>()
    {
        var log = new AccumulationLogger();
        var config = ManualConfig.CreateEmpty()
            .AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(2).WithIterationCount(9))
            .AddDiagnoser(MemoryDiagnoser.Default)
            .AddColumnProvider(DefaultColumnProviders.Instance)
            .AddExporter(MarkdownExporter.GitHub)
            .AddLogger(log)
            .WithArtifactsPath(Path.Combine(RepositoryPaths.Root, "artifacts", "benchmarks"));
        var summary = BenchmarkRunner.Run<TBenchmarks>(config);
        if (summary.HasCriticalValidationErrors || summary.Reports.Any(report => !report.Success))
        {
            throw new InvalidOperationException($"{typeof(TBenchmarks).Name} did not run to its end:\n{string.Join('\n', log.GetLog().Split('\n').Where(line => line.Contains("xception", StringComparison.Ordinal) || line.Contains("   at MeshConsole", StringComparison.Ordinal)).Take(20))}");
        }

        var baseline = summary.Reports.Single(report => summary.IsBaseline(report.BenchmarkCase)).ResultStatistics!.Mean;
        foreach (var report in summary.Reports)
        {
            var statistics = report.ResultStatistics!;
            var allocated = report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase) ?? 0;
            Row.Write(
                $"{typeof(TBenchmarks).Name}.{report.BenchmarkCase.Descriptor.WorkloadMethod.Name} (BenchmarkDotNet)",
                $"{statistics.Mean / 1e6:F1} ms ± {statistics.StandardError / 1e6:F1}, {statistics.Mean / baseline:F1} × the scan, {allocated / 1e6:F1} MB allocated",
                "—");
        }
    }
}
