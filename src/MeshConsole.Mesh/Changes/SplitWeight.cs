using System.Globalization;
using System.Text.Json;
using MeshConsole.Mesh.Kubernetes.Objects;

namespace MeshConsole.Mesh.Changes;

/// <summary>
/// The weight of a TrafficSplit's backend. In v1alpha1 it is a Kubernetes quantity (<c>1</c>, <c>"1"</c>, <c>"500m"</c>), later a
/// number; objects stored in the first are served in the others as they are. The form in which a weight is written is kept.
/// </summary>
/// <param name="Thousandths">The weight × 1000.</param>
/// <param name="IsText">Written as a string.</param>
/// <param name="IsParts">Written in parts of one: in thousandths, or with a point. The rule is then counted in thousandths.</param>
internal readonly record struct SplitWeight(long Thousandths, bool IsText, bool IsParts)
{
    /// <summary>Factors of the suffixes of quantities, in thousandths.</summary>
    private static readonly Dictionary<string, decimal> s_suffixes = new(StringComparer.Ordinal)
    {
        ["n"] = 0.000_001m,
        ["u"] = 0.001m,
        ["m"] = 1,
        [""] = 1_000,
        ["k"] = 1_000_000,
        ["M"] = 1_000_000_000,
        ["Ki"] = 1_024_000,
        ["Mi"] = 1_048_576_000,
    };

    /// <summary>Reads a weight; null when it is none, is finer than thousandths, or larger than any weight.</summary>
    public static SplitWeight? Read(JsonElement weight)
    {
        if (weight.ValueKind == JsonValueKind.Number)
        {
            // 1e2 and 1.0 are whole numbers too, but TryGetInt32 takes neither: no server writes them so.
            return weight.TryGetInt32(out var whole) ? new SplitWeight(whole * 1000L, IsText: false, IsParts: false) : null;
        }

        return weight.Text() is { Length: <= 32 } text ? Parse(text) : null;
    }

    /// <summary>How many thousandths one unit of weight stands for, in a rule with these weights: 1 or 1000.</summary>
    public static int UnitOf(IEnumerable<SplitWeight?> weights) => weights.Any(w => w is { IsParts: true }) ? 1 : 1000;

    /// <summary>The weight in units; null when it is not a whole number of them that fits.</summary>
    public int? In(int unit) => Thousandths % unit == 0 && Thousandths / unit is >= int.MinValue and <= int.MaxValue ? (int)(Thousandths / unit) : null;

    /// <summary>Another weight in the same form, as JSON. A number that is no whole one any more becomes a quantity.</summary>
    public string Write(int weight, int unit)
    {
        var thousandths = (long)weight * unit;
        if (IsParts || thousandths % 1000 != 0)
        {
            return string.Create(CultureInfo.InvariantCulture, $"\"{thousandths}m\"");
        }

        var whole = (thousandths / 1000).ToString(CultureInfo.InvariantCulture);
        return IsText ? $"\"{whole}\"" : whole;
    }

    private static SplitWeight? Parse(string text)
    {
        var end = text.Length;
        while (end > 0 && !char.IsAsciiDigit(text[end - 1]) && text[end - 1] != '.')
        {
            end--;
        }

        if (!s_suffixes.TryGetValue(text[end..], out var factor)
            || !decimal.TryParse(text.AsSpan(0, end), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            || Math.Abs(number) > int.MaxValue)
        {
            return null;
        }

        var thousandths = number * factor;
        return thousandths == decimal.Truncate(thousandths) && Math.Abs(thousandths) <= int.MaxValue * 1000m
            ? new SplitWeight((long)thousandths, IsText: true, IsParts: factor < 1_000 || text.AsSpan(0, end).Contains('.'))
            : null;
    }
}
