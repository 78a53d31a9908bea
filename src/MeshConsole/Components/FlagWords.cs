namespace MeshConsole.Components;

/// <summary>What Envoy's and ztunnel's response flags mean, in words. Source: the response flags of Envoy's access log.</summary>
public static class FlagWords
{
    /// <summary>Words for flags joined by commas; an unknown flag stands for itself; null for none.</summary>
    public static string? Of(string flags) => flags is "" or "-" ? null : string.Join("; ", flags.Split(',').Select(flag => flag + ": " + One(flag)));

    private static string One(string flag) => flag switch
    {
        "DC" => "the caller closed the connection",
        "UH" => "no healthy instance to send to",
        "UF" => "the connection to the callee failed",
        "UO" => "a limit of the connection pool was reached",
        "UT" => "the callee did not answer in time",
        "UC" => "the callee closed the connection",
        "UR" => "the callee reset the stream",
        "LR" => "the proxy reset the stream",
        "URX" => "all retries failed",
        "NR" => "no route matched",
        "NC" => "the cluster of the route does not exist",
        "RL" => "rate limited",
        "UAEX" => "refused by the external authorisation",
        "FI" => "a fault that was injected",
        "DI" => "a delay that was injected",
        "SI" => "the stream was idle for too long",
        "DPE" => "the caller broke the protocol",
        "UPE" => "the callee broke the protocol",
        "DENY" => "refused by a policy",
        "TLS_FAILURE" => "the TLS handshake failed",
        "CONNECT" => "the connection to the callee failed",
        _ => "a flag this console has no words for",
    };
}
