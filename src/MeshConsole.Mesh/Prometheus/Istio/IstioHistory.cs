using System.Collections.Immutable;
using System.Globalization;
using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Prometheus.Istio;

/// <summary>
/// Range queries over Istio's standard metrics, and how their answers read. Each edge counts once: by its caller, else by a
/// waypoint, else by its callee (for protection: by its callee, else by a waypoint), as <see cref="Edge.CallerView"/> and the
/// coverage take it. Sums are made by Prometheus, because the ends of edges over an hour would be a large answer.
/// </summary>
internal static class IstioHistory
{
    /// <summary>What an edge is when reporters are told apart.</summary>
    private const string Ends = "source_workload, source_workload_namespace, destination_workload, destination_workload_namespace, request_protocol";

    public static string Query(HistoryPart part, HistoryScope scope, TimeSpan window)
    {
        if (part is HistoryPart.ConnectionSecurity or HistoryPart.ByteSecurity)
        {
            return Connections(part, scope, PromQl.Duration(window));
        }

        var (by, metric) = part switch
        {
            HistoryPart.Responses or HistoryPart.CalleeResponses => ("response_code, grpc_response_status, response_flags", "istio_requests_total"),
            HistoryPart.Durations or HistoryPart.CalleeDurations => ("le", "istio_request_duration_milliseconds_bucket"),
            HistoryPart.Security => ("connection_security_policy", "istio_requests_total"),
            HistoryPart.Connections => ("response_flags", "istio_tcp_connections_opened_total"),
            _ => throw new ArgumentOutOfRangeException(nameof(part), part, "This dialect has no such history."),
        };
        var rates = new Rates(metric, PromQl.Duration(window), scope);
        var edges = part is HistoryPart.Security or HistoryPart.CalleeResponses or HistoryPart.CalleeDurations ? AsCalleesSee(rates)
            : scope.Callers.IsDefaultOrEmpty ? AsCallersSee(rates)
            : rates.OfCallers();
        return $"sum by ({by}) ({edges})";
    }

    public static ReporterTraffic Read(HistoryPart part, IReadOnlyList<HistorySample> samples) => part switch
    {
        HistoryPart.Responses or HistoryPart.CalleeResponses => Responses(samples),
        HistoryPart.Connections => Opened(samples),
        HistoryPart.Durations or HistoryPart.CalleeDurations => new ReporterTraffic { Durations = Durations(samples) },
        HistoryPart.Security => OfRequests(Security(samples, tcp: false)),
        HistoryPart.ConnectionSecurity => OfConnections(Security(samples, tcp: true)),
        HistoryPart.ByteSecurity => new ReporterTraffic { ByteSecurity = Security(samples, tcp: true) },
        _ => throw new ArgumentOutOfRangeException(nameof(part), part, "This dialect has no such history."),
    };

    /// <summary>ztunnel is told by its pods' <c>app</c>, as in the queries of a refresh.</summary>
    private static string Connections(HistoryPart part, HistoryScope scope, string window)
    {
        string Rates(string metric) => new Rates(metric, window, scope).Of("=\"destination\"", eitherEnd: false);
        var edges = part == HistoryPart.ConnectionSecurity
            ? Rates("istio_tcp_connections_opened_total")
            : $"({Rates("istio_tcp_received_bytes_total")} + {Rates("istio_tcp_sent_bytes_total")})";
        return $"sum by (connection_security_policy, app) (label_replace({edges}, \"app\", \"ztunnel\", \"pod\", \"ztunnel-.*\"))";
    }

    private static string AsCallersSee(Rates rates)
    {
        var source = rates.Of("=\"source\"", eitherEnd: true);
        var waypoint = rates.Of("=\"waypoint\"", eitherEnd: true);
        var callee = rates.Of("=\"destination\"", eitherEnd: true);
        var before = rates.Of("=~\"source|waypoint\"", eitherEnd: true);
        return $"{source} or ({waypoint} unless on ({Ends}) {source}) or ({callee} unless on ({Ends}) {before})";
    }

    private static string AsCalleesSee(Rates rates)
    {
        var callee = rates.Of("=\"destination\"", eitherEnd: false);
        return $"{callee} or ({rates.Of("=\"waypoint\"", eitherEnd: false)} unless on ({Ends}) {callee})";
    }

    private static ReporterTraffic Responses(IReadOnlyList<HistorySample> samples)
    {
        var responses = samples
            .Select(sample => new ResponseRate(
                Number(sample.Label("response_code")) ?? 0,
                Number(sample.Label("grpc_response_status")),
                sample.Label("response_flags") ?? "-",
                sample.Value))
            .ToImmutableArray();
        return new ReporterTraffic { Responses = responses, RequestsPerSecond = samples.Sum(sample => sample.Value) };
    }

    private static ReporterTraffic Opened(IReadOnlyList<HistorySample> samples) => new()
    {
        ConnectionsPerSecond = samples.Sum(sample => sample.Value),
        FailedConnectionsPerSecond = samples.Where(sample => ConnectionFlags.IsFailure(sample.Label("response_flags") ?? "-")).Sum(sample => sample.Value),
    };

    /// <summary>Null unless the last bucket is +Inf: without it the number of observations is not known.</summary>
    private static Histogram? Durations(IReadOnlyList<HistorySample> samples)
    {
        var buckets = samples
            .Select(sample => (Bound: Bound(sample.Label("le")), sample.Value))
            .Where(bucket => !double.IsNaN(bucket.Bound))
            .GroupBy(bucket => bucket.Bound, bucket => bucket.Value)
            .OrderBy(bucket => bucket.Key)
            .ToList();
        return buckets.Count < 2 || !double.IsPositiveInfinity(buckets[^1].Key)
            ? null
            : new Histogram([.. buckets.Select(bucket => bucket.Key)], [.. buckets.Select(bucket => bucket.Sum())]);
    }

    private static ReporterTraffic OfRequests(SecuritySplit split) => new() { RequestSecurity = split, RequestsPerSecond = split.Total };

    private static ReporterTraffic OfConnections(SecuritySplit split) => new() { ConnectionSecurity = split, ConnectionsPerSecond = split.Total };

    /// <summary>Like <see cref="ProtectionReader"/>: <c>unknown</c> of a ztunnel is plaintext, of anybody else it is not known.</summary>
    private static SecuritySplit Security(IReadOnlyList<HistorySample> samples, bool tcp)
    {
        double mutual = 0, plaintext = 0, unknown = 0;
        foreach (var sample in samples)
        {
            switch (sample.Label("connection_security_policy"))
            {
                case "mutual_tls":
                    mutual += sample.Value;
                    break;
                case "none":
                    plaintext += sample.Value;
                    break;
                case "unknown" when tcp && sample.Label("app") == "ztunnel":
                    plaintext += sample.Value;
                    break;
                default:
                    unknown += sample.Value;
                    break;
            }
        }

        return new SecuritySplit(mutual, plaintext, unknown);
    }

    private static int? Number(string? text) => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static double Bound(string? text) => text switch
    {
        "+Inf" => double.PositiveInfinity,
        _ when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var bound) => bound,
        _ => double.NaN,
    };

    /// <summary>Rates of one metric, narrowed to a scope. Alternatives are joined by <c>or</c>, which takes a series once.</summary>
    private sealed class Rates(string metric, string window, HistoryScope scope)
    {
        private readonly string? _namespaces = scope.Namespaces.IsDefaultOrEmpty ? null : PromQl.RegexAlternatives(scope.Namespaces);

        public string Of(string reporter, bool eitherEnd)
        {
            if (HasEnds(scope))
            {
                return OfEnds($"reporter{reporter}", byHost: eitherEnd);
            }

            if (scope.Callee is { } callee)
            {
                return Rate($"reporter{reporter}, destination_workload_namespace={PromQl.LabelValue(callee.Namespace)}, destination_workload={PromQl.LabelValue(callee.Name)}");
            }

            if (_namespaces is null)
            {
                return Rate($"reporter{reporter}");
            }

            var to = Rate($"reporter{reporter}, destination_workload_namespace=~{_namespaces}");
            return eitherEnd ? $"({Rate($"reporter{reporter}, source_workload_namespace=~{_namespaces}")} or {to})" : to;
        }

        /// <summary>By the callers alone: they have a proxy, since they are gateways.</summary>
        public string OfCallers() => string.Join(" or ", scope.Callers
            .GroupBy(caller => caller.Namespace, caller => caller.Name, StringComparer.Ordinal)
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group =>
            {
                var narrowed = _namespaces is null || scope.Namespaces.Contains(group.Key, StringComparer.Ordinal) ? "" : $", destination_workload_namespace=~{_namespaces}";
                return Rate($"reporter=\"source\", source_workload_namespace={PromQl.LabelValue(group.Key)}, source_workload=~{PromQl.RegexAlternatives(group)}{narrowed}");
            }));

        private static bool HasEnds(HistoryScope scope) => !scope.From.IsEmpty || !scope.To.IsEmpty || !scope.Hosts.IsEmpty || scope.Protocol is not null || scope.Operation is not null;

        /// <summary>Every caller with every callee. They exclude each other, so that no series is counted twice.</summary>
        private string OfEnds(string matchers, bool byHost)
        {
            var fixedMatchers = matchers
                + (scope.Protocol is { } protocol ? $", request_protocol={PromQl.LabelValue(protocol)}" : "")
                + scope.Operation switch
                {
                    null => "",
                    "" => ", request_operation=~\"|unknown\"",
                    var operation => $", request_operation={PromQl.LabelValue(operation)}",
                }
                + (byHost && !scope.Hosts.IsEmpty ? $", destination_service=~{PromQl.RegexAlternatives(scope.Hosts)}" : "");
            var callers = scope.From.IsEmpty ? [""] : scope.From.Select(end => Matchers("source", end)).ToArray();
            var callees = scope.To.IsEmpty || (byHost && !scope.Hosts.IsEmpty && !scope.Reached) ? [""] : scope.To.Select(end => Matchers("destination", end)).ToArray();
            var rates = callers.SelectMany(caller => callees.Select(callee => Rate(fixedMatchers + caller + callee))).ToList();
            return rates.Count == 1 ? rates[0] : $"({string.Join(" or ", rates)})";
        }

        private static string Matchers(string side, HistoryEnd end)
        {
            var isNot = end.Except && end.Workloads.IsEmpty ? "!=" : "=";
            var space = $", {side}_workload_namespace{isNot}{PromQl.LabelValue(end.Namespace)}";
            return end.Workloads.IsEmpty ? space : $"{space}, {side}_workload{(end.Except ? "!~" : "=~")}{PromQl.RegexAlternatives(end.Workloads)}";
        }

        private string Rate(string matchers) => $"rate({metric}{{{matchers}}}[{window}])";
    }
}
