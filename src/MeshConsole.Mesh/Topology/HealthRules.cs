using System.Collections.Immutable;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Topology;

/// <summary>Judges nodes and edges, and says why with numbers. Not knowing is never healthy.</summary>
internal sealed class HealthRules(HealthThresholds thresholds, ClusterFreshness freshness, TimeSpan window)
{
    /// <param name="members">Nodes that this one stands for, where it stands for several workloads.</param>
    public (Health Health, ImmutableArray<string> Reasons) Of(NodeTotals node, IEnumerable<TopologyNode> members)
    {
        var stale = freshness.WhyNotCurrent(node.Id.Cluster);
        var missing = node.Gap is { } gap ? NotCounted(gap) : null;
        var trouble = new List<(Health Health, string Reason)>();
        var facts = new List<string>();
        Replicas(node, trouble, facts);
        if (stale is null)
        {
            // That none of the counted requests fails says nothing of the others.
            Errors(node.ResponsesIn, "requests", trouble, node.Gap is null ? facts : []);
            Errors(node.ConnectionsIn, "connections", trouble, []);
        }

        // Among many a single failing one hardly moves the sum, and is all the same what somebody has to look at.
        var failing = members.Where(member => member.Health == Health.Failing).Select(member => member.Name).ToList();
        if (failing.Count > 0)
        {
            trouble.Add((Health.Degraded, failing.Count == 1 ? $"{failing[0]} is failing." : $"{failing.Count} are failing: {string.Join(", ", failing.Take(5))}{(failing.Count > 5 ? " …" : "")}."));
        }

        if (trouble.Count > 0)
        {
            var worst = trouble.Max(one => one.Health);
            return (worst, [.. trouble.OrderByDescending(one => one.Health).Select(one => one.Reason), .. new[] { stale, missing }.OfType<string>()]);
        }

        if (stale is not null)
        {
            return (Health.Unknown, [stale, .. facts]);
        }

        if (missing is not null)
        {
            return (Health.Unknown, [missing, .. node.RequestsIn > 0 || node.RequestsOut > 0 || node.OtherTraffic ? Traffic(node) : [], .. facts]);
        }

        if (node.RequestsIn > 0 || node.RequestsOut > 0 || node.OtherTraffic)
        {
            return (Health.Healthy, [.. Traffic(node), .. facts]);
        }

        if (node.Workloads.Count > 0 && node.Workloads.All(workload => workload.PodsWithProxy == 0) && !node.HasInbound)
        {
            return (Health.Unknown, ["No proxy: its traffic is not seen.", .. facts]);
        }

        if (node.HasUnknownInbound)
        {
            return (Health.Unknown, ["The rate of what arrives is not known.", .. facts]);
        }

        return (Health.Idle, [$"No traffic in the last {Figures.Seconds(window.TotalSeconds)}.", .. facts]);
    }

    /// <param name="totals">Requests, or connections of a TCP edge.</param>
    /// <param name="hidden">Whether there may be traffic that nobody counts, since proxies are not scraped.</param>
    public Health Of(NodeId source, NodeId target, ReporterTraffic? caller, ResponseTotals totals, bool hidden = false)
    {
        if (freshness.WhyNotCurrent(target.Cluster) is not null && freshness.WhyNotCurrent(source.Cluster) is not null)
        {
            return Health.Unknown;
        }

        var trouble = new List<(Health Health, string Reason)>();
        Errors(totals, "requests", trouble, []);
        return trouble.Count > 0 ? trouble.Max(one => one.Health)
            : hidden || caller is null || (caller.RequestsPerSecond ?? caller.ConnectionsPerSecond) is null ? Health.Unknown
            : caller.RequestsPerSecond > 0 || caller.ConnectionsPerSecond > 0 || caller.SentBytesPerSecond > 0 || caller.ReceivedBytesPerSecond > 0 ? Health.Healthy
            : Health.Idle;
    }

    private static string NotCounted(ScrapeGap gap)
    {
        var words = gap.Words();
        return $"{char.ToUpperInvariant(words[0])}{words[1..]}: {(gap.Running == 1 || gap.Missing == 1 ? "its" : "their")} traffic is not counted.";
    }

    private void Errors(ResponseTotals totals, string what, List<(Health Health, string Reason)> trouble, List<string> facts)
    {
        if (totals.ErrorRatio is not { } ratio)
        {
            return;
        }

        var requests = totals.All * window.TotalSeconds;
        var failures = totals.Failures * window.TotalSeconds;
        if (ratio >= thresholds.FailingErrorRatio && requests >= thresholds.MinimumRequests && failures >= thresholds.MinimumFailures)
        {
            trouble.Add((Health.Failing, $"{Figures.Percent(ratio)} of {what} fail ({Figures.Rate(totals.Failures, "failures")} of {Figures.Rate(totals.All, what)})."));
        }
        else if (ratio >= thresholds.DegradedErrorRatio)
        {
            var few = requests < thresholds.MinimumRequests || failures < thresholds.MinimumFailures
                ? $" {Figures.Digits(failures)} of {Figures.Digits(requests)} in the window are too few to say more."
                : "";
            trouble.Add((Health.Degraded, $"{Figures.Percent(ratio)} of {what} fail ({Figures.Rate(totals.Failures, "failures")} of {Figures.Rate(totals.All, what)}).{few}"));
        }
        else
        {
            facts.Add(totals.Failures > 0 ? $"{Figures.Percent(ratio)} of {what} fail." : "No request fails.");
        }
    }

    private static void Replicas(NodeTotals node, List<(Health Health, string Reason)> trouble, List<string> facts)
    {
        if (node is not { Ready: { } ready, Desired: { } desired } || desired == 0)
        {
            return;
        }

        if (ready >= desired)
        {
            facts.Add($"{ready} of {desired} {(desired == 1 ? "replica is" : "replicas are")} ready.");
            return;
        }

        var waiting = node.Workloads.SelectMany(workload => workload.Pods).SelectMany(pod => pod.Containers)
            .Where(container => container.WaitingReason is not null)
            .GroupBy(container => container.WaitingReason!, StringComparer.Ordinal)
            .OrderByDescending(group => group.Count())
            .ThenBy(group => group.Key, StringComparer.Ordinal)
            .Take(3)
            .Select(group => $"{group.Key} × {group.Count()}")
            .ToList();
        var why = waiting.Count == 0 ? "" : $" ({string.Join(", ", waiting)})";
        trouble.Add(ready == 0
            ? (Health.Failing, desired == 1 ? $"The only replica is not ready{why}." : $"None of {desired} replicas is ready{why}.")
            : (Health.Degraded, $"{ready} of {desired} replicas {(ready == 1 ? "is" : "are")} ready{why}."));
    }

    private static IEnumerable<string> Traffic(NodeTotals node)
    {
        if (node.RequestsIn > 0)
        {
            yield return $"{Figures.Rate(node.RequestsIn.Value, "requests")} arrive.";
        }
        else if (node.RequestsOut > 0)
        {
            yield return $"{Figures.Rate(node.RequestsOut, "requests")} are sent.";
        }
        else
        {
            yield return "TCP traffic flows.";
        }
    }
}
