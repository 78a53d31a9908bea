using MeshConsole.Components.Changes;
using MeshConsole.Mesh.Mtls.Readiness;

namespace MeshConsole.Components.Encryption;

/// <summary>Verdicts on STRICT as people read them.</summary>
internal static class ReadinessWords
{
    public static MarkShape Shape(ReadinessVerdict verdict) => verdict switch
    {
        ReadinessVerdict.Ready => MarkShape.Good,
        ReadinessVerdict.Blocked => MarkShape.Bad,
        _ => MarkShape.Unknown,
    };

    public static string Word(ReadinessVerdict verdict) => verdict switch
    {
        ReadinessVerdict.Ready => "ready",
        ReadinessVerdict.Blocked => "blocked",
        _ => "unproven",
    };

    /// <summary>The verdict in a sentence: what, about whom, from how much history.</summary>
    public static string Headline(StrictReadiness answer)
    {
        var scope = Format.Middle(answer.Scope.ToString(), 100);
        var lookback = LookbackWords.Of(answer.Lookback);
        return answer.Verdict switch
        {
            ReadinessVerdict.Ready => $"Ready: STRICT for {scope} would have refused nobody in the last {lookback}",
            ReadinessVerdict.Blocked => $"Blocked: {Format.Plural(answer.Blockers.Length, "thing speaks", "things speak")} against STRICT for {scope}",
            _ => $"Unproven: nothing speaks against STRICT for {scope}, but {Format.Plural(answer.Unproven.Length, "thing is", "things are")} not known",
        };
    }

    /// <summary>Codes of findings in words, for a table's cell.</summary>
    public static string Reasons(StrictReadiness answer) => string.Join(", ", answer.Blockers.Concat(answer.Unproven)
        .Select(found => Of(found.Code))
        .Distinct(StringComparer.Ordinal));

    public static string Of(string code) => code switch
    {
        "plaintext-requests" => "plaintext requests",
        "plaintext-connections" => "plaintext connections",
        "client-tls" => "DestinationRule",
        "not-covered" => "pods without proxy",
        "port-not-captured" => "port past the proxy",
        "caller-excludes-port" => "a caller excludes the port",
        "outside-clients" => "clients from outside",
        "no-traffic" => "no traffic",
        "short-history" => "history too short",
        "scrape-gap" => "gap in the scrapes",
        "scrapes-unknown" => "scrapes not known",
        "not-scraped" => "not scraped now",
        "protection-unknown" => "protection not known",
        "history-unavailable" => "history not read",
        "no-pods" => "no pod runs",
        "nothing-in-scope" => "nothing there",
        "policies-unknown" => "policies not known",
        "destination-rules-unknown" => "DestinationRules not known",
        "services-unknown" => "Services not known",
        "cluster-unknown" => "cluster not read",
        "own-policy" => "policy of its own",
        "port-exception" => "port exception",
        "possible-callers-without-proxy" => "possible callers without proxy",
        "short-look-back" => "short look-back",
        "already-strict" => "STRICT already",
        "certificate-soon" => "certificate ends soon",
        "probes-not-rewritten" => "probes not rewritten",
        "metrics-not-merged" => "metrics not merged",
        "other-clusters" => "callers from other clusters",
        "trust-domain" => "another trust domain",
        _ => code.Replace('-', ' '),
    };
}
