using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace MeshConsole.Simulator.Blueprints;

/// <summary>
/// What a mesh is made of before any request flows: who exists, who calls whom how often, how long each takes and fails.
/// What traffic does with routes, policies and certificates is not here: that follows the objects in the cluster.
/// </summary>
public sealed record MeshBlueprint
{
    public required string Name { get; init; }

    public required ImmutableArray<NamespaceBlueprint> Namespaces { get; init; }

    public required ImmutableArray<ServiceBlueprint> Services { get; init; }

    public required ImmutableArray<WorkloadBlueprint> Workloads { get; init; }

    public ImmutableArray<ExternalBlueprint> Externals { get; init; } = [];

    public required ImmutableArray<DemandBlueprint> Demands { get; init; }

    public ImmutableArray<CronJobBlueprint> CronJobs { get; init; } = [];

    /// <summary>Objects of the mesh APIs, Secrets and ConfigMaps that are created as they stand.</summary>
    public ImmutableArray<JsonObject> Objects { get; init; } = [];

    /// <summary>
    /// True when each pod reports its own series; false when the first pod of a workload reports for all of them, which
    /// keeps the number of series of a large mesh at what a Prometheus of its size holds.
    /// </summary>
    public bool SeriesPerPod { get; init; } = true;

    public int Nodes { get; init; } = 3;

    public required ScenarioCast Cast { get; init; }
}

/// <summary>Who plays which part in the scenarios.</summary>
/// <param name="Canary">Key of the workload that is the new version.</param>
/// <param name="CanaryRoute">Its VirtualService, as <c>namespace/name</c>.</param>
/// <param name="Stable">Subset that holds the old version.</param>
/// <param name="Retried">Key of the workload that is retried to death.</param>
/// <param name="RetriedRoute">Its VirtualService.</param>
/// <param name="NotRenewing">Key of the workload whose certificate is not renewed.</param>
/// <param name="PlaintextTarget">Host that a caller without a proxy turns to.</param>
/// <param name="PlaintextNamespace">A namespace without injection.</param>
public sealed record ScenarioCast(
    string Canary, string CanaryRoute, string Stable, string Retried, string RetriedRoute, string NotRenewing, string PlaintextTarget, string PlaintextNamespace);

/// <summary>A namespace; <paramref name="Injection"/> writes the label <c>istio-injection=enabled</c>.</summary>
public sealed record NamespaceBlueprint(string Name, bool Injection);

/// <summary>The protocol of a Service port: what the mesh measures follows from it.</summary>
public enum TrafficProtocol
{
    Http,
    Grpc,
    Tcp,
}

/// <summary>A Kubernetes Service that selects pods by label <c>app</c>.</summary>
public sealed record ServiceBlueprint(string Namespace, string Name, TrafficProtocol Protocol, int Port, int TargetPort)
{
    /// <summary>Value of the label <c>app</c> that is selected; the service's name unless told.</summary>
    public string App { get; init; } = Name;

    public bool Headless { get; init; }

    public string Host => $"{Name}.{Namespace}.svc.cluster.local";
}

/// <summary>How the proxy of a pod is run.</summary>
public enum ProxyKind
{
    None,

    /// <summary>An ordinary container <c>istio-proxy</c>.</summary>
    Container,

    /// <summary>An init container with <c>restartPolicy: Always</c>.</summary>
    NativeSidecar,

    /// <summary>The pod is nothing but a proxy.</summary>
    Gateway,
}

/// <summary>A Deployment and how its program behaves.</summary>
public sealed record WorkloadBlueprint(string Namespace, string Name, string App, string Version)
{
    public int Replicas { get; init; } = 2;

    public ProxyKind Proxy { get; init; } = ProxyKind.Container;

    public string ServiceAccount { get; init; } = App;

    /// <summary>Whether its proxy labels what it sends with method and path (<c>request_operation</c>), as a Telemetry object has it do.</summary>
    public bool ClassifiesRequests { get; init; }

    public int Port { get; init; } = 8080;

    public LatencyProfile Latency { get; init; } = new(5, 0.6);

    /// <summary>Answers that the program itself gives besides success.</summary>
    public ImmutableArray<AnswerRatio> Answers { get; init; } = [];

    /// <summary>The HTTP status it answers with when a call it depends on has failed.</summary>
    public int DependencyFailureStatus { get; init; } = 500;

    public ImmutableArray<CallBlueprint> Calls { get; init; } = [];

    /// <summary>Requests per second one pod serves before queues build up.</summary>
    public double CapacityPerPod { get; init; } = 1_000;

    /// <summary>Mean request and response size in bytes on the wire.</summary>
    public int RequestBytes { get; init; } = 900;

    public int ResponseBytes { get; init; } = 1_800;

    public ImmutableDictionary<string, string> PodAnnotations { get; init; } = ImmutableDictionary<string, string>.Empty;

    public string Key => $"{Namespace}/{Name}";
}

/// <summary>Own working time of a program per request, without the calls it makes: mean in milliseconds and coefficient of variation.</summary>
public sealed record LatencyProfile(double MeanMs, double Variation);

/// <summary>
/// A share of requests that gets a certain answer. For gRPC services the HTTP status is mapped to a gRPC status as a
/// server of that kind would.
/// </summary>
public sealed record AnswerRatio(int Status, double Ratio);

/// <summary>A call that a program makes while it serves a request.</summary>
/// <param name="Host">The host it asks for: a service's full name or an external host.</param>
/// <param name="PerRequest">How many per request served, on average.</param>
public sealed record CallBlueprint(string Host, double PerRequest)
{
    /// <summary>Nobody waits for it: it adds no latency and its failure is not passed on.</summary>
    public bool Async { get; init; }

    public string Method { get; init; } = "POST";

    public string Path { get; init; } = "/";
}

/// <summary>A host outside the mesh, known by a ServiceEntry.</summary>
public sealed record ExternalBlueprint(string Namespace, string Name, string Host, LatencyProfile Latency)
{
    public ImmutableArray<AnswerRatio> Answers { get; init; } = [];

    public int RequestBytes { get; init; } = 1_400;

    public int ResponseBytes { get; init; } = 2_200;
}

/// <summary>Calls that start at a workload by themselves: users at the gateway, a schedule, a queue.</summary>
/// <param name="Workload">Key of the workload (<c>namespace/name</c>) that makes the call.</param>
/// <param name="RequestsPerSecond">Mean over a day.</param>
/// <param name="EnterpriseShare">Share of requests with the header <c>x-merchant-tier: enterprise</c>.</param>
public sealed record DemandBlueprint(string Workload, CallBlueprint Call, double RequestsPerSecond, double EnterpriseShare)
{
    /// <summary>Follows the day of card payments; false for machines that never sleep.</summary>
    public bool Daily { get; init; } = true;

    /// <summary>Share of callers who give up before the answer.</summary>
    public double AbandonRatio { get; init; }

    /// <summary>When it is there at all; null for always.</summary>
    public DailyRun? Run { get; init; }
}

/// <summary>Something that happens once a day.</summary>
/// <param name="At">When it begins, in UTC.</param>
public sealed record DailyRun(TimeOnly At, TimeSpan Lasts)
{
    /// <summary>When it began last.</summary>
    public DateTimeOffset LastBefore(DateTimeOffset now)
    {
        var today = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero) + At.ToTimeSpan();
        return today <= now ? today : today - TimeSpan.FromDays(1);
    }

    public bool IsOn(DateTimeOffset now) => now - LastBefore(now) < Lasts;
}

/// <summary>A CronJob without a proxy. What it sends is counted by whoever it calls; the demand for that is told apart from it.</summary>
/// <param name="Run">When it runs; null for one that is suspended.</param>
/// <param name="Environment">Name and value of an environment variable that says whom it calls.</param>
public sealed record CronJobBlueprint(string Namespace, string Name, DailyRun? Run, (string Name, string Value) Environment);
