using System.Collections.Immutable;

namespace MeshConsole.Mesh.Changes.Guards;

/// <summary>One question that must be answered before anything is written. Pure: the same context gives the same verdict.</summary>
public interface IGuard
{
    /// <summary>Judges. What is not known is <see cref="GuardOutcome.Unknown"/>, never a pass.</summary>
    GuardVerdict Check(GuardContext context);
}

/// <summary>What a guard is called and what it is there for, with the verdicts made of it.</summary>
internal sealed record GuardText(string Code, string Title, string Protects)
{
    public GuardVerdict Pass(string found, params ImmutableArray<GuardFact> evidence) => new(Code, Title, GuardOutcome.Pass, Protects, found, null, evidence);

    public GuardVerdict Warn(string found, string? fix, params ImmutableArray<GuardFact> evidence) => new(Code, Title, GuardOutcome.Warn, Protects, found, fix, evidence);

    public GuardVerdict Refuse(string found, string fix, params ImmutableArray<GuardFact> evidence) => new(Code, Title, GuardOutcome.Refuse, Protects, found, fix, evidence);

    public GuardVerdict Unknown(string found, string fix, params ImmutableArray<GuardFact> evidence) => new(Code, Title, GuardOutcome.Unknown, Protects, found, fix, evidence);

    /// <summary>The guard does not hold up this kind of write.</summary>
    public GuardVerdict NotAsked(string why) => Pass(why);

    /// <summary>What would have been refused is let through under a break-glass that is in force; else refused.</summary>
    public GuardVerdict RefuseUnlessBroken(GuardContext context, string found, string fix, params ImmutableArray<GuardFact> evidence) =>
        context.BreakGlass is { } glass && glass.CoversAt(context.Plan.Target.Key, context.Now)
            ? Warn($"{found} Let through: {glass.By.Name} broke the glass for this target until {glass.ExpiresAt:u} ({glass.Reason}).", null, evidence)
            : Refuse(found, fix, evidence);
}
