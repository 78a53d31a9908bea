using System.Collections.Immutable;
using MeshConsole.Collection;
using MeshConsole.Configuration;
using MeshConsole.Simulator;

namespace MeshConsole.Demo;

/// <summary>
/// The embedded payments mesh. It runs on loopback and is reached through a kubeconfig and an address like any cluster;
/// only its scenarios are known here.
/// </summary>
internal sealed partial class EmbeddedMesh(MeshConsoleOptions options, ILoggerFactory loggers, TimeProvider time) : IDemoScenarios, IAsyncDisposable
{
    private readonly ILogger _logger = loggers.CreateLogger<EmbeddedMesh>();
    private SimulatedMesh? _mesh;
    private string? _directory;

    public event Action? Changed;

    public bool Enabled => options.RunsDemo;

    public ImmutableArray<DemoScenario> All => _mesh is { } mesh ? [.. mesh.Scenarios.All.Select(Describe)] : [];

    public DemoScenario? Active => _mesh is { } mesh ? Describe(mesh.Scenarios.Active) : null;

    public async Task ActivateAsync(string id, CancellationToken cancellationToken)
    {
        var mesh = _mesh ?? throw new InvalidOperationException("The embedded mesh has not started yet.");
        await mesh.Past.WaitAsync(cancellationToken);
        await mesh.Scenarios.ActivateAsync(id, cancellationToken);
    }

    /// <summary>Starts the mesh and says how it is reached: its objects at once, its telemetry when six hours of past are there.</summary>
    public async Task<ClusterConnection> StartAsync(CancellationToken cancellationToken)
    {
        var mesh = await SimulatedMesh.BeginAsync(new SimulatorOptions(), loggers, time, cancellationToken);
        _mesh = mesh;
        mesh.Scenarios.Changed += OnChanged;

        // A file of our own, so that kubectl can be pointed at the demo too. CreateTempSubdirectory keeps others out.
        _directory = Directory.CreateTempSubdirectory("meshconsole-").FullName;
        var kubeconfig = Path.Combine(_directory, "kubeconfig");
        await File.WriteAllTextAsync(kubeconfig, mesh.Kubeconfig, cancellationToken);
        Log.Started(_logger, mesh.KubernetesUrl, kubeconfig, mesh.PrometheusUrl);
        OnChanged();
        var cluster = new ClusterOptions { Name = "payments-demo", Kubeconfig = kubeconfig, PrometheusUrl = mesh.PrometheusUrl.ToString() };
        return ClusterConnection.Resolve(cluster, options.Telemetry, time) with { TelemetryReady = mesh.Past };
    }

    public async ValueTask DisposeAsync()
    {
        if (_mesh is { } mesh)
        {
            mesh.Scenarios.Changed -= OnChanged;
            await mesh.DisposeAsync();
        }

        if (_directory is not null && Directory.Exists(_directory))
        {
            Directory.Delete(_directory, recursive: true);
        }
    }

    private static DemoScenario Describe(Simulator.Scenarios.Scenario scenario) => new(scenario.Id, scenario.Title, scenario.Description);

    private void OnChanged() => Changed?.Invoke();

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "The embedded payments mesh runs: Kubernetes API at {Kubernetes} (kubeconfig {Kubeconfig}), Prometheus API at {Prometheus}")]
        public static partial void Started(ILogger logger, Uri kubernetes, string kubeconfig, Uri prometheus);
    }
}
