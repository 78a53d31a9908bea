using System.Collections.Immutable;
using System.Text.Json.Nodes;
using MeshConsole.Mesh.Access;
using MeshConsole.Mesh.Audit;
using MeshConsole.Mesh.Changes.Guards;
using MeshConsole.Mesh.Kubernetes;

namespace MeshConsole.Mesh.Changes.Execution;

/// <summary>
/// Read-only switches and broken glass, as page and REST ask for them. It authorises each call itself and records refusals.
/// </summary>
/// <param name="current">The actor as the console knows them now, null when they lost their access; by default everybody is taken at their word.</param>
public sealed class SwitchService(ISwitchStore store, IAuditLog audit, IChangeNotices notices, TimeProvider time, Func<Actor, Actor?>? current = null)
{
    /// <summary>Longest time that broken glass lasts: long enough for an incident, too short to become a habit.</summary>
    public static readonly TimeSpan LongestBreakGlass = TimeSpan.FromHours(1);

    private static readonly TimeSpan s_shortest = TimeSpan.FromMinutes(1);

    /// <summary>A switch or a grant was stored by this process. Raised on whatever thread stored it.</summary>
    public event Action? Changed;

    /// <summary>Switches in force.</summary>
    public Task<ImmutableArray<ReadOnlySwitch>> ListReadOnlyAsync(CancellationToken cancellationToken) => store.ListReadOnlyAsync(cancellationToken);

    /// <summary>Grants, newest first, those that have run out too.</summary>
    public Task<ImmutableArray<BreakGlass>> ListBreakGlassAsync(CancellationToken cancellationToken) => store.ListBreakGlassAsync(100, cancellationToken);

    /// <summary>Switches writes off. For admins, and for operators too: stopping is easier than starting.</summary>
    /// <param name="cluster">Null: everywhere.</param>
    /// <param name="namespace">Null: the whole cluster.</param>
    public async Task<ReadOnlySwitch> SetReadOnlyAsync(string? cluster, string? @namespace, string reason, Actor actor, CancellationToken cancellationToken)
    {
        await RequireAsync(actor, Role.Operator, @namespace, "switch.read-only.set", cancellationToken).ConfigureAwait(false);
        if (@namespace is not null && cluster is null)
        {
            throw new ChangeException(ChangeFault.Invalid, "invalid-scope", "A namespace belongs to a cluster: name the cluster too.");
        }

        var set = new ReadOnlySwitch(cluster, @namespace, Reason(reason), actor.Name, time.GetUtcNow());
        await store.SetReadOnlyAsync(set, Entry(actor, "switch.read-only.set", "config", $"Switched {Scope(cluster, @namespace)} to read-only.", set.Reason, null), cancellationToken).ConfigureAwait(false);
        Changed?.Invoke();
        return set;
    }

    /// <summary>Switches writes on again. For admins.</summary>
    public async Task ClearReadOnlyAsync(string? cluster, string? @namespace, Actor actor, CancellationToken cancellationToken)
    {
        await RequireAsync(actor, Role.Admin, @namespace, "switch.read-only.clear", cancellationToken).ConfigureAwait(false);
        if (!await store.ClearReadOnlyAsync(cluster, @namespace, Entry(actor, "switch.read-only.clear", "config", $"Switched {Scope(cluster, @namespace)} back to writable.", null, null), cancellationToken).ConfigureAwait(false))
        {
            throw new ChangeException(ChangeFault.NotFound, "no-such-switch", $"{Scope(cluster, @namespace)} is not switched to read-only.");
        }

        Changed?.Invoke();
    }

    /// <summary>Leave to skip freeze, approvals, soak, step size and rate limit for one target and a short time. For admins.</summary>
    /// <param name="targetKey"><c>cluster/namespace/kind/name</c>.</param>
    public async Task<BreakGlass> BreakGlassAsync(string targetKey, string reason, string? ticket, TimeSpan duration, Actor actor, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(targetKey);
        var parts = targetKey.Split('/');
        await RequireAsync(actor, Role.Admin, parts.Length == 4 ? parts[1] : null, "break-glass", cancellationToken).ConfigureAwait(false);
        if (parts.Length != 4 || parts.Any(string.IsNullOrWhiteSpace))
        {
            throw new ChangeException(ChangeFault.Invalid, "invalid-target", "The target is cluster/namespace/kind/name, for example prod/payments/VirtualService/card-processor.");
        }

        if (duration < s_shortest || duration > LongestBreakGlass)
        {
            throw new ChangeException(ChangeFault.Invalid, "invalid-duration", $"Broken glass lasts from one minute to {LongestBreakGlass.TotalMinutes:0} minutes.");
        }

        var now = time.GetUtcNow();
        var grant = new BreakGlass(Guid.CreateVersion7(now).ToString("N"), actor, targetKey, Reason(reason), string.IsNullOrWhiteSpace(ticket) ? null : ticket.Trim(), now, now + duration);
        var entry = Entry(actor, "break-glass", "break-glass", $"Broke the glass for {targetKey} until {grant.ExpiresAt:u}.", grant.Reason, grant.Ticket) with
        {
            Target = TargetOf(targetKey),
            Details = new JsonObject { ["grant"] = grant.Id, ["expiresAt"] = grant.ExpiresAt.ToString("O") },
        };
        await store.AddBreakGlassAsync(grant, entry, notices.Of(new BreakGlassNotice(ChangeNotices.GlassBroken, grant, $"{entry.Summary} {grant.Reason}", now)), cancellationToken).ConfigureAwait(false);
        Changed?.Invoke();
        return grant;
    }

    /// <summary>Grants that nobody has reviewed yet, oldest first; those in force too.</summary>
    public Task<ImmutableArray<BreakGlass>> ListUnreviewedAsync(CancellationToken cancellationToken) => store.ListUnreviewedAsync(cancellationToken);

    /// <summary>
    /// Closes broken glass afterwards: an approver or admin of the target's namespace, another person than who broke it, says
    /// what they found. It is due within <see cref="BreakGlass.ReviewWithin"/> whether the grant was used or not.
    /// </summary>
    /// <exception cref="ChangeException">Forbidden: a role is missing, or it is their own. Conflict: it is still in force, or was reviewed. NotFound: no such grant.</exception>
    public async Task<BreakGlass> ReviewBreakGlassAsync(string id, string comment, Actor actor, CancellationToken cancellationToken)
    {
        const string Action = "break-glass.review";
        ArgumentNullException.ThrowIfNull(actor);
        actor = AsOfNow(actor);
        var grant = actor.Has(Role.Viewer) ? await store.FindGrantAsync(id, cancellationToken).ConfigureAwait(false) : null;
        if (grant is null)
        {
            throw new ChangeException(ChangeFault.NotFound, "no-such-grant", $"There is no grant {Printable.Text(id, 60)}.");
        }

        var @namespace = grant.TargetKey.Split('/')[1];
        if (!actor.HasIn(Role.Approver, @namespace) && !actor.HasIn(Role.Admin, @namespace))
        {
            throw await DeniedAsync(actor, Action, "missing-role", $"{actor.Name} may not do this: it is for approvers and admins of {@namespace}.", cancellationToken).ConfigureAwait(false);
        }

        if (grant.By.Person == actor.Person)
        {
            throw await DeniedAsync(actor, Action, "own-break-glass", $"{actor.Name} broke this glass, and somebody else has to look at what came of it. Ask another approver or admin.", cancellationToken).ConfigureAwait(false);
        }

        var now = time.GetUtcNow();
        if (grant.Review is null && grant.ExpiresAt > now)
        {
            throw new ChangeException(ChangeFault.Conflict, "grant-in-force", $"The glass is still broken until {grant.ExpiresAt:u}: what comes of it is not known yet. End it first (DELETE /api/v1/break-glass/{grant.Id}), or wait.");
        }

        var review = new BreakGlassReview(actor, Reason(comment), now);
        var reviewed = grant with { Review = review };
        var entry = Entry(actor, Action, "break-glass", $"{actor.Name} reviewed what {grant.By.Name} did behind broken glass on {grant.TargetKey}.", review.Comment, grant.Ticket) with
        {
            Target = TargetOf(grant.TargetKey),
            Details = new JsonObject { ["grant"] = grant.Id, ["brokenBy"] = grant.By.Person.ToString(), ["brokenAt"] = grant.At.ToString("O"), ["overdue"] = grant.IsOverdueAt(now) },
        };
        if (!await store.ReviewBreakGlassAsync(id, review, entry, notices.Of(new BreakGlassNotice(ChangeNotices.GlassReviewed, reviewed, $"{entry.Summary} {review.Comment}", now)), cancellationToken).ConfigureAwait(false))
        {
            throw new ChangeException(ChangeFault.Conflict, "already-reviewed", $"Grant {grant.Id} was reviewed already. Load it anew to see by whom.");
        }

        Changed?.Invoke();
        return reviewed;
    }

    /// <summary>Ends a grant before its time. For admins.</summary>
    public async Task EndBreakGlassAsync(string id, Actor actor, CancellationToken cancellationToken)
    {
        await RequireAsync(actor, Role.Admin, null, "break-glass.end", cancellationToken).ConfigureAwait(false);
        if (!await store.EndBreakGlassAsync(id, Entry(actor, "break-glass.end", "break-glass", $"Ended broken glass {id}.", null, null), cancellationToken).ConfigureAwait(false))
        {
            throw new ChangeException(ChangeFault.NotFound, "no-such-grant", "There is no such grant in force.");
        }

        Changed?.Invoke();
    }

    private async Task RequireAsync(Actor actor, Role role, string? @namespace, string action, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(actor);
        actor = AsOfNow(actor);

        // A limit to namespaces is a limit: what reaches further is for those without one.
        if (@namespace is not null ? actor.HasIn(role, @namespace) : actor.Has(role) && actor.Namespaces is null)
        {
            return;
        }

        throw await DeniedAsync(actor, action, "missing-role", $"{actor.Name} may not do this: it is for {(role == Role.Admin ? "admins" : "operators")}{(@namespace is null ? " of all namespaces" : $" of {@namespace}")}.", cancellationToken).ConfigureAwait(false);
    }

    private async Task<ChangeException> DeniedAsync(Actor actor, string action, string code, string message, CancellationToken cancellationToken)
    {
        await audit.AppendAsync(Entry(actor, action, "denied", message, null, null) with { Outcome = "denied" }, cancellationToken).ConfigureAwait(false);
        return new ChangeException(ChangeFault.Forbidden, code, message);
    }

    private Actor AsOfNow(Actor actor) => current is null ? actor : current(actor) ?? actor with { Roles = [] };

    private static AuditTarget TargetOf(string key)
    {
        var parts = key.Split('/');
        return new AuditTarget(parts[0], "", parts[2], parts[1], parts[3], null);
    }

    private static string Reason(string reason) =>
        (reason ?? "").Trim() is { Length: >= 5 and <= 1000 } text ? text : throw new ChangeException(ChangeFault.Invalid, "reason-required", "Say why, in 5 to 1000 characters.");

    private static string Scope(string? cluster, string? @namespace) => @namespace is not null ? $"namespace {@namespace} of {cluster}" : cluster is not null ? $"cluster {cluster}" : "everything";

    private static AuditEntry Entry(Actor actor, string action, string phase, string summary, string? reason, string? ticket) =>
        new() { Actor = actor, Action = action, Phase = phase, Outcome = "ok", Summary = summary, Reason = reason, Ticket = ticket };
}
