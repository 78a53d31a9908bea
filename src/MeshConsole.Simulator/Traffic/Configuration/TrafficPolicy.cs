using System.Collections.Immutable;
using System.Text.Json;

namespace MeshConsole.Simulator.Traffic.Configuration;

/// <summary>What a DestinationRule says about traffic to a host, a subset or a port.</summary>
internal sealed record TrafficPolicy
{
    public static readonly TrafficPolicy None = new();

    /// <summary><c>DISABLE</c>, <c>SIMPLE</c>, <c>MUTUAL</c> or <c>ISTIO_MUTUAL</c>; null when nothing is said.</summary>
    public string? TlsMode { get; init; }

    public OutlierDetection? Outliers { get; init; }

    /// <summary>Requests a client proxy may have in flight at once; null for no limit.</summary>
    public int? MaxRequests { get; init; }

    public static TrafficPolicy Read(JsonElement policy, int? port)
    {
        var own = ReadLevel(policy);
        if (port is not { } number) return own;
        foreach (var level in policy.Items("portLevelSettings"))
        {
            if (level.At("port").Integer("number") != number) continue;
            // Settings of a port replace the others as a whole, but a port without tls leaves the general tls in force.
            var specific = ReadLevel(level);
            return specific with { TlsMode = specific.TlsMode ?? own.TlsMode };
        }

        return own;
    }

    /// <summary>A subset's policy goes before the host's, field by field.</summary>
    public TrafficPolicy Over(TrafficPolicy host) => new()
    {
        TlsMode = TlsMode ?? host.TlsMode,
        Outliers = Outliers ?? host.Outliers,
        MaxRequests = MaxRequests ?? host.MaxRequests,
    };

    private static TrafficPolicy ReadLevel(JsonElement policy)
    {
        var http = policy.At("connectionPool", "http");
        return new TrafficPolicy
        {
            TlsMode = policy.At("tls").Text("mode"),
            Outliers = OutlierDetection.Read(policy.At("outlierDetection")),
            MaxRequests = Positive(http.Integer("http2MaxRequests")) ?? Positive(http.Integer("http1MaxPendingRequests")),
        };
    }

    private static int? Positive(int? value) => value > 0 ? value : null;
}

/// <summary>When a pod is taken out of a cluster, and for how long.</summary>
internal sealed record OutlierDetection(int Consecutive5xx, TimeSpan Interval, TimeSpan BaseEjectionTime, int MaxEjectionPercent)
{
    public static OutlierDetection? Read(JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Object) return null;
        var gateway = element.Integer("consecutiveGatewayErrors");
        var consecutive = element.Integer("consecutive5xxErrors") ?? element.Integer("consecutiveErrors") ?? 5;
        // What the simulated programs fail with are gateway errors too, so the lower of the two limits is met first.
        if (gateway is > 0 && (consecutive == 0 || gateway < consecutive)) consecutive = gateway.Value;
        return new(consecutive, element.Duration("interval") ?? TimeSpan.FromSeconds(10),
            element.Duration("baseEjectionTime") ?? TimeSpan.FromSeconds(30), Math.Clamp(element.Integer("maxEjectionPercent") ?? 10, 0, 100));
    }
}

/// <summary>A DestinationRule.</summary>
internal sealed record DestinationRule(string Namespace, string Host, JsonElement Policy, ImmutableDictionary<string, SubsetRule> Subsets)
{
    public static DestinationRule Of(JsonElement body)
    {
        var ns = body.At("metadata").Text("namespace") ?? "default";
        var spec = body.At("spec");
        var subsets = ImmutableDictionary.CreateBuilder<string, SubsetRule>(StringComparer.Ordinal);
        foreach (var subset in spec.Items("subsets"))
            if (subset.Text("name") is { } name)
                subsets[name] = new SubsetRule(subset.Map("labels"), subset.At("trafficPolicy"));
        return new(ns, RouteTable.FullName(spec.Text("host") ?? "", ns), spec.At("trafficPolicy"), subsets.ToImmutable());
    }

    public TrafficPolicy PolicyOf(string? subset, int? port)
    {
        var general = TrafficPolicy.Read(Policy, port);
        return subset is not null && Subsets.TryGetValue(subset, out var rule) ? TrafficPolicy.Read(rule.Policy, port).Over(general) : general;
    }
}

/// <summary>A subset: which pods, and its own policy.</summary>
internal sealed record SubsetRule(IReadOnlyDictionary<string, string> Labels, JsonElement Policy);
