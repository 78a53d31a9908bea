using System.Collections.Immutable;

namespace MeshConsole.Mesh.Changes;

/// <summary>One rule as its object writes it, before it is joined with cluster state and telemetry.</summary>
/// <param name="CatchesAll">True when no condition keeps a request out.</param>
/// <param name="Action">What happens instead of routing (<c>redirected</c>, <c>answered with 403</c>); null when it routes.</param>
internal sealed record RouteRuleText(
    int Index,
    string? Name,
    string Protocol,
    ImmutableArray<string> Matches,
    bool CatchesAll,
    ImmutableArray<RouteBackendText> Backends,
    string? Action,
    RoutePolicy Policy,
    ImmutableArray<string> Notes)
{
    /// <inheritdoc cref="RouteRule.Own"/>
    public RouteRule? Own { get; init; }
}

/// <param name="Host">Fully qualified.</param>
/// <param name="Weight">As written; null when omitted.</param>
/// <param name="Share">weight ÷ sum, 0..1; null when the weights add up to nothing.</param>
internal sealed record RouteBackendText(string Host, string? Subset, int? Port, int? Weight, double? Share)
{
    /// <inheritdoc cref="RouteBackend.WeightText"/>
    public string? WeightText { get; init; }
}
