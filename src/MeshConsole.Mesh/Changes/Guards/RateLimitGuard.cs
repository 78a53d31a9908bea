using System.Globalization;

namespace MeshConsole.Mesh.Changes.Guards;

/// <summary>Not too many changes are started in an hour.</summary>
internal sealed class RateLimitGuard : IGuard
{
    private static readonly GuardText s_text = new("rate-limit", "Not too many at once", "A script that runs away stops here.");

    public GuardVerdict Check(GuardContext context)
    {
        if (context.Moment != GuardMoment.Start)
        {
            return s_text.NotAsked("Asked when a change is started.");
        }

        if (context.RecentStarts is not { } starts)
        {
            return s_text.Unknown("How many changes were started is not known.", "The store must answer.");
        }

        var recent = starts.Count(at => context.Now - at < TimeSpan.FromHours(1));
        var fact = new GuardFact("Changes:MaxStartsPerHour", context.Policy.MaxStartsPerHour.ToString(CultureInfo.InvariantCulture));
        return recent < context.Policy.MaxStartsPerHour
            ? s_text.Pass(string.Create(CultureInfo.InvariantCulture, $"{recent} of {context.Policy.MaxStartsPerHour} starts in the last hour."), fact)
            : s_text.RefuseUnlessBroken(context, string.Create(CultureInfo.InvariantCulture, $"{recent} changes were started on this cluster in the last hour; {context.Policy.MaxStartsPerHour} are allowed."), "Wait, or find out who starts them.", fact);
    }
}
