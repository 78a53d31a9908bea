using System.Collections.Immutable;
using System.Globalization;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Mtls;
using MeshConsole.Mesh.Mtls.Readiness;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Changes.Plans;

/// <summary>
/// The way of a cluster to STRICT that the console proposes: in each namespace one workload with little traffic, then the
/// others, then the namespace; after all of them the mesh; and at last what has become superfluous. A pure function of what is
/// known now: whoever goes another way finds it continued from where they are.
/// </summary>
/// <param name="Groups">In the order in which to go.</param>
public sealed record StrictOrder(ImmutableArray<StrictGroup> Groups)
{
    /// <param name="readiness">By scope; what is not in it is not known yet.</param>
    /// <param name="open">Changes that have not ended.</param>
    public static StrictOrder Of(MeshSnapshot snapshot, ClusterSnapshot cluster, IReadOnlyDictionary<StrictScope, StrictReadiness> readiness, IReadOnlyCollection<ChangeRecord> open)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(readiness);
        ArgumentNullException.ThrowIfNull(open);
        return cluster.Objects.PeerAuthentications.IsDefault ? new StrictOrder([]) : new Draft(cluster, readiness, open).Order();
    }

    /// <summary>The first step that somebody can take now; null when there is none.</summary>
    public StrictStep? Next => Groups.SelectMany(g => g.Steps).FirstOrDefault(s => s is { Optional: false, State: StrictStepState.Ready });

    private sealed class Draft(ClusterSnapshot cluster, IReadOnlyDictionary<StrictScope, StrictReadiness> readiness, IReadOnlyCollection<ChangeRecord> open)
    {
        private readonly PeerAuthenticationResolver _resolver = PeerAuthenticationResolver.Of(cluster.Objects.PeerAuthentications, cluster.RootNamespace);

        public StrictOrder Order()
        {
            var spaces = cluster.Workloads
                .Where(w => w.DataPlane is DataPlane.Sidecar or DataPlane.Ambient && !w.IsGateway && !w.IsWaypoint && w.Id.Namespace != cluster.RootNamespace && !w.Pods.IsEmpty)
                .GroupBy(w => w.Id.Namespace, StringComparer.Ordinal)
                .Select(g => (Name: g.Key, Workloads: g.Select(w => (Workload: w, Decision: _resolver.ResolveWorkload(w.Id.Namespace, w.Labels, w.DataPlane == DataPlane.Ambient), Rate: RateOf(w.Id))).ToList()))
                .OrderBy(g => g.Workloads.Sum(w => w.Rate ?? 0)).ThenBy(g => g.Name, StringComparer.Ordinal)
                .ToList();
            var groups = ImmutableArray.CreateBuilder<StrictGroup>();
            foreach (var (name, workloads) in spaces)
            {
                groups.Add(new StrictGroup(name, Steps(name, workloads)));
            }

            groups.Add(new StrictGroup(null, [Mesh([.. spaces.Select(s => s.Name)]), .. Redundant(new StrictScope(cluster.Name))]));
            return new StrictOrder(groups.ToImmutable());
        }

        private ImmutableArray<StrictStep> Steps(string space, List<(Workload Workload, PeerDecision Decision, double? Rate)> workloads)
        {
            var steps = ImmutableArray.CreateBuilder<StrictStep>();
            var tried = workloads.Exists(w => w.Decision.Mode == PeerMode.Strict);
            var loose = workloads.Where(w => w.Decision.Mode != PeerMode.Strict).ToList();

            // Little traffic, but some: what nobody calls proves nothing, and what blocks can be no first step.
            var canary = tried ? null : loose
                .OrderBy(w => Known(ScopeOf(w.Workload))?.Verdict switch { ReadinessVerdict.Ready => 0, ReadinessVerdict.Unproven => 1, null => 2, _ => 3 })
                .ThenBy(w => w.Rate is > 0 ? w.Rate : double.MaxValue)
                .ThenBy(w => w.Workload.Id.Name, StringComparer.Ordinal)
                .Select(w => w.Workload)
                .FirstOrDefault();
            foreach (var (workload, decision, rate) in workloads.OrderBy(w => w.Workload != canary).ThenBy(w => w.Decision.Mode == PeerMode.Strict).ThenBy(w => w.Rate ?? 0).ThenBy(w => w.Workload.Id.Name, StringComparer.Ordinal))
            {
                var scope = ScopeOf(workload);
                var kind = workload == canary ? StrictStepKind.Canary : StrictStepKind.Workload;
                var excepted = decision.Ports.Where(p => p.Mode != PeerMode.Strict).Select(p => p.Port.ToString(CultureInfo.InvariantCulture)).ToList();
                steps.Add(decision.Mode == PeerMode.Strict
                    ? Step(scope, kind, rate, StrictStepState.Done, excepted.Count == 0 ? "STRICT is in force." : $"STRICT is in force, but for port {string.Join(", ", excepted)}.")
                    : canary is not null && workload != canary ? Step(scope, kind, rate, StrictStepState.NotYet, $"After {canary.Id.Name} has shown what happens.")
                    : Judged(scope, kind, rate));
            }

            var whole = new StrictScope(cluster.Name, space);
            var level = _resolver.ResolveNamespace(space);
            steps.Add(level.Mode == PeerMode.Strict ? Step(whole, StrictStepKind.Namespace, null, StrictStepState.Done, "New workloads are STRICT too.")
                : loose.Count > 0 ? Step(whole, StrictStepKind.Namespace, null, StrictStepState.NotYet, string.Create(CultureInfo.InvariantCulture, $"After {(loose.Count == 1 ? loose[0].Workload.Id.Name : $"its {loose.Count} workloads")} that {(loose.Count == 1 ? "is" : "are")} not STRICT yet."))
                : Judged(whole, StrictStepKind.Namespace, null));
            steps.AddRange(Redundant(whole));
            return steps.ToImmutable();
        }

        private StrictStep Mesh(List<string> spaces)
        {
            var scope = new StrictScope(cluster.Name);
            var loose = spaces.Where(s => _resolver.ResolveNamespace(s).Mode != PeerMode.Strict).ToList();
            return _resolver.ResolveNamespace(cluster.RootNamespace).Mode == PeerMode.Strict ? Step(scope, StrictStepKind.Mesh, null, StrictStepState.Done, "Every namespace to come is STRICT too.")
                : loose.Count > 0 ? Step(scope, StrictStepKind.Mesh, null, StrictStepState.NotYet, $"After {string.Join(", ", loose.Take(4))}{(loose.Count > 4 ? string.Create(CultureInfo.InvariantCulture, $" and {loose.Count - 4} more") : "")}.")
                : Judged(scope, StrictStepKind.Mesh, null);
        }

        /// <summary>Policies that say what the level above says anyhow, once it says it: they may go, and need not.</summary>
        private IEnumerable<StrictStep> Redundant(StrictScope above)
        {
            var inherited = above.Namespace is { } place ? _resolver.ResolveNamespace(place).Mode : _resolver.ResolveNamespace(cluster.RootNamespace).Mode;
            if (inherited != PeerMode.Strict)
            {
                yield break;
            }

            var scopes = above.Namespace is null
                ? cluster.Workloads.Select(w => w.Id.Namespace).Where(n => n != cluster.RootNamespace).Distinct(StringComparer.Ordinal).Select(n => (Scope: new StrictScope(cluster.Name, n), Workload: (Workload?)null))
                : cluster.Workloads.Where(w => w.Id.Namespace == above.Namespace).Select(w => (Scope: ScopeOf(w), Workload: (Workload?)w));
            foreach (var (scope, workload) in scopes)
            {
                if (LevelPolicies.Of(cluster, scope, workload).Deciding is { } own && PeerAuthentication.Parse(own) is { Mode: PeerMode.Strict, Ports.IsEmpty: true })
                {
                    var step = Step(scope, StrictStepKind.Removal, null, StrictStepState.Ready, $"{own.Meta.Namespace}/{own.Meta.Name} says STRICT, which {above} says already.");
                    yield return step with { Optional = true, Request = step.Request with { Mode = "UNSET" } };
                }
            }
        }

        private StrictStep Judged(StrictScope scope, StrictStepKind kind, double? rate)
        {
            var known = Known(scope);
            var (state, because) = known?.Verdict switch
            {
                null => (StrictStepState.Unproven, "Whether anybody needs plaintext is not known yet."),
                ReadinessVerdict.Ready => (StrictStepState.Ready, $"No plaintext in {DurationWords.Of(known.Lookback)}."),
                ReadinessVerdict.Blocked => (StrictStepState.Blocked, $"{known.Blockers[0].Message}{More(known.Blockers.Length)}"),
                _ => (StrictStepState.Unproven, $"{known.Unproven[0].Message}{More(known.Unproven.Length)}"),
            };
            return Step(scope, kind, rate, state, because) with { Readiness = known };
        }

        private StrictStep Step(StrictScope scope, StrictStepKind kind, double? rate, StrictStepState state, string because)
        {
            var step = new StrictStep(scope, kind, new PolicyRequest(scope.Cluster, scope.Namespace, scope.Workload, scope.Port), state, because, rate);
            return open.FirstOrDefault(c => c.Plan.Target.Policy is { } edit && edit.Scope == scope) is not { } change ? step
                : step with { State = change.State.IsActive() || state != StrictStepState.Done ? StrictStepState.Open : state, ChangeId = change.Id, Because = change.StateReason };
        }

        private StrictReadiness? Known(StrictScope scope) => readiness.GetValueOrDefault(scope);

        private StrictScope ScopeOf(Workload workload) => new(cluster.Name, workload.Id.Namespace, workload.Id.Name);

        private double? RateOf(WorkloadId id)
        {
            double? sum = null;
            foreach (var edge in cluster.Edges.Where(e => e.Target.Workload == id))
            {
                sum = edge.CallerView?.RequestsPerSecond is { } rate ? (sum ?? 0) + rate : sum;
            }

            return sum;
        }

        private static string More(int count) => count > 1 ? string.Create(CultureInfo.InvariantCulture, $" And {count - 1} more.") : "";
    }
}

/// <param name="Namespace">Null: the mesh.</param>
public sealed record StrictGroup(string? Namespace, ImmutableArray<StrictStep> Steps)
{
    public bool IsDone => Steps.All(s => s.Optional || s.State == StrictStepState.Done);
}

/// <param name="Request">What to ask for to take it.</param>
/// <param name="Because">Why it is in that state, a sentence.</param>
/// <param name="RequestsPerSecond">Of the workload; null when not known, or it is no workload.</param>
public sealed record StrictStep(StrictScope Scope, StrictStepKind Kind, PolicyRequest Request, StrictStepState State, string Because, double? RequestsPerSecond)
{
    /// <summary>It tidies up and protects nothing more.</summary>
    public bool Optional { get; init; }

    public StrictReadiness? Readiness { get; init; }

    /// <summary>The change that is under way for it.</summary>
    public string? ChangeId { get; init; }
}

public enum StrictStepKind
{
    /// <summary>The first workload of its namespace.</summary>
    Canary,
    Workload,
    Namespace,
    Mesh,

    /// <summary>A policy that has become superfluous.</summary>
    Removal,
}

public enum StrictStepState
{
    Done,

    /// <summary>A change for it waits for people, or runs.</summary>
    Open,
    Ready,
    Blocked,
    Unproven,

    /// <summary>Others come first.</summary>
    NotYet,
}
