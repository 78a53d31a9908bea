namespace MeshConsole.Mesh.Triage;

/// <summary>
/// What a response flag of Envoy means for whoever is on call, and what to look at next. Meanings: Envoy's access log
/// documentation, response flags.
/// </summary>
public static class ResponseFlagSteps
{
    /// <returns>One sentence; null for flags that need no step of their own.</returns>
    public static string? Of(string flag) => flag switch
    {
        "UH" => "No healthy instance: look whether its pods are ready, and whether outlier detection has ejected them.",
        "UF" => "Connections to it fail: look whether its port is right, whether its pods run, and whether both ends agree on mutual TLS.",
        "UO" => "Its circuit breaker is open: look at connectionPool in its DestinationRule against the traffic it gets.",
        "UT" => "It does not answer within the timeout: look at its latency, then at the timeout of the route.",
        "UC" => "It closes connections: look for restarts, for idle timeouts shorter than the caller's, and for crashes.",
        "UR" or "LR" => "Streams are reset: look for restarts and for limits of the server.",
        "URX" => "All retries failed: what is behind is down for every try; more retries make it worse.",
        "NR" => "No route matches: look at the hosts and matches of its VirtualService, and at the last change of it.",
        "NC" => "The route's cluster does not exist: look for a subset that its DestinationRule does not define.",
        "RL" => "It is rate limited: look at the limit against the traffic.",
        "UAEX" => "The external authorisation refuses it: look at that service.",
        "DENY" or "RBAC" => "A policy refuses it: look at the AuthorizationPolicies of the callee.",
        "TLS_FAILURE" => "The TLS handshake fails: look at the certificates of both ends and at the modes on the mTLS page.",
        _ => null,
    };
}
