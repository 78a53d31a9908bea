namespace MeshConsole.Components.Past;

/// <summary>Which instants a replay shows: multiples of its frame, so that two readers who replay the same time share what is read.</summary>
internal static class Replay
{
    /// <summary>Between two frames at least: how fast the mesh goes by is a matter of <see cref="Frames"/>, so that no speed asks Prometheus more often.</summary>
    public static readonly TimeSpan Pace = TimeSpan.FromSeconds(1);

    /// <summary>Time of the mesh between two frames, the slowest first: one, four and twenty refreshes.</summary>
    public static TimeSpan[] Frames(TimeSpan refresh) => [refresh, refresh * 4, refresh * 20];

    /// <summary>The frame after <paramref name="at"/>; null when the replay is over.</summary>
    /// <param name="until">The last instant; null to go on to the present.</param>
    public static DateTimeOffset? Next(DateTimeOffset at, TimeSpan frame, DateTimeOffset? until, DateTimeOffset now)
    {
        var next = SliderSpan.Down(at, frame) + frame;
        return next <= now && (until is not { } end || next <= end) ? next : null;
    }
}
