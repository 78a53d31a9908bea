using System.Collections.Immutable;
using MeshConsole.Configuration;
using MeshConsole.Demo;
using MeshConsole.Mesh.Certificates.Probes;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Collection;

/// <summary>
/// Reads every cluster and publishes what is read, from start to stop. The web server does not wait for it: pages say what
/// is awaited.
/// </summary>
internal sealed partial class CollectionService(
    MeshConsoleOptions options,
    ImmutableArray<ClusterConnection> configured,
    EmbeddedMesh demo,
    ClusterCollectors collectors,
    MeshSnapshotStore store,
    TimeProvider time,
    ILoggerFactory loggers,
    IHostApplicationLifetime lifetime) : BackgroundService
{
    private readonly ILogger _logger = loggers.CreateLogger<CollectionService>();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Starting the demo computes for a while; the server must not wait for that.
        await Task.Yield();
        var running = ImmutableArray<ClusterCollector>.Empty;
        try
        {
            ImmutableArray<ClusterConnection> connections = options.RunsDemo ? [await demo.StartAsync(stoppingToken)] : configured;
            foreach (var connection in connections)
            {
                Log.Reading(_logger, connection.Name, connection.Kubernetes.Server, connection.Prometheus.DisplayName);
                var prober = new CertificateProber(options.Certificates.ProbesOf(connection.Name, first: running.IsEmpty), options.Certificates.ToProbeSettings(options.RunsDemo), time);
                running = running.Add(new ClusterCollector(connection, options.Telemetry, prober, time, loggers));
            }

            collectors.Set(running);
            var sources = running.Select(c => new ClusterSources(c.Name, c.Objects, c.Telemetry, c.RootNamespace) { Prober = c.Prober, Clocks = () => c.Clocks });
            var publisher = new SnapshotPublisher(sources, store, time, loggers.CreateLogger<SnapshotPublisher>());
            await Task.WhenAll(running.Select(c => c.RunAsync(stoppingToken)).Append(publisher.RunAsync(stoppingToken)));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The end that was asked for.
        }
        catch (Exception exception)
        {
            // Sources never end by themselves. If one does, the console would go on showing old numbers: better that it
            // ends and is started again.
            Log.Broke(_logger, exception);
            Environment.ExitCode = 1;
            lifetime.StopApplication();
        }
        finally
        {
            foreach (var collector in running)
            {
                collector.Dispose();
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Reading cluster {Cluster}: Kubernetes API at {Kubernetes}, Prometheus at {Prometheus}")]
        public static partial void Reading(ILogger logger, string cluster, Uri kubernetes, string prometheus);

        [LoggerMessage(2, LogLevel.Critical, "Reading the clusters ended by itself; the console stops")]
        public static partial void Broke(ILogger logger, Exception exception);
    }
}
