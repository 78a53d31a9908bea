namespace MeshConsole.Configuration;

/// <summary>Incidents that people keep.</summary>
public sealed class IncidentOptions
{
    /// <summary>How long an incident is kept after it was closed; open ones are kept until they are.</summary>
    public TimeSpan Retention { get; set; } = TimeSpan.FromDays(365);
}
