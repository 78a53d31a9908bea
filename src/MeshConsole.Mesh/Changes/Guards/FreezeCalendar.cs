using System.Collections.Immutable;
using Cronos;

namespace MeshConsole.Mesh.Changes.Guards;

/// <summary>
/// When nothing may be changed. Denying windows beat allowing ones; where allowing windows exist, all time outside them is
/// frozen. Lengths are told on the wall clock of the window's time zone, so a night from 22:00 for ten hours ends at 08:00
/// also when the clocks are put forward in it.
/// </summary>
public static class FreezeCalendar
{
    // A window that began longer ago than its length plus the largest shift of a clock is over.
    private static readonly TimeSpan s_shift = TimeSpan.FromHours(25);
    private static readonly TimeSpan s_horizon = TimeSpan.FromDays(366);

    /// <summary>Whether changes in a namespace are frozen at an instant, and when that changes.</summary>
    public static FreezeState At(ImmutableArray<FreezeWindow> windows, string @namespace, DateTimeOffset now)
    {
        var own = windows.IsDefault ? [] : windows.Where(w => w.Namespaces.IsDefaultOrEmpty || w.Namespaces.Contains(@namespace, StringComparer.Ordinal)).ToList();
        var state = Judge(own, now);
        return state with { ChangesAt = NextChange(own, now, state.Frozen) };
    }

    /// <summary>The opening of a window that is in force, else its next one within a year; null when there is none, and for a window that cannot be read.</summary>
    public static FreezeOpening? Opening(FreezeWindow window, DateTimeOffset now)
    {
        if (Fault(window) is not null)
        {
            return null;
        }

        return Openings(window, now - window.Duration - s_shift, now + s_horizon)
            .Where(opening => now < opening.To)
            .Select(opening => new FreezeOpening(opening.From.ToUniversalTime(), opening.To))
            .FirstOrDefault();
    }

    /// <summary>Why the window cannot be used; null when it can.</summary>
    public static string? Fault(FreezeWindow window)
    {
        ArgumentNullException.ThrowIfNull(window);
        if (!CronExpression.TryParse(window.Schedule, out _))
        {
            return "a cron expression of five fields is expected, for example 0 22 * * 5";
        }

        if (!TimeZoneInfo.TryFindSystemTimeZoneById(window.TimeZone, out _))
        {
            return "an IANA time zone is expected, for example Europe/Berlin";
        }

        return window.Duration <= TimeSpan.Zero || window.Duration > TimeSpan.FromDays(31) ? "a length above zero and at most 31 days is expected" : null;
    }

    private static FreezeState Judge(List<FreezeWindow> windows, DateTimeOffset now)
    {
        foreach (var window in windows)
        {
            if (Fault(window) is { } fault)
            {
                // A freeze that cannot be read is a freeze: it must not become leave to change.
                return new FreezeState(true, window.Name, $"Freeze {window.Name} cannot be read ({fault}), so it counts as in force.", null);
            }
        }

        if (windows.Find(w => !w.Allow && IsOpen(w, now)) is { } denying)
        {
            return new FreezeState(true, denying.Name, $"Freeze {denying.Name} is in force.", null);
        }

        return windows.Exists(w => w.Allow) && !windows.Exists(w => w.Allow && IsOpen(w, now))
            ? new FreezeState(true, windows.Find(w => w.Allow)!.Name, $"Changes are allowed only in {string.Join(", ", windows.Where(w => w.Allow).Select(w => w.Name))}.", null)
            : new FreezeState(false, null, null, null);
    }

    private static bool IsOpen(FreezeWindow window, DateTimeOffset now) => Openings(window, now - window.Duration - s_shift, now).Any(o => o.From <= now && now < o.To);

    private static IEnumerable<(DateTimeOffset From, DateTimeOffset To)> Openings(FreezeWindow window, DateTimeOffset from, DateTimeOffset to)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(window.TimeZone);
        return CronExpression.Parse(window.Schedule).GetOccurrences(from, to, zone, fromInclusive: true, toInclusive: true).Select(begin => (begin, End(begin, window.Duration, zone)));
    }

    private static DateTimeOffset End(DateTimeOffset begin, TimeSpan duration, TimeZoneInfo zone)
    {
        var wall = DateTime.SpecifyKind(TimeZoneInfo.ConvertTime(begin, zone).DateTime + duration, DateTimeKind.Unspecified);

        // A wall time that is skipped when clocks go forward means the instant at which they do; one that comes twice means
        // its second coming: a freeze rather ends late.
        while (zone.IsInvalidTime(wall))
        {
            wall += TimeSpan.FromMinutes(1);
        }

        var offset = zone.IsAmbiguousTime(wall) ? zone.GetAmbiguousTimeOffsets(wall).Min() : zone.GetUtcOffset(wall);
        return new DateTimeOffset(wall, offset).ToUniversalTime();
    }

    private static DateTimeOffset? NextChange(List<FreezeWindow> windows, DateTimeOffset now, bool frozen)
    {
        if (windows.Exists(w => Fault(w) is not null))
        {
            return null;
        }

        // The state can only change where a window opens or closes.
        var edges = windows
            .SelectMany(w => Openings(w, now - w.Duration - s_shift, now + s_horizon).TakeWhile((_, i) => i < 2000))
            .SelectMany(o => new[] { o.From, o.To })
            .Where(edge => edge > now)
            .Distinct()
            .Order();
        foreach (var edge in edges)
        {
            if (Judge(windows, edge).Frozen != frozen)
            {
                return edge;
            }
        }

        return null;
    }
}

/// <param name="Window">Name of the window that decides; null when nothing is frozen.</param>
/// <param name="Reason">A sentence; null when nothing is frozen.</param>
/// <param name="ChangesAt">When it begins or ends, UTC; null when not within a year.</param>
public sealed record FreezeState(bool Frozen, string? Window, string? Reason, DateTimeOffset? ChangesAt);

/// <summary>One time that a window is open.</summary>
/// <param name="From">UTC.</param>
/// <param name="To">UTC.</param>
public sealed record FreezeOpening(DateTimeOffset From, DateTimeOffset To);
