using System.Globalization;

namespace MeshConsole.Mesh.Topology;

/// <summary>Numbers in reasons, as the console writes them: three significant digits, unit after a thin space.</summary>
internal static class Figures
{
    private const char ThinSpace = '\u2009';

    /// <summary>A share: <c>1.25 %</c>.</summary>
    public static string Percent(double ratio) => Digits(ratio * 100) + ThinSpace + '%';

    /// <summary>Rates under one in ten seconds read better per minute.</summary>
    public static string Rate(double perSecond, string what) => perSecond is > 0 and < 0.1
        ? $"{Digits(perSecond * 60)} {what}/min"
        : $"{Digits(perSecond)} {what}/s";

    /// <summary>Milliseconds below one second, then seconds.</summary>
    public static string Milliseconds(double milliseconds) => Math.Abs(milliseconds) < 999.5 ? Digits(milliseconds) + ThinSpace + "ms" : Seconds(milliseconds / 1000);

    public static string Seconds(double seconds) => Digits(seconds) + ThinSpace + "s";

    /// <summary>Three significant digits without exponent; whole numbers whole.</summary>
    public static string Digits(double value)
    {
        var size = Math.Abs(value);
        if (!double.IsFinite(value) || size == 0)
        {
            return value.ToString("0", CultureInfo.InvariantCulture);
        }

        var decimals = Math.Clamp(2 - (int)Math.Floor(Math.Log10(size)), 0, 6);
        return Math.Round(value, decimals).ToString(decimals == 0 ? "0" : "0." + new string('#', decimals), CultureInfo.InvariantCulture);
    }
}
