using System.Globalization;

namespace MeshConsole.Components;

/// <summary>
/// The reader's time zone, as their browser names it: for times that people type, and for those they plan by. Addresses,
/// stores and exports stay in UTC.
/// </summary>
/// <param name="Zone">UTC until the browser has told, and where this machine does not know what it told.</param>
public sealed record ReaderZone(TimeZoneInfo Zone)
{
    public static ReaderZone Utc { get; } = new(TimeZoneInfo.Utc);

    /// <summary>For people to read: <c>Europe/Berlin</c>, <c>UTC</c>.</summary>
    public string Name => Zone.Id;

    /// <param name="id">IANA name from the browser; null or unknown gives UTC.</param>
    public static ReaderZone Of(string? id) => id is { Length: > 0 and <= 64 } && TimeZoneInfo.TryFindSystemTimeZoneById(id, out var zone) ? new ReaderZone(zone) : Utc;

    /// <summary>What a clock on the reader's wall shows.</summary>
    public DateTime ToWall(DateTimeOffset at) => TimeZoneInfo.ConvertTime(at, Zone).DateTime;

    /// <summary>
    /// The instant of a time on the wall. A time that a clock put forward leaves out is the instant at which it was; of one
    /// that comes twice, the first where a span begins and the second where it ends, so that the span holds both.
    /// </summary>
    public DateTimeOffset ToInstant(DateTime wall, bool ends)
    {
        wall = DateTime.SpecifyKind(wall, DateTimeKind.Unspecified);
        while (Zone.IsInvalidTime(wall))
        {
            wall = wall.AddTicks(TimeSpan.TicksPerMinute - (wall.Ticks % TimeSpan.TicksPerMinute));
        }

        var offset = !Zone.IsAmbiguousTime(wall) ? Zone.GetUtcOffset(wall)
            : ends ? Zone.GetAmbiguousTimeOffsets(wall).Min()
            : Zone.GetAmbiguousTimeOffsets(wall).Max();
        return new DateTimeOffset(wall, offset).ToUniversalTime();
    }

    /// <summary>"Fri 27 Nov 22:00", in a zone.</summary>
    public static string Clock(DateTimeOffset at, TimeZoneInfo zone) => TimeZoneInfo.ConvertTime(at, zone).ToString("ddd d MMM HH:mm", CultureInfo.InvariantCulture);
}
