using System.Collections.Immutable;
using MeshConsole.Demo;

namespace MeshConsole.Tests.Components;

/// <summary>Scenarios that a test switches; activation waits until the test lets it go, when it is told to.</summary>
internal sealed class FakeDemoScenarios : IDemoScenarios
{
    public bool Enabled { get; set; }

    public ImmutableArray<DemoScenario> All { get; } = [new("healthy", "All healthy", "Nothing is broken."), new("istiod-down", "istiod down", "The control plane is gone.")];

    public DemoScenario? Active { get; private set; }

    public TaskCompletionSource? Hold { get; set; }

    public Exception? Fault { get; set; }

    public int Listeners => Changed?.GetInvocationList().Length ?? 0;

    public event Action? Changed;

    public FakeDemoScenarios() => Active = All[0];

    public async Task ActivateAsync(string id, CancellationToken cancellationToken)
    {
        if (Hold is { } hold)
        {
            await hold.Task.WaitAsync(TimeSpan.FromSeconds(10), cancellationToken);
        }

        if (Fault is { } fault)
        {
            throw fault;
        }

        Active = All.First(scenario => scenario.Id == id);
        Changed?.Invoke();
    }
}
