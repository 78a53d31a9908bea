using System.Collections.Immutable;
using System.Text.Json;

namespace MeshConsole.Simulator.Traffic.Configuration;

/// <summary>A VirtualService or an HTTPRoute: for which hosts, seen from where, which rules.</summary>
internal sealed record RouteTable(string Namespace, string Name, DateTimeOffset CreatedAt, ImmutableArray<string> Hosts, ImmutableArray<RouteRule> Rules)
{
    /// <summary>Applies to sidecars.</summary>
    public bool Mesh { get; init; } = true;

    /// <summary>Gateways it is bound to, as <c>namespace/name</c>.</summary>
    public ImmutableArray<string> Gateways { get; init; } = [];

    public static RouteTable OfVirtualService(JsonElement body)
    {
        var ns = body.At("metadata").Text("namespace") ?? "default";
        var spec = body.At("spec");
        var gateways = spec.Texts("gateways").ToList();
        return new RouteTable(ns, body.At("metadata").Text("name") ?? "", CreatedAtOf(body), [.. spec.Texts("hosts").Select(host => FullName(host, ns))],
            [.. spec.Items("http").Select(rule => VirtualServiceRule(rule, ns))])
        {
            Mesh = gateways.Count == 0 || gateways.Contains("mesh"),
            Gateways = [.. gateways.Where(name => name != "mesh").Select(name => name.Contains('/', StringComparison.Ordinal) ? name : $"{ns}/{name}")],
        };
    }

    public static RouteTable OfHttpRoute(JsonElement body)
    {
        var ns = body.At("metadata").Text("namespace") ?? "default";
        var spec = body.At("spec");
        var hosts = ImmutableArray.CreateBuilder<string>();
        var gateways = ImmutableArray.CreateBuilder<string>();
        foreach (var parent in spec.Items("parentRefs"))
        {
            var name = parent.Text("name") ?? "";
            var parentNamespace = parent.Text("namespace") ?? ns;
            if (parent.Text("kind") == "Service") hosts.Add($"{name}.{parentNamespace}.svc.cluster.local");
            else gateways.Add($"{parentNamespace}/{name}");
        }

        var mesh = hosts.Count > 0;
        if (!mesh) hosts.AddRange(spec.Texts("hostnames"));
        return new RouteTable(ns, body.At("metadata").Text("name") ?? "", CreatedAtOf(body), hosts.ToImmutable(), [.. spec.Items("rules").Select(rule => HttpRouteRule(rule, ns))])
        {
            Mesh = mesh,
            Gateways = gateways.ToImmutable(),
        };
    }

    /// <summary>A name without a dot belongs to the namespace of the object that says it; any other is taken as it stands.</summary>
    public static string FullName(string host, string ns) =>
        host.Contains('.', StringComparison.Ordinal) || host is "*" or "" ? host : $"{host}.{ns}.svc.cluster.local";

    /// <summary>True when a host of the table, which may begin with <c>*</c>, covers the name.</summary>
    public static bool Covers(string host, string name) =>
        string.Equals(host, name, StringComparison.Ordinal) || host == "*" || (host.StartsWith("*.", StringComparison.Ordinal) && name.EndsWith(host[1..], StringComparison.Ordinal));

    private static DateTimeOffset CreatedAtOf(JsonElement body) =>
        body.At("metadata", "creationTimestamp") is { ValueKind: JsonValueKind.String } value && value.TryGetDateTimeOffset(out var at) ? at : default;

    private static RouteRule VirtualServiceRule(JsonElement rule, string ns)
    {
        var conditions = rule.Items("match").Select(MatchOfVirtualService).ToArray();
        var targets = rule.Items("route").Select(route =>
        {
            var destination = route.At("destination");
            return new RouteTarget(FullName(destination.Text("host") ?? "", ns), destination.Text("subset"), destination.At("port").Integer("number"), route.Integer("weight") ?? 0);
        }).ToImmutableArray();
        if (targets.Length == 1) targets = [targets[0] with { Weight = 100 }];
        return new RouteRule(conditions.Length == 0 ? static _ => true : request => Array.Exists(conditions, condition => condition(request)), targets)
        {
            Timeout = rule.Duration("timeout") ?? TimeSpan.Zero,
            Retries = RetryPolicy.Read(rule.At("retries")),
            Fault = FaultOf(rule.At("fault")),
            OwnAnswer = targets.Length > 0 ? null : rule.At("redirect").ValueKind == JsonValueKind.Object ? 301 : rule.At("directResponse").Integer("status") ?? 404,
        };
    }

    private static Func<RequestTraits, bool> MatchOfVirtualService(JsonElement match)
    {
        var conditions = new List<Func<RequestTraits, bool>>();
        if (match.At("uri").ValueKind == JsonValueKind.Object)
        {
            var uri = StringCondition.OfIstio(match.At("uri"), match.Flag("ignoreUriCase") ?? false);
            conditions.Add(request => uri(request.Path));
        }

        if (match.At("method").ValueKind == JsonValueKind.Object)
        {
            var method = StringCondition.OfIstio(match.At("method"));
            conditions.Add(request => method(request.Method));
        }

        if (match.At("authority").ValueKind == JsonValueKind.Object)
        {
            var authority = StringCondition.OfIstio(match.At("authority"));
            conditions.Add(request => authority(request.Host));
        }

        AddHeaders(match.At("headers"), wanted: true);
        AddHeaders(match.At("withoutHeaders"), wanted: false);
        if (match.Integer("port") is { } port) conditions.Add(request => request.Port == port);
        if (match.Text("sourceNamespace") is { } sourceNamespace) conditions.Add(request => request.SourceNamespace == sourceNamespace);
        foreach (var (key, value) in match.Map("sourceLabels"))
            conditions.Add(request => request.SourceLabels.TryGetValue(key, out var actual) && actual == value);
        // Simulated requests have no query parameters, so a rule that asks for one does not match.
        if (match.At("queryParams").ValueKind == JsonValueKind.Object && match.At("queryParams").EnumerateObject().Any()) conditions.Add(static _ => false);
        return request => conditions.TrueForAll(condition => condition(request));

        void AddHeaders(JsonElement headers, bool wanted)
        {
            if (headers.ValueKind != JsonValueKind.Object) return;
            foreach (var header in headers.EnumerateObject())
            {
                var name = header.Name.ToLowerInvariant();
                var condition = StringCondition.OfIstio(header.Value);
                conditions.Add(request => condition(request.Headers.GetValueOrDefault(name)) == wanted);
            }
        }
    }

    private static FaultInjection? FaultOf(JsonElement fault)
    {
        if (fault.ValueKind != JsonValueKind.Object) return null;
        var abort = fault.At("abort");
        var delay = fault.At("delay");
        return new FaultInjection(
            Share(abort), abort.Integer("httpStatus") ?? 503, Share(delay), (delay.Duration("fixedDelay") ?? TimeSpan.Zero).TotalMilliseconds);

        static double Share(JsonElement part) => part.ValueKind != JsonValueKind.Object ? 0 : Math.Clamp((part.At("percentage").Number("value") ?? 100) / 100, 0, 1);
    }

    private static RouteRule HttpRouteRule(JsonElement rule, string ns)
    {
        var conditions = rule.Items("matches").Select(MatchOfHttpRoute).ToArray();
        var targets = rule.Items("backendRefs").Select(backend => new RouteTarget(
            $"{backend.Text("name")}.{backend.Text("namespace") ?? ns}.svc.cluster.local", null, backend.Integer("port"), backend.Integer("weight") ?? 1)).ToImmutableArray();
        return new RouteRule(conditions.Length == 0 ? static _ => true : request => Array.Exists(conditions, condition => condition(request)), targets)
        {
            Timeout = rule.At("timeouts").Duration("request") ?? TimeSpan.Zero,
            OwnAnswer = targets.Sum(target => target.Weight) > 0 ? null : rule.Items("filters").Any(filter => filter.Text("type") == "RequestRedirect") ? 302 : 500,
        };
    }

    private static Func<RequestTraits, bool> MatchOfHttpRoute(JsonElement match)
    {
        var conditions = new List<Func<RequestTraits, bool>>();
        if (match.At("path").Text("value") is { } path)
        {
            var condition = StringCondition.OfGatewayApi(match.At("path").Text("type") ?? "PathPrefix", path);
            conditions.Add(request => condition(request.Path));
        }

        if (match.Text("method") is { } method) conditions.Add(request => request.Method == method);
        foreach (var header in match.Items("headers"))
        {
            var name = (header.Text("name") ?? "").ToLowerInvariant();
            var condition = StringCondition.OfGatewayApi(header.Text("type"), header.Text("value") ?? "");
            conditions.Add(request => condition(request.Headers.GetValueOrDefault(name)));
        }

        if (match.Items("queryParams").Any()) conditions.Add(static _ => false);
        return request => conditions.TrueForAll(condition => condition(request));
    }
}
