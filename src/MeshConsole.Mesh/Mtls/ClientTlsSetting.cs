using System.Collections.Immutable;

namespace MeshConsole.Mesh.Mtls;

/// <summary>One TLS setting of a DestinationRule, after inheritance inside the rule.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Port">Service port it is for; null for all ports without one of their own.</param>
/// <param name="Subset">Subset it is for; null for calls that name no subset.</param>
/// <param name="SubsetLabels">Labels of the subset; empty without subset.</param>
/// <param name="Callers">Which callers the rule is for in words (<c>callers in namespace web</c>); null for all.</param>
public sealed record ClientTlsSetting(
    ObjectReference Rule,
    ClientTlsMode Mode,
    int? Port,
    string? Subset,
    ImmutableSortedDictionary<string, string> SubsetLabels,
    string? Callers);
