using System.Globalization;

namespace MeshConsole.Mesh.Changes.Gates;

/// <summary>One backend's counts as whole numbers that make sense, or the reason why there are none. Missing is never zero.</summary>
/// <param name="Fault">Why requests or errors are not known; null when they are.</param>
/// <param name="DurationFault">Why durations are not known; null when they are.</param>
internal sealed record GateArm(string Name, long Requests, long Errors, string? Fault, long Timed, long Slow, double BoundMs, string? DurationFault)
{
    /// <summary>Larger counts are not counted exactly in a double, and no window holds them.</summary>
    private const double Largest = 1e15;

    public double ErrorRatio => (double)Errors / Requests;

    public double SlowRatio => (double)Slow / Timed;

    public static GateArm Read(string name, GateCounts? counts, bool connections)
    {
        var things = connections ? "connections" : "requests";
        var fault = MakeSense(counts?.Requests, counts?.Errors) switch
        {
            true => null,
            _ when counts?.Requests is null => $"No counter of {things} of the {name} was found: it has had none since the proxies of its callers started, or they are not scraped.",
            _ when counts.Errors is null => $"How many {things} of the {name} failed is not known.",
            _ => Senseless(name, $"{things}, failed", counts.Requests, counts.Errors),
        };
        var durationFault = MakeSense(counts?.Timed, counts?.Slow) switch
        {
            true when counts?.SlowBoundMs is { } bound && double.IsFinite(bound) && bound >= 0 => null,
            _ when counts?.Timed is null || counts.Slow is null || counts.SlowBoundMs is null => $"How long requests of the {name} took is not known: no histogram of durations was found.",
            _ => Senseless(name, "durations, slow", counts.Timed, counts.Slow),
        };
        var (requests, errors) = fault is null ? Whole(counts!.Requests!.Value, counts.Errors!.Value) : (0, 0);
        var (timed, slow) = durationFault is null ? Whole(counts!.Timed!.Value, counts.Slow!.Value) : (0, 0);
        return new GateArm(name, requests, errors, fault, timed, slow, durationFault is null ? counts!.SlowBoundMs!.Value : 0, durationFault);
    }

    public static bool IsCount(double value) => double.IsFinite(value) && value is >= 0 and <= Largest;

    private static bool MakeSense(double? all, double? part) =>
        all is { } a && part is { } p && IsCount(a) && IsCount(p) && p <= a + 0.5 + (a * 1e-6);

    private static string Senseless(string name, string what, double? all, double? part) =>
        string.Create(CultureInfo.InvariantCulture, $"The counters of the {name} make no sense ({what}: {all:0.##}, {part:0.##}).");

    private static (long All, long Part) Whole(double all, double part)
    {
        var whole = (long)Math.Round(all, MidpointRounding.AwayFromZero);
        return (whole, Math.Min(whole, (long)Math.Round(part, MidpointRounding.AwayFromZero)));
    }
}
