using System.Collections.Concurrent;
using System.Collections.Immutable;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Mtls.Readiness;

/// <summary>
/// Judges scopes of one cluster from one snapshot and the evidence of one look-back; a pure function of both. A workload is
/// looked at once, however many scopes it is part of.
/// </summary>
/// <remarks>
/// The question is what the change would refuse. A namespace-wide STRICT does not touch a workload whose own policy says
/// PERMISSIVE, so what that one is called with blocks its own scope and is a warning for the namespace's; likewise a
/// namespace under the mesh.
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

        var affected = inScope.Where(findings => IsAffected(scope, findings)).ToList();
        foreach (var findings in affected)
        {
            blockers.AddRange(findings.Blockers.Where(found => scope.Port is not { } port || found.Concerns(port)).Where(found => !IsExcepted(scope, findings, found)).Select(found => found.Finding));
            unproven.AddRange(findings.Unproven);
            warnings.AddRange(findings.Warnings);
            if (findings.Idle is { } idle)
            {
                (findings.HasService || scope.Workload is not null ? unproven : warnings).Add(idle);
            }
        }

        AddKept(scope, inScope, warnings);
        AddOfScope(scope, affected, unproven, warnings);
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

    /// <summary>Whether a policy of the scope would change the mode of the workload; with policies unknown it might.</summary>
    private static bool IsAffected(StrictScope scope, WorkloadFindings findings) =>
        findings.Decision is null || scope.Workload is not null
        || (scope.Namespace is not null ? findings.Level != PolicyLevel.Workload : findings.Level == PolicyLevel.Mesh);

    /// <summary>Whether the workload's own policy goes on accepting plaintext on every port the finding can be about.</summary>
    private static bool IsExcepted(StrictScope scope, WorkloadFindings findings, PortFinding found) =>
        scope.Workload is null && !found.Ports.IsDefaultOrEmpty && findings.Decision is { } decision
        && found.Ports.All(port => decision.Ports.Any(own => own.Port == port && own.Mode is PeerMode.Permissive or PeerMode.Disable));

    private void AddKept(StrictScope scope, List<WorkloadFindings> inScope, List<ReadinessFinding> warnings)
    {
        if (scope.Workload is not null)
        {
            return;
        }

        foreach (var findings in inScope)
        {
            var kept = !IsAffected(scope, findings);
            var ports = findings.Decision?.Ports.Where(port => port.Mode is PeerMode.Permissive or PeerMode.Disable).ToList() ?? [];
            if (findings.Decision is not { } decision || (kept ? decision.Mode == PeerMode.Strict && ports.Count == 0 : ports.Count == 0))
            {
                continue;
            }

            var name = WorkloadInspector.Name(findings.Workload.Id);
            var by = decision.Mode == PeerMode.Strict || !kept ? ports[0].DecidedBy : decision.DecidedBy;
            var what = decision.Mode == PeerMode.Strict || !kept
                ? $"{string.Join(", ", ports.Select(port => $"port {port.Port.ToString(System.Globalization.CultureInfo.InvariantCulture)}"))} of {name} {(ports.Count == 1 ? "goes" : "go")} on accepting plaintext"
                : $"{name} goes on accepting plaintext";
            var plaintext = findings.Blockers.Count(found => found.Finding.Code.StartsWith("plaintext-", StringComparison.Ordinal));
            warnings.Add(new ReadinessFinding(
                "exception-kept",
                $"{what}: {(by is null ? "its own policy" : PeerAuthentication.Words(by))} is closer than a policy for {scope}. {(plaintext > 0 ? "It is called in plaintext: see its own readiness." : "No plaintext was seen there.")}",
                $"When {name} is ready itself, take the exception out of its policy.",
                name,
                [new("mode in force", ClusterPolicies.Words(decision.Mode)), new("decided by", by is null ? null : PeerAuthentication.Words(by))]));
        }
    }

    private void AddOfScope(StrictScope scope, List<WorkloadFindings> affected, List<ReadinessFinding> unproven, List<ReadinessFinding> warnings)
    {
        if (affected.Count > 0 && affected.All(findings => findings.Idle is not null || findings.Workload.IsGateway))
        {
            if (unproven.TrueForAll(found => found.Code != "no-traffic"))
            {
                unproven.Add(new ReadinessFinding("no-traffic", $"Nothing was seen to arrive in {scope} within {DurationWords.Of(_evidence.Lookback)}: whoever calls it sometimes has not been seen.", "Choose a look-back in which it is called.", null, []));
            }
        }

        if (affected.Count > 0 && affected.All(findings => findings.Decision is { Mode: PeerMode.Strict }))
        {
            warnings.Add(new ReadinessFinding("already-strict", $"STRICT is in force already for {scope}.", null, null, []));
        }

        if (_evidence.Lookback < TimeSpan.FromDays(1))
        {
            warnings.Add(new ReadinessFinding(
                "short-look-back",
                $"Callers that run once a day or less often (CronJobs, reports, backups) are not seen in {DurationWords.Of(_evidence.Lookback)}.",
                "Ask with a look-back as long as the slowest job's cycle, as far as Prometheus reaches back.",
                null,
                [new("look-back", DurationWords.Of(_evidence.Lookback))]));
        }

        if (_inspector.WithoutProxy is { Count: > 0 } without)
        {
            var named = string.Join(", ", without.Take(NamedInWarning).Select(workload => WorkloadInspector.Name(workload.Id)));
            var more = without.Count > NamedInWarning ? $" and {without.Count - NamedInWarning} more" : "";
            warnings.Add(new ReadinessFinding(
                "possible-callers-without-proxy",
                $"Workloads with pods without proxy can only call in plaintext: {named}{more}. A call to a workload of {scope} would be refused from then on.",
                "Give them a proxy, or make sure that they call nothing here.",
                null,
                [new("workloads with pods without proxy", without.Count.ToString(System.Globalization.CultureInfo.InvariantCulture))]));
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
