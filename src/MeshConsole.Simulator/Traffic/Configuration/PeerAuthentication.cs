using System.Text.Json;

namespace MeshConsole.Simulator.Traffic.Configuration;

/// <summary>Whether a proxy takes plaintext on a port.</summary>
internal enum MutualTlsMode
{
    Unset,
    Disable,
    Permissive,
    Strict,
}

/// <summary>A PeerAuthentication.</summary>
internal sealed record PeerAuthentication(
    string Namespace, string Name, DateTimeOffset CreatedAt, IReadOnlyDictionary<string, string> Selector, MutualTlsMode Mode,
    IReadOnlyDictionary<int, MutualTlsMode> Ports)
{
    public static PeerAuthentication Of(JsonElement body)
    {
        var metadata = body.At("metadata");
        var ports = new Dictionary<int, MutualTlsMode>();
        if (body.At("spec", "portLevelMtls") is { ValueKind: JsonValueKind.Object } levels)
        {
            foreach (var level in levels.EnumerateObject())
                if (int.TryParse(level.Name, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var port))
                    ports[port] = ModeOf(level.Value);
        }

        return new(metadata.Text("namespace") ?? "default", metadata.Text("name") ?? "",
            metadata.At("creationTimestamp") is { ValueKind: JsonValueKind.String } created && created.TryGetDateTimeOffset(out var at) ? at : default,
            body.At("spec", "selector").Map("matchLabels"), ModeOf(body.At("spec", "mtls")), ports);
    }

    /// <summary>
    /// The mode of a workload's port: PERMISSIVE, overridden by the oldest policy of the mesh, of the namespace and of the
    /// workload, each only where it says something; ports are looked up in the workload's policy alone.
    /// </summary>
    public static MutualTlsMode Effective(IEnumerable<PeerAuthentication> policies, string ns, IReadOnlyDictionary<string, string> labels, int port)
    {
        const string Root = "istio-system";
        PeerAuthentication? mesh = null, own = null, workload = null;
        foreach (var policy in policies)
        {
            if (policy.Selector.Count == 0)
            {
                if (policy.Namespace == Root) mesh = Older(mesh, policy);
                else if (policy.Namespace == ns) own = Older(own, policy);
            }
            else if (policy.Namespace == ns && ns != Root && policy.Selector.All(pair => labels.TryGetValue(pair.Key, out var value) && value == pair.Value))
            {
                workload = Older(workload, policy);
            }
        }

        var mode = MutualTlsMode.Permissive;
        foreach (var policy in (ReadOnlySpan<PeerAuthentication?>)[mesh, own, workload])
            if (policy is not null && policy.Mode != MutualTlsMode.Unset)
                mode = policy.Mode;
        return workload is not null && workload.Ports.TryGetValue(port, out var level) && level != MutualTlsMode.Unset ? level : mode;
    }

    private static PeerAuthentication Older(PeerAuthentication? a, PeerAuthentication b)
    {
        if (a is null) return b;
        var order = a.CreatedAt.CompareTo(b.CreatedAt);
        if (order == 0) order = string.CompareOrdinal(a.Name, b.Name);
        return order <= 0 ? a : b;
    }

    private static MutualTlsMode ModeOf(JsonElement mtls) => mtls.Text("mode") switch
    {
        "DISABLE" => MutualTlsMode.Disable,
        "PERMISSIVE" => MutualTlsMode.Permissive,
        "STRICT" => MutualTlsMode.Strict,
        _ => MutualTlsMode.Unset,
    };
}
