using System.Globalization;
using System.Text;

namespace MeshConsole.Simulator.Prometheus;

/// <summary>A character class over code points, written as an expression for .NET, whose own classes hold UTF-16 units only.</summary>
internal sealed class RuneSet
{
    private const int Last = 0x10FFFF;

    private readonly List<(int Low, int High)> _ranges = [];

    /// <summary>Unicode categories such as <c>\p{L}</c>; beyond the first plane they match nothing.</summary>
    private readonly StringBuilder _categories = new();

    private bool _complementOfCategories;

    public void Add(int low, int high) => _ranges.Add((low, high));

    public void Add(RuneSet other)
    {
        _ranges.AddRange(other._ranges);
        _categories.Append(other._categories);
    }

    /// <param name="pairs">First and last character of each range.</param>
    public void AddPairs(string pairs)
    {
        for (var i = 0; i < pairs.Length; i += 2) Add(pairs[i], pairs[i + 1]);
    }

    public void AddCategory(string category) => _categories.Append(category);

    public RuneSet Complement()
    {
        var complement = new RuneSet();
        var next = 0;
        foreach (var (low, high) in _ranges.Order())
        {
            if (low > next) complement.Add(next, low - 1);
            next = Math.Max(next, high + 1);
        }

        if (next <= Last) complement.Add(next, Last);
        complement._categories.Append(_categories);
        complement._complementOfCategories = _categories.Length > 0;
        return complement;
    }

    public string ToExpression()
    {
        var units = new StringBuilder();
        var pairs = new List<string>();
        foreach (var (low, high) in _ranges)
        {
            // Surrogates are no characters of their own.
            AppendUnits(units, low, Math.Min(high, 0xD7FF));
            AppendUnits(units, Math.Max(low, 0xE000), Math.Min(high, 0xFFFF));
            AddPairs(pairs, Math.Max(low, 0x10000), high);
        }

        if (!_complementOfCategories) units.Append(_categories);
        var first = units.Length == 0 ? "" : $"[{units}]";
        if (_complementOfCategories && first.Length > 0) first = $"[{units}-[{_categories}]]";
        if (first.Length > 0) pairs.Insert(0, first);
        return pairs.Count switch
        {
            // A class of nothing: no character is one that is not one.
            0 => @"[^\s\S]",
            1 => pairs[0],
            _ => $"(?:{string.Join('|', pairs)})",
        };
    }

    public static string Escape(int unit) =>
        unit < 0x80 && (char.IsAsciiLetterOrDigit((char)unit) || unit == '_') ? ((char)unit).ToString() : @"\u" + unit.ToString("X4", CultureInfo.InvariantCulture);

    private static void AppendUnits(StringBuilder units, int low, int high)
    {
        if (low > high) return;
        units.Append(Escape(low));
        if (high > low) units.Append('-').Append(Escape(high));
    }

    /// <summary>A range beyond the first plane as pairs of surrogates: a partial block, whole blocks, a partial block.</summary>
    private static void AddPairs(List<string> pairs, int low, int high)
    {
        while (low <= high)
        {
            var (lead, trail) = Split(low);
            var (lastLead, lastTrail) = Split(high);
            int endLead, endTrail;
            if (lead == lastLead) (endLead, endTrail) = (lead, lastTrail);
            else if (trail != 0xDC00) (endLead, endTrail) = (lead, 0xDFFF);
            else (endLead, endTrail) = (lastTrail == 0xDFFF ? lastLead : lastLead - 1, 0xDFFF);
            pairs.Add($"[{Escape(lead)}-{Escape(endLead)}][{Escape(trail)}-{Escape(endTrail)}]");
            low = 0x10000 + ((endLead - 0xD800) << 10) + (endTrail - 0xDC00) + 1;
        }
    }

    private static (int Lead, int Trail) Split(int rune) => (0xD800 + ((rune - 0x10000) >> 10), 0xDC00 + ((rune - 0x10000) & 0x3FF));
}
