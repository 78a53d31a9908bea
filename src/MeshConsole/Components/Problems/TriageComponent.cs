using MeshConsole.Mesh.Triage;
using Microsoft.AspNetCore.Components;

namespace MeshConsole.Components.Problems;

/// <summary>What every part that shows problems needs: the triage of the chosen cluster and namespaces, drawn anew with each look.</summary>
public abstract class TriageComponent : MeshComponent, IDisposable
{
    [Inject]
    private ITriage Triage { get; set; } = null!;

    /// <summary>Null before the first look.</summary>
    protected TriageView? Current => ReferenceEquals(Triage.Current, TriageView.Empty) ? null : TriageScope.Of(Triage.Current, Query);

    protected override void OnInitialized() => Triage.Changed += OnTriage;

    /// <summary>Takes a new look in; runs in the circuit, and the part is drawn afterwards.</summary>
    protected abstract Task LookedAsync();

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            Triage.Changed -= OnTriage;
        }
    }

    private void OnTriage() => _ = InvokeAsync(async () =>
    {
        await LookedAsync();
        StateHasChanged();
    });
}
