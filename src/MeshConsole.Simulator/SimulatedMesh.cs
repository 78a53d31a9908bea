using MeshConsole.Simulator.Hosting;
using MeshConsole.Simulator.Kubernetes;
using MeshConsole.Simulator.Prometheus;
using MeshConsole.Simulator.Scenarios;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace MeshConsole.Simulator;

/// <summary>
/// A mesh that runs: a Kubernetes API and a Prometheus API on loopback, with traffic that follows the objects. It is reached
/// like any cluster, through <see cref="Kubeconfig"/> and <see cref="PrometheusUrl"/>. Disposing it ends both servers.
/// </summary>
public sealed partial class SimulatedMesh : IAsyncDisposable
{
    /// <summary>How often scenarios and controllers act; samples come at the scrape interval.</summary>
    private static readonly TimeSpan s_beat = TimeSpan.FromSeconds(1);

    private readonly MeshModel _model;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping;
    private readonly LoopbackServer _kubernetes;
    private readonly LoopbackServer _prometheus;
    private readonly Task _running;
    private bool _disposed;

    private SimulatedMesh(
        MeshModel model, Task past, CancellationTokenSource stopping, KubernetesApiOptions kubernetesApi, PrometheusFaults prometheusFaults, ScenarioSwitch scenarios,
        LoopbackServer kubernetes, LoopbackServer prometheus, string kubeconfig, TimeProvider time, ILogger logger)
    {
        (_model, Past, _stopping, KubernetesApi, PrometheusFaults, Scenarios, _kubernetes, _prometheus, Kubeconfig, _time, _logger) =
            (model, past, stopping, kubernetesApi, prometheusFaults, scenarios, kubernetes, prometheus, kubeconfig, time, logger);
        _running = RunAsync(_stopping.Token);
    }

    /// <summary>The root of the Kubernetes API.</summary>
    public Uri KubernetesUrl => _kubernetes.Address;

    /// <summary>The root of the Prometheus API. <c>/metrics</c> below it is the mesh itself, for another Prometheus to scrape with <c>honor_labels: true</c>.</summary>
    public Uri PrometheusUrl => _prometheus.Address;

    /// <summary>YAML with the contexts <c>admin</c> (the current one), <c>operator</c> and <c>viewer</c>.</summary>
    public string Kubeconfig { get; }

    public ScenarioSwitch Scenarios { get; }

    /// <summary>The objects of the cluster, for tests that write beside the API.</summary>
    public ObjectStore Objects => _model.Objects;

    /// <summary>The samples, for tests that look beside the API.</summary>
    public SampleStore Samples => _model.Samples;

    /// <summary>Tokens, faults and request counts of the Kubernetes API.</summary>
    public KubernetesApiOptions KubernetesApi { get; }

    /// <summary>Faults and request count of the Prometheus API.</summary>
    public PrometheusFaults PrometheusFaults { get; }

    /// <summary>Ends when the past is there and the present goes on; fails when it could not be worked out.</summary>
    public Task Past { get; }

    /// <summary>
    /// A fault: takes a workload, or one of its pods, out of what Prometheus scrapes, or back in. Traffic flows on and is
    /// counted where others are scraped. Holds from the next scrape on.
    /// </summary>
    /// <returns>False when there is no such workload or pod.</returns>
    public bool SetScraped(string @namespace, string name, bool scraped) => SetScraped(_model, @namespace, name, scraped);

    /// <summary>The time of the newest samples.</summary>
    public DateTimeOffset SampledAt => _model.TickedAt;

    internal MeshModel Model => _model;

    /// <summary>Builds the mesh and its past and serves it. When it returns, both servers answer and the past is there.</summary>
    /// <param name="time">The clock of the mesh; samples are taken as it moves.</param>
    public static async Task<SimulatedMesh> StartAsync(SimulatorOptions options, ILoggerFactory loggers, TimeProvider time, CancellationToken cancellationToken)
    {
        var mesh = await BeginAsync(options, loggers, time, cancellationToken).ConfigureAwait(false);
        try
        {
            await mesh.Past.ConfigureAwait(false);
            return mesh;
        }
        catch
        {
            await mesh.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// Builds the mesh and serves it while its past is still worked out: when it returns, both servers answer and the objects
    /// are there; the samples are once <see cref="Past"/> has ended. Who reads the objects need not wait for the samples.
    /// </summary>
    /// <param name="time">The clock of the mesh; samples are taken as it moves.</param>
    public static async Task<SimulatedMesh> BeginAsync(SimulatorOptions options, ILoggerFactory loggers, TimeProvider time, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(loggers);
        ArgumentNullException.ThrowIfNull(time);
        var model = new MeshModel(options, time);
        var stopping = new CancellationTokenSource();
        // The servers come up while the past is worked out.
        var history = CreateHistoryAsync(model, stopping.Token, cancellationToken);
        LoopbackServer? kubernetes = null, prometheus = null;
        try
        {
            var kubernetesApi = new KubernetesApiOptions();
            var prometheusFaults = new PrometheusFaults();
            var scenarios = new ScenarioSwitch(new ScenarioStage(model, kubernetesApi.Faults, prometheusFaults), time);
            var users = Kubeconfigs.Grant(kubernetesApi);
            var kubernetesStart = LoopbackServer.StartAsync(options.KubernetesPort, loggers, server =>
            {
                Kubernetes.KubernetesApi.Map(server, model.Objects, kubernetesApi, time);
                ControlEndpoints.Map(server, scenarios, (ns, name, scraped) => SetScraped(model, ns, name, scraped));
            }, cancellationToken);
            kubernetes = await kubernetesStart.ConfigureAwait(false);
            prometheus = await LoopbackServer.StartAsync(options.PrometheusPort, loggers, server =>
            {
                server.Use((HttpContext context, RequestDelegate next) => prometheusFaults.ApplyAsync(context, () => next(context), time));
                PrometheusApi.Map(server, model.Samples, time);
                ControlEndpoints.Map(server, scenarios, (ns, name, scraped) => SetScraped(model, ns, name, scraped));
                server.MapGet("/metrics", (RequestDelegate)(context => WriteMetricsAsync(context, model)));
            }, cancellationToken).ConfigureAwait(false);
            var past = BeginScenarioAsync(history, scenarios, options.Scenario, cancellationToken);
            var kubeconfig = Kubeconfigs.Write(kubernetes.Address, model.Blueprint.Name, users);
            return new SimulatedMesh(model, past, stopping, kubernetesApi, prometheusFaults, scenarios, kubernetes, prometheus, kubeconfig, time, loggers.CreateLogger<SimulatedMesh>());
        }
        catch
        {
            if (kubernetes is not null) await kubernetes.DisposeAsync().ConfigureAwait(false);
            if (prometheus is not null) await prometheus.DisposeAsync().ConfigureAwait(false);
            await stopping.CancelAsync().ConfigureAwait(false);
            await history.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            model.Dispose();
            stopping.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_disposed) return;
        _disposed = true;
        await _stopping.CancelAsync().ConfigureAwait(false);
        await Past.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _running.ConfigureAwait(false);
        await _kubernetes.DisposeAsync().ConfigureAwait(false);
        await _prometheus.DisposeAsync().ConfigureAwait(false);
        _model.Dispose();
        _stopping.Dispose();
    }

    private static bool SetScraped(MeshModel model, string @namespace, string name, bool scraped)
    {
        lock (model.Gate) return model.Telemetry.SetScraped(@namespace, name, scraped);
    }

    private static async Task WriteMetricsAsync(HttpContext context, MeshModel model)
    {
        context.Response.ContentType = ExpositionWriter.ContentType;
        // The newest scrape alone: what has ended is not a target any more.
        var since = (model.TickedAt - model.Options.EffectiveScrapeInterval).ToUnixTimeMilliseconds();
        await ExpositionWriter.WriteAsync(context.Response.BodyWriter, ExpositionWriter.Families(model.Samples, since), context.RequestAborted).ConfigureAwait(false);
    }

    /// <summary>Ended by whoever starts the mesh and by whoever disposes it.</summary>
    private static async Task CreateHistoryAsync(MeshModel model, CancellationToken stopping, CancellationToken starting)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, starting);
        await Task.Run(() => model.CreateHistory(either.Token), either.Token).ConfigureAwait(false);
    }

    private static async Task BeginScenarioAsync(Task history, ScenarioSwitch scenarios, string scenario, CancellationToken cancellationToken)
    {
        await history.ConfigureAwait(false);
        if (scenario != scenarios.Active.Id) await scenarios.ActivateAsync(scenario, cancellationToken).ConfigureAwait(false);
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        // The past holds the gate until it is there: a beat would only hold a thread in front of it.
        await Past.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!Past.IsCompletedSuccessfully) return;
        using var timer = new PeriodicTimer(s_beat, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
            {
                try
                {
                    _model.Tick();
                }
                catch (Exception exception) when (exception is not OperationCanceledException)
                {
                    // An object that somebody wrote may be too strange to work with: say so and go on with the next beat.
                    Log.TickFailed(_logger, exception);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The mesh is being disposed.
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The simulated mesh could not be moved on; it is tried again within a second")]
        public static partial void TickFailed(ILogger logger, Exception exception);
    }
}
