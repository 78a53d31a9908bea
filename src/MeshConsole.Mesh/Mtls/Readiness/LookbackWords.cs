using System.Globalization;
using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Mtls.Readiness;

/// <summary>Look-backs as they were asked for: <c>15 min</c>, <c>1 h</c>, <c>24 h</c>, <c>7 d</c>.</summary>
public static class LookbackWords
{
    public static string Of(TimeSpan lookback) =>
        lookback > TimeSpan.FromDays(1) && lookback.Ticks % TimeSpan.TicksPerDay == 0 ? string.Create(CultureInfo.InvariantCulture, $"{lookback.TotalDays:0} d")
        : lookback >= TimeSpan.FromHours(1) && lookback.Ticks % TimeSpan.TicksPerHour == 0 ? string.Create(CultureInfo.InvariantCulture, $"{lookback.TotalHours:0} h")
        : DurationWords.Of(lookback);
}
