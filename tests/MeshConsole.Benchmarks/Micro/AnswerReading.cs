using BenchmarkDotNet.Attributes;
using MeshConsole.Mesh.Prometheus;
using MeshConsole.Mesh.Prometheus.Istio;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Benchmarks.Micro;

/// <summary>Answers of mesh L, replayed from memory: read into a snapshot, against only scanning the same bytes.</summary>
[MemoryDiagnoser]
public class AnswerReading
{
    private AnswerToSnapshot.RecordedAnswers _recorder = null!;
    private HttpClient _http = null!;
    private TelemetryHistory _history = null!;
    private DateTimeOffset _at;

    /// <summary>Waits here: the in-process runner starts measuring before a task of a setup is over.</summary>
    [GlobalSetup]
    public void Record() => RecordAsync().GetAwaiter().GetResult();

    private async Task RecordAsync()
    {
        await using var mesh = await MeasuredMesh.StartAsync(MeshConsole.Simulator.MeshSize.L, CancellationToken.None);
        _recorder = new AnswerToSnapshot.RecordedAnswers();
        _http = new HttpClient(_recorder);
        var client = new PrometheusClient(_http, new PrometheusEndpoint(mesh.Mesh.PrometheusUrl) { QueryTimeout = TimeSpan.FromMinutes(1) }, TimeProvider.System);
        _history = new TelemetryHistory("l", client, new IstioDialect(), new TelemetrySettings { MaxParallelQueries = 1, RefreshInterval = TimeSpan.FromSeconds(1) }, () => false);
        _at = mesh.Mesh.SampledAt;
        await _history.AtAsync(_at, null, CancellationToken.None);
    }

    [GlobalCleanup]
    public void Close()
    {
        _http.Dispose();
        _recorder.Dispose();
    }

    [Benchmark(Baseline = true)]
    public void Scan()
    {
        foreach (var answer in _recorder.Answers)
        {
            AnswerToSnapshot.Scan(answer);
        }
    }

    [Benchmark]
    public async Task<ClusterSnapshot> ReadIntoSnapshotAsync()
    {
        // An instant that was not asked for before: the past is kept, and would cost nothing.
        _at = _at.AddSeconds(-1);
        var frame = await _history.AtAsync(_at, null, CancellationToken.None);
        return SnapshotBuilder.Build("l", new ClusterObjects(), [], frame);
    }
}
