using System.Collections.Immutable;
using System.Globalization;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Kubernetes.Parsing;
using MeshConsole.Mesh.Snapshots;
using Microsoft.Extensions.Logging;

namespace MeshConsole.Mesh.Kubernetes;

/// <summary>
/// Keeps the objects of one kind as the server has them: lists, then watches from there, and lists anew whenever the
/// watch can no longer be trusted (410, an ERROR event, silence, an outage), so that what vanished meanwhile vanishes
/// here too. A failure is a state with a reason; it never ends the watcher.
/// </summary>
/// <typeparam name="T">The slim record of the kind.</typeparam>
public sealed partial class ResourceWatcher<T> : IResourceWatcher
    where T : class, IKubernetesObject
{
    private static readonly TimeSpan s_firstBackOff = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_firstRecheck = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longestRetryAfter = TimeSpan.FromSeconds(60);

    /// <summary>A watch that ends sooner without an event was no watch; opening the next at once would be a tight loop.</summary>
    private static readonly TimeSpan s_shortWatch = TimeSpan.FromSeconds(1);

    private readonly KubernetesClient _client;
    private readonly ApiDiscovery _discovery;
    private readonly ResourceKind _kind;
    private readonly Func<ResourceType, ObjectParser<T>> _parser;
    private readonly ClusterWatchOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private readonly SortedObjects<T> _objects = new();
    private readonly ImmutableArray<Scope> _scopes;
    private readonly HashSet<string> _loggedMalformed = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _everListed;
    private SourceState _state = SourceState.Starting;
    private DateTimeOffset _since;
    private string? _message;

    /// <param name="parser">Makes a parser for the version that is served.</param>
    public ResourceWatcher(
        KubernetesClient client,
        ApiDiscovery discovery,
        ResourceKind kind,
        Func<ResourceType, ObjectParser<T>> parser,
        ClusterWatchOptions options,
        TimeProvider time,
        ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(kind);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        _client = client;
        _discovery = discovery;
        _kind = kind;
        _parser = parser;
        _options = options;
        _time = time;
        _logger = logger;
        _since = time.GetUtcNow();
        _scopes = kind.Namespaced && !options.Namespaces.IsDefaultOrEmpty
            ? [.. options.Namespaces.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(name => new Scope(name))]
            : [new Scope(null)];
    }

    /// <inheritdoc/>
    public event Action? Changed;

    private enum Phase
    {
        Starting,
        Live,

        /// <summary>No answer, or a wrong one; expected to pass.</summary>
        Broken,

        /// <summary>The account lacks a right.</summary>
        Refused,
        NotServed,
    }

    private enum WatchEnd
    {
        Closed,
        Broken,
        Idle,
    }

    /// <summary>The objects, ordered by namespace and name; <c>default</c> while the kind has never been listed.</summary>
    public ImmutableArray<T> Items
    {
        get
        {
            lock (_lock)
            {
                return _everListed ? _objects.Snapshot : default;
            }
        }
    }

    /// <inheritdoc/>
    public SourceStatus Status
    {
        get
        {
            lock (_lock)
            {
                return new SourceStatus(
                    _kind.SourceName,
                    _state,
                    _since,
                    LastSuccess(),
                    _message,
                    _everListed ? _objects.Count : null,
                    Cost());
            }
        }
    }

    /// <inheritdoc/>
    public Task Ready => _ready.Task;

    /// <summary>Lists and watches until cancelled.</summary>
    public Task RunAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(_scopes.Select(scope => RunAsync(scope, cancellationToken)));

    private async Task RunAsync(Scope scope, CancellationToken cancellationToken)
    {
        Position? position = null;
        var failures = 0;

        // Counted apart: a server that comes back after an outage answers 404 and 403 for a moment, before it has read its
        // CRDs and roles, and that moment must not be taken for a state that only people can change.
        var rechecks = 0;
        while (!cancellationToken.IsCancellationRequested)
        {
            TimeSpan pause;
            try
            {
                if (position is null)
                {
                    position = await ListAsync(scope, cancellationToken).ConfigureAwait(false);
                    if (position is null)
                    {
                        await Task.Delay(Pause(++rechecks, s_firstRecheck, _options.LongestRecheck), _time, cancellationToken).ConfigureAwait(false);
                        continue;
                    }

                    rechecks = 0;
                }

                var run = await WatchAsync(scope, position, cancellationToken).ConfigureAwait(false);
                failures = run.Useful ? 0 : failures + 1;
                if (run.Error is { } error)
                {
                    throw error;
                }

                position = position with { ResourceVersion = run.ResourceVersion };
                if (run.End == WatchEnd.Idle)
                {
                    // Events may have gone missing on the way, and whether anybody is there the next list will show.
                    position = null;
                    Set(scope, Phase.Broken, $"watch {_kind.Plural}: nothing came for {_options.IdleTimeout.TotalSeconds:0} s, so the connection may be dead. Listing anew");
                }

                pause = run.Useful ? TimeSpan.Zero : Pause(failures, s_firstBackOff, _options.LongestBackOff);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (KubernetesException exception) when (exception.Kind == KubernetesErrorKind.Gone && position is not null)
            {
                // Too old to go on from: listed anew at once, but not in a circle.
                position = null;
                pause = failures <= 1 ? TimeSpan.Zero : Pause(failures, s_firstBackOff, _options.LongestBackOff);
                failures++;
            }
            catch (KubernetesException exception)
            {
                // After an outage the versions may count from elsewhere (a restored or new server): list anew.
                position = null;
                pause = Failed(scope, exception, ref failures, ref rechecks);
            }
            catch (Exception exception)
            {
                position = null;
                pause = Pause(++failures, s_firstBackOff, _options.LongestBackOff);
                Log.Unexpected(_logger, exception, _kind.SourceName);
                Set(scope, Phase.Broken, $"{_kind.SourceName}: unexpected {exception.GetType().Name}; the console's log has the details. Trying again");
            }

            if (pause > TimeSpan.Zero)
            {
                try
                {
                    await Task.Delay(pause, _time, cancellationToken).ConfigureAwait(false);
                }
                catch (OperationCanceledException)
                {
                    return;
                }
            }
        }
    }

    private TimeSpan Failed(Scope scope, KubernetesException exception, ref int failures, ref int rechecks)
    {
        TimeSpan pause;
        switch (exception.Kind)
        {
            case KubernetesErrorKind.Forbidden:
                Set(scope, Phase.Refused, Refusal(scope, exception));
                pause = Pause(++rechecks, s_firstRecheck, _options.LongestRecheck);
                break;
            case KubernetesErrorKind.NotFound when !_kind.BuiltIn:
                // Discovery knew it a moment ago: the CRD is being removed, or the server is starting.
                Set(scope, Phase.NotServed, NotServed($"the server answers 404 for {_kind.QualifiedName}"));
                pause = Pause(++rechecks, s_firstRecheck, _options.LongestRecheck);
                break;
            default:
                Set(scope, Phase.Broken, $"{exception.Message}. Trying again");
                pause = Pause(++failures, s_firstBackOff, _options.LongestBackOff);
                rechecks = 0;
                break;
        }

        var asked = exception.RetryAfter is { } wait && wait < s_longestRetryAfter ? wait : exception.RetryAfter is null ? TimeSpan.Zero : s_longestRetryAfter;
        return asked > pause ? asked : pause;
    }

    /// <summary>Lists and publishes; null when the cluster does not serve the kind.</summary>
    private async Task<Position?> ListAsync(Scope scope, CancellationToken cancellationToken)
    {
        var resolution = await _discovery.ResolveAsync(_kind, cancellationToken).ConfigureAwait(false);
        if (resolution.Type is null)
        {
            Set(scope, Phase.NotServed, NotServed(resolution.Missing ?? "it is missing"));
            return null;
        }

        var started = _time.GetTimestamp();
        var parser = _parser(resolution.Type);
        var list = await _client.ListAsync(resolution.Type, scope.Namespace, parser, _kind.Selection, cancellationToken).ConfigureAwait(false);
        lock (_lock)
        {
            _objects.Replace(scope.Namespace, list.Items);
            _everListed = true;
            scope.Malformed.Clear();
            foreach (var malformed in list.Malformed)
            {
                scope.Malformed[Key(malformed.Namespace, malformed.Name)] = malformed.Problem;
            }

            scope.Cost = new SourceCost(_time.GetElapsedTime(started), list.Bytes);
        }

        foreach (var malformed in list.Malformed)
        {
            LogMalformed(malformed.Namespace, malformed.Name, malformed.Problem);
        }

        Set(scope, Phase.Live, message: null);
        return new Position(resolution.Type, parser, list.ResourceVersion);
    }

    private async Task<WatchRun> WatchAsync(Scope scope, Position position, CancellationToken cancellationToken)
    {
        var timeout = _options.WatchTimeout * (1 + _options.Jitter());
        var stream = await _client.OpenWatchAsync(
            position.Type,
            scope.Namespace,
            position.Parser,
            _kind.Selection,
            new WatchOptions(position.ResourceVersion, timeout, _options.IdleTimeout),
            cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            var opened = _time.GetTimestamp();
            var resourceVersion = position.ResourceVersion;
            var events = 0;
            WatchEnd end;
            KubernetesException? error = null;
            Connected(scope, stream);
            try
            {
                while (await stream.ReadAsync(cancellationToken).ConfigureAwait(false) is { } watchEvent)
                {
                    events++;
                    if (watchEvent.ResourceVersion.Length > 0)
                    {
                        resourceVersion = watchEvent.ResourceVersion;
                    }

                    Apply(scope, watchEvent);
                }

                end = stream.EndedIdle ? WatchEnd.Idle : WatchEnd.Closed;
            }
            catch (KubernetesException exception) when (exception.Kind is KubernetesErrorKind.Unreachable or KubernetesErrorKind.Unreadable)
            {
                // The connection broke. Whether the server is gone shows when it is opened again.
                end = WatchEnd.Broken;
            }
            catch (KubernetesException exception)
            {
                end = WatchEnd.Broken;
                error = exception;
            }
            finally
            {
                Disconnected(scope, stream.EndedIdle ? stream.SinceLastBytes : TimeSpan.Zero);
            }

            return new WatchRun(end, resourceVersion, events > 0 || _time.GetElapsedTime(opened) >= s_shortWatch, error);
        }
    }

    private void Apply(Scope scope, WatchEvent<T> watchEvent)
    {
        var key = Key(watchEvent.Namespace, watchEvent.Name);
        bool hadMalformed;
        lock (_lock)
        {
            hadMalformed = scope.Malformed.Remove(key);
            switch (watchEvent.Type)
            {
                case WatchEventType.Bookmark:
                    return;
                case WatchEventType.Added or WatchEventType.Modified when watchEvent.Object is { } item:
                    _objects.Put(item);
                    break;
                default:
                    // Deleted, or no longer readable, or no longer of interest: the old copy would be wrong.
                    _objects.Remove(watchEvent.Namespace, watchEvent.Name);
                    break;
            }

            if (watchEvent.Problem is { } problem && watchEvent.Type != WatchEventType.Deleted)
            {
                scope.Malformed[key] = problem;
                hadMalformed = true;
            }
        }

        if (watchEvent is { Problem: { } reason, Type: not WatchEventType.Deleted })
        {
            LogMalformed(watchEvent.Namespace, watchEvent.Name, reason);
        }

        if (hadMalformed)
        {
            Set(scope, Phase.Live, message: null);
        }
        else
        {
            Changed?.Invoke();
        }
    }

    private void Connected(Scope scope, WatchStream<T> stream)
    {
        lock (_lock)
        {
            scope.Stream = stream;
            scope.LastProof = _time.GetUtcNow();
        }

        Set(scope, Phase.Live, message: null);
    }

    private void Disconnected(Scope scope, TimeSpan silentFor)
    {
        lock (_lock)
        {
            scope.Stream = null;
            scope.LastProof = _time.GetUtcNow() - silentFor;
        }
    }

    private void Set(Scope scope, Phase phase, string? message)
    {
        SourceState state;
        lock (_lock)
        {
            var now = _time.GetUtcNow();
            if (phase == Phase.NotServed && scope.Phase != Phase.NotServed)
            {
                scope.NotServedSince = now;
            }

            if (phase == Phase.Live)
            {
                scope.EverLive = true;
                scope.LastProof = now;
            }

            scope.Phase = phase;
            scope.Message = message;
            if (phase == Phase.NotServed && now - scope.NotServedSince >= _options.NotServedGrace)
            {
                scope.EverLive = false;
                if (_scopes.All(other => !other.EverLive))
                {
                    _objects.Replace(null, []);
                    _everListed = false;
                }
            }

            (state, _message) = Judge();
            if (state == _state)
            {
                state = SourceState.Starting;
            }
            else
            {
                _state = state;
                _since = now;
            }
        }

        LogTransition(state);
        if (_scopes.All(each => each.Phase != Phase.Starting))
        {
            _ready.TrySetResult();
        }

        Changed?.Invoke();
    }

    /// <summary>State of the kind from the states of its scopes; called under the lock.</summary>
    private (SourceState State, string? Message) Judge()
    {
        if (_scopes.Any(scope => scope.Phase == Phase.Starting))
        {
            return (SourceState.Starting, null);
        }

        var refused = _scopes.Where(scope => scope.Phase == Phase.Refused).ToArray();
        var troubled = _scopes.Where(scope => scope.Phase is Phase.Broken or Phase.NotServed).ToArray();
        var live = _scopes.Length - refused.Length - troubled.Length;
        var everListed = _scopes.Any(scope => scope.EverLive);
        if (troubled.Length > 0)
        {
            var first = troubled[0];
            var message = Join(troubled.Length > 1 && live > 0 ? $"{first.Message} (in {Names(troubled)})" : first.Message, RefusalOf(refused));
            return first.Phase == Phase.NotServed && !troubled.Any(scope => scope.EverLive)
                ? (SourceState.Disabled, message)
                : (everListed ? SourceState.Stale : SourceState.Failed, message);
        }

        if (live == 0)
        {
            return (everListed ? SourceState.Stale : SourceState.Disabled, RefusalOf(refused));
        }

        return (refused.Any(scope => scope.EverLive) ? SourceState.Stale : SourceState.Live, Join(RefusalOf(refused), Malformed()));
    }

    private string? Malformed()
    {
        var malformed = _scopes.SelectMany(scope => scope.Malformed).OrderBy(entry => entry.Key, StringComparer.Ordinal).ToArray();
        if (malformed.Length == 0)
        {
            return null;
        }

        var named = string.Join("; ", malformed.Take(3).Select(entry => $"{entry.Key}: {entry.Value}"));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{malformed.Length} of the {_kind.Plural} cannot be read and {(malformed.Length == 1 ? "is" : "are")} left out ({named}{(malformed.Length > 3 ? "; …" : "")}). Correct or delete them");
    }

    private string? RefusalOf(Scope[] refused) => refused.Length switch
    {
        0 => null,
        1 => refused[0].Message,
        _ => $"{refused[0].Message} The same holds for {Names(refused[1..])}",
    };

    private static string Names(IEnumerable<Scope> scopes)
    {
        var names = scopes.Select(scope => scope.Namespace ?? "all namespaces").ToArray();
        return string.Join(", ", names.Take(10)) + (names.Length > 10 ? string.Create(CultureInfo.InvariantCulture, $" and {names.Length - 10} more") : "");
    }

    private static string? Join(string? left, string? right) => (left, right) switch
    {
        (null, _) => right,
        (_, null) => left,
        _ => $"{left}. {right}",
    };

    private string Refusal(Scope scope, KubernetesException exception)
    {
        var where = scope.Namespace is { } name ? $" in namespace {name}" : _kind.Namespaced ? " in all namespaces" : "";
        var remedy = scope.Namespace is null && _kind.Namespaced
            ? "with a ClusterRole, or name the namespaces it may read in the cluster's Namespaces setting"
            : scope.Namespace is null ? "with a ClusterRole" : "with a Role or ClusterRole";
        var said = exception.ServerMessage is { Length: > 0 } words ? $" The server said: {Printable.Text(words, 300)}" : "";
        return $"The console's account may not list and watch {_kind.Plural}{where}: {_kind.Loss}. Grant it list and watch on {_kind.QualifiedName} {remedy}.{said}";
    }

    private string NotServed(string missing) =>
        $"{_kind.Kind} objects ({_kind.QualifiedName}) are not served by this cluster ({missing}): {_kind.Loss}.{(_kind.Install is null ? "" : $" {_kind.Install}; the console looks for them again every {_options.LongestRecheck.TotalSeconds:0} s.")}";

    /// <summary>While a watch is connected its data is current, silent or not; called under the lock.</summary>
    private DateTimeOffset? LastSuccess()
    {
        DateTimeOffset? oldest = null;
        foreach (var scope in _scopes)
        {
            if (!scope.EverLive || (scope.Phase == Phase.Refused && _state == SourceState.Live))
            {
                continue;
            }

            var proof = scope.Stream is null ? scope.LastProof : _time.GetUtcNow();
            oldest = oldest is null || proof < oldest ? proof : oldest;
        }

        return oldest;
    }

    private SourceCost? Cost()
    {
        SourceCost? cost = null;
        foreach (var scope in _scopes)
        {
            if (scope.Cost is { } own)
            {
                cost = cost is null ? own : new SourceCost(cost.Duration > own.Duration ? cost.Duration : own.Duration, cost.Bytes + own.Bytes);
            }
        }

        return cost;
    }

    private TimeSpan Pause(int failures, TimeSpan first, TimeSpan longest)
    {
        var pause = first * Math.Pow(2, Math.Min(failures - 1, 16));
        return (pause < longest ? pause : longest) * (0.5 + (_options.Jitter() / 2));
    }

    private static string Key(string @namespace, string name) =>
        Printable.Text(@namespace.Length == 0 ? name.Length == 0 ? "an object without a name" : name : $"{@namespace}/{name}", 200);

    private void LogMalformed(string @namespace, string name, string problem)
    {
        var key = Key(@namespace, name);
        lock (_lock)
        {
            if (_loggedMalformed.Count >= 1000 || !_loggedMalformed.Add(key))
            {
                return;
            }
        }

        Log.Malformed(_logger, _kind.SourceName, key, problem);
    }

    /// <param name="entered">The state just entered; Starting when it is still the old one.</param>
    private void LogTransition(SourceState entered)
    {
        switch (entered)
        {
            case SourceState.Live:
                Log.Live(_logger, _kind.SourceName, Status.Items ?? 0);
                break;
            case SourceState.Stale:
                Log.Stale(_logger, _kind.SourceName, Status.Message);
                break;
            case SourceState.Failed:
                Log.Failed(_logger, _kind.SourceName, Status.Message);
                break;
            case SourceState.Disabled:
                Log.Disabled(_logger, _kind.SourceName, Status.Message);
                break;
            case SourceState.Starting:
                break;
            default:
                throw new InvalidOperationException($"A watcher has no state {entered}.");
        }
    }

    private sealed class Scope(string? @namespace)
    {
        /// <summary>Null for all namespaces.</summary>
        public string? Namespace { get; } = @namespace;

        public Phase Phase { get; set; }

        public string? Message { get; set; }

        /// <summary>Objects of this scope are held.</summary>
        public bool EverLive { get; set; }

        public DateTimeOffset LastProof { get; set; }

        public DateTimeOffset NotServedSince { get; set; }

        public WatchStream<T>? Stream { get; set; }

        public SourceCost? Cost { get; set; }

        public Dictionary<string, string> Malformed { get; } = new(StringComparer.Ordinal);
    }

    private sealed record Position(ResourceType Type, ObjectParser<T> Parser, string ResourceVersion);

    /// <param name="Useful">It brought something, or stood for a while.</param>
    /// <param name="Error">The error the server sent inside the stream; null when there was none.</param>
    private readonly record struct WatchRun(WatchEnd End, string ResourceVersion, bool Useful, KubernetesException? Error);

    private static partial class Log
    {
        [LoggerMessage(EventId = 200, Level = LogLevel.Information, Message = "{Source} is live with {Count} objects")]
        public static partial void Live(ILogger logger, string source, int count);

        [LoggerMessage(EventId = 201, Level = LogLevel.Warning, Message = "{Source} is stale: {Reason}")]
        public static partial void Stale(ILogger logger, string source, string? reason);

        [LoggerMessage(EventId = 202, Level = LogLevel.Warning, Message = "{Source} failed: {Reason}")]
        public static partial void Failed(ILogger logger, string source, string? reason);

        [LoggerMessage(EventId = 203, Level = LogLevel.Information, Message = "{Source} is switched off: {Reason}")]
        public static partial void Disabled(ILogger logger, string source, string? reason);

        [LoggerMessage(EventId = 204, Level = LogLevel.Warning, Message = "{Source}: {Name} cannot be read and is left out: {Problem}")]
        public static partial void Malformed(ILogger logger, string source, string name, string problem);

        [LoggerMessage(EventId = 205, Level = LogLevel.Error, Message = "{Source}: watching failed unexpectedly; trying again")]
        public static partial void Unexpected(ILogger logger, Exception exception, string source);
    }
}
