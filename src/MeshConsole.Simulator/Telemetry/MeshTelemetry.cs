using MeshConsole.Simulator.Blueprints;
using MeshConsole.Simulator.Certificates;
using MeshConsole.Simulator.Prometheus;
using MeshConsole.Simulator.Traffic;

namespace MeshConsole.Simulator.Telemetry;

/// <summary>
/// Scrapes the mesh into the store: begins series for what has been counted and for pods that have come, ends those of pods that
/// are gone. Used by one thread.
/// </summary>
internal sealed class MeshTelemetry
{
    private readonly SampleStore _store;
    private readonly TrafficEngine _engine;
    private readonly ClusterObserver _observer;
    private readonly WorkloadCertificates _certificates;
    private readonly bool _seriesPerPod;
    private readonly Dictionary<object, SeriesBlock> _blocks = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, SeriesBlock> _podBlocks = new(StringComparer.Ordinal);
    private readonly HashSet<string> _lost = new(StringComparer.Ordinal);
    private readonly List<SeriesBlock> _order = [];
    private readonly List<Series> _ended = [];
    private Series[] _series = [];
    private double[] _values = [];
    private bool _changed = true;
    private bool _podsChanged = true;
    private DateTimeOffset _issuedUntil;
    private long _pushesBefore;

    public MeshTelemetry(SampleStore store, TrafficEngine engine, ClusterObserver observer, WorkloadCertificates certificates, bool seriesPerPod)
    {
        (_store, _engine, _observer, _certificates, _seriesPerPod) = (store, engine, observer, certificates, seriesPerPod);
        _engine.PodsChanged += () => _podsChanged = true;
        Describe(store);
    }

    public ControlPlaneState ControlPlane { get; } = new();

    /// <summary>False while istiod does not answer scrapes.</summary>
    public bool ControlPlaneUp
    {
        get;
        set
        {
            if (field == value) return;
            field = value;
            _podsChanged = true;
        }
    } = true;

    /// <summary>
    /// Takes targets out of the scrape, or back in. Their series end at once, as they do in Prometheus when a target goes;
    /// their proxies count on.
    /// </summary>
    /// <param name="name">A workload, or one of its pods.</param>
    /// <returns>False when there is no such workload or pod.</returns>
    public bool SetScraped(string @namespace, string name, bool scraped)
    {
        var known = _observer.Workloads.Any(workload => workload.Namespace == @namespace && (workload.Name == name || workload.Pods.Any(pod => pod.Name == name)));
        if (scraped ? _lost.Remove($"{@namespace}/{name}") : known && _lost.Add($"{@namespace}/{name}")) _podsChanged = true;
        return known;
    }

    /// <summary>Series that are written at each scrape.</summary>
    public int ActiveSeries => _series.Length;

    /// <summary>Brings istiod back: its counters begin anew.</summary>
    public void RestartControlPlane(DateTimeOffset now)
    {
        ControlPlaneUp = true;
        ControlPlane.StartedAt = now;
        ControlPlane.Issued = 0;
        _pushesBefore = _engine.Pushes;
    }

    /// <summary>Writes one sample per series.</summary>
    public void Scrape(DateTimeOffset now)
    {
        UpdateControlPlane(now);
        if (_podsChanged) FollowPods();
        foreach (var flow in _engine.Flows)
            foreach (var counter in flow.Counters)
                if (counter.Requests > 0 && !_blocks.ContainsKey(counter) && !IsLost(counter.Pod))
                    Begin(counter);
        if (_changed) Arrange();
        var timestamp = now.ToUnixTimeMilliseconds();
        var at = 0;
        foreach (var block in _order)
        {
            block.Read(_values.AsSpan(at, block.Series.Length), now);
            at += block.Series.Length;
        }

        _store.Append(_series, _values, timestamp);
        foreach (var series in _ended) _store.MarkStale(series, timestamp);
        _ended.Clear();
    }

    private void Begin(PodCounter counter)
    {
        var flow = counter.Flow;
        SeriesBlock block;
        if (flow.Key.Protocol == TrafficProtocol.Tcp)
        {
            block = ConnectionSeries.Begin(_store, counter);
        }
        else
        {
            var (request, response) = flow.Host.External is { } external
                ? (external.RequestBytes, external.ResponseBytes)
                : flow.Destination is { } server ? (server.Behaviour.RequestBytes, server.Behaviour.ResponseBytes) : (800, 240);
            if (flow.Key.Status is 0 or >= 300) response = 240;
            block = RequestSeries.Begin(_store, counter, _observer.SizesMeasured ? (_engine.Decks.Size(request), _engine.Decks.Size(response)) : null);
        }

        _blocks[counter] = block;
        _changed = true;
    }

    private void FollowPods()
    {
        _podsChanged = false;
        var uids = new HashSet<string>(StringComparer.Ordinal);
        var reporting = new HashSet<string>(StringComparer.Ordinal);
        foreach (var workload in _observer.Workloads)
        {
            foreach (var pod in workload.Pods)
            {
                if ((!pod.HasProxy && workload.Name != "istiod") || IsLost(pod)) continue;
                reporting.Add(pod.Uid);
                if (_podBlocks.TryGetValue(pod.Uid, out var known))
                {
                    if (workload.Name != "istiod" || known is ControlPlaneSeries == ControlPlaneUp) continue;
                    _ended.AddRange(known.Series);
                }

                _podBlocks[pod.Uid] = workload.Name != "istiod"
                    ? AgentSeries.Begin(_store, pod, _certificates, _seriesPerPod || workload.Reporters.Contains(pod), _seriesPerPod && !pod.IsGateway ? workload : null)
                    : ControlPlaneUp ? ControlPlaneSeries.Begin(_store, pod, ControlPlane)
                    : new UpSeries([_store.GetOrAdd(FlowLabels.Target(pod, 15014).Set(LabelSet.MetricNameLabel, "up").Build())], static () => false);
                _changed = true;
            }

            foreach (var pod in workload.Pods) uids.Add(pod.Uid);
        }

        foreach (var (uid, block) in _podBlocks.Where(pair => !reporting.Contains(pair.Key)).ToList())
        {
            _ended.AddRange(block.Series);
            _podBlocks.Remove(uid);
            _changed = true;
        }

        foreach (var flow in _engine.Flows)
        {
            foreach (var gone in flow.RemoveGone(uids).Concat(flow.Counters.Where(counter => IsLost(counter.Pod))))
            {
                if (!_blocks.Remove(gone, out var block)) continue;
                _ended.AddRange(block.Series);
                _changed = true;
            }
        }
    }

    private bool IsLost(PodModel pod) =>
        _lost.Count > 0 && (_lost.Contains(pod.Workload) || _lost.Contains($"{pod.Namespace}/{pod.Name}"));

    private void Arrange()
    {
        _changed = false;
        _order.Clear();
        _order.AddRange(_podBlocks.Values);
        _order.AddRange(_blocks.Values);
        _series = new Series[_order.Sum(block => block.Series.Length)];
        _values = new double[_series.Length];
        var at = 0;
        foreach (var block in _order)
        {
            block.Series.CopyTo(_series, at);
            at += block.Series.Length;
        }

        // A series that one block ended and another continues (istiod's "up") has not ended.
        if (_ended.Count == 0) return;
        var alive = new HashSet<Series>(_series, ReferenceEqualityComparer.Instance);
        _ended.RemoveAll(alive.Contains);
    }

    private void UpdateControlPlane(DateTimeOffset now)
    {
        var proxies = 0;
        foreach (var workload in _observer.Workloads)
            foreach (var pod in workload.Pods)
                if (pod.HasProxy)
                    proxies++;
        ControlPlane.ConnectedProxies = proxies;
        ControlPlane.Services = _observer.ServiceCount;
        ControlPlane.VirtualServices = _observer.Routes.Length;
        ControlPlane.ConfigPushes = _engine.Pushes - _pushesBefore;
        if (_issuedUntil != default && _certificates.IssuingStoppedAt is null)
            ControlPlane.Issued += proxies * (now - _issuedUntil).TotalSeconds / WorkloadCertificates.Rotation.TotalSeconds;
        _issuedUntil = now;
    }

    private static void Describe(SampleStore store)
    {
        foreach (var (family, type, help) in (ReadOnlySpan<(string, string, string)>)
        [
            ("istio_requests_total", "counter", "Requests counted at the end of each stream."),
            ("istio_request_duration_milliseconds", "histogram", "Duration of requests in milliseconds."),
            ("istio_request_bytes", "histogram", "Bytes of requests on the wire."),
            ("istio_response_bytes", "histogram", "Bytes of responses on the wire."),
            ("istio_tcp_connections_opened_total", "counter", "Connections opened."),
            ("istio_tcp_connections_closed_total", "counter", "Connections closed."),
            ("istio_tcp_sent_bytes_total", "counter", "Bytes sent to the client of a connection."),
            ("istio_tcp_received_bytes_total", "counter", "Bytes received from the client of a connection."),
            ("istio_agent_cert_expiry_seconds", "gauge", "Seconds left of the workload certificate."),
            ("envoy_listener_no_filter_chain_match", "counter", "Connections that matched no filter chain of a listener."),
            ("istio_build", "gauge", "Istio component build info."),
            ("pilot_xds", "gauge", "Proxies connected to this pilot."),
            ("pilot_xds_pushes", "counter", "Pilot pushes by type."),
            ("pilot_proxy_convergence_time", "histogram", "Delay in seconds between a change and its arrival at a proxy."),
            ("pilot_total_xds_rejects", "counter", "Configurations that proxies refused."),
            ("pilot_info", "gauge", "Pilot version."),
            ("pilot_services", "gauge", "Services known to pilot."),
            ("pilot_virt_services", "gauge", "Virtual services known to pilot."),
            ("pilot_total_xds_internal_errors", "counter", "Internal errors while configuration was made."),
            ("pilot_xds_write_timeout", "counter", "Configurations that a proxy did not take in time."),
            ("pilot_push_triggers", "counter", "What pushes were triggered by."),
            ("istiod_uptime_seconds", "gauge", "Seconds since istiod started."),
            ("citadel_server_root_cert_expiry_timestamp", "gauge", "Unix time at which the root certificate expires."),
            ("citadel_server_root_cert_expiry_seconds", "gauge", "Seconds left of the root certificate."),
            ("citadel_server_cert_chain_expiry_timestamp", "gauge", "Unix time at which the signing certificate expires."),
            ("citadel_server_cert_chain_expiry_seconds", "gauge", "Seconds left of the signing certificate."),
            ("citadel_server_csr_count", "counter", "Certificate requests received."),
            ("citadel_server_success_cert_issuance_count", "counter", "Certificates issued."),
            ("citadel_server_csr_sign_err_count", "counter", "Certificate requests that could not be signed."),
            ("citadel_server_authentication_failure_count", "counter", "Certificate requests of callers that were not authenticated."),
            ("up", "gauge", "1 if the target answered its scrape."),
        ])
            store.Describe(family, new MetricMetadata(type, help));
    }
}
