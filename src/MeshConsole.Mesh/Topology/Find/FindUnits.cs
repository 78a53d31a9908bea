using System.Globalization;

namespace MeshConsole.Mesh.Topology.Find;

/// <summary>Numbers with their units.</summary>
internal static class FindUnits
{
    /// <summary>The number in the unit of the type (ms, 0..1, per second, bytes per second); null when it is none.</summary>
    public static double? Read(string text, FindType type)
    {
        var digits = text.TakeWhile(c => char.IsAsciiDigit(c) || c is '.' or '-' or '+').Count();
        if (!double.TryParse(text.AsSpan(0, digits), NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) || !double.IsFinite(number))
        {
            return null;
        }

        return Factor(text[digits..], type) is { } factor ? number * factor : null;
    }

    public static string Words(FindType type) => type switch
    {
        FindType.Duration => "duration",
        FindType.Share => "share",
        FindType.Rate => "rate",
        FindType.Bytes => "number of bytes",
        _ => "number",
    };

    private static double? Factor(string unit, FindType type) => (type, unit.ToLowerInvariant()) switch
    {
        (FindType.Duration, "ms" or "") => 1,
        (FindType.Duration, "us" or "µs") => 0.001,
        (FindType.Duration, "s") => 1000,
        (FindType.Duration, "min" or "m") => 60_000,

        // "errors > 5" means percent: nobody writes a share as a fraction where the page shows percent.
        (FindType.Share, "%" or "") => 0.01,
        (FindType.Rate, "/s" or "rps" or "") => 1,
        (FindType.Rate, "/min" or "rpm") => 1.0 / 60,
        (FindType.Rate, "k" or "k/s") => 1000,
        (FindType.Bytes, "b" or "b/s" or "") => 1,
        (FindType.Bytes, "kb" or "kb/s") => 1e3,
        (FindType.Bytes, "mb" or "mb/s") => 1e6,
        (FindType.Bytes, "gb" or "gb/s") => 1e9,
        (FindType.Number, "") => 1,
        _ => null,
    };
}
