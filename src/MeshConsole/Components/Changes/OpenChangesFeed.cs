using System.Collections.Immutable;
using MeshConsole.Mesh.Access;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Changes.Guards;

namespace MeshConsole.Components.Changes;

/// <summary>
/// The changes that have not ended and the broken glass that waits for a review, read once for all circuits: however many
/// ask, one read is under way at a time, and its answer is given to all until something is stored or it is
/// <see cref="Lifetime"/> old. It is read as what everybody may read; who may read nothing gets nothing.
/// </summary>
public sealed class OpenChangesFeed : IDisposable
{
    /// <summary>Other replicas store without telling: an answer serves no longer than this.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(5);

    private static readonly ImmutableArray<ChangeState> s_states =
        [ChangeState.Draft, ChangeState.AwaitingApproval, ChangeState.Approved, ChangeState.Running, ChangeState.Paused, ChangeState.Held, ChangeState.RollingBack];

    private readonly IChangeService _changes;
    private readonly SwitchService _switches;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private Flight? _flight;
    private long _stored;

    public OpenChangesFeed(IChangeService changes, SwitchService switches, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(changes);
        (_changes, _switches, _time) = (changes, switches, time);
        _changes.Changed += OnStored;
        _switches.Changed += OnSwitched;
    }

    /// <summary>What is open now. A store that does not answer throws, as for the one who asked.</summary>
    public async Task<(ImmutableArray<ChangeRecord> Changes, ImmutableArray<BreakGlass> Unreviewed)> ReadAsync(Actor reader, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(reader);
        if (!reader.Has(Role.Viewer))
        {
            return ([], []);
        }

        Flight flight;
        lock (_gate)
        {
            // A read that was begun before something was stored may not hold it.
            if (_flight is not { } last || last.Stored != _stored || last.Answer.IsFaulted || last.Answer.IsCanceled || _time.GetElapsedTime(last.Begun) > Lifetime)
            {
                _flight = new Flight(_stored, _time.GetTimestamp(), ReadAsync());
            }

            flight = _flight;
        }

        return await flight.Answer.WaitAsync(cancellationToken);
    }

    public void Dispose()
    {
        _changes.Changed -= OnStored;
        _switches.Changed -= OnSwitched;
    }

    // Nobody's token: whoever leaves does not end the read of the others.
    private async Task<(ImmutableArray<ChangeRecord> Changes, ImmutableArray<BreakGlass> Unreviewed)> ReadAsync() =>
        (await _changes.ListAsync(new ChangeFilter(s_states, Namespaces: [], Limit: 200), Actor.Anonymous, CancellationToken.None), await _switches.ListUnreviewedAsync(CancellationToken.None));

    private void OnStored(string id) => OnSwitched();

    private void OnSwitched()
    {
        lock (_gate)
        {
            _stored++;
        }
    }

    private sealed record Flight(long Stored, long Begun, Task<(ImmutableArray<ChangeRecord> Changes, ImmutableArray<BreakGlass> Unreviewed)> Answer);
}
