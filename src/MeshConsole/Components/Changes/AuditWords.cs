using MeshConsole.Mesh.Audit;

namespace MeshConsole.Components.Changes;

/// <summary>The audit in words. Pure.</summary>
public static class AuditWords
{
    public static string Outcome(string outcome) => outcome switch
    {
        "ok" => "done",
        "refused" => "refused",
        "denied" => "denied",
        "failed" => "failed",
        "unknown" => "outcome not known",
        "pending" => "pending",
        _ => Format.Middle(outcome, 40),
    };

    public static MarkShape Shape(string outcome) => outcome switch
    {
        "ok" => MarkShape.Good,
        "refused" => MarkShape.Warn,
        "denied" or "failed" => MarkShape.Bad,
        "pending" => MarkShape.Waiting,
        _ => MarkShape.Unknown,
    };

    /// <summary><c>cluster/namespace/kind/name</c>; null when nothing was acted on.</summary>
    public static string? Target(AuditTarget? target) => target is null ? null : $"{target.Cluster}/{target.Namespace}/{target.Kind}/{target.Name}";

    /// <summary>The chain's state as the first line of its page, and whether it is bad news.</summary>
    public static (bool Bad, string Words) Chain(AuditState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (state.Chain.FirstBad is { } bad)
        {
            return (true, $"Record {Format.Count(bad.Sequence)} does not verify: {Format.End(bad.Message, 240)}");
        }

        if (state.Head is null)
        {
            return (true, $"The audit cannot be read: {Format.End(state.Problem ?? "the database does not answer", 240)}");
        }

        var last = state.Checkpoints.IsDefault ? null : state.Checkpoints.Max(sink => sink.Sequence);
        var checkpoint = last is { } sequence ? $"last checkpoint at {Format.Count(sequence)}" : "no checkpoint yet";
        return state.Chain.Status switch
        {
            AuditChainStatus.Intact when state.Chain.VerifiedAt is { } at => (false, $"Chain verified up to {(state.Chain.VerifiedTo == 0 ? "its beginning" : Format.Count(state.Chain.VerifiedTo))} at {at.UtcDateTime.ToString("HH:mm:ss", System.Globalization.CultureInfo.InvariantCulture)} UTC, {checkpoint}"),
            AuditChainStatus.Broken => (true, "The chain does not verify: nothing is recorded any more, and so nothing may be changed"),
            _ => (false, $"The chain was not verified since the start; {checkpoint}"),
        };
    }
}
