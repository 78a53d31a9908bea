using System.Collections.Immutable;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace MeshConsole.Simulator.Traffic.Configuration;

/// <summary>What a route sees of a request.</summary>
internal sealed record RequestTraits(
    string Host, string Method, string Path, int Port, ImmutableDictionary<string, string> Headers,
    IReadOnlyDictionary<string, string> SourceLabels, string SourceNamespace);

/// <summary>One rule of a VirtualService or an HTTPRoute: the first that matches decides.</summary>
internal sealed record RouteRule(Func<RequestTraits, bool> Matches, ImmutableArray<RouteTarget> Targets)
{
    /// <summary>Zero means none.</summary>
    public TimeSpan Timeout { get; init; }

    public RetryPolicy Retries { get; init; } = RetryPolicy.Default;

    public FaultInjection? Fault { get; init; }

    /// <summary>The mesh answers by itself with this status: a redirect, a direct response, or a route without a valid backend.</summary>
    public int? OwnAnswer { get; init; }
}

/// <summary>A destination and its weight in the rule.</summary>
internal sealed record RouteTarget(string Host, string? Subset, int? Port, int Weight);

/// <summary>Shares 0..1 of requests that are answered with a status, or held up.</summary>
internal sealed record FaultInjection(double AbortShare, int AbortStatus, double DelayShare, double DelayMs);

/// <summary>What is tried again, how often.</summary>
internal sealed record RetryPolicy(int Attempts, TimeSpan PerTryTimeout, ImmutableHashSet<string> On, ImmutableHashSet<int> Codes)
{
    private const string DefaultOn = "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes";

    /// <summary>Back-off before a retry: between 0 and the base of 25 ms that doubles.</summary>
    public const double BackoffMs = 25;

    /// <summary>What applies where nothing is said (mesh-wide default of Istio 1.24 and later).</summary>
    public static RetryPolicy Default { get; } = Of(2, TimeSpan.Zero, DefaultOn);

    public static RetryPolicy Of(int attempts, TimeSpan perTryTimeout, string? on)
    {
        var conditions = ImmutableHashSet.CreateBuilder<string>(StringComparer.Ordinal);
        var codes = ImmutableHashSet.CreateBuilder<int>();
        foreach (var part in (string.IsNullOrWhiteSpace(on) ? DefaultOn : on).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (int.TryParse(part, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var code)) codes.Add(code);
            else conditions.Add(part);
        }

        return new(Math.Clamp(attempts, 0, 20), perTryTimeout, conditions.ToImmutable(), codes.ToImmutable());
    }

    public static RetryPolicy Read(JsonElement retries) => retries.ValueKind != JsonValueKind.Object
        ? Default
        : Of(retries.Integer("attempts") ?? 0, retries.Duration("perTryTimeout") ?? TimeSpan.Zero, retries.Text("retryOn"));

    /// <summary>True when an answer of the server is tried again.</summary>
    public bool Retries(int status, int grpcStatus)
    {
        if (grpcStatus >= 0)
        {
            return (grpcStatus == 14 && On.Contains("unavailable")) || (grpcStatus == 1 && On.Contains("cancelled"))
                || (grpcStatus == 4 && On.Contains("deadline-exceeded")) || (grpcStatus == 8 && On.Contains("resource-exhausted"))
                || (grpcStatus == 13 && On.Contains("internal"));
        }

        return (status >= 500 && On.Contains("5xx")) || (status is 502 or 503 or 504 && On.Contains("gateway-error")) || Codes.Contains(status);
    }

    public bool RetriesConnectFailure => On.Contains("connect-failure") || On.Contains("5xx") || On.Contains("gateway-error") || On.Contains("reset");

    public bool RetriesTimeout => On.Contains("5xx") || On.Contains("gateway-error") || On.Contains("reset");
}

/// <summary>Conditions on strings as Istio and the Gateway API write them.</summary>
internal static class StringCondition
{
    private static readonly TimeSpan s_regexLimit = TimeSpan.FromMilliseconds(50);

    /// <summary>Istio's StringMatch: exact, prefix or regex of the whole value; an empty object asks for presence.</summary>
    public static Func<string?, bool> OfIstio(JsonElement match, bool ignoreCase = false)
    {
        var comparison = ignoreCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        if (match.Text("exact") is { } exact) return value => string.Equals(value, exact, comparison);
        if (match.Text("prefix") is { } prefix) return value => value is not null && value.StartsWith(prefix, comparison);
        if (match.Text("regex") is { } pattern) return Whole(pattern);
        return value => value is not null;
    }

    /// <summary>The Gateway API's matches: <c>Exact</c> (the default), <c>PathPrefix</c> or <c>RegularExpression</c>.</summary>
    public static Func<string?, bool> OfGatewayApi(string? type, string wanted) => type switch
    {
        "RegularExpression" => Whole(wanted),
        "PathPrefix" => value => value is not null && PathUnder(value, wanted),
        _ => value => string.Equals(value, wanted, StringComparison.Ordinal),
    };

    private static bool PathUnder(string path, string prefix)
    {
        var trimmed = prefix.TrimEnd('/');
        return path.StartsWith(trimmed, StringComparison.Ordinal) && (path.Length == trimmed.Length || path[trimmed.Length] == '/');
    }

    private static Func<string?, bool> Whole(string pattern)
    {
        Regex regex;
        try
        {
            regex = new Regex($"^(?:{pattern})$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking, s_regexLimit);
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            return _ => false; // A proxy that refuses the expression keeps the rule from matching.
        }

        return value => value is not null && regex.IsMatch(value);
    }
}
