using System.Globalization;
using MeshConsole.Collection;
using MeshConsole.Mesh.Prometheus;
using MeshConsole.Mesh.Snapshots;
using Microsoft.AspNetCore.Http.HttpResults;

namespace MeshConsole.Endpoints;

/// <summary>
/// Turns query parameters into the snapshot and query they mean, or into a problem. Names that nobody knows are an error
/// and not an empty answer: a typing error in a namespace must not read as "no traffic".
/// </summary>
internal sealed class SnapshotRequest(IMeshSnapshots snapshots, ClusterCollectors collectors, TimeProvider time)
{
    /// <summary>Answers with what <paramref name="view"/> makes of the snapshot asked for.</summary>
    /// <param name="instant">What the caller calls the instant.</param>
    public async Task<Results<Ok<T>, ProblemHttpResult>> AnswerAsync<T>(ViewParameters parameters, Func<MeshSnapshot, MeshQuery, T> view, CancellationToken cancellationToken, string instant = "at")
    {
        var (snapshot, query, problem) = await ResolveAsync(parameters, instant, cancellationToken);
        return problem is not null ? problem : TypedResults.Ok(view(snapshot, query));
    }

    private async Task<(MeshSnapshot Snapshot, MeshQuery Query, ProblemHttpResult? Problem)> ResolveAsync(ViewParameters parameters, string instant, CancellationToken cancellationToken)
    {
        var snapshot = snapshots.Current;
        var query = MeshQuery.For(Blank(parameters.Cluster), Names(parameters.Namespace));
        ProblemHttpResult? problem = null;

        // Half of the first answers would read as "no such service" and "no traffic".
        if (snapshot.Revision == 0 || !snapshots.Ready.IsCompleted)
        {
            problem = ApiProblem.NotReady();
        }
        else if (query.Cluster is { } cluster && !snapshot.Clusters.Any(c => query.MatchesCluster(c.Name)))
        {
            problem = ApiProblem.UnknownCluster(cluster, snapshot.Clusters.Select(c => c.Name));
        }
        else if (query.Namespaces.FirstOrDefault(n => !KnowsNamespace(snapshot, query, n)) is { } unknown)
        {
            problem = ApiProblem.UnknownNamespace(unknown);
        }

        if (problem is not null || (Blank(parameters.At) is null && Blank(parameters.Window) is null))
        {
            return (snapshot, query, problem);
        }

        if (!TryReadInstant(parameters.At, out var at))
        {
            return (snapshot, query, ApiProblem.InvalidParameter(instant, parameters.At!, "a past instant is expected, in ISO 8601 (2026-01-31T02:14:00Z) or Unix seconds"));
        }

        if (!TryReadWindow(parameters.Window, out var window))
        {
            return (snapshot, query, ApiProblem.InvalidParameter("window", parameters.Window!, "a duration from 5s to 1d is expected, for example 60s, 5m or 1h"));
        }

        try
        {
            return (await collectors.History.AtAsync(snapshot, query.Cluster, at, window, cancellationToken), query, null);
        }
        catch (PrometheusException exception)
        {
            return (snapshot, query, ApiProblem.HistoryUnavailable(exception.Message));
        }
    }

    internal static bool KnowsNamespace(MeshSnapshot snapshot, MeshQuery query, string name) =>
        snapshot.Clusters.Where(c => query.MatchesCluster(c.Name)).Any(c =>
            (!c.Objects.Namespaces.IsDefault && c.Objects.Namespaces.Any(n => string.Equals(n.Meta.Name, name, StringComparison.Ordinal)))
            || c.Workloads.Any(w => string.Equals(w.Id.Namespace, name, StringComparison.Ordinal))
            || c.Edges.Any(e => string.Equals(e.Source.Workload.Namespace, name, StringComparison.Ordinal)
                || string.Equals(e.Target.Workload.Namespace, name, StringComparison.Ordinal)
                || string.Equals(e.ServiceNamespace, name, StringComparison.Ordinal)));

    private bool TryReadInstant(string? text, out DateTimeOffset at)
    {
        at = time.GetUtcNow();
        if (Blank(text) is not { } given)
        {
            return true;
        }

        var now = at;
        if (double.TryParse(given, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds < 1e11)
        {
            at = DateTimeOffset.UnixEpoch.AddSeconds(seconds);
        }
        else if (!DateTimeOffset.TryParse(given, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out at))
        {
            return false;
        }

        // A clock that is a little ahead of ours asks for "now".
        return at <= now.AddMinutes(1);
    }

    private static bool TryReadWindow(string? text, out TimeSpan? window)
    {
        window = null;
        if (Blank(text) is not { } given)
        {
            return true;
        }

        var legal = TryReadDuration(given, TimeSpan.FromSeconds(5), TimeSpan.FromDays(1), out var duration);
        window = duration;
        return legal;
    }

    /// <summary>Reads a duration like <c>60s</c>, <c>15m</c>, <c>24h</c> or <c>7d</c> between two bounds, both included.</summary>
    internal static bool TryReadDuration(string text, TimeSpan least, TimeSpan most, out TimeSpan duration)
    {
        duration = default;
        var scale = text.Length == 0 ? 0 : text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86400, _ => 0 };
        if (scale == 0 || !int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count))
        {
            return false;
        }

        // The product of any int and a day fits into a long, and is cut before it becomes a time.
        duration = TimeSpan.FromSeconds(Math.Min((long)count * scale, (long)most.TotalSeconds + 1));
        return duration >= least && duration <= most;
    }

    internal static string? Blank(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

    private static string[] Names(string? text) => text?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];
}
