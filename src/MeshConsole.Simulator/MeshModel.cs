using System.Text.Json.Nodes;
using MeshConsole.Simulator.Blueprints;
using MeshConsole.Simulator.Certificates;
using MeshConsole.Simulator.Cluster;
using MeshConsole.Simulator.Kubernetes;
using MeshConsole.Simulator.Prometheus;
using MeshConsole.Simulator.Telemetry;
using MeshConsole.Simulator.Traffic;

namespace MeshConsole.Simulator;

/// <summary>
/// The simulated mesh without its servers: objects, traffic and samples. <see cref="Tick"/> and scenarios run under
/// <see cref="Gate"/>, one at a time.
/// </summary>
internal sealed class MeshModel : IDisposable
{
    /// <summary>Between samples of the older past.</summary>
    private static readonly TimeSpan s_coarse = TimeSpan.FromSeconds(30);

    /// <summary>The newest past has samples as often as the present.</summary>
    private static readonly TimeSpan s_fine = TimeSpan.FromMinutes(15);

    /// <summary>What the counters hold when the recorded past begins.</summary>
    private static readonly TimeSpan s_before = TimeSpan.FromHours(30);

    /// <summary>How long after its time a run may still be written down as begun.</summary>
    private static readonly TimeSpan s_beginning = TimeSpan.FromMinutes(5);

    private readonly TimeProvider _time;
    private DateTimeOffset _ticked;

    /// <param name="blueprint">What to build; null for what the options' size says.</param>
    public MeshModel(SimulatorOptions options, TimeProvider time, MeshBlueprint? blueprint = null)
    {
        _time = time;
        Options = options;
        Blueprint = blueprint ?? (options.Size == MeshSize.S ? PaymentsMesh.Create() : GeneratedMesh.Create(options.Size, options.Seed));
        var now = Aligned(time.GetUtcNow());
        Objects = new ObjectStore(time);
        Samples = new SampleStore(options.EffectiveHistory + TimeSpan.FromHours(1));
        Certificates = new MeshCertificates(now);
        Pods = new PodFactory(options.Seed, Blueprint.Nodes);
        Controller = new DeploymentController(Objects, Pods, time);
        Observer = new ClusterObserver(Objects, Blueprint);
        Traffic = new TrafficEngine(Observer, Blueprint, options.Seed);
        Telemetry = new MeshTelemetry(Samples, Traffic, Observer, Certificates.Workloads, Blueprint.SeriesPerPod);
        LoadObjects(now);
        Telemetry.ControlPlane.StartedAt = now - TimeSpan.FromHours(52);
        Telemetry.ControlPlane.RootNotAfter = new DateTimeOffset(Certificates.Root.Certificate.NotAfter);
        Telemetry.ControlPlane.SignerNotAfter = new DateTimeOffset(Certificates.Mesh.Certificate.NotAfter);
        Telemetry.ControlPlane.Issued = 4 * Blueprint.Workloads.Sum(workload => workload.Replicas);
        _ticked = now - options.EffectiveHistory;
    }

    public SimulatorOptions Options { get; }

    public MeshBlueprint Blueprint { get; }

    public ObjectStore Objects { get; }

    public SampleStore Samples { get; }

    public MeshCertificates Certificates { get; }

    public PodFactory Pods { get; }

    public DeploymentController Controller { get; }

    public ClusterObserver Observer { get; }

    public TrafficEngine Traffic { get; }

    public MeshTelemetry Telemetry { get; }

    /// <summary>Held by whoever changes the model: a tick or a scenario.</summary>
    public Lock Gate { get; } = new();

    /// <summary>False while Prometheus is away: what happens then is in the counters afterwards, but nobody has seen when.</summary>
    public bool Scraped { get; set; } = true;

    /// <summary>Called at each tick before traffic flows: what scenarios do over time.</summary>
    public event Action<DateTimeOffset>? Ticking;

    /// <summary>The time of the newest samples.</summary>
    public DateTimeOffset TickedAt => _ticked;

    /// <summary>Works out the past up to now, with the same rules as the present.</summary>
    public void CreateHistory(CancellationToken cancellationToken)
    {
        lock (Gate)
        {
            var now = Aligned(_time.GetUtcNow());
            var interval = Options.EffectiveScrapeInterval;
            var coarse = s_coarse > interval ? s_coarse : interval;
            Traffic.Advance(_ticked, s_before.TotalSeconds);
            Telemetry.Scrape(_ticked);
            while (_ticked < now)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var step = now - _ticked > s_fine ? coarse : interval;
                var next = _ticked + step;
                if (next > now) next = now;
                Step(next);
            }
        }
    }

    /// <summary>Lets scenarios and controllers act, and the time since the last tick pass, one scrape interval at a time.</summary>
    public void Tick()
    {
        lock (Gate)
        {
            var now = _time.GetUtcNow();
            var interval = Options.EffectiveScrapeInterval;
            // After a long sleep (a suspended machine) the gap stays a gap: a real Prometheus was away too.
            if (now - _ticked > TimeSpan.FromMinutes(10)) _ticked = Aligned(now) - interval;
            Ticking?.Invoke(now);
            Controller.Reconcile();
            ScheduleJobs(now);
            while (_ticked + interval <= now) Step(_ticked + interval);
        }
    }

    public void Dispose() => Certificates.Dispose();

    private void Step(DateTimeOffset next)
    {
        Traffic.Advance(next, (next - _ticked).TotalSeconds);
        if (Scraped) Telemetry.Scrape(next);
        _ticked = next;
    }

    private DateTimeOffset Aligned(DateTimeOffset at)
    {
        var interval = Options.EffectiveScrapeInterval.Ticks;
        return new DateTimeOffset(at.UtcTicks / interval * interval, TimeSpan.Zero);
    }

    private void LoadObjects(DateTimeOffset now)
    {
        var installed = now - TimeSpan.FromDays(120);
        var objects = new List<JsonObject>();
        foreach (var ns in Blueprint.Namespaces) objects.Add(DeploymentObjects.Namespace(ns, installed));
        for (var i = 0; i < Blueprint.Nodes; i++) objects.Add(DeploymentObjects.Node(i, installed));
        objects.AddRange(Blueprint.Workloads.Select(workload => (workload.Namespace, workload.ServiceAccount)).Append(("istio-system", "istiod")).Distinct()
            .Select(account => DeploymentObjects.Named("ServiceAccount", account.Item1, account.Item2, installed)));
        objects.AddRange(Certificates.Objects(Blueprint.Namespaces.Select(ns => ns.Name), now));
        objects.Add(CronJobObjects.MeshConfiguration(installed));
        objects.AddRange(ResourceTypes.All.SelectMany(type => type.Versions.Select(version => (type.Group, version))).Distinct().Select(api => CronJobObjects.ApiService(api.Group, api.version, installed)));
        objects.AddRange(Blueprint.CronJobs.Select(job => CronJobObjects.CronJob(job, now - Age($"cronjob/{job.Namespace}/{job.Name}", 30, 100), now)));
        Objects.Load(objects, "istiod");
        foreach (var json in Blueprint.Objects)
        {
            var metadata = (JsonObject)json["metadata"]!;
            metadata["creationTimestamp"] ??= KubernetesTime.Seconds(now - Age($"{json["kind"]}/{metadata["namespace"]}/{metadata["name"]}", 20, 90));
        }

        Objects.Load(Blueprint.Objects, "kubectl-client-side-apply");
        var istiod = new WorkloadBlueprint("istio-system", "istiod", "istiod", "") { Replicas = 1, Proxy = ProxyKind.None, Port = 15014, ServiceAccount = "istiod" };
        var deployments = Blueprint.Workloads.Append(istiod).Select(workload => Deployment(workload, now)).ToList();
        var services = Blueprint.Services.Append(new ServiceBlueprint("istio-system", "istiod", TrafficProtocol.Grpc, 15012, 15012))
            .Select(service => DeploymentObjects.Service(service, now - Age("service/" + service.Host, 60, 110))).ToList();
        foreach (var service in services) service["metadata"]!["uid"] = Pods.Uid($"service/{service["metadata"]!["namespace"]}/{service["metadata"]!["name"]}");
        var injected = Blueprint.Namespaces.Where(ns => ns.Injection).Select(ns => ns.Name).ToHashSet(StringComparer.Ordinal);
        Controller.LoadAll(deployments, services, injected.Contains, what => now - Age("pod/" + what, 1, 6));
    }

    /// <summary>As the controller of CronJobs does when a run begins.</summary>
    private void ScheduleJobs(DateTimeOffset now)
    {
        foreach (var job in Blueprint.CronJobs)
        {
            if (job.Run?.LastBefore(now) is not { } last || now - last > s_beginning || Objects.Find(ResourceTypes.CronJobs, job.Namespace, job.Name) is not { } stored) continue;
            var begun = KubernetesTime.Seconds(last);
            if (stored.ToJson()["status"]?["lastScheduleTime"]?.GetValue<string>() == begun) continue;
            Objects.Update(ResourceTypes.CronJobs, job.Namespace, job.Name, json => json["status"] = new JsonObject { ["lastScheduleTime"] = begun }, new WriteOptions { FieldManager = "kube-controller-manager", Scope = WriteScope.Status });
        }
    }

    private JsonObject Deployment(WorkloadBlueprint workload, DateTimeOffset now)
    {
        var deployment = DeploymentObjects.Deployment(workload, now - Age("deployment/" + workload.Key, 30, 100));
        if (workload.Name != "istiod") return deployment;
        var template = (JsonObject)deployment["spec"]!["template"]!;
        template["metadata"]!["labels"] = new JsonObject { ["app"] = "istiod", ["istio"] = "pilot", ["istio.io/rev"] = "default", ["sidecar.istio.io/inject"] = "false" };
        template["spec"]!["containers"] = new JsonArray(new JsonObject
        {
            ["name"] = "discovery",
            ["image"] = "docker.io/istio/pilot:" + PodFactory.ProxyVersion,
            ["ports"] = new JsonArray(new[] { 8080, 15010, 15012, 15014, 15017 }.Select(port => (JsonNode)new JsonObject { ["containerPort"] = port, ["protocol"] = "TCP" }).ToArray()),
        });
        return deployment;
    }

    /// <summary>An age in whole seconds that follows from the seed and what it belongs to.</summary>
    private TimeSpan Age(string what, int fromDays, int toDays) =>
        TimeSpan.FromSeconds(Math.Floor((fromDays + ((toDays - fromDays) * Noise.Uniform(Noise.Hash((ulong)Options.Seed, 11), Noise.Hash(what)))) * 86_400));
}
