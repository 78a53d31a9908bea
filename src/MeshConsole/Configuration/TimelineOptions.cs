namespace MeshConsole.Configuration;

/// <summary>The timeline of changes.</summary>
public sealed class TimelineOptions
{
    /// <summary>How long entries are kept.</summary>
    public TimeSpan Retention { get; set; } = TimeSpan.FromDays(14);
}
