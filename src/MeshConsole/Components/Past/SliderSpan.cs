namespace MeshConsole.Components.Past;

/// <summary>The time that the slider shows, and the instants it stops at: multiples of its step, so that everybody asks Prometheus for the same ones.</summary>
/// <param name="From">Left end.</param>
/// <param name="To">Right end: a step after now where the present is on it.</param>
/// <param name="Step">Between two instants.</param>
/// <param name="Latest">The newest instant that is over.</param>
public sealed record SliderSpan(DateTimeOffset From, DateTimeOffset To, TimeSpan Step, DateTimeOffset Latest)
{
    public const string Default = "1h";

    /// <summary>How much a page key moves.</summary>
    public TimeSpan Page => TimeSpan.FromTicks(Math.Max(1, (To - From).Ticks / 12 / Step.Ticks) * Step.Ticks);

    /// <summary>Whether the right end is the present.</summary>
    public bool IsLive => To > Latest;

    /// <param name="name"><c>1h</c>, <c>6h</c> or <c>24h</c>; anything else is an hour.</param>
    /// <param name="at">The pinned instant; null for the present.</param>
    /// <param name="refresh">Between two refreshes of telemetry: nothing finer is known.</param>
    public static SliderSpan Of(string? name, DateTimeOffset? at, DateTimeOffset now, TimeSpan refresh)
    {
        var (length, least) = name switch
        {
            "6h" => (TimeSpan.FromHours(6), TimeSpan.FromMinutes(1)),
            "24h" => (TimeSpan.FromHours(24), TimeSpan.FromMinutes(5)),
            _ => (TimeSpan.FromHours(1), refresh),
        };
        var step = TimeSpan.FromTicks(Math.Max(1, (long)Math.Ceiling((double)least.Ticks / refresh.Ticks)) * refresh.Ticks);
        var latest = Down(now, step);
        var to = latest + step;
        if (at is { } instant && instant < to - length)
        {
            // Farther back the span stands still while one moves in its middle half, and goes on by half of itself.
            var half = length / 2;
            to = Down(instant, half) + half + (half / 2);
        }

        return new SliderSpan(to - length, to, step, latest);
    }

    /// <summary>Where an instant stands, in percent from the left; the present is at the right end.</summary>
    public double Percent(DateTimeOffset? at) => at is { } instant ? Math.Clamp((instant - From) / (To - From), 0, 1) * 100 : 100;

    public bool Holds(DateTimeOffset at) => at >= From && at <= To;

    /// <summary>Moved back to a multiple of a step, counted as Prometheus counts: from the epoch.</summary>
    public static DateTimeOffset Down(DateTimeOffset at, TimeSpan step)
    {
        var ticks = at.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks;
        return DateTimeOffset.UnixEpoch.AddTicks((long)Math.Floor((double)ticks / step.Ticks) * step.Ticks);
    }

    /// <summary>What is written under the axis: six whole times.</summary>
    public IEnumerable<DateTimeOffset> Ticks()
    {
        var every = TimeSpan.FromTicks((To - From).Ticks / 6);
        for (var at = Down(To, every); at >= From; at -= every)
        {
            yield return at;
        }
    }
}
