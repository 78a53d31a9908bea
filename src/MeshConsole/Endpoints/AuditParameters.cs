using System.Globalization;
using MeshConsole.Mesh.Audit;
using MeshConsole.Mesh.Changes.Execution;
using Microsoft.AspNetCore.Mvc;

namespace MeshConsole.Endpoints;

/// <summary>Query parameters of <c>GET /api/v1/audit</c>; what is absent narrows nothing.</summary>
internal sealed class AuditParameters
{
    /// <summary>Part of a subject or name.</summary>
    [FromQuery(Name = "actor")]
    public string? Actor { get; init; }

    /// <summary>Part of <c>cluster/namespace/kind/name</c>.</summary>
    [FromQuery(Name = "target")]
    public string? Target { get; init; }

    /// <summary>Id of a change.</summary>
    [FromQuery(Name = "change")]
    public string? Change { get; init; }

    [FromQuery(Name = "action")]
    public string? Action { get; init; }

    [FromQuery(Name = "outcome")]
    public string? Outcome { get; init; }

    /// <summary>ISO 8601.</summary>
    [FromQuery(Name = "from")]
    public string? From { get; init; }

    /// <summary>ISO 8601.</summary>
    [FromQuery(Name = "to")]
    public string? To { get; init; }

    /// <summary>Sequence to go on below.</summary>
    [FromQuery(Name = "below")]
    public long? Below { get; init; }

    [FromQuery(Name = "limit")]
    public int? Limit { get; init; }

    /// <exception cref="ChangeException">A parameter cannot be read.</exception>
    public AuditFilter ToFilter(int most) =>
        Limit is < 1 || Limit > most
            ? throw new ChangeException(ChangeFault.Invalid, "invalid-parameter", $"Parameter 'limit' is {Limit}; a number from 1 to {most} is expected.")
            : new AuditFilter(Blank(Actor), Blank(Target), Blank(Change), Blank(Action), Blank(Outcome), Instant(From, "from"), Instant(To, "to"), Below, Limit ?? 100);

    private static string? Blank(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

    private static DateTimeOffset? Instant(string? text, string name) =>
        Blank(text) is not { } given ? null
        : DateTimeOffset.TryParse(given, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at) ? at
        : throw new ChangeException(ChangeFault.Invalid, "invalid-parameter", $"Parameter '{name}' is not an instant in ISO 8601, for example 2026-01-31T02:14:00Z.");
}
