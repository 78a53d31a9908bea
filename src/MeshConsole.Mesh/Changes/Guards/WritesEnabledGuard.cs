namespace MeshConsole.Mesh.Changes.Guards;

/// <summary>Writes are switched on, and nobody switched them off here.</summary>
internal sealed class WritesEnabledGuard : IGuard
{
    private static readonly GuardText s_text = new("read-only", "Writes are switched on", "A console that shall only show must not be able to change anything.");

    public GuardVerdict Check(GuardContext context)
    {
        var target = context.Plan.Target;
        if (!context.Policy.Enabled)
        {
            return s_text.Refuse("Changes are switched off in the configuration.", "Set MeshConsole:Changes:Enabled to true and start the console again.", new GuardFact("Changes:Enabled", "false"));
        }

        // A way back stays open: who switches writes off during an incident must not lock the incident in.
        var returning = context.Moment is GuardMoment.Rollback or GuardMoment.Stop;
        if (context.Namespaces().FirstOrDefault(n => context.Policy.ReadOnlyNamespaces.Contains(n, StringComparer.Ordinal)) is { } closed)
        {
            return returning
                ? s_text.Warn($"Namespace {closed} is read-only; going back is allowed all the same.", null)
                : s_text.Refuse($"Namespace {closed} is read-only by configuration.", "Make the change where this namespace is managed, or take it out of MeshConsole:Changes:ReadOnlyNamespaces.", new GuardFact("Namespace", closed));
        }

        var off = context.ReadOnly.FirstOrDefault(s => (s.Cluster is null || s.Cluster == target.Cluster) && (s.Namespace is null || context.Namespaces().Contains(s.Namespace, StringComparer.Ordinal)));
        return off is null ? s_text.Pass("Changes are on, and nothing here is switched to read-only.")
            : returning ? s_text.Warn($"{off.By} switched {Scope(off)} to read-only ({off.Reason}); going back is allowed all the same.", null)
            : s_text.Refuse($"{off.By} switched {Scope(off)} to read-only since {off.Since:u}: {off.Reason}", "Ask them, or an admin, to switch it back.", new GuardFact("Since", off.Since.ToString("u")));
    }

    private static string Scope(ReadOnlySwitch off) => off.Namespace is { } name ? $"namespace {name}" : off.Cluster is { } cluster ? $"cluster {cluster}" : "everything";
}
