using System.Collections.Concurrent;

namespace MeshConsole.Simulator.Kubernetes;

/// <summary>Counts the requests that the API server has taken on, before it answers them, and the watches that run.</summary>
public sealed class RequestCounters
{
    private readonly ConcurrentDictionary<RequestKey, long> _requests = new();
    private readonly ConcurrentDictionary<string, int> _watches = new(StringComparer.Ordinal);

    /// <summary>How many requests there were. Null matches all; <paramref name="resource"/> is the plural.</summary>
    public long Count(string? verb = null, string? resource = null, string? user = null) =>
        _requests.Where(entry => (verb is null || entry.Key.Verb == verb) && (resource is null || entry.Key.Resource == resource) && (user is null || entry.Key.User == user))
            .Sum(entry => entry.Value);

    /// <summary>Watches that are open now, of one plural or of all.</summary>
    public int ActiveWatches(string? resource = null) => _watches.Where(entry => resource is null || entry.Key == resource).Sum(entry => entry.Value);

    /// <summary>All counts, ordered.</summary>
    public IReadOnlyList<KeyValuePair<RequestKey, long>> Snapshot() =>
        [.. _requests.OrderBy(entry => entry.Key.Group, StringComparer.Ordinal).ThenBy(entry => entry.Key.Resource, StringComparer.Ordinal)
            .ThenBy(entry => entry.Key.Verb, StringComparer.Ordinal).ThenBy(entry => entry.Key.User, StringComparer.Ordinal)];

    public void Reset() => _requests.Clear();

    internal void Add(ApiRequest request, string user) =>
        _requests.AddOrUpdate(new RequestKey(request.Verb, request.Group, request.Resource, user), 1, static (_, count) => count + 1);

    internal void WatchStarted(string resource) => _watches.AddOrUpdate(resource, 1, static (_, count) => count + 1);

    internal void WatchEnded(string resource) => _watches.AddOrUpdate(resource, 0, static (_, count) => count - 1);
}
