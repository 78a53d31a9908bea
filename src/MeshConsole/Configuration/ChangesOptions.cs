namespace MeshConsole.Configuration;

/// <summary>Rules for writes.</summary>
public sealed class ChangesOptions
{
    /// <summary>Writes are off against a real cluster until this is true.</summary>
    public bool Enabled { get; set; }

    /// <summary>Largest step of a weight in percentage points.</summary>
    public int MaxStepPercent { get; set; } = 25;

    /// <summary>Shortest soak of a stage.</summary>
    public TimeSpan MinSoak { get; set; } = TimeSpan.FromMinutes(5);

    public int RequiredApprovals { get; set; } = 1;

    public List<FreezeWindowOptions> FreezeWindows { get; set; } = [];
}

/// <summary>A time in which nothing changes.</summary>
public sealed class FreezeWindowOptions
{
    public string Name { get; set; } = "";

    public string Schedule { get; set; } = "";

    public TimeSpan Duration { get; set; }

    public string TimeZone { get; set; } = "UTC";
}
