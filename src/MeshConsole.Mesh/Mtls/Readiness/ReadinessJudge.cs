using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Mtls.Readiness;

/// <summary>
/// Judges scopes of one cluster from one snapshot and the evidence of one look-back; a pure function of both. A workload is
/// looked at once, however many scopes it is part of.
/// </summary>
/// <remarks>
/// The question is whether all of the scope could be STRICT, so a workload whose own policy says PERMISSIVE counts, although
/// a policy for its namespace would not change it; that is said. Ports that a workload's policy excepts by number are left
/// out of the scopes above the workload: such an exception is made on purpose, and stays.
/// </remarks>
internal sealed class ReadinessJudge
{
    private const int NamedInWarning = 5;

    private readonly ClusterSnapshot _cluster;
    private readonly LookbackEvidence _evidence;
    private readonly ClusterPolicies _policies;
    private readonly WorkloadInspector _inspector;
    private readonly ConcurrentDictionary<WorkloadId, WorkloadFindings> _findings = [];

    public ReadinessJudge(MeshSnapshot snapshot, ClusterSnapshot cluster, LookbackEvidence evidence, double lateRenewalRatio)
    {
        (_cluster, _evidence) = (cluster, evidence);
        _policies = new ClusterPolicies(snapshot, cluster);
        _inspector = new WorkloadInspector(cluster, _policies, evidence, lateRenewalRatio);
    }

    /// <summary>The verdict on one scope with all it rests on.</summary>
    public StrictReadiness Judge(StrictScope scope)
    {
        List<ReadinessFinding> blockers = [], unproven = [], warnings = [];
        unproven.AddRange(_inspector.OfEvidence());
        var inScope = _cluster.Workloads.Where(workload => IsIn(scope, workload) && !_inspector.IsForeign(workload)).Select(Findings).ToList();
        if (inScope.Count == 0)
        {
            unproven.Add(NothingThere(scope));
        }

        var covered = inScope.Any(findings => findings.Uncovered is null);
        foreach (var findings in inScope)
        {
            blockers.AddRange(InScope(findings.Blockers).Select(found => found.Finding));
            unproven.AddRange(findings.Unproven);
            unproven.AddRange(InScope(findings.Unseen).Select(found => found.Finding));
            warnings.AddRange(findings.Warnings);
            if (findings.Idle is { } idle)
            {
                (findings.HasService || scope.Workload is not null ? unproven : warnings).Add(idle);
            }

            if (findings.Uncovered is { } uncovered)
            {
                // What no Service stands for is not called by name: it is a caller. Of a scope without any proxy there is nothing to say.
                (findings.HasService ? blockers : covered ? warnings : unproven).Add(uncovered);
            }

            IEnumerable<PortFinding> InScope(ImmutableArray<PortFinding> found) =>
                found.Where(one => (scope.Port is not { } port || one.Concerns(port)) && !IsExcepted(scope, findings, one));
        }

        if (scope.Workload is null)
        {
            AddOwnPolicies(scope, inScope, warnings);
            AddExceptions(scope, inScope, warnings);
        }

        AddOfScope(scope, inScope, unproven, warnings);
        return new StrictReadiness(scope, _evidence.Lookback, _evidence.At, Sorted(blockers), Sorted(unproven), Sorted(warnings));
    }

    /// <summary>
    /// The scopes a scope is made of, each with its verdict: the namespaces of a mesh, the workloads of a namespace; none of a
    /// workload.
    /// </summary>
    public ImmutableArray<StrictReadiness> Parts(StrictScope scope)
    {
        var workloads = _cluster.Workloads.Where(workload => IsIn(scope, workload) && !_inspector.IsForeign(workload)).ToList();
        return scope switch
        {
            { Workload: not null } => [],
            { Namespace: not null } => [.. workloads.Select(workload => Judge(new StrictScope(scope.Cluster, workload.Id.Namespace, workload.Id.Name)))],
            _ => [.. workloads.Select(workload => workload.Id.Namespace).Distinct(StringComparer.Ordinal).Select(name => Judge(new StrictScope(scope.Cluster, name)))],
        };
    }

    private WorkloadFindings Findings(Workload workload) => _findings.GetOrAdd(workload.Id, _ => _inspector.Look(workload));

    private static bool IsIn(StrictScope scope, Workload workload) =>
        (scope.Namespace is null || string.Equals(scope.Namespace, workload.Id.Namespace, StringComparison.Ordinal))
        && (scope.Workload is null || string.Equals(scope.Workload, workload.Id.Name, StringComparison.Ordinal));

    /// <summary>Whether the workload's own policy goes on accepting plaintext on every port the finding can be about.</summary>
    private static bool IsExcepted(StrictScope scope, WorkloadFindings findings, PortFinding found) =>
        scope.Workload is null && !found.Ports.IsDefaultOrEmpty && findings.Decision is { } decision
        && found.Ports.All(port => decision.Ports.Any(own => own.Port == port && own.Mode is PeerMode.Permissive or PeerMode.Disable));

    /// <summary>Policies closer to the workload than one for the scope: they go on deciding, whatever the scope's says.</summary>
    private static void AddOwnPolicies(StrictScope scope, List<WorkloadFindings> inScope, List<ReadinessFinding> warnings)
    {
        foreach (var own in inScope
            .Where(findings => findings.Decision is { Mode: not PeerMode.Strict, DecidedBy: not null } && (scope.Namespace is null ? findings.Level != PolicyLevel.Mesh : findings.Level == PolicyLevel.Workload))
            .GroupBy(findings => findings.Decision!.DecidedBy!))
        {
            var names = own.Select(findings => WorkloadInspector.Name(findings.Workload.Id)).ToList();
            warnings.Add(new ReadinessFinding(
                "own-policy",
                $"{PeerAuthentication.Words(own.Key)} says {ClusterPolicies.Words(own.First().Decision!.Mode)} and is closer than a policy for {scope}: {Listed(names)} {(names.Count == 1 ? "goes" : "go")} on accepting plaintext until it is changed too.",
                $"Move {PeerAuthentication.Words(own.Key)} to STRICT first, or delete it.",
                names.Count == 1 ? names[0] : null,
                [new("object", PeerAuthentication.Words(own.Key)), new("workloads", names.Count.ToString(CultureInfo.InvariantCulture))]));
        }
    }

    /// <summary>Ports that go on accepting plaintext under STRICT.</summary>
    private static void AddExceptions(StrictScope scope, List<WorkloadFindings> inScope, List<ReadinessFinding> warnings)
    {
        foreach (var findings in inScope)
        {
            var name = WorkloadInspector.Name(findings.Workload.Id);
            foreach (var port in findings.Decision?.Ports.Where(port => port.Mode is PeerMode.Permissive or PeerMode.Disable) ?? [])
            {
                var called = findings.Blockers.Any(found => found.Finding.Code.StartsWith("plaintext-", StringComparison.Ordinal) && found.Concerns(port.Port));
                var by = port.DecidedBy is { } reference ? PeerAuthentication.Words(reference) : "its own policy";
                warnings.Add(new ReadinessFinding(
                    "port-exception",
                    string.Create(CultureInfo.InvariantCulture, $"Port {port.Port} of {name} is {ClusterPolicies.Words(port.Mode)} by {by} and stays so under STRICT for {scope}. {(called ? "It is called in plaintext: see the workload's own readiness." : "No plaintext was seen there.")}"),
                    called ? null : $"The exception seems not to be needed any more: take port {port.Port.ToString(CultureInfo.InvariantCulture)} out of {by}.",
                    name,
                    [new("port", port.Port.ToString(CultureInfo.InvariantCulture)), new("mode", ClusterPolicies.Words(port.Mode)), new("decided by", by)]));
            }
        }
    }

    private static string Listed(List<string> names) =>
        names.Count <= NamedInWarning ? string.Join(", ", names) : string.Create(CultureInfo.InvariantCulture, $"{string.Join(", ", names.Take(NamedInWarning))} and {names.Count - NamedInWarning} more");

    private void AddOfScope(StrictScope scope, List<WorkloadFindings> inScope, List<ReadinessFinding> unproven, List<ReadinessFinding> warnings)
    {
        if (inScope.Exists(findings => findings.Uncovered is null) && inScope.All(findings => findings.Idle is not null || findings.Workload.IsGateway || findings.Uncovered is not null))
        {
            if (unproven.TrueForAll(found => found.Code != "no-traffic"))
            {
                unproven.Add(new ReadinessFinding("no-traffic", $"Nothing was seen to arrive in {scope} within {LookbackWords.Of(_evidence.Lookback)}: whoever calls it sometimes has not been seen.", "Choose a look-back in which it is called.", null, []));
            }
        }

        if (inScope.Count > 0 && inScope.All(findings => findings.Decision is { Mode: PeerMode.Strict } decision && (scope.Workload is null || decision.Ports.All(port => port.Mode == PeerMode.Strict))))
        {
            warnings.Add(new ReadinessFinding("already-strict", $"STRICT is in force already for {scope}.", null, null, []));
        }

        if (_evidence.Lookback < TimeSpan.FromDays(1))
        {
            warnings.Add(new ReadinessFinding(
                "short-look-back",
                $"Callers that run once a day or less often (reports, backups, whatever somebody starts by hand) are not seen in {LookbackWords.Of(_evidence.Lookback)}.",
                "Ask with a look-back as long as the slowest job's cycle, as far as Prometheus reaches back.",
                null,
                [new("look-back", LookbackWords.Of(_evidence.Lookback))]));
        }

        AddRareCallers(scope, inScope, unproven, warnings);
        if (_inspector.WithoutProxy is { Count: > 0 } without)
        {
            warnings.Add(new ReadinessFinding(
                "possible-callers-without-proxy",
                $"Workloads with pods without proxy can only call in plaintext: {Listed([.. without.Select(workload => WorkloadInspector.Name(workload.Id))])}. {(scope.Workload is null ? $"Calls into {scope}" : $"Their calls to {scope}")} would be refused from then on.",
                "Give them a proxy, or make sure that they call nothing here.",
                null,
                [new("workloads with pods without proxy", without.Count.ToString(CultureInfo.InvariantCulture))]));
        }
    }

    /// <summary>
    /// CronJobs that name nobody the console knows: whom they call is not known. One beside workloads of the scope that
    /// have a proxy most probably calls them; one elsewhere may.
    /// </summary>
    private void AddRareCallers(StrictScope scope, List<WorkloadFindings> inScope, List<ReadinessFinding> unproven, List<ReadinessFinding> warnings)
    {
        var own = inScope.Where(findings => findings.Uncovered is null).Select(findings => findings.Workload.Id.Namespace).ToHashSet(StringComparer.Ordinal);
        var elsewhere = new List<RareCaller>();
        foreach (var caller in _inspector.RareCallers.Where(caller => !caller.HasProxy && caller.Targets.IsEmpty))
        {
            if (scope.Workload is not null || !own.Contains(caller.Job.Meta.Namespace))
            {
                elsewhere.Add(caller);
                continue;
            }

            unproven.Add(new ReadinessFinding(
                "cron-job-not-seen",
                $"CronJob {caller.Name} has not run within {LookbackWords.Of(_evidence.Lookback)} and names no Service, so whom it calls in {scope} is not known. {caller.Times} {(caller.Plane is null ? "Whether its pods are given a proxy is not known." : "Its pods are given no proxy.")}",
                $"Give {caller.Name} a proxy; or ask with a look-back that holds a run.",
                null,
                caller.Evidence));
        }

        if (elsewhere.Count > 0)
        {
            warnings.Add(new ReadinessFinding(
                "cron-job-not-seen",
                $"CronJobs without proxy have not run within {LookbackWords.Of(_evidence.Lookback)} and name no Service: {Listed([.. elsewhere.Select(caller => caller.Name)])}. Should they call {scope}, they would be refused.",
                "Make sure that they call nothing here, or ask with a look-back that holds a run of each.",
                null,
                [new("cron jobs", elsewhere.Count.ToString(CultureInfo.InvariantCulture))]));
        }
    }

    private ReadinessFinding NothingThere(StrictScope scope) => new(
        "nothing-in-scope",
        _cluster.Objects.Pods.IsDefault
            ? SourceWords.Why(_cluster, "Which workloads there are is not known", "kubernetes/pods")
            : $"There is no workload in {scope} that a PeerAuthentication could hold for.",
        "Check the names; workloads of the platform's own namespaces are not counted.",
        null,
        []);

    private static ImmutableArray<ReadinessFinding> Sorted(List<ReadinessFinding> findings) =>
    [
        .. findings
            .OrderBy(found => found.Workload ?? "", StringComparer.Ordinal)
            .ThenBy(found => found.Code, StringComparer.Ordinal)
            .ThenBy(found => found.Message, StringComparer.Ordinal),
    ];
}
