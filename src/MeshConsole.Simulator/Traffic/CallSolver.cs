using System.Collections.Immutable;
using MeshConsole.Simulator.Blueprints;
using MeshConsole.Simulator.Traffic.Configuration;

namespace MeshConsole.Simulator.Traffic;

/// <summary>
/// Works out what one call comes to: through weights, fault injection, connection limits, security, attempts and timeouts to
/// the answers that the caller and the callee count.
/// </summary>
internal sealed class CallSolver(ClusterObserver observer, bool seriesPerPod, Func<FlowKey, Flow> flowOf)
{
    private readonly List<Attempt> _attempts = [];
    private readonly Dictionary<(WorkloadNode, int), MutualTlsMode> _modes = [];

    /// <summary>Forgets what was derived from the last configuration.</summary>
    public void Reset() => _modes.Clear();

    /// <param name="requestsPerSecond">What is asked now; decides limits on what is in flight and the noise of the split.</param>
    public void Solve(CallSite site, int trafficClass, double requestsPerSecond, double seconds, long tick)
    {
        var result = site.Results[trafficClass];
        result.Clear();
        var route = site.Routes[trafficClass];
        var state = new CallState(site, trafficClass, route, result);
        if (site.Host.Protocol == TrafficProtocol.Tcp && route.Targets is [(_, { Protocol: TrafficProtocol.Tcp })])
        {
            SolveConnections(state, route.Targets[0].Cluster);
            return;
        }

        if (route.OwnAnswer is { } own)
        {
            Answer(state, site.Host, null, own.Status, own.Flags, 1, 0.3, 0.5, FlowSecurity.Unknown);
        }
        else
        {
            Span<double> shares = stackalloc double[route.Targets.Length];
            Split(route, site.Seed ^ (ulong)trafficClass, requestsPerSecond * seconds, tick, shares);
            for (var i = 0; i < shares.Length; i++)
                if (shares[i] > 0)
                    SolveTarget(state, route.Targets[i].Cluster, shares[i], requestsPerSecond);
        }

        result.Variance = Math.Max(0, result.Variance - (result.MeanMs * result.MeanMs));
    }

    /// <summary>Weights, with the noise of as many draws as there are requests.</summary>
    private static void Split(RouteChoice route, ulong seed, double requests, long tick, Span<double> shares)
    {
        var sum = 0.0;
        for (var i = 0; i < shares.Length; i++)
        {
            var share = route.Targets[i].Share;
            if (shares.Length > 1 && requests > 1)
                share = Math.Clamp(share + (Noise.Normal(seed + (ulong)i, (ulong)tick) * Math.Sqrt(share * (1 - share) / requests)), share * 0.2, 1);
            shares[i] = share;
            sum += share;
        }

        for (var i = 0; i < shares.Length; i++) shares[i] /= sum;
    }

    private void SolveTarget(in CallState state, DestinationCluster cluster, double share, double requestsPerSecond)
    {
        var rule = state.Route.Rule;
        var injected = 0.0;
        if (rule.Fault is { } fault)
        {
            if (fault.AbortShare > 0)
            {
                Answer(state, cluster.Host, null, fault.AbortStatus, "FI", share * fault.AbortShare, 0.3, 0.5, FlowSecurity.Unknown);
                share *= 1 - fault.AbortShare;
            }

            injected = fault.DelayShare * fault.DelayMs;
        }

        if (state.Site.Demand is { AbandonRatio: > 0 } demand && cluster.Active is [var anyEndpoint, ..])
        {
            var given = share * demand.AbandonRatio;
            Abandon(state, cluster, anyEndpoint, given);
            share -= given;
        }

        if (cluster.Host.External is not null)
        {
            SolveAttempts(state, cluster, share, injected);
            return;
        }

        if (cluster.Active.IsEmpty)
        {
            Answer(state, cluster.Host, null, 503, cluster.Host.Known ? "UH" : "NC", share, 0.4, 0.5, FlowSecurity.Unknown);
            return;
        }

        if (cluster.Policy.MaxRequests is { } limit && state.Site.Caller.Reporters.Length > 0)
        {
            var clients = state.Site.Caller.Pods.Length;
            var inFlight = requestsPerSecond * share * MeanOf(cluster, state.TrafficClass) / 1_000 / clients;
            var overflow = Erlang(inFlight, limit);
            if (overflow > 1e-6)
            {
                Answer(state, cluster.Host, cluster.Active[0].Workload, 503, "UO", share * overflow, 0.3, 0.5, FlowSecurity.Unknown);
                share *= 1 - overflow;
            }
        }

        SolveAttempts(state, cluster, share, injected);
    }

    private void SolveAttempts(in CallState state, DestinationCluster cluster, double share, double injectedMs)
    {
        var rule = state.Route.Rule;
        var limitMs = LimitOf(rule);
        CollectAttempts(state, cluster, rule, limitMs);
        var again = 0.0;
        var failedMs = 0.0;
        foreach (var attempt in _attempts)
        {
            if (!attempt.Retried) continue;
            again += attempt.Probability;
            failedMs += attempt.Probability * attempt.MeanMs;
        }

        var retries = state.Site.Caller.HasProxy ? rule.Retries.Attempts : 0;
        if (rule.Timeout > TimeSpan.Zero && rule.Retries.PerTryTimeout > TimeSpan.Zero)
            retries = Math.Min(retries, (int)(rule.Timeout / rule.Retries.PerTryTimeout));
        var lostMs = again > 0 ? (failedMs / again) + RetryPolicy.BackoffMs : 0;
        var exhausted = Math.Pow(again, retries);
        // Attempts per request: 1 + again + again² … up to the limit.
        var tries = again < 1 ? (1 - (exhausted * again)) / (1 - again) : retries + 1;
        foreach (var attempt in _attempts)
        {
            Deliver(state, cluster, attempt, share * tries * attempt.Probability, limitMs);
            if (attempt is { Endpoint: { } refusing, Security: FlowSecurity.Unknown }) Refuse(state, refusing.Workload, cluster, share * tries * attempt.Probability);
            var final = share * attempt.Probability * (attempt.Retried ? exhausted : tries);
            if (final <= 0) continue;
            var flags = attempt.Retried && retries > 0 ? (attempt.Flags.Length == 0 ? "URX" : attempt.Flags + ",URX") : attempt.Flags.Length == 0 ? "-" : attempt.Flags;
            var retriedShare = attempt.Retried ? (retries > 0 ? 1 : 0) : tries > 0 ? 1 - (1 / tries) : 0;
            var lost = attempt.Retried ? lostMs * retries : lostMs * MeanRetries(again, retries);
            Count(state, cluster.Host, attempt.Endpoint?.Workload, attempt.Status, attempt.Grpc, flags, final, attempt.Security,
                new LatencyMix(attempt.MeanMs + injectedMs, Variation(attempt.MeanMs, attempt.Variance), OverheadOf(state.Site.Caller, attempt.Endpoint?.Workload, attempt.Security), retriedShare, lost, limitMs));
        }

        foreach (var endpoint in cluster.Active)
        {
            var (all, errors) = (0.0, 0.0);
            foreach (var attempt in _attempts)
            {
                if (!ReferenceEquals(attempt.Endpoint, endpoint)) continue;
                all += attempt.Probability;
                if (attempt.Status >= 500 || attempt.Grpc is 2 or 4 or 8 or 13 or 14 or 15) errors += attempt.Probability;
            }

            if (all > 0 && cluster.Policy.Outliers is not null) state.Result.Attempts.Add((cluster, endpoint, share * tries * all, errors / all));
        }
    }

    /// <summary>The ways in which one attempt may end, with probabilities that add up to 1.</summary>
    private void CollectAttempts(in CallState state, DestinationCluster cluster, RouteRule rule, double limitMs)
    {
        _attempts.Clear();
        var grpc = cluster.Protocol == TrafficProtocol.Grpc;
        if (cluster.Host.External is { } external)
        {
            var rest = 1.0;
            foreach (var answer in external.Answers)
            {
                rest -= answer.Ratio;
                AddAnswer(null, new Outcome(answer.Status, -1, answer.Ratio, external.Latency.MeanMs * 0.7, Square(external.Latency.MeanMs * 0.7 * external.Latency.Variation)), 1, FlowSecurity.Unknown);
            }

            AddAnswer(null, new Outcome(200, -1, rest, external.Latency.MeanMs, Square(external.Latency.MeanMs * external.Latency.Variation)), 1, FlowSecurity.Unknown);
            return;
        }

        foreach (var endpoint in cluster.Active)
        {
            var weight = (double)endpoint.Pods.Length / cluster.ActivePods;
            var security = SecurityOf(state.Site.Caller, endpoint.Workload, cluster);
            if (security is null)
            {
                _attempts.Add(new Attempt(endpoint, grpc ? 200 : 503, grpc ? 14 : -1, "UF", weight, 2, 1, rule.Retries.RetriesConnectFailure, false, FlowSecurity.Unknown));
                continue;
            }

            foreach (var outcome in endpoint.Workload.Responses[state.TrafficClass].Outcomes) AddAnswer(endpoint, outcome, weight, security.Value);
        }

        void AddAnswer(HostEndpoint? endpoint, Outcome outcome, double weight, FlowSecurity security)
        {
            var late = limitMs > 0 ? NormalDistribution.LogNormalAbove(outcome.MeanMs, Variation(outcome.MeanMs, outcome.Variance), limitMs) : 0;
            if (late > 1e-7)
            {
                _attempts.Add(new Attempt(endpoint, grpc ? 200 : 504, grpc ? 14 : -1, "UT", weight * outcome.Probability * late, limitMs, limitMs * 0.001, rule.Retries.RetriesTimeout, true, security));
            }
            else
            {
                late = 0;
            }

            _attempts.Add(new Attempt(
                endpoint, outcome.Status, outcome.Grpc, "", weight * outcome.Probability * (1 - late), outcome.MeanMs, outcome.Variance,
                rule.Retries.Retries(outcome.Status, outcome.Grpc), false, security));
        }
    }

    /// <summary>Counts an attempt where it arrives.</summary>
    private void Deliver(in CallState state, DestinationCluster cluster, in Attempt attempt, double perRequest, double limitMs)
    {
        if (perRequest <= 0 || attempt.Endpoint is not { } endpoint || attempt.Security == FlowSecurity.Unknown) return;
        state.Result.Arrivals.Add((endpoint.Workload, perRequest));
        if (!endpoint.Workload.HasProxy) return;
        // A caller that stops waiting resets the stream: the server counts it as given up by its client.
        var (status, grpc, flags) = attempt.TimedOut ? (0, -1, "DC") : (attempt.Status, attempt.Grpc, "-");
        var flow = flowOf(new FlowKey(
            FlowReporter.Destination, state.Site.Caller.HasProxy && !PastProxy(state.Site.Caller, cluster) ? state.Site.Caller.Index : -1, endpoint.Workload.Index,
            cluster.Host.Index, cluster.Protocol, status, grpc, flags, attempt.Security));
        state.Result.Flows.Add(new FlowShare(
            flow, perRequest, seriesPerPod ? endpoint.Pods : endpoint.Workload.Reporters,
            new LatencyMix(attempt.MeanMs, Variation(attempt.MeanMs, attempt.Variance), 0, 0, 0, limitMs)));
    }

    /// <summary>Plaintext that a proxy turns away reaches no filter of its own: only its listener counts it.</summary>
    private void Refuse(in CallState state, WorkloadNode server, DestinationCluster cluster, double perRequest)
    {
        var speaksTls = state.Site.Caller.HasProxy && !PastProxy(state.Site.Caller, cluster) && cluster.Policy.TlsMode is "ISTIO_MUTUAL" or "SIMPLE" or "MUTUAL";
        if (!speaksTls && server.HasProxy && ModeOf(server, cluster.TargetPort) == MutualTlsMode.Strict) state.Result.Refusals.Add((server, perRequest));
    }

    private void Abandon(in CallState state, DestinationCluster cluster, HostEndpoint endpoint, double share)
    {
        var security = SecurityOf(state.Site.Caller, endpoint.Workload, cluster);
        if (security is null) return;
        var mean = MeanOf(cluster, state.TrafficClass) * 0.6;
        Deliver(state, cluster, new Attempt(endpoint, 0, -1, "DC", 1, mean, Square(mean * 0.5), false, true, security.Value), share, 0);
        Count(state, cluster.Host, endpoint.Workload, 0, -1, "DC", share, security.Value, new LatencyMix(mean, 0.5, OverheadOf(state.Site.Caller, endpoint.Workload, security.Value), 0, 0, 0));
    }

    private void Answer(in CallState state, HostNode host, WorkloadNode? destination, int status, string flags, double share, double meanMs, double variation, FlowSecurity security)
    {
        var grpc = host.Protocol == TrafficProtocol.Grpc && status >= 400;
        Count(state, host, destination, grpc ? 200 : status, grpc ? GrpcOfHttp(status) : -1, flags, share, security, new LatencyMix(meanMs, variation, 0, 0, 0, 0));
    }

    /// <summary>Counts what the caller sees, at its proxy and in its own fate.</summary>
    private void Count(
        in CallState state, HostNode host, WorkloadNode? destination, int status, int grpc, string flags, double share, FlowSecurity security, in LatencyMix latency)
    {
        if (share <= 0) return;
        var result = state.Result;
        if (Failed(status, grpc, flags)) result.FailureRatio += share;
        var mean = latency.MeanMs + latency.OverheadMs + (latency.RetriedShare * latency.RetryDelayMs);
        result.MeanMs += share * mean;
        result.Variance += share * (Square(latency.MeanMs * latency.Variation) + (mean * mean));
        var caller = state.Site.Caller;
        if (!caller.HasProxy) return;
        var protocol = host.Protocol == TrafficProtocol.Grpc ? TrafficProtocol.Grpc : TrafficProtocol.Http;
        var flow = flowOf(new FlowKey(FlowReporter.Source, caller.Index, destination?.Index ?? -1, host.Index, protocol, status, protocol == TrafficProtocol.Grpc && grpc < 0 && status == 200 ? 0 : grpc, flags, security)
        {
            Operation = caller.Behaviour.ClassifiesRequests ? $"{state.Site.Call.Method} {state.Site.Call.Path}" : "",
        });
        result.Flows.Add(new FlowShare(flow, share, caller.Reporters, latency));
    }

    private void SolveConnections(in CallState state, DestinationCluster cluster)
    {
        var caller = state.Site.Caller;
        var past = PastProxy(caller, cluster);
        if (cluster.Active.IsEmpty)
        {
            state.Result.FailureRatio = 1;
            if (caller.HasProxy && !past) AddConnections(state, FlowReporter.Source, caller.Index, -1, cluster, "UH", FlowSecurity.Unknown, 1, caller.Reporters);
            return;
        }

        foreach (var endpoint in cluster.Active)
        {
            var share = (double)endpoint.Pods.Length / cluster.ActivePods;
            var security = SecurityOf(caller, endpoint.Workload, cluster);
            if (security is null)
            {
                state.Result.FailureRatio += share;
                Refuse(state, endpoint.Workload, cluster, share);
                if (caller.HasProxy && !past) AddConnections(state, FlowReporter.Source, caller.Index, endpoint.Workload.Index, cluster, "UF,URX", FlowSecurity.Unknown, share, caller.Reporters);
                continue;
            }

            state.Result.Arrivals.Add((endpoint.Workload, share));
            var response = endpoint.Workload.Responses[state.TrafficClass].Outcomes;
            foreach (var outcome in response)
            {
                state.Result.MeanMs += share * outcome.Probability * outcome.MeanMs;
                if (outcome.Status >= 500) state.Result.FailureRatio += share * outcome.Probability;
            }

            if (caller.HasProxy && !past) AddConnections(state, FlowReporter.Source, caller.Index, endpoint.Workload.Index, cluster, "-", security.Value, share, caller.Reporters);
            if (endpoint.Workload.HasProxy)
            {
                // Over TCP the peers learn of each other only inside mutual TLS.
                var known = security == FlowSecurity.Mutual ? caller.Index : -1;
                AddConnections(state, FlowReporter.Destination, known, endpoint.Workload.Index, cluster, "-", security.Value, share, seriesPerPod ? endpoint.Pods : endpoint.Workload.Reporters);
            }
        }
    }

    private void AddConnections(
        in CallState state, FlowReporter reporter, int source, int destination, DestinationCluster cluster, string flags, FlowSecurity security, double share, ImmutableArray<PodModel> pods) =>
        state.Result.Flows.Add(new FlowShare(
            flowOf(new FlowKey(reporter, source, destination, cluster.Host.Index, TrafficProtocol.Tcp, -1, -1, flags, security)), share, pods, default));

    /// <summary>How a connection is secured; null when the server refuses it.</summary>
    private FlowSecurity? SecurityOf(WorkloadNode caller, WorkloadNode server, DestinationCluster cluster)
    {
        var mode = ModeOf(server, cluster.TargetPort);
        if (caller.HasProxy && !PastProxy(caller, cluster))
        {
            switch (cluster.Policy.TlsMode)
            {
                case "ISTIO_MUTUAL":
                    return server.HasProxy && mode != MutualTlsMode.Disable ? FlowSecurity.Mutual : null;
                case "SIMPLE" or "MUTUAL":
                    return null; // The simulated programs do not serve TLS themselves.
                case null when server.HasProxy && mode != MutualTlsMode.Disable && !cluster.Host.Headless && observer.AutoMtls:
                    return FlowSecurity.Mutual;
            }
        }

        return server.HasProxy && mode == MutualTlsMode.Strict ? null : FlowSecurity.Plaintext;
    }

    private MutualTlsMode ModeOf(WorkloadNode server, int port)
    {
        if (!server.HasProxy) return MutualTlsMode.Disable;
        if (_modes.TryGetValue((server, port), out var mode)) return mode;
        return _modes[(server, port)] = PeerAuthentication.Effective(observer.PeerAuthentications, server.Pods[0].Namespace, server.Pods[0].Labels, port);
    }

    private static bool PastProxy(WorkloadNode caller, DestinationCluster cluster) =>
        caller.Pods is [var pod, ..] && pod.ExcludedOutboundPorts.Contains(cluster.Port);

    private static double MeanOf(DestinationCluster cluster, int trafficClass)
    {
        var mean = 0.0;
        foreach (var endpoint in cluster.Active)
            foreach (var outcome in endpoint.Workload.Responses[trafficClass].Outcomes)
                mean += outcome.Probability * outcome.MeanMs * endpoint.Pods.Length / cluster.ActivePods;
        return mean;
    }

    /// <summary>Proxy and network between the two ends of a hop: 1.2 ms, a little different from hop to hop; less without a proxy at one end.</summary>
    private static double OverheadOf(WorkloadNode caller, WorkloadNode? server, FlowSecurity security)
    {
        var whole = 1.2 + (0.3 * (Noise.Uniform(caller.Seed, server?.Seed ?? 1) - 0.5));
        return security == FlowSecurity.Mutual ? whole : whole * 0.6;
    }

    private static double LimitOf(RouteRule rule)
    {
        var perTry = rule.Retries.PerTryTimeout.TotalMilliseconds;
        var total = rule.Timeout.TotalMilliseconds;
        return perTry > 0 && (total <= 0 || perTry < total) ? perTry : total;
    }

    private static double MeanRetries(double again, int retries)
    {
        var (weight, sum, power) = (0.0, 0.0, 1.0);
        for (var i = 0; i <= retries; i++)
        {
            weight += power;
            sum += i * power;
            power *= again;
        }

        // Of those that took a further attempt at all.
        var more = weight - 1;
        return more > 0 ? sum / more : 0;
    }

    /// <summary>Erlang's loss formula: the share of arrivals that find every one of <paramref name="places"/> taken.</summary>
    private static double Erlang(double load, int places)
    {
        if (load <= 0 || places > 4_096 || load < places * 0.3) return 0;
        var inverse = 1.0;
        for (var i = 1; i <= places; i++) inverse = 1 + (inverse * i / load);
        return 1 / inverse;
    }

    private static bool Failed(int status, int grpc, string flags) =>
        status >= 500 || (status == 0 && flags != "DC") || grpc is 2 or 4 or 8 or 13 or 14 or 15;

    internal static int GrpcOfHttp(int status) => status switch
    {
        < 400 => 0,
        400 => 3,
        401 => 16,
        402 or 412 or 422 => 9,
        403 => 7,
        404 => 5,
        429 => 8,
        500 => 13,
        502 or 503 or 504 => 14,
        _ => 2,
    };

    private static double Variation(double mean, double variance) => mean > 0 ? Math.Sqrt(Math.Max(0, variance)) / mean : 0;

    private static double Square(double x) => x * x;

    private readonly record struct CallState(CallSite Site, int TrafficClass, RouteChoice Route, CallResult Result);

    /// <param name="Endpoint">Null for an external host.</param>
    /// <param name="Retried">Tried again while attempts are left.</param>
    private readonly record struct Attempt(
        HostEndpoint? Endpoint, int Status, int Grpc, string Flags, double Probability, double MeanMs, double Variance, bool Retried, bool TimedOut, FlowSecurity Security);
}
