using System.Collections.Immutable;
using System.Globalization;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Changes.Gates;
using MeshConsole.Mesh.Kubernetes;

namespace MeshConsole.Mesh.Changes.Plans;

/// <summary>
/// Makes a plan of a request: what is left open gets its default, what cannot be is refused in words. Whether the plan may be
/// carried out is another question, and the guards' to answer.
/// </summary>
public static class ChangePlanner
{
    /// <summary>More than anybody watches; keeps a hostile request from filling the store.</summary>
    private const int MostStages = 50;

    private const int HeaviestGatewayWeight = 1_000_000;

    public static PlanOutcome Plan(ChangeRequest request, RouteView route, ChangePolicy policy)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(route);
        ArgumentNullException.ThrowIfNull(policy);
        var draft = new Draft(request, route, policy);
        draft.CheckRequest();
        if (draft.Failed || !draft.ReadBackends() || !draft.ChooseRoles() || !draft.MakeStages())
        {
            return draft.Refusal();
        }

        return new PlanOutcome(
            new ChangePlan
            {
                Target = ChangeTarget.Of(route),
                Backends = draft.Backends,
                Canary = draft.Canary,
                Stable = draft.Stable,
                Stages = draft.Stages,
                Gates = request.Gates ?? GateSettings.Default,
                Reason = request.Reason,
                Ticket = string.IsNullOrWhiteSpace(request.Ticket) ? null : request.Ticket,
            },
            [],
            draft.Notes);
    }

    /// <summary>A plan in the making.</summary>
    private sealed class Draft(ChangeRequest request, RouteView route, ChangePolicy policy)
    {
        private readonly RequestRules _rules = new(request);
        private readonly ImmutableArray<string>.Builder _notes = ImmutableArray.CreateBuilder<string>();
        private ImmutableArray<int> _base = [];
        private long _sum;

        public ImmutableArray<PlanBackend> Backends { get; private set; } = [];

        public int Canary { get; private set; }

        public int Stable { get; private set; }

        public ImmutableArray<PlanStage> Stages { get; private set; } = [];

        public ImmutableArray<string> Notes => _notes.ToImmutable();

        public bool Failed => _rules.Failed;

        public PlanOutcome Refusal() => new(null, _rules.Faults, []);

        public void CheckRequest()
        {
            _rules.CheckTexts();
            if (request.TargetPercent is { } target && !(target is >= 0 and <= 100))
            {
                Fault("percent", $"A percentage of the canary is between 0 and 100, and the target is {Number(target)}.", "targetPercent");
            }

            _rules.CheckSoakAndGates();
            if (request.Stages is not { } stages)
            {
                return;
            }

            if (stages.IsDefaultOrEmpty)
            {
                Fault("stages", "The list of stages is empty. Leave it out for the usual steps, or name at least one.", "stages");
            }
            else if (stages.Length > MostStages)
            {
                Fault("stages", $"A plan has at most {MostStages} stages, and this one has {stages.Length}.", "stages");
            }
            else if (stages.Any(s => s is null))
            {
                Fault("stages", "A stage is null.", "stages");
            }
            else
            {
                CheckStages(stages);
            }
        }

        /// <summary>The backends with what their weights stand for now.</summary>
        public bool ReadBackends()
        {
            var subject = $"{route.Object.Kind} {Words(route.Object.Namespace)}/{Words(route.Object.Name)}, rule {route.Rule.Index}";
            if (route.Backends.Length < 2)
            {
                return Fault(
                    "one-backend",
                    route.Backends.IsEmpty
                        ? $"{subject} sends to no backend: there is no weight to move."
                        : $"{subject} sends everything to {Words(Names(route.Backends)[0])}: there is no second backend to move traffic to. Add it to the object first, with weight 0.");
            }

            var omitted = RouteRules.OmittedWeight(route.Object.Kind);
            if (route.Object.Kind == RouteRules.TrafficSplit && route.Backends.Any(b => b.Weight is null))
            {
                return Fault("weights", $"{subject} has a weight that is missing or cannot be read as a number. Correct the object first.");
            }

            Backends = [.. route.Backends.Select(b => new PlanBackend(b.Host, b.Subset, b.Port, b.Weight ?? omitted))];
            _base = [.. Backends.Select(b => b.BaseWeight)];
            _sum = _base.Sum(w => (long)w);
            if (_base.Any(w => w < 0))
            {
                return Fault("weights", $"{subject} has a negative weight. Correct the object first.");
            }

            if (_sum == 0)
            {
                return Fault("weights", $"The weights of {subject} add up to 0, so there are no shares to move. Write weights that add up to 100 first.");
            }

            // Any of the weights may become the whole sum, on the way or by an emergency stop.
            long most = route.Object.Kind is RouteRules.HttpRoute or RouteRules.GrpcRoute ? HeaviestGatewayWeight : int.MaxValue;
            return _sum <= most || Fault(
                "weights",
                string.Create(CultureInfo.InvariantCulture, $"The weights of {subject} add up to {_sum}, and one backend can have at most {most}: everything could not be sent to it. Write smaller weights in the same proportion first."));
        }

        /// <summary>Which backend is moved to, and which is the safe one.</summary>
        public bool ChooseRoles()
        {
            int? canary = null;
            int? stable = null;
            if (request.Canary is { } wanted && (canary = Find(wanted, "canary")) is null)
            {
                return false;
            }

            if (request.Stable is { } safe && (stable = Find(safe, "stable")) is null)
            {
                return false;
            }

            if (canary is not null && canary == stable)
            {
                return Fault("backends", $"{Words(request.Canary!)} cannot be both the canary and the stable backend.", "stable");
            }

            // Of equals the canary is the last and the stable one the first: new versions are written below the old.
            canary ??= Enumerable.Range(0, _base.Length).Where(i => i != stable).OrderBy(i => _base[i]).ThenByDescending(i => i).First();
            stable ??= Enumerable.Range(0, _base.Length).Where(i => i != canary).OrderByDescending(i => _base[i]).ThenBy(i => i).First();
            (Canary, Stable) = (canary.Value, stable.Value);
            return true;
        }

        public bool MakeStages() => request.Stages is { } requested ? MakeRequested(requested) : MakeUsual();

        private bool MakeUsual()
        {
            var present = 100.0 * _base[Canary] / _sum;
            var target = request.TargetPercent ?? 100;
            var soak = request.Soak ?? policy.MinSoak;
            IEnumerable<double> steps = target > present
                ? policy.DefaultSteps.Where(s => s is >= 0 and <= 100).Select(s => (double)s).Where(s => s > present && s < target).Order().Append(target)
                : [target];
            var stages = ImmutableArray.CreateBuilder<PlanStage>();
            var before = _base;
            foreach (var percent in steps)
            {
                var weights = Rounded(percent);
                if (weights.SequenceEqual(before))
                {
                    if (percent != target)
                    {
                        _notes.Add($"The step to {Number(percent)} % is left out: the weights add up to {Sum()}, and the nearest they allow is where the canary is by then.");
                    }

                    continue;
                }

                stages.Add(new PlanStage(weights, soak));
                before = weights;
            }

            Stages = stages.ToImmutable();
            return !Stages.IsEmpty || Fault(
                "no-change",
                Math.Abs(target - present) < 1e-9
                    ? $"{Words(Backends[Canary].ShortName)} has {Number(present)} % already: there is nothing to move."
                    : $"The weights add up to {Sum()}, so that a step is {Number(100.0 / _sum)} percentage points: {Number(target)} % cannot be told from the present {Number(present)} %. Write weights with a larger sum first.",
                "targetPercent");
        }

        private bool MakeRequested(ImmutableArray<RequestedStage> requested)
        {
            var stages = ImmutableArray.CreateBuilder<PlanStage>();
            var before = _base;
            for (var i = 0; i < requested.Length; i++)
            {
                var stage = requested[i];
                var field = Field(i);
                var weights = stage.Weights is { } written ? Checked(written, field) : Rounded(stage.CanaryPercent!.Value);
                if (weights.IsDefault)
                {
                    continue;
                }

                if (weights.SequenceEqual(before))
                {
                    Fault("no-change", $"Stage {i + 1} changes nothing: its weights ({string.Join(", ", weights)}) are those before it{(stage.Weights is null ? $", since the weights add up to {Sum()} and allow no nearer share" : "")}.", field);
                }

                stages.Add(new PlanStage(weights, stage.Soak ?? request.Soak ?? policy.MinSoak, stage.NotBefore));
                before = weights;
            }

            Stages = stages.ToImmutable();
            return !Failed;
        }

        /// <summary>Weights as written, if they can be; default with a fault otherwise.</summary>
        private ImmutableArray<int> Checked(ImmutableArray<int> weights, string field)
        {
            field += ".weights";
            if (weights.IsDefault || weights.Length != _base.Length)
            {
                Fault("weights", $"The rule has {_base.Length} backends ({Known()}), and the stage has {(weights.IsDefault ? 0 : weights.Length)} weights: name one for each, in the order of the object.", field);
                return default;
            }

            if (weights.Any(w => w < 0))
            {
                Fault("weights", $"A weight is 0 or more, and the stage has {weights.First(w => w < 0)}.", field);
                return default;
            }

            var sum = weights.Sum(w => (long)w);
            if (sum != _sum)
            {
                Fault("weights", string.Create(CultureInfo.InvariantCulture, $"The weights of the rule add up to {_sum}, and those of the stage to {sum}: the sum stays, so that a weight means the same before and after."), field);
                return default;
            }

            return weights;
        }

        private ImmutableArray<int> Rounded(double percent)
        {
            var weights = WeightSplit.WithCanaryAt(_base, Canary, Stable, percent);
            var share = 100.0 * weights[Canary] / _sum;
            if (Math.Abs(share - percent) > 1e-9)
            {
                _notes.Add($"{Number(percent)} % comes to {weights[Canary]} of {Sum()}, which is {Number(share)} %.");
            }

            return weights;
        }

        private int? Find(string wanted, string field)
        {
            var names = Names([.. Backends.Select(b => new RouteBackend(b.Host, b.Subset, b.Port, b.BaseWeight, null, null, null, null, null))]);
            var exact = Indexes(i => string.Equals(names[i], wanted, StringComparison.Ordinal));
            var found = exact.Length > 0
                ? exact
                : Indexes(i => string.Equals(Backends[i].Subset is { } subset ? $"{Backends[i].Host}/{subset}" : Backends[i].ShortName, wanted, StringComparison.Ordinal));
            if (found.Length == 1)
            {
                return found[0];
            }

            Fault(
                "backends",
                found.Length == 0
                    ? $"The rule has no backend {Words(wanted)}. It has {Known()}."
                    : $"{found.Length} backends of the rule are named {Words(wanted)}. Name one as host/subset.",
                field);
            return null;
        }

        private ImmutableArray<int> Indexes(Func<int, bool> holds) => [.. Enumerable.Range(0, Backends.Length).Where(holds)];

        private void CheckStages(ImmutableArray<RequestedStage> stages)
        {
            DateTimeOffset? earliest = null;
            for (var i = 0; i < stages.Length; i++)
            {
                var stage = stages[i];
                if (stage.Weights is null == stage.CanaryPercent is null)
                {
                    Fault("stages", $"Stage {i + 1} has {(stage.Weights is null ? "neither weights nor" : "both weights and")} a percentage of the canary: give one of them.", Field(i));
                }

                if (stage.CanaryPercent is { } percent && !(percent is >= 0 and <= 100))
                {
                    Fault("percent", $"A percentage of the canary is between 0 and 100, and stage {i + 1} has {Number(percent)}.", Field(i) + ".canaryPercent");
                }

                _rules.CheckSoak(stage.Soak, Field(i) + ".soak");
                if (stage.NotBefore < earliest)
                {
                    Fault("schedule", $"Stage {i + 1} is to start before the stage ahead of it.", Field(i) + ".notBefore");
                }

                earliest = stage.NotBefore ?? earliest;
            }
        }

        private static string Field(int stage) => string.Create(CultureInfo.InvariantCulture, $"stages[{stage}]");

        private string Known() => string.Join(", ", Names(route.Backends).Select(Words));

        private string Sum() => _sum.ToString(CultureInfo.InvariantCulture);

        private bool Fault(string code, string message, string? field = null) => _rules.Fault(code, message, field);

        private static ImmutableArray<string> Names(ImmutableArray<RouteBackend> backends) => [.. backends.Select(b => b.Subset ?? b.Host)];

        private static string Words(string text) => Printable.Text(text, 120);

        private static string Number(double number) => number.ToString("0.####", CultureInfo.InvariantCulture);
    }
}
