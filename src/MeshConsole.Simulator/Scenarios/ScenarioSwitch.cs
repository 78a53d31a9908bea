using System.Collections.Immutable;

namespace MeshConsole.Simulator.Scenarios;

/// <summary>The scenarios of a mesh and which of them is on. One is always on; <c>healthy</c> is the one in which nothing is wrong.</summary>
public sealed class ScenarioSwitch
{
    private readonly ScenarioStage _stage;
    private readonly TimeProvider _time;
    private readonly ImmutableArray<ScenarioScript> _scripts;
    private ScenarioScript _active;

    internal ScenarioSwitch(ScenarioStage stage, TimeProvider time)
    {
        _stage = stage;
        _time = time;
        _scripts =
        [
            new Healthy(), new ProviderFailing(), new PlaintextCaller(), new LeafNotRenewing(), new GatewayExpiring(), new RetryStorm(),
            new IstiodDown(), new PrometheusDown(), new PrometheusSlow(), new ApiServerRestarting(), new GitOpsRevert(),
        ];
        _active = _scripts[0];
        All = [.. _scripts.Select(script => script.Scenario)];
        stage.Model.Ticking += now => _active.Tick(_stage, now);
    }

    /// <summary>In the order in which they are offered.</summary>
    public ImmutableArray<Scenario> All { get; }

    public Scenario Active => Volatile.Read(ref _active).Scenario;

    /// <summary>Raised, from the thread that switched, when another scenario is on.</summary>
    public event Action? Changed;

    /// <summary>Ends the active scenario and begins another; nothing happens when it is on already.</summary>
    /// <exception cref="ArgumentException">There is no scenario with that id.</exception>
    public Task ActivateAsync(string id, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(id);
        cancellationToken.ThrowIfCancellationRequested();
        var next = _scripts.FirstOrDefault(script => script.Scenario.Id == id)
            ?? throw new ArgumentException($"There is no scenario '{id}'; there are {string.Join(", ", All.Select(scenario => scenario.Id))}.", nameof(id));
        // A tick of a large mesh takes a moment and holds the gate: the caller need not wait on its own thread.
        return Task.Run(() => Activate(next), cancellationToken);
    }

    /// <summary>Ends the active scenario: every object and program is as before.</summary>
    internal void Activate(string id) => Activate(_scripts.First(script => script.Scenario.Id == id));

    private void Activate(ScenarioScript next)
    {
        lock (_stage.Model.Gate)
        {
            if (ReferenceEquals(next, _active)) return;
            var now = _time.GetUtcNow();
            _active.End(_stage, now);
            next.Begin(_stage, now);
            _stage.Model.Controller.Reconcile();
            Volatile.Write(ref _active, next);
        }

        Changed?.Invoke();
    }
}
