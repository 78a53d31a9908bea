using System.Security.Cryptography;
using System.Text;

namespace MeshConsole.Simulator.Kubernetes;

/// <summary>Answers <c>watch</c>: one JSON event per line, without a gap and without a duplicate from the version that the client knows.</summary>
internal sealed class WatchAnswer
{
    private const int BatchSize = 256;

    private readonly ApiCall _call;
    private readonly ObjectStore _store;
    private readonly ResourceType _type;
    private readonly string _version;
    private readonly TimeProvider _time;
    private readonly ListOptions _options;
    private readonly byte[] _prefix;

    private WatchAnswer(ApiCall call, ObjectStore store, ResourceType type, string version, TimeProvider time)
    {
        (_call, _store, _type, _version, _time) = (call, store, type, version, time);
        _options = ListOptions.Read(call, type);
        _prefix = AnswerWriter.ObjectPrefix(type, version);
    }

    public static Task WriteAsync(ApiCall call, ObjectStore store, ResourceType type, string version, TimeProvider time) =>
        new WatchAnswer(call, store, type, version, time).RunAsync();

    private async Task RunAsync()
    {
        var faults = _call.Options.Faults;
        var dropped = faults.WatchesDropped;
        IReadOnlyList<StoredObject> initial = [];
        if (ResourceVersions.TryParse(_options.ResourceVersion, out var position) && position > 0)
        {
            if (faults.RefuseExpiredWatchesByStatus) _store.ChangesSince(_type, position, 1);
        }
        else
        {
            var snapshot = _store.Snapshot(_type, _call.Namespace);
            (position, initial) = (snapshot.Version, snapshot.Objects);
        }

        _call.Options.Counters.WatchStarted(_type.Plural);
        try
        {
            var writer = AnswerWriter.Start(_call, 200, size: null);
            await using (writer.ConfigureAwait(false))
            {
                foreach (var stored in initial)
                    if (_options.Matches(stored)) await WriteEventAsync(writer, "ADDED", stored).ConfigureAwait(false);
                await writer.FlushAsync().ConfigureAwait(false);
                await FollowAsync(writer, position, dropped).ConfigureAwait(false);
            }
            // A server that is down cuts the connection off; one that restarts closes it in order.
            if (faults.RefusesConnections) _call.Http.Abort();
        }
        finally
        {
            _call.Options.Counters.WatchEnded(_type.Plural);
        }
    }

    private async Task FollowAsync(AnswerWriter writer, long position, Task dropped)
    {
        var faults = _call.Options.Faults;
        var bookmarks = _call.QueryFlag("allowWatchBookmarks");
        var deadline = _time.GetUtcNow() + Timeout();
        var nextBookmark = _time.GetUtcNow() + _call.Options.BookmarkInterval;
        while (!dropped.IsCompleted)
        {
            // Taken before the flag is read: a change in between ends the wait below at once.
            var faultsChanged = faults.Changed;
            var muted = faults.MuteWatches;
            var newChanges = faultsChanged;
            if (!muted)
            {
                IReadOnlyList<StoreChange> changes;
                try
                {
                    (changes, position, newChanges) = _store.ChangesSince(_type, position, BatchSize);
                }
                catch (ApiStatusException exception)
                {
                    await writer.WriteAsync(KubernetesJson.Write(new System.Text.Json.Nodes.JsonObject { ["type"] = "ERROR", ["object"] = exception.Status.ToJson() })).ConfigureAwait(false);
                    await writer.WriteAsync("\n"u8.ToArray()).ConfigureAwait(false);
                    await writer.FlushAsync().ConfigureAwait(false);
                    return;
                }
                if (changes.Count > 0)
                {
                    foreach (var change in changes)
                        await WriteChangeAsync(writer, change).ConfigureAwait(false);
                    await writer.FlushAsync().ConfigureAwait(false);
                    continue;
                }
            }

            var now = _time.GetUtcNow();
            if (bookmarks && !muted && (now >= nextBookmark || now >= deadline))
            {
                await WriteBookmarkAsync(writer, position).ConfigureAwait(false);
                nextBookmark = now + _call.Options.BookmarkInterval;
            }
            if (now >= deadline) return;
            await WaitAsync((bookmarks && !muted && nextBookmark < deadline ? nextBookmark : deadline) - now, newChanges, faultsChanged, dropped).ConfigureAwait(false);
        }
    }

    private async Task WaitAsync(TimeSpan limit, params Task[] events)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(_call.Aborted);
        await Task.WhenAny([.. events, Task.Delay(limit, _time, waiting.Token)]).ConfigureAwait(false);
        await waiting.CancelAsync().ConfigureAwait(false);
        _call.Aborted.ThrowIfCancellationRequested();
    }

    private TimeSpan Timeout()
    {
        var seconds = _call.QueryNumber("timeoutSeconds");
        if (seconds > 0) return TimeSpan.FromSeconds(seconds);
        // Spread, so that watches that began together do not end together.
        return _call.Options.WatchTimeout * (1 + RandomNumberGenerator.GetInt32(1000) / 1000.0);
    }

    /// <summary>What a change means to somebody who sees only what the selectors let through.</summary>
    private ValueTask WriteChangeAsync(AnswerWriter writer, StoreChange change)
    {
        if (_call.Namespace is { } only && change.Object.Namespace != only) return ValueTask.CompletedTask;
        var before = change.Previous is not null && _options.Matches(change.Previous);
        var after = change.Kind != StoreChangeKind.Deleted && _options.Matches(change.Object);
        return (before, after) switch
        {
            (false, true) => WriteEventAsync(writer, "ADDED", change.Object),
            (true, true) => WriteEventAsync(writer, "MODIFIED", change.Object),
            (true, false) when change.Kind == StoreChangeKind.Deleted => WriteEventAsync(writer, "DELETED", change.Object),
            // It left the selection: its last visible state, at the version of the change.
            (true, false) => WriteEventAsync(writer, "DELETED", change.Previous!.At(change.Version)),
            (false, false) => ValueTask.CompletedTask,
        };
    }

    private async ValueTask WriteEventAsync(AnswerWriter writer, string kind, StoredObject stored)
    {
        await writer.WriteAsync(Encoding.UTF8.GetBytes($"{{\"type\":\"{kind}\",\"object\":")).ConfigureAwait(false);
        await writer.WriteAsync(_prefix).ConfigureAwait(false);
        await writer.WriteAsync(stored.Utf8Body[1..]).ConfigureAwait(false);
        await writer.WriteAsync("}\n"u8.ToArray()).ConfigureAwait(false);
    }

    private async ValueTask WriteBookmarkAsync(AnswerWriter writer, long position)
    {
        var text = $"{{\"type\":\"BOOKMARK\",\"object\":{{\"kind\":\"{_type.Kind}\",\"apiVersion\":\"{_type.ApiVersion(_version)}\",\"metadata\":"
            + $"{{\"resourceVersion\":\"{ResourceVersions.Format(position)}\",\"creationTimestamp\":null}}}}}}\n";
        await writer.WriteAsync(Encoding.UTF8.GetBytes(text)).ConfigureAwait(false);
        await writer.FlushAsync().ConfigureAwait(false);
    }
}
