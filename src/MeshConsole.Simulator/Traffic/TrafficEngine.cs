using MeshConsole.Simulator.Blueprints;

namespace MeshConsole.Simulator.Traffic;

/// <summary>
/// The flow of requests through the mesh. Each interval is worked out from the objects in the cluster, the programs'
/// behaviour and the demand of the moment: answers from the last callee up to the entries, then rates from the entries down.
/// Used by one thread.
/// </summary>
internal sealed class TrafficEngine
{
    /// <summary>How often the programs' speed changes a little.</summary>
    private const double WobbleSeconds = 300;

    private readonly MeshBlueprint _blueprint;
    private readonly ulong _seed;
    private readonly ClusterObserver _observer;
    private readonly CallSolver _solver;
    private readonly DeckPool _decks = new();
    private readonly Dictionary<FlowKey, Flow> _flows = [];
    private readonly List<DemandBlueprint> _demands;
    private readonly List<CallSite> _sites = [];
    private readonly Dictionary<WorkloadNode, CallSite[]> _sitesOf = [];
    private IReadOnlyDictionary<(string Host, string? Subset, int Port), DestinationCluster> _clusters =
        new Dictionary<(string Host, string? Subset, int Port), DestinationCluster>();
    private WorkloadNode[] _order = [];
    private int[] _rank = [];

    public TrafficEngine(ClusterObserver observer, MeshBlueprint blueprint, int seed)
    {
        _observer = observer;
        _blueprint = blueprint;
        _seed = Noise.Hash((ulong)seed, 1);
        _demands = [.. blueprint.Demands];
        _solver = new CallSolver(observer, blueprint.SeriesPerPod, FlowOf);
    }

    public IReadOnlyCollection<Flow> Flows => _flows.Values;

    public DeckPool Decks => _decks;

    public IEnumerable<DestinationCluster> Clusters => _clusters.Values;

    /// <summary>False while istiod is away: proxies keep what they were told last.</summary>
    public bool ConfigurationPushed { get; set; } = true;

    /// <summary>Changes of configuration taken over so far.</summary>
    public long Pushes { get; private set; }

    /// <summary>True since the last call when pods came or went.</summary>
    public event Action? PodsChanged;

    public void AddDemand(DemandBlueprint demand)
    {
        _demands.Add(demand);
        _order = [];
    }

    public void RemoveDemand(DemandBlueprint demand)
    {
        _demands.Remove(demand);
        _order = [];
    }

    public WorkloadNode Workload(string key) => _observer.Workload(key);

    /// <summary>Lets <paramref name="seconds"/> pass that end at <paramref name="now"/>.</summary>
    public void Advance(DateTimeOffset now, double seconds)
    {
        Configure();
        foreach (var cluster in _clusters.Values) cluster.Release(now);
        var tick = now.ToUnixTimeSeconds();
        var demands = DemandAt(now, seconds, tick);
        for (var i = _order.Length - 1; i >= 0; i--)
        {
            var workload = _order[i];
            for (var trafficClass = 0; trafficClass < TrafficClass.Count; trafficClass++)
            {
                foreach (var site in _sitesOf[workload])
                {
                    var rate = site.Demand is null ? workload.Arrivals[trafficClass] * site.Call.PerRequest : demands[site][trafficClass];
                    _solver.Solve(site, trafficClass, rate, seconds, tick);
                }

                Respond(workload, trafficClass, now);
            }
        }

        Flow(demands, now, seconds);
        foreach (var flow in _flows.Values)
            if (flow.Touched)
                flow.Settle(_decks);
    }

    private void Configure()
    {
        var changed = ConfigurationPushed && _observer.Refresh();
        if (changed)
        {
            Pushes++;
            PodsChanged?.Invoke();
        }

        if (!changed && _order.Length > 0) return;
        if (changed || _sites.Count == 0 || _order.Length == 0) FindSites();
        _solver.Reset();
        var planner = new RoutePlanner(_observer, _clusters);
        foreach (var site in _sites)
            for (var trafficClass = 0; trafficClass < TrafficClass.Count; trafficClass++)
                site.Routes[trafficClass] = planner.Plan(site, trafficClass);
        _clusters = planner.Clusters;
        Arrange();
    }

    private void FindSites()
    {
        var earlier = _sites.ToDictionary(site => (site.Caller.Index, site.Call, site.Demand));
        _sites.Clear();
        _sitesOf.Clear();
        foreach (var workload in _observer.Workloads.ToList())
        {
            var own = new List<CallSite>();
            if (!workload.Pods.IsEmpty)
            {
                foreach (var call in workload.Behaviour.Calls) own.Add(Site(workload, call, null));
                foreach (var demand in _demands)
                    if (demand.Workload == workload.Key)
                        own.Add(Site(workload, demand.Call, demand));
            }

            _sites.AddRange(own);
            _sitesOf[workload] = [.. own];
        }

        CallSite Site(WorkloadNode caller, CallBlueprint call, DemandBlueprint? demand) =>
            earlier.TryGetValue((caller.Index, call, demand), out var known)
                ? known
                : new CallSite(caller, _observer.Host(call.Host), call, demand, $"{caller.Key}>{call.Host}{call.Path}{call.Method}");
    }

    /// <summary>Orders workloads so that callers come before callees; where calls form a loop, one of them is cut.</summary>
    private void Arrange()
    {
        var workloads = _observer.Workloads;
        var state = new byte[workloads.Count];
        var order = new List<WorkloadNode>(workloads.Count);
        foreach (var workload in workloads) Visit(workload);
        order.Reverse();
        _order = [.. order];
        _rank = new int[workloads.Count];
        for (var i = 0; i < _order.Length; i++) _rank[_order[i].Index] = i;

        void Visit(WorkloadNode first)
        {
            if (state[first.Index] != 0) return;
            var path = new Stack<(WorkloadNode Workload, IEnumerator<WorkloadNode> Callees)>();
            state[first.Index] = 1;
            path.Push((first, Callees(first).GetEnumerator()));
            while (path.TryPeek(out var top))
            {
                if (top.Callees.MoveNext())
                {
                    var next = top.Callees.Current;
                    if (state[next.Index] != 0) continue;
                    state[next.Index] = 1;
                    path.Push((next, Callees(next).GetEnumerator()));
                    continue;
                }

                order.Add(top.Workload);
                path.Pop();
            }
        }

        IEnumerable<WorkloadNode> Callees(WorkloadNode caller)
        {
            foreach (var site in _sitesOf[caller])
                foreach (var route in site.Routes)
                    foreach (var (_, cluster) in route.Targets)
                        foreach (var endpoint in cluster.Host.Endpoints)
                            yield return endpoint.Workload;
        }
    }

    private Dictionary<CallSite, double[]> DemandAt(DateTimeOffset now, double seconds, long tick)
    {
        var rates = new Dictionary<CallSite, double[]>();
        foreach (var site in _sites)
        {
            if (site.Demand is not { } demand) continue;
            var seed = _seed ^ site.Seed;
            var rate = demand.Run?.IsOn(now) == false ? 0 : demand.RequestsPerSecond * (demand.Daily ? DemandCurve.OfDay(now) : 1) * DemandCurve.Wobble(seed, now);
            // Arrivals are independent of each other: their number varies like its square root.
            var expected = rate * seconds;
            rate = Math.Max(0, expected + (Math.Sqrt(expected) * Noise.Normal(seed, (ulong)tick))) / seconds;
            rates[site] = [rate * (1 - demand.EnterpriseShare), rate * demand.EnterpriseShare];
        }

        return rates;
    }

    /// <summary>Works out how a workload answers, from its own doing and the calls it makes.</summary>
    private void Respond(WorkloadNode workload, int trafficClass, DateTimeOffset now)
    {
        var behaviour = workload.Behaviour;
        var fault = workload.Fault;
        var seed = _seed ^ workload.Seed;
        var seconds = now.ToUnixTimeMilliseconds() / 1_000.0;
        var step = Math.Floor(seconds / WobbleSeconds) * WobbleSeconds;
        var load = Math.Min(workload.Utilisation, 3);
        var factor = Math.Exp(0.09 * Noise.Smooth(seed, step, 2_400)) * (1 + (0.5 * load * load)) * (fault?.LatencyFactor ?? 1);
        var own = (behaviour.Latency.MeanMs * factor) + (fault?.ExtraMs ?? 0);
        var mean = own;
        var variance = own * own * behaviour.Latency.Variation * behaviour.Latency.Variation;
        var works = 1.0;
        foreach (var site in _sitesOf[workload])
        {
            if (site.Call.Async || site.Demand is not null) continue;
            var result = site.Results[trafficClass];
            var times = site.Call.PerRequest;
            mean += times * result.MeanMs;
            variance += times * result.Variance;
            // A call made for some requests only lets those wait: the mixture is wider than its parts.
            if (times < 1) variance += times * (1 - times) * result.MeanMs * result.MeanMs;
            works *= times <= 1 ? 1 - (times * result.FailureRatio) : Math.Pow(1 - result.FailureRatio, times);
        }

        var outcomes = workload.Responses[trafficClass].Outcomes;
        outcomes.Clear();
        var grpc = behaviour.Port == 9090;
        var rest = 1.0;
        var busy = load > 1 ? 1 - (1 / load) : 0;
        if (busy > 0) Add(503, busy, mean, variance);
        if (fault is { FailureRatio: > 0 }) Add(fault.Status, rest * fault.FailureRatio, own, own * own * 0.5);
        var wobble = 1 + (0.5 * Noise.Smooth(seed ^ 0x77UL, seconds, 75));
        foreach (var answer in behaviour.Answers) Add(answer.Status, rest * answer.Ratio * wobble, mean * 0.7, variance * 0.5);
        if (works < 1) Add(behaviour.DependencyFailureStatus, rest * (1 - works), mean, variance);
        outcomes.Add(new Outcome(200, grpc ? 0 : -1, Math.Max(0, rest), mean, variance));

        void Add(int status, double ratio, double meanMs, double spread)
        {
            if (ratio <= 1e-9) return;
            ratio = Math.Min(ratio, rest);
            rest -= ratio;
            outcomes.Add(grpc ? new Outcome(200, CallSolver.GrpcOfHttp(status), ratio, meanMs, spread) : new Outcome(status, -1, ratio, meanMs, spread));
        }
    }

    private void Flow(Dictionary<CallSite, double[]> demands, DateTimeOffset now, double seconds)
    {
        foreach (var workload in _order)
        {
            for (var trafficClass = 0; trafficClass < TrafficClass.Count; trafficClass++)
            {
                workload.Arrivals[trafficClass] = workload.Late[trafficClass];
                workload.Late[trafficClass] = 0;
            }
        }

        foreach (var workload in _order)
        {
            var pods = Math.Max(1, workload.Pods.Length);
            workload.Utilisation = (workload.Arrivals[0] + workload.Arrivals[1]) / (pods * workload.Behaviour.CapacityPerPod);
            foreach (var site in _sitesOf[workload])
            {
                for (var trafficClass = 0; trafficClass < TrafficClass.Count; trafficClass++)
                {
                    var rate = site.Demand is null ? workload.Arrivals[trafficClass] * site.Call.PerRequest : demands[site][trafficClass];
                    if (rate <= 0) continue;
                    var result = site.Results[trafficClass];
                    foreach (var share in result.Flows) share.Flow.Add(rate * share.PerRequest, seconds, share.Pods, share.Latency);
                    foreach (var (target, perRequest) in result.Arrivals)
                    {
                        var later = _rank[target.Index] > _rank[workload.Index];
                        (later ? target.Arrivals : target.Late)[trafficClass] += Math.Min(rate * perRequest, 1e6);
                    }

                    foreach (var (server, perRequest) in result.Refusals)
                        server.RefusedPerPod += rate * perRequest * seconds / Math.Max(1, server.Pods.Length);

                    foreach (var (cluster, endpoint, perRequest, errors) in result.Attempts)
                        cluster.Judge(endpoint, rate * perRequest * seconds / endpoint.Pods.Length, errors, now, _seed ^ site.Seed);
                }
            }
        }
    }

    private Flow FlowOf(FlowKey key)
    {
        if (_flows.TryGetValue(key, out var flow)) return flow;
        var workloads = _observer.Workloads;
        flow = new Flow(key, key.Source < 0 ? null : workloads[key.Source], key.Destination < 0 ? null : workloads[key.Destination], _observer.Hosts[key.Host]);
        return _flows[key] = flow;
    }
}
