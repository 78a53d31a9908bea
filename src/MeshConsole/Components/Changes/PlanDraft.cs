using System.Collections.Immutable;
using MeshConsole.Mesh.Changes;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Changes.Gates;
using MeshConsole.Mesh.Changes.Plans;

namespace MeshConsole.Components.Changes;

/// <summary>One stage as it is being written.</summary>
/// <param name="Percent">Share of the canary, 0..100.</param>
/// <param name="Soak">As typed; empty: the shortest of the policy.</param>
/// <param name="NotBefore">UTC; null: at once.</param>
internal sealed record DraftStage(double Percent, string Soak, DateTime? NotBefore);

/// <summary>A plan as the reader is writing it, before it is a request.</summary>
/// <param name="Target">Where the weights shall end; their sum is that of the base.</param>
/// <param name="Stages">Null: the usual steps.</param>
internal sealed record PlanDraft(
    string RouteId,
    ImmutableArray<RouteBackend> Backends,
    ImmutableArray<int> Base,
    ImmutableArray<int> Target,
    int Canary,
    int Stable,
    ImmutableArray<DraftStage>? Stages,
    string Soak,
    GateSettings Gates,
    string Reason,
    string Ticket)
{
    private long Sum => Base.Sum(weight => (long)weight);

    public double Percent => Target[Canary] * 100d / Sum;

    /// <summary>
    /// Whether the backends beside the canary end in the proportion they have now: then a percentage says everything, else
    /// each weight has to be said.
    /// </summary>
    public bool IsProportional => Target.SequenceEqual(WeightSplit.WithCanaryAt(Base, Canary, Stable, Percent));

    /// <summary>Why it cannot be asked yet, a sentence; null when it can.</summary>
    public string? Fault
    {
        get
        {
            if (Canary == Stable)
            {
                return "Choose two different backends as canary and stable.";
            }

            if (Soak.Trim().Length > 0 && DurationText.Read(Soak) is null)
            {
                return "The soak is not a duration: write 45 s, 5 min or 1 h.";
            }

            if (Stages is { } stages)
            {
                for (var index = 0; index < stages.Length; index++)
                {
                    if (!(stages[index].Percent is >= 0 and <= 100))
                    {
                        return $"Stage {index + 1}: a percentage is between 0 and 100.";
                    }

                    if (stages[index].Soak.Trim().Length > 0 && DurationText.Read(stages[index].Soak) is null)
                    {
                        return $"Stage {index + 1}: the soak is not a duration. Write 45 s, 5 min or 1 h.";
                    }
                }
            }

            return Stages is null && Target.SequenceEqual(Base) ? "Move a slider: the weights are as they are now." : null;
        }
    }

    public ChangeRequest ToRequest()
    {
        ImmutableArray<RequestedStage>? stages = null;
        if (Stages is { } written)
        {
            stages = [.. written.Select(stage => new RequestedStage(
                IsProportional ? null : At(stage.Percent),
                IsProportional ? stage.Percent : null,
                DurationText.Read(stage.Soak),
                stage.NotBefore is { } earliest ? new DateTimeOffset(DateTime.SpecifyKind(earliest, DateTimeKind.Utc)) : null))];
        }
        else if (!IsProportional)
        {
            stages = [new RequestedStage(Target)];
        }

        return new ChangeRequest(
            RouteId,
            NameOf(Canary),
            NameOf(Stable),
            stages is null ? Percent : null,
            stages,
            DurationText.Read(Soak),
            Gates == GateSettings.Default ? null : Gates,
            Reason.Trim(),
            Ticket.Trim() is { Length: > 0 } ticket ? ticket : null);
    }

    /// <summary>Weights on the way from base to target where the canary has this percentage: the others move along in a straight line.</summary>
    private ImmutableArray<int> At(double percent)
    {
        var (from, to) = (Base[Canary] * 100d / Sum, Percent);
        if (Math.Abs(to - from) < 1e-9)
        {
            return Target;
        }

        var way = (percent - from) / (to - from);
        var exact = Base.Select((weight, index) => Math.Clamp(weight + ((Target[index] - weight) * way), 0, Sum)).ToArray();
        var whole = exact.Select(weight => (int)Math.Floor(weight + 1e-9)).ToArray();
        var missing = (int)(Sum - whole.Sum(weight => (long)weight));
        foreach (var index in Enumerable.Range(0, exact.Length).OrderByDescending(index => exact[index] - whole[index]).Take(Math.Max(0, missing)))
        {
            whole[index]++;
        }

        return [.. whole];
    }

    private string NameOf(int index) => Backends[index].Subset ?? Backends[index].Host;

    /// <summary>Weights as they stand in the object, with what an omitted one stands for.</summary>
    public static ImmutableArray<int> BaseOf(RouteView route)
    {
        // The Gateway API counts an omitted weight as 1, Istio as 0.
        var omitted = route.Object.Kind is "HTTPRoute" or "GRPCRoute" ? 1 : 0;
        return [.. route.Backends.Select(backend => Math.Max(0, backend.Weight ?? omitted))];
    }
}
