using System.Globalization;
using MeshConsole.Mesh.Timeline;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace MeshConsole.Endpoints;

/// <summary>Query parameters of <c>GET /api/v1/timeline</c>; what is absent narrows nothing.</summary>
internal sealed class TimelineParameters
{
    [FromQuery(Name = "cluster")]
    public string? Cluster { get; init; }

    /// <summary>Comma separated.</summary>
    [FromQuery(Name = "namespace")]
    public string? Namespace { get; init; }

    /// <summary>ISO 8601.</summary>
    [FromQuery(Name = "from")]
    public string? From { get; init; }

    /// <summary>ISO 8601.</summary>
    [FromQuery(Name = "to")]
    public string? To { get; init; }

    /// <summary><c>deploy, scale, weight, config, policy, certificate, crash, mark</c>.</summary>
    [FromQuery(Name = "kind")]
    public string? Kind { get; init; }

    /// <summary>Part of the object's name, its summary or its writer.</summary>
    [FromQuery(Name = "q")]
    public string? Text { get; init; }

    [FromQuery(Name = "limit")]
    public int? Limit { get; init; }

    /// <returns>What is wrong with the parameters; null when nothing is.</returns>
    public ProblemHttpResult? Read(int most, out TimelineFilter filter)
    {
        filter = new TimelineFilter();
        if (!TryInstant(From, out var from))
        {
            return ApiProblem.InvalidParameter("from", From!, "an instant in ISO 8601 is expected, for example 2026-01-31T02:14:00Z");
        }

        if (!TryInstant(To, out var to))
        {
            return ApiProblem.InvalidParameter("to", To!, "an instant in ISO 8601 is expected, for example 2026-01-31T02:14:00Z");
        }

        TimelineKind? kind = null;
        if (!string.IsNullOrWhiteSpace(Kind))
        {
            if (!Enum.TryParse<TimelineKind>(Kind, ignoreCase: true, out var named) || !Enum.IsDefined(named) || char.IsAsciiDigit(Kind.Trim()[0]))
            {
                return ApiProblem.InvalidParameter("kind", Kind, "legal: deploy, scale, weight, config, policy, certificate, crash, mark");
            }

            kind = named;
        }

        if (Limit is < 1 || Limit > most)
        {
            return ApiProblem.InvalidParameter("limit", Limit.Value.ToString(CultureInfo.InvariantCulture), string.Create(CultureInfo.InvariantCulture, $"a number from 1 to {most} is expected"));
        }

        filter = new TimelineFilter(
            string.IsNullOrWhiteSpace(Cluster) ? null : Cluster.Trim(),
            [.. (Namespace ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)],
            from,
            to,
            kind,
            Text,
            Limit ?? 200);
        return null;
    }

    private static bool TryInstant(string? text, out DateTimeOffset? at)
    {
        at = null;
        if (string.IsNullOrWhiteSpace(text))
        {
            return true;
        }

        var read = DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var instant);
        at = instant;
        return read;
    }
}
