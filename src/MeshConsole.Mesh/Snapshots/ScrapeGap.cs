using System.Globalization;

namespace MeshConsole.Mesh.Snapshots;

/// <summary>Proxies that run and are not scraped: what only they count is not known, which is not the same as zero.</summary>
/// <param name="Missing">Proxies that Prometheus has no samples of.</param>
/// <param name="Running">All that should be scraped.</param>
public readonly record struct ScrapeGap(int Missing, int Running)
{
    /// <summary>For example <c>2 of 3 proxies of the callee are not scraped</c>.</summary>
    /// <param name="whose">Words behind the proxies, for example <c>of the callee</c>; null for none.</param>
    public string Words(string? whose = null)
    {
        var of = whose is null ? "" : " " + whose;
        return Missing < Running
            ? string.Create(CultureInfo.InvariantCulture, $"{Missing} of {Running} proxies{of} {(Missing == 1 ? "is" : "are")} not scraped")
            : Running == 1 ? $"the only proxy{of} is not scraped"
            : string.Create(CultureInfo.InvariantCulture, $"none of {Running} proxies{of} is scraped");
    }

    /// <summary>Both together; null when neither is a gap.</summary>
    public static ScrapeGap? Add(ScrapeGap? x, ScrapeGap? y) =>
        x is { } one && y is { } other ? new ScrapeGap(one.Missing + other.Missing, one.Running + other.Running) : x ?? y;
}
