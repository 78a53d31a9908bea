using System.Collections.Immutable;
using MeshConsole.Mesh.Access;
using MeshConsole.Mesh.Changes.Guards;

namespace MeshConsole.Components.Changes;

/// <summary>Where writes may be switched off: everywhere, in a cluster, or in one of its namespaces.</summary>
/// <param name="Cluster">Null: everywhere, or wherever the namespace is.</param>
/// <param name="Namespace">Null: the whole cluster.</param>
public readonly record struct WriteScope(string? Cluster, string? Namespace)
{
    /// <summary>As in the address: <c>*</c>, <c>prod</c>, <c>prod/payments</c>.</summary>
    public string Key => (Cluster, Namespace) switch
    {
        (null, null) => "*",
        ({ } cluster, null) => cluster,
        var (cluster, name) => $"{cluster ?? "*"}/{name}",
    };

    /// <summary>Whether what is switched here holds there too.</summary>
    public bool Covers(string cluster, string? @namespace) =>
        (Cluster is null || string.Equals(Cluster, cluster, StringComparison.Ordinal)) && (Namespace is null || string.Equals(Namespace, @namespace, StringComparison.Ordinal));

    /// <summary>To stand in a sentence: "everything", "cluster prod", "namespace payments of prod".</summary>
    public string Words => (Cluster, Namespace) switch
    {
        (null, null) => "everything",
        ({ } cluster, null) => $"cluster {Format.Middle(cluster, 40)}",
        (null, { } name) => $"namespace {Format.Middle(name, 40)}",
        ({ } cluster, { } name) => $"namespace {Format.Middle(name, 40)} of {Format.Middle(cluster, 40)}",
    };

    /// <summary>The same to end a button with: "everywhere", "in cluster prod", "in payments".</summary>
    public string Place => (Cluster, Namespace) switch
    {
        (null, null) => "everywhere",
        ({ } cluster, null) => $"in cluster {Format.Middle(cluster, 28)}",
        (_, { } name) => $"in {Format.Middle(name, 28)}",
    };

    public static WriteScope Of(ReadOnlySwitch off)
    {
        ArgumentNullException.ThrowIfNull(off);
        return new WriteScope(off.Cluster, off.Namespace);
    }
}

/// <summary>Switches, broken glass and freezes in words, and who may do what as far as a page can tell. Pure; the services decide.</summary>
public static class SafetyWords
{
    /// <summary>Why the reader cannot switch writes off there, a sentence; null when they can.</summary>
    public static string? MaySwitchOff(WriteScope scope, Actor reader) => Holds(scope, reader, Role.Operator) ? null : $"{People("Operators", scope)} may switch writes off here; {You(reader)}.";

    /// <summary>Why the reader cannot switch writes on there, a sentence; null when they can.</summary>
    public static string? MaySwitchOn(WriteScope scope, Actor reader) => Holds(scope, reader, Role.Admin) ? null : $"{People("Admins", scope)} may switch writes on again; {You(reader)}.";

    /// <summary>Why the reader cannot break the glass for any route or policy, a sentence; null when they may for some.</summary>
    public static string? MayBreakGlass(Actor reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        return reader.Has(Role.Admin) ? null : $"Admins may break the glass; {You(reader)}.";
    }

    /// <summary>Why the reader cannot end a grant, a sentence; null when they can.</summary>
    public static string? MayEnd(Actor reader) => Holds(default, reader, Role.Admin) ? null : $"Admins of all namespaces may end it before its time; {You(reader)}.";

    /// <summary>Why the reader cannot close the review of a grant, a sentence; null when they can once it is over.</summary>
    public static string? MayReview(BreakGlass grant, Actor reader)
    {
        ArgumentNullException.ThrowIfNull(grant);
        ArgumentNullException.ThrowIfNull(reader);
        var place = TargetOf(grant.TargetKey).Namespace;
        return !reader.HasIn(Role.Approver, place) && !reader.HasIn(Role.Admin, place) ? $"Approvers and admins of {Format.Middle(place, 40)} review it; {You(reader)}."
            : grant.By.Person == reader.Person ? "You broke this glass: somebody else has to look at what came of it."
            : null;
    }

    /// <summary>Parts of <c>cluster/namespace/kind/name</c>; what is missing is empty.</summary>
    public static (string Cluster, string Namespace, string Kind, string Name) TargetOf(string key)
    {
        var parts = (key ?? "").Split('/', 4);
        return (parts[0], parts.ElementAtOrDefault(1) ?? "", parts.ElementAtOrDefault(2) ?? "", parts.ElementAtOrDefault(3) ?? "");
    }

    /// <summary>What a target is called where it stands alone. Policies are nearly all called <c>default</c>: their namespace tells them apart.</summary>
    public static string NameOf(string key)
    {
        var (_, space, kind, name) = TargetOf(key);
        return IsPolicy(key) ? $"{kind} {Format.Middle(space, 28)}/{Format.Middle(name, 40)}" : Format.Middle(name, 40);
    }

    /// <summary>Whether a target is a policy, and no route.</summary>
    public static bool IsPolicy(string key) => TargetOf(key).Kind == "PeerAuthentication";

    /// <summary>The page in one line: whether anything may be written, and what is out of the ordinary.</summary>
    /// <param name="recorded">Whether the audit takes records: what it does not take is not done.</param>
    public static string Headline(bool enabled, bool recorded, ImmutableArray<ReadOnlySwitch> off, int frozen, int inForce, int unreviewed)
    {
        if (!enabled)
        {
            return "Nothing is written: changes are switched off in the configuration";
        }

        if (!recorded)
        {
            return "Nothing can be changed: the audit log does not verify";
        }

        var writes = off.Any(entry => entry is { Cluster: null, Namespace: null }) ? "Writes are off everywhere"
            : off.IsEmpty ? "Writes are on everywhere"
            : $"Writes are off in {string.Join(", ", off.Take(2).Select(entry => WriteScope.Of(entry).Words))}{(off.Length > 2 ? $" and {Format.Count(off.Length - 2)} more" : "")}";
        var freeze = frozen == 0 ? "" : $"; {Format.Plural(frozen, "freeze is", "freezes are")} in force";
        var glass = inForce == 0 ? "" : $"; the glass is broken for {Format.Plural(inForce, "route or policy", "routes or policies")}";
        var review = unreviewed == 0 ? "" : $"; {Format.Plural(unreviewed, "use of broken glass waits", "uses of broken glass wait")} for a review";
        return writes + freeze + glass + review;
    }

    private static bool Holds(WriteScope scope, Actor reader, Role role) => scope.Namespace is { } name ? reader.HasIn(role, name) : reader.Has(role) && reader.Namespaces is null;

    private static string People(string who, WriteScope scope) => scope.Namespace is { } name ? $"{who} of {Format.Middle(name, 40)}" : $"{who} of all namespaces";

    private static string You(Actor reader)
    {
        var role = reader.Has(Role.Admin) ? "an admin" : reader.Has(Role.Operator) ? "an operator" : reader.Has(Role.Approver) ? "an approver" : null;
        return role is null ? "you read as viewer" : reader.Namespaces is null ? $"you are {role}" : $"you are {role} of {string.Join(", ", reader.Namespaces.Value.Take(3).Select(name => Format.Middle(name, 40)))}";
    }
}
