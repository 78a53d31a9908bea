using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using MeshConsole.Mesh.Kubernetes.Objects;

namespace MeshConsole.Mesh.Mtls;

/// <summary>A <c>security.istio.io</c> PeerAuthentication as istiod reads it.</summary>
/// <param name="Selector">Labels a pod must carry; empty selects the whole namespace (the whole mesh in the root namespace).</param>
/// <param name="Ports">Modes by container port.</param>
/// <param name="Problems">What could not be read, in words.</param>
public sealed record PeerAuthentication(
    ObjectReference Reference,
    DateTimeOffset CreatedAt,
    ImmutableSortedDictionary<string, string> Selector,
    PeerMode Mode,
    ImmutableSortedDictionary<int, PeerMode> Ports,
    ImmutableArray<string> Problems)
{
    /// <summary>False when the selector cannot be read: whom such a policy means is not known, so it is left out and said.</summary>
    public bool SelectorReadable { get; init; } = true;

    public static PeerAuthentication Parse(MeshObject policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        var problems = ImmutableArray.CreateBuilder<string>();
        var reference = new ObjectReference("PeerAuthentication", policy.Meta.Namespace, policy.Meta.Name);

        var matchLabels = policy.Spec.Get("selector").Get("matchLabels");
        var selector = matchLabels.Labels();
        var readable = !matchLabels.IsPresent() || (matchLabels.IsObject() && selector.Count == matchLabels.EnumerateObject().Count());
        if (!readable)
        {
            problems.Add($"{Words(reference)}: its selector cannot be read, so the policy is left out here.");
        }

        var ports = ImmutableSortedDictionary.CreateBuilder<int, PeerMode>();
        foreach (var (key, value) in policy.Spec.Get("portLevelMtls").Members())
        {
            if (int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= 65535)
            {
                ports[port] = ReadMode(value.Get("mode"), reference, problems);
            }
            else
            {
                problems.Add($"{Words(reference)}: a key of portLevelMtls is not a port number.");
            }
        }

        var mode = ReadMode(policy.Spec.Get("mtls").Get("mode"), reference, problems);
        return new PeerAuthentication(reference, policy.Meta.CreatedAt, selector, mode, ports.ToImmutable(), problems.ToImmutable()) { SelectorReadable = readable };
    }

    /// <summary>An object in words: <c>PeerAuthentication payments/default</c>.</summary>
    internal static string Words(ObjectReference reference) => $"{reference.Kind} {reference.Namespace}/{reference.Name}";

    private static PeerMode ReadMode(JsonElement mode, ObjectReference reference, ImmutableArray<string>.Builder problems)
    {
        if (!mode.IsPresent())
        {
            return PeerMode.Unset;
        }

        switch (mode.Text())
        {
            case "STRICT":
                return PeerMode.Strict;
            case "PERMISSIVE":
                return PeerMode.Permissive;
            case "DISABLE":
                return PeerMode.Disable;
            case "UNSET":
                return PeerMode.Unset;
            default:
                problems.Add($"{Words(reference)}: a mode is none of STRICT, PERMISSIVE, DISABLE and UNSET; it is read as UNSET.");
                return PeerMode.Unset;
        }
    }
}
