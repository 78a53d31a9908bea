using MeshConsole.Authentication;
using MeshConsole.Mesh.Access;
using MeshConsole.Mesh.Changes.Execution;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;

namespace MeshConsole.Components.Changes;

/// <summary>
/// What every part that reads or makes changes needs: who the reader is, the service, and a refresh when a change was stored.
/// It decides nothing about who may do what: the service does, the markup only explains.
/// </summary>
public abstract class ChangeComponent : MeshComponent, IDisposable
{
    /// <summary>Looks of the gates and writes come in bursts: the page follows at this pace.</summary>
    private static readonly TimeSpan s_calm = TimeSpan.FromMilliseconds(200);

    private readonly CancellationTokenSource _leave = new();
    private ITimer? _poll;
    private int _waits;

    protected ChangeComponent() => Leaving = _leave.Token;

    [CascadingParameter]
    public Task<AuthenticationState>? Authentication { get; set; }

    [Inject]
    protected IChangeService Service { get; set; } = null!;

    [Inject]
    private SwitchService SwitchFeed { get; set; } = null!;

    /// <summary>The reader; the anonymous viewer until it is known.</summary>
    protected Actor Actor { get; private set; } = Actor.Anonymous;

    /// <summary>Why nothing can be changed from where the reader looks; null where it can. Whoever looks at the past must not act on the present.</summary>
    protected string? NotNow => IsPinned ? "An instant of the past is pinned: go back to live to change something." : null;

    /// <summary>Cancelled when the part is gone.</summary>
    protected CancellationToken Leaving { get; }

    /// <summary>How often to ask without being told, since other replicas tell only their own circuits; null: never.</summary>
    protected virtual TimeSpan? AsksEvery => null;

    protected override async Task OnInitializedAsync()
    {
        if (Authentication is not null)
        {
            Actor = ActorClaims.ToActor((await Authentication).User);
        }

        Service.Changed += OnStored;
        if (FollowsSwitches)
        {
            SwitchFeed.Changed += Soon;
        }

        if (AsksEvery is { } every)
        {
            _poll = Time.CreateTimer(_ => Soon(), null, every, every);
        }
    }

    /// <summary>Whether a stored change concerns this part. Called from any thread.</summary>
    protected virtual bool Follows(string id) => true;

    /// <summary>Whether switches and broken glass concern this part.</summary>
    protected virtual bool FollowsSwitches => false;

    /// <summary>Reads again; runs in the circuit, and the part is drawn afterwards.</summary>
    protected virtual Task RefreshAsync() => Task.CompletedTask;

    /// <summary>Asks something; what went wrong in a way that the reader can act on is returned, not thrown.</summary>
    protected static async Task<ChangeException?> TryAsync(Func<Task> ask)
    {
        try
        {
            await ask();
            return null;
        }
        catch (Exception exception) when (Faults.Of(exception) is { } fault)
        {
            return fault;
        }
    }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            Service.Changed -= OnStored;
            SwitchFeed.Changed -= Soon;
            _poll?.Dispose();
            _leave.Cancel();
            _leave.Dispose();
        }
    }

    private void OnStored(string id)
    {
        if (Follows(id))
        {
            Soon();
        }
    }

    private void Soon()
    {
        if (Interlocked.Exchange(ref _waits, 1) == 0)
        {
            _ = RefreshSoonAsync();
        }
    }

    private async Task RefreshSoonAsync()
    {
        try
        {
            await Task.Delay(s_calm, Time, Leaving);
            Volatile.Write(ref _waits, 0);
            await InvokeAsync(async () =>
            {
                await RefreshAsync();
                StateHasChanged();
            });
        }
        catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException)
        {
            // The part is gone.
        }
        catch (Exception exception)
        {
            await DispatchExceptionAsync(exception);
        }
    }
}
