using System.Globalization;

namespace MeshConsole.Mesh.Model;

/// <summary>Durations in the console's words: <c>45 s</c>, <c>12 min</c>, <c>11 h</c>, <c>5 d</c>. Two days and more count in days.</summary>
public static class DurationWords
{
    /// <summary>Cut, not rounded, to the unit it is said in: what is said to be left really is left.</summary>
    public static string Of(TimeSpan duration)
    {
        var positive = duration.Duration();
        var (amount, unit) =
            positive < TimeSpan.FromMinutes(2) ? (positive.TotalSeconds, "s")
            : positive < TimeSpan.FromHours(2) ? (positive.TotalMinutes, "min")
            : positive < TimeSpan.FromDays(2) ? (positive.TotalHours, "h")
            : (positive.TotalDays, "d");
        return string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(amount):0} {unit}");
    }
}
