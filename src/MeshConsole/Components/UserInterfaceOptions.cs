using MeshConsole.Mesh.Changes;

namespace MeshConsole.Components;

/// <summary>What the pages need to know of the configuration.</summary>
/// <param name="RefreshInterval">Time between two refreshes of telemetry: data older than two of them is drawn amber, older than four red.</param>
/// <param name="MayChoosePersona">Whether the reader may say who they are: in mode Demo.</param>
public sealed record UserInterfaceOptions(TimeSpan RefreshInterval, bool MayChoosePersona = true)
{
    /// <summary>Rules for changes, for pages to explain; they are enforced elsewhere.</summary>
    public ChangePolicy Policy { get; init; } = ChangePolicy.Default;

    /// <summary>Look-back of readiness for STRICT where the address says none.</summary>
    public TimeSpan ReadinessLookback { get; init; } = TimeSpan.FromHours(24);

    public static UserInterfaceOptions Default { get; } = new(TimeSpan.FromSeconds(15));
}
