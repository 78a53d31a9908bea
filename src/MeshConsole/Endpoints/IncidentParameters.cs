using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Incidents;
using Microsoft.AspNetCore.Mvc;

namespace MeshConsole.Endpoints;

/// <summary>Query parameters of <c>GET /api/v1/incidents</c>; what is absent narrows nothing.</summary>
internal sealed class IncidentParameters
{
    /// <summary><c>open</c> or <c>closed</c>.</summary>
    [FromQuery(Name = "state")]
    public string? State { get; init; }

    [FromQuery(Name = "cluster")]
    public string? Cluster { get; init; }

    /// <summary>Comma separated.</summary>
    [FromQuery(Name = "namespace")]
    public string? Namespace { get; init; }

    /// <summary>Part of a title or a note.</summary>
    [FromQuery(Name = "q")]
    public string? Text { get; init; }

    /// <summary>Id to go on below.</summary>
    [FromQuery(Name = "before")]
    public string? Before { get; init; }

    [FromQuery(Name = "limit")]
    public int? Limit { get; init; }

    /// <exception cref="ChangeException">The state is not known, or the limit is out of range.</exception>
    public IncidentFilter ToFilter(int most)
    {
        if (Limit is < 1 || Limit > most)
        {
            throw new ChangeException(ChangeFault.Invalid, "invalid-parameter", $"Parameter 'limit' is {Limit}; a number from 1 to {most} is expected.");
        }

        return new IncidentFilter(
            ReadState(State),
            string.IsNullOrWhiteSpace(Cluster) ? null : Cluster.Trim(),
            [.. (Namespace ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)],
            Text,
            string.IsNullOrWhiteSpace(Before) ? null : Before.Trim(),
            Limit ?? 100);
    }

    private static IncidentState? ReadState(string? text) => text?.Trim().ToLowerInvariant() switch
    {
        null or "" => null,
        "open" => IncidentState.Open,
        "closed" => IncidentState.Closed,
        _ => throw new ChangeException(ChangeFault.Invalid, "invalid-parameter", $"Parameter 'state' is '{text[..Math.Min(text.Length, 40)]}'; legal: open, closed."),
    };
}
