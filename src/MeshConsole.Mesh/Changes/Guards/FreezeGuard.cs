namespace MeshConsole.Mesh.Changes.Guards;

/// <summary>No freeze is in force.</summary>
internal sealed class FreezeGuard : IGuard
{
    private static readonly GuardText s_text = new("freeze", "No freeze is in force", "There are hours in which nobody is there to repair what breaks, or in which nothing may break.");

    public GuardVerdict Check(GuardContext context)
    {
        if (context.Moment is GuardMoment.Stop or GuardMoment.Rollback)
        {
            return s_text.NotAsked("Not asked when going back.");
        }

        var states = context.Namespaces().Select(n => FreezeCalendar.At(context.Policy.FreezeWindows, n, context.Now)).ToList();
        var state = states.Find(s => s.Frozen) ?? states[0];
        if (!state.Frozen)
        {
            return s_text.Pass(state.ChangesAt is { } begins ? $"No freeze now; the next one begins {begins:u}." : "No freeze now.");
        }

        var ends = state.ChangesAt is { } at ? $"It ends {at:u}." : "When it ends is not known.";
        return context.Moment is GuardMoment.Preview or GuardMoment.Submit
            ? s_text.Warn($"{state.Reason} {ends} The change can be started after it.", null, new GuardFact("Freeze", state.Window))
            : s_text.RefuseUnlessBroken(context, $"{state.Reason} {ends}", "Wait until it has ended; an emergency stop and a rollback are always allowed.", new GuardFact("Freeze", state.Window));
    }
}
