using System.Collections.Immutable;

namespace MeshConsole.Demo;

/// <summary>The scenarios of the embedded mesh, for the demo banner. Not enabled against a real cluster.</summary>
public interface IDemoScenarios
{
    /// <summary>Whether the embedded mesh runs.</summary>
    bool Enabled { get; }

    /// <summary>Empty unless <see cref="Enabled"/>; the healthy state first.</summary>
    ImmutableArray<DemoScenario> All { get; }

    /// <summary>The one in force; null unless <see cref="Enabled"/>.</summary>
    DemoScenario? Active { get; }

    /// <summary>Raised from any thread when another scenario came into force.</summary>
    event Action? Changed;

    /// <summary>Brings a scenario into force; an unknown id is an <see cref="ArgumentException"/>.</summary>
    Task ActivateAsync(string id, CancellationToken cancellationToken);
}

/// <param name="Id">Stable: <c>healthy</c>, <c>provider-failing</c> …</param>
/// <param name="Description">One sentence: what happens and where to look.</param>
public sealed record DemoScenario(string Id, string Title, string Description);
