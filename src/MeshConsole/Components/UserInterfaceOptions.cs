namespace MeshConsole.Components;

/// <summary>What the pages need to know of the configuration.</summary>
/// <param name="RefreshInterval">Time between two refreshes of telemetry: data older than two of them is drawn amber, older than four red.</param>
public sealed record UserInterfaceOptions(TimeSpan RefreshInterval)
{
    public static UserInterfaceOptions Default { get; } = new(TimeSpan.FromSeconds(15));
}
