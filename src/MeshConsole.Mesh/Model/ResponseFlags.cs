using System.Collections.Frozen;
using System.Collections.Immutable;

namespace MeshConsole.Mesh.Model;

/// <summary>
/// What the response flags of Envoy and ztunnel mean, and what to look at next. Source: the response flags in the
/// documentation of Envoy's access log, and the connection results in ztunnel's metrics.
/// </summary>
public static class ResponseFlags
{
    private static readonly FrozenDictionary<string, ResponseFlag> s_known = new ResponseFlag[]
    {
        new("DC", "the caller closed the connection before the answer was there", "Look whether the caller's own timeout is shorter than what the callee needs."),
        new("LH", "the callee failed the proxy's own health check", "Look at the pods' health and at the health checks that are configured."),
        new("UH", "no healthy instance to send to", "No healthy instance: look whether its pods are ready, and whether outlier detection has ejected them."),
        new("UF", "the connection to the callee failed", "Connections to it fail: look whether its port is right, whether its pods run, and whether both ends agree on mutual TLS."),
        new("UO", "a limit of the connection pool was reached", "Its circuit breaker is open: look at connectionPool in its DestinationRule against the traffic it gets."),
        new("UT", "the callee did not answer in time", "It does not answer within the timeout: look at its latency, then at the timeout of the route."),
        new("UC", "the callee closed the connection", "It closes connections: look for restarts, for idle timeouts shorter than the caller's, and for crashes."),
        new("UR", "the callee reset the stream", "Streams are reset: look for restarts and for limits of the server."),
        new("LR", "the proxy reset the stream", "Streams are reset: look for restarts and for limits of the server."),
        new("DR", "the caller reset the stream", "Look why the caller gives up: its own timeout, or a user who went away."),
        new("URX", "all retries failed", "All retries failed: what is behind is down for every try; more retries make it worse."),
        new("NR", "no route matched", "No route matches: look at the hosts and matches of its VirtualService, and at the last change of it."),
        new("NC", "the cluster of the route does not exist", "The route's cluster does not exist: look for a subset that its DestinationRule does not define."),
        new("NFCF", "a filter's configuration did not come", "Look whether the control plane pushes to this proxy, and at the EnvoyFilter or WasmPlugin that names the filter."),
        new("RL", "rate limited", "It is rate limited: look at the limit against the traffic."),
        new("RLSE", "the rate limit service failed", "Look at the rate limit service: it did not answer."),
        new("UAEX", "refused by the external authorisation", "The external authorisation refuses it: look at that service."),
        new("FI", "a fault that was injected", "A fault is injected on purpose: look at fault in the VirtualService, and take it away when the test is over."),
        new("DI", "a delay that was injected", "A delay is injected on purpose: look at fault in the VirtualService, and take it away when the test is over."),
        new("SI", "the stream was idle for too long", "Nothing was sent for longer than the idle timeout: look whether the callee hangs, or whether the stream is meant to be quiet."),
        new("DT", "the connection or request lasted too long", "A limit of duration ended it: look at maxConnectionDuration and the timeouts of the route."),
        new("UMSDR", "the stream lasted longer than is allowed", "A limit of duration ended it: look at the timeout of the route."),
        new("IH", "a header of the request is not allowed", "The caller sends a header that strict checking refuses: look at the caller."),
        new("DPE", "the caller broke the protocol", "The caller sends what is no valid HTTP: look at its client, and whether the port's protocol is named right."),
        new("UPE", "the callee broke the protocol", "The callee answers with what is no valid HTTP: look at the server, and whether the port's protocol is named right."),
        new("OM", "the proxy was overloaded", "The proxy is out of memory or connections: look at its resources and limits."),
        new("DO", "dropped as the load was too high", "The control plane asked to drop a share: look at who set the drop."),
        new("UDO", "dropped by configuration", "The control plane asked to drop it: look at who set the drop."),
        new("DF", "the name could not be resolved", "DNS does not know the host: look at the ServiceEntry's hosts and at the resolver."),
        new("RFCF", "answered from a cache", null),
        new("DENY", "refused by a policy", "A policy refuses it: look at the AuthorizationPolicies of the callee."),
        new("RBAC", "refused by a policy", "A policy refuses it: look at the AuthorizationPolicies of the callee."),
        new("CONNECT", "the connection to the callee failed", "Connections to it fail: look whether its port is right and whether its pods run."),
        new("TLS_FAILURE", "the TLS handshake failed", "The TLS handshake fails: look at the certificates of both ends and at the modes on the mTLS page."),
        new("H2_HANDSHAKE_FAILURE", "the tunnel between the nodes could not be opened", "Look at ztunnel of the callee's node, and whether port 15008 is reachable."),
        new("NETWORK_POLICY", "refused by a NetworkPolicy", "Look at the NetworkPolicies of the callee: port 15008 has to be open."),
        new("IDENTITY_ERROR", "no certificate for the caller's identity", "ztunnel got no certificate for the workload: look at istiod and at the service account."),
        new("CERT_REVOKED", "the certificate was revoked", "The certificate is on the revocation list: look why, and restart the workload to get another."),
    }.ToFrozenDictionary(flag => flag.Flag, StringComparer.Ordinal);

    /// <summary>The flags of a comma separated list, in its order; none for <c>-</c>. One that is not known stands for itself.</summary>
    public static ImmutableArray<ResponseFlag> Of(string? flags) => flags is null or "" or "-"
        ? []
        : [.. flags.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(One)];

    /// <summary>What to look at next for one flag; null for one that is not known or needs nothing.</summary>
    public static string? StepOf(string flag) => s_known.GetValueOrDefault(flag)?.NextStep;

    private static ResponseFlag One(string flag) => s_known.GetValueOrDefault(flag) ?? new ResponseFlag(flag, "a flag this console has no words for", null);
}
