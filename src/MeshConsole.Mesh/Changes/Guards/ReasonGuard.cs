namespace MeshConsole.Mesh.Changes.Guards;

/// <summary>Somebody can read later why.</summary>
internal sealed class ReasonGuard : IGuard
{
    internal const int Shortest = 5;
    internal const int Longest = 1000;

    private static readonly GuardText s_text = new("reason", "It says why", "Whoever reads the audit in a year was not there.");

    public GuardVerdict Check(GuardContext context)
    {
        var reason = context.Plan.Reason.Trim();
        return reason.Length is >= Shortest and <= Longest ? s_text.Pass("A reason is given.")
            : context.Moment is GuardMoment.Preview or GuardMoment.Rollback ? s_text.Warn("No reason is given yet.", "Say why in a sentence before you ask for it.")
            : s_text.Refuse(reason.Length < Shortest ? "No reason is given." : $"The reason has {reason.Length} characters.", $"Say why, in {Shortest} to {Longest} characters.");
    }
}
