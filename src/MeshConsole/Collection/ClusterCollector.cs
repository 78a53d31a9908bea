using System.Collections.Immutable;
using MeshConsole.Configuration;
using MeshConsole.Mesh.Certificates.Probes;
using MeshConsole.Mesh.Kubernetes;
using MeshConsole.Mesh.Mtls.Readiness;
using MeshConsole.Mesh.Prometheus;
using MeshConsole.Mesh.Prometheus.Istio;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Collection;

/// <summary>What reads one cluster: its watchers, its poller and its history, over one client each.</summary>
internal sealed class ClusterCollector : IDisposable
{
    private readonly KubernetesClient _kubernetes;
    private readonly ClusterObjectSource _objects;
    private readonly TelemetryPoller _telemetry;
    private readonly HttpClient _http;
    private readonly Task _telemetryReady;

    public ClusterCollector(ClusterConnection connection, TelemetryOptions options, CertificateProber prober, TimeProvider time, ILoggerFactory loggers)
    {
        Name = connection.Name;
        _telemetryReady = connection.TelemetryReady;
        RootNamespace = connection.RootNamespace;
        _kubernetes = new KubernetesClient(connection.Kubernetes, time);
        _objects = new ClusterObjectSource(_kubernetes, new ClusterWatchOptions { Namespaces = connection.Namespaces }, time, loggers.CreateLogger<ClusterObjectSource>());

        // The client has a timeout of its own for each query.
        _http = new HttpClient(new SocketsHttpHandler { AutomaticDecompression = System.Net.DecompressionMethods.All, PooledConnectionLifetime = TimeSpan.FromMinutes(5) }) { Timeout = Timeout.InfiniteTimeSpan };
        Prometheus = new PrometheusClient(_http, connection.Prometheus, time);
        var dialect = new IstioDialect();
        var settings = new TelemetrySettings { RefreshInterval = options.RefreshInterval, RateWindow = options.RateWindow };
        _telemetry = new TelemetryPoller(connection.Name, Prometheus, dialect, settings, time, loggers.CreateLogger<TelemetryPoller>());
        History = new TelemetryHistory(connection.Name, Prometheus, dialect, settings, () => _telemetry.SeveralClusters);
        Prober = prober;
        Traffic = new TrafficHistory(Prometheus, dialect, settings, time);
        Lookback = new LookbackReader(connection.Name, Prometheus, settings, time);
    }

    public string Name { get; }

    public string RootNamespace { get; }

    /// <summary>The console's own account: it reads, and acts for people.</summary>
    public KubernetesClient Kubernetes => _kubernetes;

    public PrometheusClient Prometheus { get; }

    public IClusterObjectSource Objects => _objects;

    public ITelemetrySource Telemetry => _telemetry;

    public CertificateProber Prober { get; }

    /// <summary>Clocks of the machines that have answered.</summary>
    public ImmutableArray<ClockSkew> Clocks => [.. new[] { _kubernetes.Clock, Prometheus.Clock }.OfType<ClockSkew>()];

    public TelemetryHistory History { get; }

    public TrafficHistory Traffic { get; }

    public LookbackReader Lookback { get; }

    /// <summary>Reads until cancelled.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => Task.WhenAll(_objects.RunAsync(cancellationToken), ReadTelemetryAsync(cancellationToken), Prober.RunAsync(cancellationToken));

    private async Task ReadTelemetryAsync(CancellationToken cancellationToken)
    {
        await _telemetryReady.WaitAsync(cancellationToken);
        await _telemetry.RunAsync(cancellationToken);
    }

    public void Dispose()
    {
        Lookback.Dispose();
        History.Dispose();
        Traffic.Dispose();
        _objects.Dispose();
        _kubernetes.Dispose();
        _http.Dispose();
    }
}
