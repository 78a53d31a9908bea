namespace MeshConsole.Simulator.Scenarios;

/// <summary>A state of affairs that can be switched on.</summary>
/// <param name="Id">Stable, as in addresses: <c>provider-failing</c>.</param>
/// <param name="Title">A few words for a list.</param>
/// <param name="Description">One sentence: what happens.</param>
public sealed record Scenario(string Id, string Title, string Description);
