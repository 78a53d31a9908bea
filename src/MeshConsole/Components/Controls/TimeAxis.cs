namespace MeshConsole.Components.Controls;

/// <summary>
/// An axis of time around now that is logarithmic to both sides, so that a day's certificate and a root of ten years can
/// be read beside each other: an hour and ten years ahead are both on it, the past takes the smaller part at the left.
/// </summary>
public static class TimeAxis
{
    /// <summary>Where now stands.</summary>
    public const double Now = 0.26;

    private static readonly TimeSpan s_unit = TimeSpan.FromHours(1);
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(3_653);

    /// <summary>What is written under the axis.</summary>
    public static IReadOnlyList<(TimeSpan From, string Text)> Ticks { get; } =
    [
        (TimeSpan.FromDays(-3_652.5), "10 y ago"),
        (TimeSpan.FromDays(-30), "30 d"),
        (TimeSpan.FromDays(-1), "1 d"),
        (TimeSpan.Zero, "now"),
        (TimeSpan.FromHours(6), "6 h"),
        (TimeSpan.FromDays(1), "1 d"),
        (TimeSpan.FromDays(7), "7 d"),
        (TimeSpan.FromDays(30), "30 d"),
        (TimeSpan.FromDays(90), "90 d"),
        (TimeSpan.FromDays(365.25), "1 y"),
        (TimeSpan.FromDays(3_652.5), "10 y"),
    ];

    /// <summary>Where a moment stands, 0 at the left to 1 at the right; beyond ten years at the end.</summary>
    public static double Position(DateTimeOffset at, DateTimeOffset now) => Position(at - now);

    /// <summary>Where what is so far from now stands.</summary>
    public static double Position(TimeSpan fromNow)
    {
        var share = Math.Min(1, Math.Log(1 + (fromNow.Duration() / s_unit)) / Math.Log(1 + (s_longest / s_unit)));
        return fromNow < TimeSpan.Zero ? Now * (1 - share) : Now + ((1 - Now) * share);
    }
}
