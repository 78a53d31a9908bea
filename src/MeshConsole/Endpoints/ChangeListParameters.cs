using MeshConsole.Mesh.Changes.Execution;
using Microsoft.AspNetCore.Mvc;

namespace MeshConsole.Endpoints;

/// <summary>Query parameters of <c>GET /api/v1/changes</c>.</summary>
internal sealed class ChangeListParameters
{
    /// <summary>States, comma separated; absent means all.</summary>
    [FromQuery(Name = "state")]
    public string? State { get; init; }

    [FromQuery(Name = "cluster")]
    public string? Cluster { get; init; }

    /// <summary>Comma separated; absent means all.</summary>
    [FromQuery(Name = "namespace")]
    public string? Namespace { get; init; }

    /// <summary>Id to go on below.</summary>
    [FromQuery(Name = "before")]
    public string? Before { get; init; }

    [FromQuery(Name = "limit")]
    public int? Limit { get; init; }

    /// <exception cref="ChangeException">A state is not known, or the limit is out of range.</exception>
    public ChangeFilter ToFilter(int most)
    {
        if (Limit is < 1 || Limit > most)
        {
            throw new ChangeException(ChangeFault.Invalid, "invalid-parameter", $"Parameter 'limit' is {Limit}; a number from 1 to {most} is expected.");
        }

        return new ChangeFilter([.. Split(State).Select(ReadState)], null, string.IsNullOrWhiteSpace(Cluster) ? null : Cluster.Trim(), [.. Split(Namespace)], string.IsNullOrWhiteSpace(Before) ? null : Before.Trim(), Limit ?? 100);
    }

    private static ChangeState ReadState(string text) =>
        Enum.GetNames<ChangeState>().FirstOrDefault(name => string.Equals(name, text, StringComparison.OrdinalIgnoreCase)) is { } name
            ? Enum.Parse<ChangeState>(name)
            : throw new ChangeException(ChangeFault.Invalid, "invalid-parameter", $"Parameter 'state' has '{text[..Math.Min(text.Length, 40)]}'; legal: {string.Join(", ", Enum.GetNames<ChangeState>().Select(n => char.ToLowerInvariant(n[0]) + n[1..]))}.");

    private static string[] Split(string? text) => text?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];
}
