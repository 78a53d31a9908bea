using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using MeshConsole.Mesh.Changes.Plans;
using MeshConsole.Mesh.Kubernetes;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Changes.Writes;

/// <summary>
/// The rule of a plan, found in an object as the API server sent it: where it stands, and what has to stay as it is for a
/// write of weights to mean what the plan means.
/// </summary>
/// <param name="Identity">Parts of the rule that must not have changed: name, matches, each destination.</param>
/// <param name="Destinations">In the order of the plan's backends.</param>
/// <param name="Unit">Thousandths per unit of weight; 1000 but for the quantities of a TrafficSplit.</param>
internal sealed record TargetRule(ImmutableArray<TargetPart> Identity, ImmutableArray<TargetDestination> Destinations, int Unit)
{
    public ImmutableArray<int> Weights => [.. Destinations.Select(d => d.Weight)];

    /// <summary>Finds the rule where the plan saw it, else wherever it stands now.</summary>
    /// <param name="object">The whole object.</param>
    /// <exception cref="TargetChangedException">It is another object, or the rule is not there as the plan knows it, or not once.</exception>
    public static TargetRule Find(JsonElement @object, ChangeTarget target, ImmutableArray<PlanBackend> backends)
    {
        var metadata = @object.Get("metadata");
        if (metadata.Text("uid") is var uid && !string.Equals(uid, target.Uid, StringComparison.Ordinal))
        {
            throw Changed(target, $"it was deleted and made anew (uid {Words(uid ?? "none")} instead of {Words(target.Uid)})");
        }

        if (metadata.Get("deletionTimestamp").IsPresent())
        {
            throw Changed(target, "it is being deleted");
        }

        var meta = new ObjectMeta { Name = target.Name, Namespace = target.Namespace };
        var route = new MeshObject(meta, target.ApiVersion, target.Kind, @object.Get("spec"), default);

        // By itself: what roots add to a delegate's name and matches stands in other objects and is not this write's concern.
        var rules = RouteRules.Of(route, DomainOf(backends), new RouteDelegates([]), new ReferenceGrants(default)).Where(r => r.Protocol == target.Protocol).ToList();
        var there = rules.Find(r => r.Index == target.RuleIndex);
        if (there is not null && Difference(there, target, backends) is null)
        {
            return Read(@object, there.Index, target);
        }

        var elsewhere = rules.FindAll(r => Difference(r, target, backends) is null);
        return elsewhere.Count switch
        {
            1 => Read(@object, elsewhere[0].Index, target),
            0 => throw Changed(target, there is null
                ? $"it has no {target.Protocol} rule {target.RuleIndex} any more"
                : string.Create(CultureInfo.InvariantCulture, $"{target.Protocol} rule {target.RuleIndex} is another one: {Difference(there, target, backends)}")),
            _ => throw Changed(target, string.Create(CultureInfo.InvariantCulture, $"the rule moved, and {elsewhere.Count} rules are like it now")),
        };
    }

    private static TargetRule Read(JsonElement @object, int index, ChangeTarget target)
    {
        var spec = @object.Get("spec");
        return target.Kind switch
        {
            RouteRules.VirtualService => Read(
                target,
                spec.Items(target.Protocol).ElementAt(index),
                string.Create(CultureInfo.InvariantCulture, $"/spec/{target.Protocol}/{index}"),
                ["name", "match"],
                "route",
                ["destination"]),
            RouteRules.TrafficSplit => Read(target, spec, "/spec", ["service", "matches"], "backends", ["service"]),
            _ => Read(
                target,
                spec.Items("rules").ElementAt(index),
                string.Create(CultureInfo.InvariantCulture, $"/spec/rules/{index}"),
                ["name", "matches"],
                "backendRefs",
                ["group", "kind", "namespace", "name", "port"]),
        };
    }

    private static TargetRule Read(ChangeTarget target, JsonElement rule, string path, string[] identity, string list, string[] destinationIdentity)
    {
        var parts = ImmutableArray.CreateBuilder<TargetPart>();
        Add(rule, path, identity);
        var items = rule.Items(list).ToList();
        var split = target.Kind == RouteRules.TrafficSplit ? items.ConvertAll(i => SplitWeight.Read(i.Get("weight"))) : null;
        var unit = split is null ? 1000 : SplitWeight.UnitOf(split);
        var destinations = ImmutableArray.CreateBuilder<TargetDestination>();
        for (var i = 0; i < items.Count; i++)
        {
            var place = string.Create(CultureInfo.InvariantCulture, $"{path}/{list}/{i}");
            Add(items[i], place, destinationIdentity);
            var written = items[i].Get("weight");
            int? weight = split is not null ? split[i]?.In(unit) : written.IsPresent() ? written.Whole() : RouteRules.OmittedWeight(target.Kind);
            destinations.Add(new TargetDestination(
                place,
                weight ?? throw Changed(target, $"weight {i} of the rule is {(written.IsPresent() ? Words(written.GetRawText()) : "missing")}, which is no weight"),
                written,
                split?[i]));
        }

        return new TargetRule(parts.ToImmutable(), destinations.ToImmutable(), unit);

        void Add(JsonElement element, string at, string[] names)
        {
            foreach (var name in names)
            {
                if (element.Get(name) is var value && value.IsPresent())
                {
                    parts.Add(new TargetPart($"{at}/{name}", value));
                }
            }
        }
    }

    /// <summary>How a rule differs from that of the plan, in words; null when it does not.</summary>
    private static string? Difference(RouteRuleText rule, ChangeTarget target, ImmutableArray<PlanBackend> backends)
    {
        if (!string.Equals(rule.Name, target.RuleName, StringComparison.Ordinal))
        {
            return $"its name is {Words(rule.Name ?? "none")} instead of {Words(target.RuleName ?? "none")}";
        }

        if (!rule.Matches.SequenceEqual(target.Matches, StringComparer.Ordinal))
        {
            return $"it takes {Matches(rule.Matches)} instead of {Matches(target.Matches)}";
        }

        if (rule.Backends.Length != backends.Length)
        {
            return string.Create(CultureInfo.InvariantCulture, $"it sends to {rule.Backends.Length} backends instead of {backends.Length}");
        }

        for (var i = 0; i < backends.Length; i++)
        {
            var (now, planned) = (rule.Backends[i], backends[i]);
            if (now.Host != planned.Host || now.Subset != planned.Subset || now.Port != planned.Port)
            {
                return string.Create(CultureInfo.InvariantCulture, $"backend {i} is {Backend(now.Host, now.Subset, now.Port)} instead of {Backend(planned.Host, planned.Subset, planned.Port)}");
            }
        }

        return null;
    }

    /// <summary>The plan's hosts are complete, those of the object may be short: the domain that completes them is in the plan's.</summary>
    private static string DomainOf(ImmutableArray<PlanBackend> backends)
    {
        const string Marker = ".svc.";
        foreach (var backend in backends)
        {
            if (backend.Host.IndexOf(Marker, StringComparison.Ordinal) is var at && at > 0 && at + Marker.Length < backend.Host.Length)
            {
                return backend.Host[(at + Marker.Length)..];
            }
        }

        return ServiceHost.DefaultDomain;
    }

    private static string Matches(ImmutableArray<string> matches) => matches.IsEmpty ? "everything" : Words(string.Join(" or ", matches));

    private static string Backend(string host, string? subset, int? port) =>
        Words(string.Create(CultureInfo.InvariantCulture, $"{host}{(subset is null ? "" : $" subset {subset}")}{(port is null ? "" : $" port {port}")}"));

    private static TargetChangedException Changed(ChangeTarget target, string how) =>
        new($"{target.Kind} {Words(target.Namespace)}/{Words(target.Name)} is not as planned: {how}. Nothing was written; make a new plan from what is there now.");

    private static string Words(string text) => Printable.Text(text, 200);
}

/// <summary>A part of an object by its JSON pointer. The value keeps the bytes that the server sent.</summary>
internal readonly record struct TargetPart(string Path, JsonElement Value);

/// <param name="Path">JSON pointer of the destination, the weight is below it.</param>
/// <param name="Weight">In the plan's units; what an omitted weight stands for where it is omitted.</param>
/// <param name="Written">The weight as it stands there; Undefined when it is omitted.</param>
/// <param name="Split">The form of a TrafficSplit's weight; null for other kinds.</param>
internal sealed record TargetDestination(string Path, int Weight, JsonElement Written, SplitWeight? Split)
{
    public string WeightPath => $"{Path}/weight";

    /// <summary>Another weight in the form of this one, as JSON.</summary>
    public string Write(int weight, int unit) => Split is { } split ? split.Write(weight, unit) : weight.ToString(CultureInfo.InvariantCulture);
}
