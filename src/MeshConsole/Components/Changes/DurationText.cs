using System.Globalization;

namespace MeshConsole.Components.Changes;

/// <summary>Durations as people type them: <c>45 s</c>, <c>5 min</c>, <c>1 h 30 min</c>, <c>90</c> (seconds).</summary>
internal static class DurationText
{
    public static string Write(TimeSpan duration)
    {
        var parts = new List<string>();
        var left = TimeSpan.FromSeconds(Math.Round(duration.TotalSeconds));
        Add((int)left.TotalHours, "h");
        Add(left.Minutes, "min");
        Add(left.Seconds, "s");
        return parts.Count == 0 ? "0 s" : string.Join(' ', parts);

        void Add(int count, string unit)
        {
            if (count != 0)
            {
                parts.Add(string.Create(CultureInfo.InvariantCulture, $"{count} {unit}"));
            }
        }
    }

    /// <summary>Null when it is no duration; never negative.</summary>
    public static TimeSpan? Read(string? text)
    {
        var rest = (text ?? "").Replace(Format.Thin, ' ').Trim();
        var total = 0d;
        var parts = 0;
        while (rest.Length > 0)
        {
            var digits = rest.TakeWhile(character => char.IsAsciiDigit(character) || character == '.').Count();
            if (digits == 0 || !double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            {
                return null;
            }

            rest = rest[digits..].TrimStart();
            var letters = rest.TakeWhile(char.IsAsciiLetter).Count();
            var seconds = rest[..letters].ToLowerInvariant() switch
            {
                "" when parts == 0 && letters == rest.Length => 1,
                "s" or "sec" => 1,
                "m" or "min" => 60,
                "h" => 3600,
                "d" => 86400,
                _ => 0,
            };
            if (seconds == 0)
            {
                return null;
            }

            total += number * seconds;
            parts++;
            rest = rest[letters..].TrimStart();
        }

        return parts == 0 || total > 366 * 86400d ? null : TimeSpan.FromSeconds(total);
    }
}
