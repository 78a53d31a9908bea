using System.Collections.Immutable;
using MeshConsole.Mesh.Certificates;
using MeshConsole.Mesh.Kubernetes;
using MeshConsole.Mesh.Kubernetes.Connections;
using MeshConsole.Mesh.Prometheus;
using MeshConsole.Mesh.Prometheus.Istio;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Timeline;
using MeshConsole.Mesh.Triage;
using MeshConsole.Simulator;
using MeshConsole.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeshConsole.Mesh.Tests.Triage;

/// <summary>The simulated payments mesh, read over HTTP and looked at once per refresh, in a time that the test moves.</summary>
internal sealed class TriageRig : IAsyncDisposable
{
    public static readonly TimeSpan Refresh = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan s_baselineEvery = TimeSpan.FromMinutes(10);

    private readonly FakeTimeProvider _time;
    private readonly CancellationTokenSource _patience = new(TimeSpan.FromMinutes(4), TimeProvider.System);
    private readonly CancellationTokenSource _stop = new();
    private readonly HttpClient _http = new();
    private readonly MeshViews _views = new(CertificateThresholds.Default);
    private readonly TriageEngine _engine = new();
    private readonly List<TimelineEntry> _timeline = [];
    private readonly TelemetryHistory _history;
    private readonly KubernetesClient _kubernetes;
    private readonly ClusterObjectSource _source;
    private readonly Task _running;
    private TrafficBaseline _usual = TrafficBaseline.None;
    private MeshSnapshot? _before;
    private DateTimeOffset _baselineAt;

    private TriageRig(SimulatedMesh mesh, FakeTimeProvider time, string kubeconfig)
    {
        (Mesh, _time) = (mesh, time);
        var client = new PrometheusClient(_http, new PrometheusEndpoint(mesh.PrometheusUrl) { QueryTimeout = TimeSpan.FromSeconds(20) }, TimeProvider.System);
        _history = new TelemetryHistory("demo", client, new IstioDialect(), new TelemetrySettings { RefreshInterval = TimeSpan.FromSeconds(1) }, () => false);
        _kubernetes = new KubernetesClient(Kubeconfig.Load(kubeconfig).Connect(null, TimeProvider.System), TimeProvider.System);
        _source = new ClusterObjectSource(_kubernetes, new ClusterWatchOptions(), TimeProvider.System, NullLogger<ClusterObjectSource>.Instance);
        _running = _source.RunAsync(_stop.Token);
    }

    public SimulatedMesh Mesh { get; }

    public IReadOnlyList<TimelineEntry> Timeline => _timeline;

    public static async Task<TriageRig> StartAsync(int seed = 1)
    {
        var time = new FakeTimeProvider();
        var mesh = await SimulatedMesh.StartAsync(new SimulatorOptions { Seed = seed, HistoryLength = TimeSpan.FromMinutes(75) }, NullLoggerFactory.Instance, time, CancellationToken.None);
        var file = Path.Combine(Directory.CreateTempSubdirectory("meshconsole-test-").FullName, "kubeconfig");
        await File.WriteAllTextAsync(file, mesh.Kubeconfig);
        var rig = new TriageRig(mesh, time, file);
        await rig._source.Ready.WaitAsync(rig._patience.Token);
        await rig.LookAsync();
        return rig;
    }

    /// <summary>Brings a scenario into force and waits until the watches have shown its objects.</summary>
    public async Task ActivateAsync(string scenario)
    {
        await Mesh.Scenarios.ActivateAsync(scenario, _patience.Token);
        await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System, _patience.Token);
    }

    /// <summary>Lets one refresh pass and looks.</summary>
    public async Task<ImmutableArray<TriageProblem>> NextAsync()
    {
        var until = Mesh.SampledAt + Refresh;
        await _time.WaitForTimersAsync();
        while (Mesh.SampledAt < until)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, _patience.Token);
        }

        return await LookAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Mesh.DisposeAsync();
        _source.Dispose();
        _kubernetes.Dispose();
        _http.Dispose();
        _stop.Dispose();
        _patience.Dispose();
    }

    /// <summary>Looks without letting time pass.</summary>
    public async Task<ImmutableArray<TriageProblem>> LookAsync()
    {
        var at = Mesh.SampledAt;
        var snapshot = await SnapshotAsync(at);
        if (at - _baselineAt >= s_baselineEvery)
        {
            _baselineAt = at;
            var then = SnapshotBuilder.Build("demo", _source.Objects, [], await _history.AtAsync(at - TimeSpan.FromMinutes(10), TimeSpan.FromHours(1), _patience.Token), null);
            _usual = TrafficBaseline.Of(new MeshSnapshot(1, at, [then]), at);
        }

        if (_before is { } before)
        {
            _timeline.InsertRange(0, ClusterDifferences.Between(before.Clusters[0], snapshot.Clusters[0], at).Reverse());
        }

        _before = snapshot;
        return _engine.Look(TriageInput.Of(snapshot, _views, CertificateThresholds.Default, _usual, [.. _timeline]));
    }

    private async Task<MeshSnapshot> SnapshotAsync(DateTimeOffset at)
    {
        TelemetryFrame? frame = _before?.Clusters[0].Telemetry;
        SourceStatus status;
        try
        {
            frame = await _history.AtAsync(at, TimeSpan.FromMinutes(1), _patience.Token);
            status = new SourceStatus("prometheus/requests", SourceState.Live, at, at, null);
        }
        catch (PrometheusException exception)
        {
            status = new SourceStatus("prometheus/requests", SourceState.Failed, at, frame?.At, exception.Message);
        }

        return new MeshSnapshot((_before?.Revision ?? 0) + 1, at, [SnapshotBuilder.Build("demo", _source.Objects, [.. _source.Sources, status], frame, _before?.Clusters[0])]);
    }
}
