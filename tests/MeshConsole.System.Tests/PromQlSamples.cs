using System.Globalization;
using System.Text;
using MeshConsole.Simulator.Prometheus;

namespace MeshConsole.System.Tests;

/// <summary>
/// Series with everything that makes an evaluator go wrong: resets, gaps, series that begin late or end early, single samples, NaN
/// and infinities, broken histograms, hostile label values; and the metrics of a small Istio mesh. The same for each run.
/// </summary>
internal sealed class PromQlSamples
{
    public const long StartSeconds = 1_700_000_000;
    public const int StepSeconds = 15;
    public const int Steps = 300;

    private readonly List<(LabelSet Labels, List<(long Ms, double Value)> Samples)> _series = [];
    private readonly Random _random = new(2042);

    public PromQlSamples()
    {
        Counters();
        Gauges();
        Histograms();
        Mesh();
        ControlPlane();

        // In the order of labels, as blocks hold them: where values are equal, the order decides who is among the top.
        _series.Sort((a, b) => string.CompareOrdinal(Sortable(a.Labels), Sortable(b.Labels)));
    }

    public static long EndSeconds => StartSeconds + (StepSeconds * Steps);

    public int SampleCount => _series.Sum(series => series.Samples.Count);

    public SampleStore ToStore()
    {
        var store = new SampleStore();
        foreach (var (labels, samples) in _series)
        {
            var series = store.GetOrAdd(labels);
            foreach (var (ms, value) in samples)
            {
                store.Append(series, ms, value);
            }
        }

        return store;
    }

    /// <summary>With timestamps; families of type unknown, so that names are taken as they are.</summary>
    public string ToOpenMetrics()
    {
        var text = new StringBuilder();
        foreach (var metric in _series.GroupBy(series => series.Labels.MetricName, StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"# TYPE {metric.Key} unknown\n");
            foreach (var (labels, samples) in metric)
            {
                var name = new StringBuilder(metric.Key).Append('{');
                foreach (var (label, value) in labels.Enumerate().Where(label => label.Key != LabelSet.MetricNameLabel))
                {
                    name.Append(name[^1] == '{' ? "" : ",").Append(label).Append("=\"")
                        .Append(value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal))
                        .Append('"');
                }

                name.Append('}');
                foreach (var (ms, value) in samples)
                {
                    var number = double.IsPositiveInfinity(value) ? "+Inf" : double.IsNegativeInfinity(value) ? "-Inf" : value.ToString("R", CultureInfo.InvariantCulture);
                    text.Append(name).Append(' ').Append(number).Append(CultureInfo.InvariantCulture, $" {ms / 1000}.{ms % 1000:000}\n");
                }
            }
        }

        return text.Append("# EOF\n").ToString();
    }

    private static string Sortable(LabelSet labels) => string.Join('\u0001', labels.Enumerate().Select(label => $"{label.Key}\u0001{label.Value}"));

    private void Add(LabelSet labels, Func<int, double?> valueAt, int offsetMs = 0)
    {
        var samples = new List<(long, double)>();
        for (var step = 0; step < Steps; step++)
        {
            if (valueAt(step) is { } value)
            {
                samples.Add((((StartSeconds + ((long)step * StepSeconds)) * 1000) + offsetMs, value));
            }
        }

        _series.Add((labels, samples));
    }

    private Func<int, double?> Counter(double perStep, Func<int, bool>? exists = null, Func<int, bool>? resets = null, bool whole = true)
    {
        var value = 0.0;
        return step =>
        {
            if (resets?.Invoke(step) == true)
            {
                value = 0;
            }

            value += whole ? Math.Floor(_random.NextDouble() * 2 * perStep) : _random.NextDouble() * 2 * perStep;
            return exists?.Invoke(step) == false ? null : value;
        };
    }

    private void Counters()
    {
        foreach (var instance in new[] { "a:80", "b:80", "c:80" })
        {
            foreach (var code in new[] { "200", "404", "500" })
            {
                foreach (var path in new[] { "/", "/pay" })
                {
                    var offset = instance[0] switch { 'a' => 0, 'b' => 4321, _ => 9007 };
                    Add(
                        LabelSet.Metric("requests_total", ("job", "api"), ("instance", instance), ("code", code), ("path", path)),
                        Counter(code == "200" ? 40 : 1.2, resets: step => instance == "b:80" && step % 70 == 69),
                        offset);
                }
            }
        }

        Add(LabelSet.Metric("gappy_total", ("job", "api"), ("kind", "gaps")), Counter(5, exists: step => step % 40 < 25));
        Add(LabelSet.Metric("gappy_total", ("job", "api"), ("kind", "sparse")), Counter(5, exists: step => step % 13 == 0));
        Add(LabelSet.Metric("gappy_total", ("job", "api"), ("kind", "late")), Counter(5, exists: step => step > 150));
        Add(LabelSet.Metric("gappy_total", ("job", "api"), ("kind", "early")), Counter(5, exists: step => step < 140));
        Add(LabelSet.Metric("gappy_total", ("job", "api"), ("kind", "once")), step => step == 120 ? 7 : null);
        Add(LabelSet.Metric("gappy_total", ("job", "api"), ("kind", "zero")), _ => 0);
        Add(LabelSet.Metric("gappy_total", ("job", "web"), ("kind", "huge")), Counter(1e15, whole: false));
        Add(LabelSet.Metric("gappy_total", ("job", "web"), ("kind", "resets")), step => step % 3);
        Add(LabelSet.Metric("errors_total", ("job", "api"), ("code", "500")), Counter(1));
        Add(LabelSet.Metric("errors_total", ("job", "api"), ("code", "503")), Counter(2));
    }

    private void Gauges()
    {
        foreach (var (instance, i) in new[] { "a:80", "b:80", "c:80", "d:80" }.Select((name, i) => (name, i)))
        {
            Add(LabelSet.Metric("temperature", ("instance", instance), ("job", i < 2 ? "api" : "web")), step => Math.Sin((step + (i * 20)) / 30.0) * 25.5);
            Add(LabelSet.Metric("limit", ("instance", instance)), _ => 10 * (i + 1));
            Add(LabelSet.Metric("up", ("instance", instance), ("job", i < 2 ? "api" : "web")), step => (step + (i * 7)) % 90 < 85 ? 1 : 0);
        }

        Add(LabelSet.Metric("odd", ("kind", "nan")), _ => double.NaN);
        Add(LabelSet.Metric("odd", ("kind", "sometimes nan")), step => step % 5 == 0 ? double.NaN : step);
        Add(LabelSet.Metric("odd", ("kind", "inf")), _ => double.PositiveInfinity);
        Add(LabelSet.Metric("odd", ("kind", "sometimes inf")), step => step % 7 == 0 ? double.NegativeInfinity : -step);
        Add(LabelSet.Metric("odd", ("kind", "negative")), step => -step * 1.5);
        Add(LabelSet.Metric("odd", ("kind", "tiny")), step => step * 1e-300);
        Add(LabelSet.Metric("odd", ("kind", "constant")), _ => 0.1);
        Add(LabelSet.Metric("odd", ("kind", "steps")), step => step / 20);
        Add(LabelSet.Metric("numbers"), step => step);
        Add(LabelSet.Metric("hostile", ("value", "say \"hi\" \\ back")), step => step);
        Add(LabelSet.Metric("hostile", ("value", "two\nlines")), step => step);
        Add(LabelSet.Metric("hostile", ("value", "<script>alert('x')</script>{}")), step => step);
        Add(LabelSet.Metric("hostile", ("value", "größer 🙂 than")), step => step);
        Add(LabelSet.Metric("hostile", ("value", new string('x', 500))), step => step);
        Add(LabelSet.Metric("namespaced:rule:rate5m", ("job", "api")), step => step);
    }

    private void Histogram(string name, (string, string)[] labels, string[] bounds, double perStep, Func<int, bool>? exists = null)
    {
        var cumulative = 0.0;
        foreach (var bound in bounds)
        {
            cumulative += _random.NextDouble() * perStep;
            Add(LabelSet.Metric(name + "_bucket", [.. labels, ("le", bound)]), Counter(cumulative, exists, whole: false));
        }

        Add(LabelSet.Metric(name + "_sum", labels), Counter(perStep * 50));
        Add(LabelSet.Metric(name + "_count", labels), Counter(cumulative));
    }

    private void Histograms()
    {
        // Buckets grow independently of each other, so that cumulative counts fall now and then and must be repaired.
        Histogram("latency", [("job", "api"), ("path", "/")], ["0.1", "0.5", "1", "2.5", "+Inf"], 30);
        Histogram("latency", [("job", "api"), ("path", "/pay")], ["0.1", "0.5", "1", "2.5", "+Inf"], 2);
        Histogram("latency", [("job", "web"), ("path", "/")], ["0.1", "0.5", "1", "2.5", "+Inf"], 5, step => step is > 100 and < 200);
        Histogram("latency", [("job", "no infinity")], ["0.1", "0.5"], 5);
        Histogram("latency", [("job", "only infinity")], ["+Inf"], 5);
        Histogram("latency", [("job", "twice")], ["1", "1.0", "2", "+Inf"], 5);
        Histogram("latency", [("job", "broken")], ["", "x", "1e0", "+inf"], 5);
        Histogram("latency", [("job", "negative")], ["-5", "0", "5", "+Inf"], 5);
        foreach (var bound in new[] { "1", "2", "+Inf" })
        {
            Add(LabelSet.Metric("idle_bucket", ("le", bound)), _ => 0);
        }
    }

    private void Mesh()
    {
        var edges = new[] { ("api-gateway", "payment-api"), ("payment-api", "card-processor"), ("payment-api", "fraud-engine"), ("unknown", "ledger") };
        foreach (var (source, destination) in edges)
        {
            foreach (var reporter in new[] { "source", "destination" })
            {
                if (source == "unknown" && reporter == "source")
                {
                    continue;
                }

                foreach (var (code, flags, perStep) in new[] { ("200", "-", 60.0), ("503", "UF", 0.6), ("0", "DC", 0.2) })
                {
                    (string, string)[] labels =
                    [
                        .. Ends(reporter, source, destination), ("request_protocol", "http"), ("response_code", code), ("grpc_response_status", ""),
                        ("response_flags", flags), ("connection_security_policy", reporter == "source" ? "unknown" : source == "unknown" ? "none" : "mutual_tls"),
                    ];
                    Add(LabelSet.Metric("istio_requests_total", labels), Counter(perStep));
                    Histogram("istio_request_duration_milliseconds", labels, ["0.5", "1", "5", "10", "25", "50", "100", "+Inf"], perStep / 4);
                    Histogram("istio_request_bytes", labels, ["1000", "+Inf"], perStep);
                    Histogram("istio_response_bytes", labels, ["1000", "+Inf"], perStep);
                }

                // What ztunnel turns away under STRICT.
                Add(
                    LabelSet.Metric(
                        "istio_tcp_connections_failed_total",
                        [.. Ends(reporter, source, destination), ("request_protocol", "tcp"), ("response_flags", "DENY"), ("connection_security_policy", "unknown"), ("pod", "ztunnel-abc"), ("app", "ztunnel")]),
                    Counter(1));

                foreach (var pod in new[] { "ztunnel-abc", "ledger-1" })
                {
                    (string, string)[] labels =
                    [
                        .. Ends(reporter, source, destination), ("request_protocol", "tcp"), ("response_flags", "-"), ("connection_security_policy", "unknown"),
                        ("pod", pod), ("app", pod.Split('-')[0]),
                    ];
                    foreach (var metric in new[] { "connections_opened_total", "connections_closed_total", "sent_bytes_total", "received_bytes_total" })
                    {
                        Add(LabelSet.Metric("istio_tcp_" + metric, labels), Counter(metric.Contains("bytes", StringComparison.Ordinal) ? 90_000 : 3));
                    }
                }
            }
        }
    }

    private static (string, string)[] Ends(string reporter, string source, string destination) =>
    [
        ("reporter", reporter), ("source_workload", source), ("source_workload_namespace", "payments"), ("source_app", source), ("source_version", "v1"),
        ("source_cluster", "Kubernetes"), ("source_principal", source == "unknown" ? "unknown" : $"spiffe://cluster.local/ns/payments/sa/{source}"),
        ("source_canonical_service", source), ("source_canonical_revision", "v1"),
        ("destination_workload", destination), ("destination_workload_namespace", "payments"), ("destination_app", destination), ("destination_version", "v1"),
        ("destination_cluster", "Kubernetes"), ("destination_principal", $"spiffe://cluster.local/ns/payments/sa/{destination}"),
        ("destination_service", $"{destination}.payments.svc.cluster.local"), ("destination_service_name", destination),
        ("destination_service_namespace", "payments"), ("destination_canonical_service", destination), ("destination_canonical_revision", "v1"),
    ];

    private void ControlPlane()
    {
        foreach (var pod in new[] { "payment-api-1", "ledger-1" })
        {
            Add(LabelSet.Metric("istio_agent_cert_expiry_seconds", ("namespace", "payments"), ("pod", pod), ("resource_name", "default")), step => 80_000 - (step * StepSeconds), 777);
            Add(LabelSet.Metric("istio_build", ("namespace", "payments"), ("pod", pod), ("component", "proxy"), ("tag", "1.26.0")), _ => 1);
            Add(LabelSet.Metric("envoy_listener_no_filter_chain_match", ("namespace", "payments"), ("pod", pod), ("envoy_listener_address", "0.0.0.0_15006")), step => step / 3);
        }

        foreach (var (prefix, pod) in new[] { ("control_", "web-1"), ("", "web-2"), ("control_", "web-3") })
        {
            Add(LabelSet.Metric(prefix + "identity_cert_expiration_timestamp_seconds", ("namespace", "emojivoto"), ("pod", pod)), _ => pod == "web-3" ? 0 : 1_700_080_000);
            Add(LabelSet.Metric(prefix + "identity_cert_refresh_timestamp_seconds", ("namespace", "emojivoto"), ("pod", pod)), _ => pod == "web-3" ? 0 : 1_699_993_600.25);
        }

        Add(LabelSet.Metric("pilot_info", ("version", "1.26.0"), ("pod", "istiod-1")), _ => 1);
        Add(LabelSet.Metric("istio_build", ("component", "pilot"), ("tag", "1.26.0")), _ => 1);
        foreach (var gauge in new[] { "pilot_services", "pilot_virt_services", "istiod_uptime_seconds", "citadel_server_root_cert_expiry_timestamp", "citadel_server_cert_chain_expiry_timestamp" })
        {
            Add(LabelSet.Metric(gauge, ("pod", "istiod-1")), step => 23 + step);
        }

        Add(LabelSet.Metric("pilot_xds", ("version", "1.26.0"), ("pod", "istiod-1")), _ => 46);
        foreach (var type in new[] { "cds", "eds", "lds", "rds" })
        {
            Add(LabelSet.Metric("pilot_xds_pushes", ("type", type)), Counter(2));
            Add(LabelSet.Metric("pilot_total_xds_rejects", ("type", type)), Counter(0.6));
        }

        foreach (var counter in new[] { "pilot_total_xds_internal_errors", "citadel_server_success_cert_issuance_count", "citadel_server_csr_sign_err_count" })
        {
            Add(LabelSet.Metric(counter), Counter(1));
        }

        Histogram("pilot_proxy_convergence_time", [], ["0.1", "0.5", "1", "3", "+Inf"], 3);
    }
}
