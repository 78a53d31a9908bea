using System.Collections.Immutable;
using System.Globalization;
using System.Threading.Channels;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Kubernetes.Parsing;
using MeshConsole.Mesh.Snapshots;
using Microsoft.Extensions.Logging;

namespace MeshConsole.Mesh.Kubernetes;

/// <summary>
/// Reads the ConfigMaps that other objects refer to, one by one: at once when the references change, else every minute.
/// Watching all ConfigMaps for the few that hold an authority would bring megabytes that nobody looks at.
/// </summary>
internal sealed partial class ReferencedConfigMaps(KubernetesClient client, Task referring, Func<ImmutableArray<(string Namespace, string Name)>> references, TimeProvider time, ILogger logger) : IResourceWatcher
{
    public const string SourceName = "kubernetes/referenced-configmaps";

    /// <summary>More references than this are not followed; the source says so.</summary>
    private const int MostRead = 200;

    private static readonly ResourceType s_type = new("", "v1", "configmaps", "ConfigMap", Namespaced: true);
    private static readonly TimeSpan s_every = TimeSpan.FromMinutes(1);

    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile Held _held = new(default, SourceState.Starting, time.GetUtcNow(), null, null, []);

    /// <inheritdoc/>
    public event Action? Changed;

    /// <inheritdoc/>
    public Task Ready => _ready.Task;

    /// <summary>Those that exist and hold something; <c>default</c> until all have been asked for once.</summary>
    public ImmutableArray<CertificateBundle> Items => _held.Items;

    /// <summary>Nothing is referred to, so nothing is asked: then this is no source that could be live or stale.</summary>
    public bool IsIdle => _held is { State: SourceState.Live, Read.IsEmpty: true };

    /// <inheritdoc/>
    public SourceStatus Status => _held is var held ? new SourceStatus(SourceName, held.State, held.Since, held.LastSuccess, held.Message, held.Items.IsDefault ? null : held.Items.Length) : null!;

    /// <summary>The references may have changed.</summary>
    public void Wake() => _wake.Writer.TryWrite(true);

    /// <inheritdoc/>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await ReadUntilCancelledAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The end that was asked for.
        }
    }

    private async Task ReadUntilCancelledAsync(CancellationToken cancellationToken)
    {
        await referring.WaitAsync(cancellationToken).ConfigureAwait(false);
        while (true)
        {
            _wake.Reader.TryRead(out _);
            var wanted = references();
            if (!_ready.Task.IsCompleted || !wanted.IsEmpty || !wanted.SequenceEqual(_held.Read))
            {
                await ReadAsync(wanted, cancellationToken).ConfigureAwait(false);
            }

            do
            {
                await WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            while (references() is { IsEmpty: true } && _held.Read.IsEmpty);
        }
    }

    private async Task ReadAsync(ImmutableArray<(string Namespace, string Name)> wanted, CancellationToken cancellationToken)
    {
        var found = ImmutableArray.CreateBuilder<CertificateBundle>();
        var before = _held;
        KubernetesException? fault = null;
        foreach (var (space, name) in wanted.Take(MostRead))
        {
            try
            {
                if (await client.GetAsync(s_type, space, name, CertificateBundleParser.ForConfigMaps(), cancellationToken).ConfigureAwait(false) is { } bundle)
                {
                    found.Add(bundle);
                }
            }
            catch (KubernetesException exception)
            {
                if (exception.Kind == KubernetesErrorKind.NotFound)
                {
                    continue;
                }

                // What it held before is old, not gone.
                fault ??= exception;
                found.AddRange((before.Items.IsDefault ? [] : before.Items).Where(old => old.Meta.Namespace == space && old.Meta.Name == name));
            }
        }

        var now = time.GetUtcNow();
        var refused = fault?.Kind == KubernetesErrorKind.Forbidden;
        var state = fault is null ? SourceState.Live : refused ? SourceState.Disabled : before.LastSuccess is null ? SourceState.Failed : SourceState.Stale;
        var message = fault is not null
                ? $"{fault.Message}. Authorities in ConfigMaps that gateways refer to are not current.{(refused ? " Grant the console's account get on configmaps with a Role or ClusterRole." : "")}"
            : wanted.Length > MostRead ? string.Create(CultureInfo.InvariantCulture, $"{wanted.Length} ConfigMaps are referred to; the first {MostRead} are read")
            : null;
        var same = !before.Items.IsDefault && Same(before.Items, found);
        _held = new Held(
            refused && before.Items.IsDefault && found.Count == 0 ? default : same ? before.Items : found.ToImmutable(),
            state,
            state == before.State ? before.Since : now,
            fault is null ? now : before.LastSuccess,
            message,
            wanted);
        _ready.TrySetResult();
        if (!same || state != before.State)
        {
            if (state is SourceState.Failed or SourceState.Stale && state != before.State)
            {
                Log.Trouble(logger, SourceName, message);
            }

            Changed?.Invoke();
        }
    }

    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        using var done = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(_wake.Reader.WaitToReadAsync(done.Token).AsTask(), Task.Delay(s_every, time, done.Token)).ConfigureAwait(false);
        await done.CancelAsync().ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        _wake.Reader.TryRead(out _);
    }

    private static bool Same(ImmutableArray<CertificateBundle> before, ImmutableArray<CertificateBundle>.Builder now) =>
        before.Length == now.Count && before.Select(Key).SequenceEqual(now.Select(Key));

    private static (string, string, string, string) Key(CertificateBundle bundle) => (bundle.Meta.Namespace, bundle.Meta.Name, bundle.Meta.Uid, bundle.Meta.ResourceVersion);

    private sealed record Held(
        ImmutableArray<CertificateBundle> Items,
        SourceState State,
        DateTimeOffset Since,
        DateTimeOffset? LastSuccess,
        string? Message,
        ImmutableArray<(string Namespace, string Name)> Read);

    private static partial class Log
    {
        [LoggerMessage(EventId = 206, Level = LogLevel.Warning, Message = "{Source}: {Reason}")]
        public static partial void Trouble(ILogger logger, string source, string? reason);
    }
}
