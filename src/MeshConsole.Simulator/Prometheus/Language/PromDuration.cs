using System.Globalization;
using System.Text;

namespace MeshConsole.Simulator.Prometheus.Language;

/// <summary>Durations such as <c>1h30m</c>, in milliseconds: units from years (365 days) to milliseconds, each at most once and in that order.</summary>
internal static class PromDuration
{
    private static readonly (string Unit, long Ms)[] s_units =
    [
        ("y", 365L * 86_400_000), ("w", 7L * 86_400_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
    ];

    public static bool TryParse(ReadOnlySpan<char> text, out long milliseconds)
    {
        milliseconds = 0;
        if (text.SequenceEqual("0")) return true;
        if (text.IsEmpty) return false;
        var unitFrom = 0;
        while (!text.IsEmpty)
        {
            var digits = text.IndexOfAnyExceptInRange('0', '9');
            if (digits <= 0 || !long.TryParse(text[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return false;
            text = text[digits..];
            var letters = text.IndexOfAnyInRange('0', '9');
            var unit = letters < 0 ? text : text[..letters];
            var found = -1;
            for (var i = unitFrom; i < s_units.Length && found < 0; i++)
                if (unit.SequenceEqual(s_units[i].Unit)) found = i;
            if (found < 0) return false;
            // The largest duration is that of 64 bits of nanoseconds.
            var total = (Int128)milliseconds + ((Int128)number * s_units[found].Ms);
            if (total > long.MaxValue / 1_000_000) return false;
            milliseconds = (long)total;
            unitFrom = found + 1;
            text = text[unit.Length..];
        }

        return true;
    }

    public static string Format(long milliseconds)
    {
        if (milliseconds == 0) return "0s";
        var text = new StringBuilder();
        foreach (var (unit, ms) in s_units)
        {
            // Years and weeks only when nothing is left over, as Prometheus prints them.
            if (unit is "y" or "w" && milliseconds % ms != 0) continue;
            var number = milliseconds / ms;
            if (number == 0) continue;
            text.Append(CultureInfo.InvariantCulture, $"{number}{unit}");
            milliseconds -= number * ms;
        }

        return text.ToString();
    }
}
