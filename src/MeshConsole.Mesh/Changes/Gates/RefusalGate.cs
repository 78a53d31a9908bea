using System.Globalization;
using MeshConsole.Mesh.Changes.Gates.Statistics;

namespace MeshConsole.Mesh.Changes.Gates;

/// <summary>
/// The tripwire of policies: somebody is turned away who was not before. Failures of callers with a proxy are compared with
/// their own before the policy; a listener that turns plaintext away, or a ztunnel that denies, needs no statistics where
/// nothing was turned away before.
/// </summary>
internal static class RefusalGate
{
    /// <summary>Fewer failures of one caller than this are what any mesh has.</summary>
    private const long FewestFailures = 3;

    private const int MostNamed = 3;

    public static GateResult Judge(RefusalCounts refusals, GateSettings settings, int look)
    {
        const string title = "Callers turned away";
        GateResult Result(GateVerdict verdict, string message) => new(GateCodes.PlaintextRefused, title, verdict, message);
        if (refusals.Problem is { } problem)
        {
            return Result(GateVerdict.Error, problem);
        }

        if (!MakeSense(refusals))
        {
            return Result(GateVerdict.Error, "The counters of connections that are turned away make no sense.");
        }

        var found = new List<string>();
        if (Rises(refusals.Listener, settings))
        {
            found.Add(Words("connections matched no filter chain at the listeners of the workloads it reaches: plaintext that was refused, also of callers without a proxy", refusals.Listener!));
        }

        if (Rises(refusals.Denied, settings))
        {
            found.Add(Words("connections were denied by ztunnels (DENY)", refusals.Denied!));
        }

        var level = settings.Alpha / look / Math.Max(1, refusals.Callers.Length);
        var cutOff = refusals.Callers.Where(c => IsCutOff(c, settings, level)).ToList();
        if (cutOff.Count > 0)
        {
            found.Add($"{string.Join("; ", cutOff.Take(MostNamed).Select(Words))}{(cutOff.Count > MostNamed ? string.Create(CultureInfo.InvariantCulture, $"; and {cutOff.Count - MostNamed} more callers") : "")}");
        }

        return found.Count > 0 ? Result(GateVerdict.Fail, $"{string.Join(". ", found)}.") : Result(GateVerdict.Pass, Seen(refusals));
    }

    private static bool MakeSense(RefusalCounts refusals) =>
        refusals.Callers.All(c => GateArm.IsCount(c.Requests) && GateArm.IsCount(c.Failed) && GateArm.IsCount(c.RequestsBefore ?? 0) && GateArm.IsCount(c.FailedBefore ?? 0))
        && new[] { refusals.Listener, refusals.Denied }.All(c => c is null || (GateArm.IsCount(c.Since) && GateArm.IsCount(c.Before ?? 0)));

    /// <summary>Where nothing was turned away before (or nobody counted), the first is one too many; else more than chance, both times being equally long.</summary>
    private static bool Rises(RefusalCount? count, GateSettings settings)
    {
        if (count is null || Whole(count.Since) is var since && since == 0)
        {
            return false;
        }

        var before = Whole(count.Before ?? 0);
        return before == 0 || (since > before && BinomialTest.PValue(since, since + before, 0.5) <= settings.Alpha);
    }

    private static bool IsCutOff(CallerRefusals caller, GateSettings settings, double level)
    {
        var (failed, all) = (Whole(caller.Failed), Whole(caller.Requests));
        all = Math.Max(all, failed);
        if (failed < FewestFailures)
        {
            return false;
        }

        var (failedBefore, before) = (Whole(caller.FailedBefore ?? 0), Whole(caller.RequestsBefore ?? 0));
        before = Math.Max(before, failedBefore);
        if (before == 0)
        {
            // A caller that was not there before has nothing to be compared with: only plain failure counts against the policy.
            return (double)failed / all >= settings.TripwireErrorRatio;
        }

        return ((double)failed / all) - ((double)failedBefore / before) >= settings.MinErrorDifference
            && ProportionComparison.Of(new ProportionTable(failed, all, failedBefore, before)).PValue <= level;
    }

    private static string Seen(RefusalCounts refusals)
    {
        var failed = refusals.Callers.Sum(c => Whole(c.Failed));
        var seen = string.Create(CultureInfo.InvariantCulture, $"{failed} requests or connections of {refusals.Callers.Length} caller{(refusals.Callers.Length == 1 ? "" : "s")} with a proxy failed to connect, no more than before");
        var listener = refusals switch
        {
            { Listener: { } counted, Sight: { } sight } when sight.Counting < sight.All => string.Create(CultureInfo.InvariantCulture, $"; {Whole(counted.Since)} connections were turned away at {sight.Counting} of {sight.All} proxies, what the others turned away is not counted"),
            { Listener: { } counted } => string.Create(CultureInfo.InvariantCulture, $"; {Whole(counted.Since)} connections were turned away by listeners"),
            { Sight.All: > 0 } => "; what listeners turn away is not counted here, so callers without a proxy are not seen",
            _ => "",
        };
        return $"{seen}{listener}{(refusals.Denied is { } denied ? string.Create(CultureInfo.InvariantCulture, $"; ztunnels denied {Whole(denied.Since)}") : "")}.";
    }

    private static string Words(string what, RefusalCount count) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Whole(count.Since)} {what} ({(count.Before is { } before ? $"{Whole(before)} over as much time before" : "nobody counted before")})");

    private static string Words(CallerRefusals caller) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Whole(caller.Failed)} of {Whole(caller.Requests)} requests of {RouteBackendIndex.Cut(caller.Caller)} failed to connect ({(caller.RequestsBefore is { } before ? $"{Whole(caller.FailedBefore ?? 0)} of {Whole(before)} before" : "it was not seen before")})");

    private static long Whole(double count) => (long)Math.Round(count, MidpointRounding.AwayFromZero);
}
