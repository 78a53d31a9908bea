using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Changes.Gates;
using MeshConsole.Mesh.Kubernetes;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Mtls.Readiness;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Changes.Plans;

/// <summary>
/// Makes a plan of a request for a mode. Where a policy of exactly the asked level decides, that one is edited; where there is
/// none, one is created. Policies that lose against an older one are left alone: a change of them would do nothing.
/// </summary>
public static class PolicyPlanner
{
    public const string Kind = "PeerAuthentication";

    /// <summary>Served by every Istio since 1.5; taken where no policy tells which version the cluster serves.</summary>
    private const string OldestVersion = "security.istio.io/v1beta1";

    private const string Inherit = "UNSET";

    public static PlanOutcome Plan(ChangeRequest request, MeshSnapshot snapshot, ChangePolicy policy)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(policy);
        var draft = new Draft(request, request.Policy ?? throw new ArgumentException("The request is for no policy.", nameof(request)), snapshot);
        if (!draft.CheckRequest() || !draft.FindScope() || draft.Edit() is not { } target)
        {
            return draft.Refusal();
        }

        return new PlanOutcome(
            new ChangePlan
            {
                Target = target,
                Backends = [new PlanBackend(target.Policy!.Scope.ToString(), null, null, 0)],
                Canary = 0,
                Stable = 0,
                Stages = [new PlanStage(PolicyEdit.AsPlanned, request.Soak ?? policy.MinSoak)],
                Gates = request.Gates ?? GateSettings.Default,
                Reason = request.Reason,
                Ticket = string.IsNullOrWhiteSpace(request.Ticket) ? null : request.Ticket,
            },
            [],
            draft.Notes);
    }

    /// <summary>A plan in the making.</summary>
    private sealed class Draft(ChangeRequest request, PolicyRequest wanted, MeshSnapshot snapshot)
    {
        private readonly RequestRules _rules = new(request);
        private readonly ImmutableArray<string>.Builder _notes = ImmutableArray.CreateBuilder<string>();
        private ClusterSnapshot _cluster = null!;
        private StrictScope _scope = null!;
        private Workload? _workload;
        private string? _mode;

        public ImmutableArray<string> Notes => _notes.ToImmutable();

        public PlanOutcome Refusal() => new(null, _rules.Faults, []);

        public bool CheckRequest()
        {
            _rules.CheckTexts();
            _rules.CheckSoakAndGates();
            if (request.Canary is not null || request.Stable is not null || request.TargetPercent is not null || request.Stages is not null)
            {
                _rules.Fault("policy", "A policy has no canary, no weights and no stages: it is in force or it is not. Leave canary, stable, targetPercent and stages out; change one workload after the other instead.");
            }

            _mode = wanted.Mode switch
            {
                "STRICT" or "PERMISSIVE" => wanted.Mode,
                Inherit => null,
                _ => Fault("mode", $"The mode is STRICT, PERMISSIVE or {Inherit} (which takes the setting out, so that the level above decides), and this one is {Words(wanted.Mode ?? "none")}.", "policy.mode"),
            };
            if (wanted is { Workload: not null, Namespace: null } or { Port: not null, Workload: null })
            {
                _rules.Fault("scope", "A workload is named together with its namespace, and a port together with its workload.", "policy");
            }

            if (wanted.Port is { } port and not (> 0 and <= 65535))
            {
                _rules.Fault("port", string.Create(CultureInfo.InvariantCulture, $"A container port is between 1 and 65535, and this one is {port}."), "policy.port");
            }

            return !_rules.Failed;
        }

        public bool FindScope()
        {
            if (snapshot.Clusters.FirstOrDefault(c => string.Equals(c.Name, wanted.Cluster, StringComparison.Ordinal)) is not { } cluster)
            {
                return _rules.Fault("scope", $"No cluster {Words(wanted.Cluster ?? "")} is configured, or nothing is known of it yet.", "policy.cluster");
            }

            _cluster = cluster;
            if (cluster.Objects.PeerAuthentications.IsDefault)
            {
                return _rules.Fault("policies-unknown", $"The PeerAuthentications of cluster {Words(cluster.Name)} have not been read, so it is not known which of them decides. Look at the sources at the top.");
            }

            _scope = new StrictScope(cluster.Name, wanted.Namespace, wanted.Workload, wanted.Port);
            if (wanted.Namespace is not { } place)
            {
                return true;
            }

            if (string.Equals(place, cluster.RootNamespace, StringComparison.Ordinal))
            {
                return _rules.Fault("scope", $"{Words(place)} is the root namespace: a policy without selector there holds for the whole mesh, and one with a selector is ignored. Ask for the mesh (leave the namespace out) instead.", "policy.namespace");
            }

            if (wanted.Workload is { } name)
            {
                _workload = cluster.Workloads.FirstOrDefault(w => string.Equals(w.Id.Namespace, place, StringComparison.Ordinal) && string.Equals(w.Id.Name, name, StringComparison.Ordinal));
                return _workload is not null || _rules.Fault("scope", $"There is no workload {Words(name)} in namespace {Words(place)}.", "policy.workload");
            }

            return cluster.Workloads.Any(w => string.Equals(w.Id.Namespace, place, StringComparison.Ordinal))
                || _rules.Fault("scope", $"Namespace {Words(place)} has no workloads, or does not exist.", "policy.namespace");
        }

        /// <summary>Null with a fault when nothing is to be changed, or it cannot be.</summary>
        public ChangeTarget? Edit()
        {
            var level = LevelPolicies.Of(_cluster, _scope, _workload);
            foreach (var unreadable in level.Unreadable)
            {
                _notes.Add($"Whom PeerAuthentication {Name(unreadable)} means is not known: its selector cannot be read.");
            }

            foreach (var losing in level.Losing)
            {
                _notes.Add($"PeerAuthentication {Name(losing)} is of the same level and does nothing: {Words(level.Deciding!.Meta.Name)} is older. It is left alone.");
            }

            PortNote();
            return level.Deciding is { } deciding ? EditOf(deciding) : Creation();
        }

        private ChangeTarget? EditOf(MeshObject deciding)
        {
            string before;
            try
            {
                before = PolicySpec.Canonical(deciding.Spec.IsObject() ? deciding.Spec : PolicySpec.Parse("{}"));
            }
            catch (FormatException exception)
            {
                Fault("policy", $"PeerAuthentication {Name(deciding)} has a spec that cannot be read: {exception.Message}. Correct the object first.");
                return null;
            }

            var from = PolicySpec.ModeOf(deciding.Spec, _scope);
            if (string.Equals(from ?? Inherit, _mode ?? Inherit, StringComparison.Ordinal))
            {
                Fault("no-change", $"PeerAuthentication {Name(deciding)}, which decides for {Words(_scope.ToString())}, says {_mode ?? "nothing of it"} already.");
                return null;
            }

            var after = PolicySpec.WithMode(deciding.Spec, _scope, _mode);
            var empties = _mode is null && !after.ContainsKey("mtls") && !after.ContainsKey("portLevelMtls");
            return Target(deciding.ApiVersion, deciding.Meta.Name, deciding.Meta.Uid, from ?? Inherit, empties ? PolicyEdit.None : _mode ?? Inherit, before, empties ? null : CanonicalOf(after));
        }

        private ChangeTarget? Creation()
        {
            if (_mode is null)
            {
                Fault("no-change", $"There is no policy of {Words(_scope.ToString())} itself: the level above decides already.");
                return null;
            }

            var spec = new JsonObject();
            if (_workload is not null)
            {
                if (WorkloadSelector.For(_cluster, _workload) is not { } labels)
                {
                    Fault("selector", $"No labels tell the pods of {Words(_scope.Namespace!)}/{Words(_workload.Id.Name)} from those of every other workload there, so a policy for it would hold for others too. Give its pod template a label of its own first.", "policy.workload");
                    return null;
                }

                spec["selector"] = new JsonObject { ["matchLabels"] = new JsonObject(labels.Select(l => KeyValuePair.Create(l.Key, (JsonNode?)l.Value))) };
            }

            var after = PolicySpec.WithMode(JsonSerializer.SerializeToElement(spec), _scope, _mode);
            var version = _cluster.Objects.PeerAuthentications.Select(p => p.ApiVersion).Order(StringComparer.Ordinal).FirstOrDefault() ?? OldestVersion;
            return FreeName() is { } name ? Target(version, name, "", PolicyEdit.None, _mode, null, CanonicalOf(after)) : null;
        }

        private ChangeTarget Target(string apiVersion, string name, string uid, string from, string to, string? before, string? after) =>
            new(_cluster.Name, apiVersion, Kind, _scope.Namespace ?? _cluster.RootNamespace, name, uid, ChangeTarget.PolicyProtocol, 0, null, [])
            {
                Policy = new PolicyEdit(_scope, from, to, before, after, ImmutableSortedDictionary<string, string>.Empty, ImmutableSortedDictionary<string, string>.Empty),
            };

        /// <summary>The workload's name, or <c>default</c>; with an ending where another policy has it.</summary>
        private string? FreeName()
        {
            var place = _scope.Namespace ?? _cluster.RootNamespace;
            var taken = _cluster.Objects.PeerAuthentications.Where(p => p.Meta.Namespace == place).Select(p => p.Meta.Name).ToHashSet(StringComparer.Ordinal);
            var name = _workload?.Id.Name ?? "default";
            foreach (var candidate in (ReadOnlySpan<string>)[name, $"{name}-mtls", $"{name}-mtls-2"])
            {
                if (!taken.Contains(candidate) && candidate.Length <= 253)
                {
                    return candidate;
                }
            }

            Fault("name", $"Namespace {Words(place)} has PeerAuthentications of every name that this one could have ({Words(name)} …). Give the mode by hand.");
            return null;
        }

        private void PortNote()
        {
            if (_scope.Port is { } port && _workload is { Pods.IsEmpty: false } && !_workload.Pods.Any(p => p.Containers.Any(c => c.Ports.Contains(port))))
            {
                _notes.Add(string.Create(CultureInfo.InvariantCulture, $"No container of {Words(_workload.Id.Name)} declares port {port}. Ports here are those of containers, not of Services."));
            }
        }

        private string? Fault(string code, string message, string? field = null)
        {
            _rules.Fault(code, message, field);
            return null;
        }

        private static string CanonicalOf(JsonObject spec) => PolicySpec.Canonical(JsonSerializer.SerializeToElement(spec));

        private static string Name(MeshObject policy) => Words($"{policy.Meta.Namespace}/{policy.Meta.Name}");

        private static string Words(string text) => Printable.Text(text, 200);
    }
}
