using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Changes;

/// <summary>Reads the rules of an Istio VirtualService: http, then tls, then tcp, each in the order in which they are tried.</summary>
internal static class VirtualServiceReader
{
    /// <summary>Its own hosts; those of its roots for a delegate.</summary>
    public static ImmutableArray<string> Hosts(MeshObject virtualService, string domain, RouteDelegates delegates) =>
        RouteDelegates.IsDelegate(virtualService)
            ? [.. delegates.RootsOf(virtualService).SelectMany(r => Hosts(r.Root, domain)).Distinct(StringComparer.Ordinal)]
            : Hosts(virtualService, domain);

    private static ImmutableArray<string> Hosts(MeshObject virtualService, string domain) =>
        [.. virtualService.Spec.Texts("hosts").Select(h => ServiceHost.Expand(h, virtualService.Meta.Namespace, domain))];

    /// <summary><c>mesh</c> or gateways as <c>namespace/name</c>; without a word the rules are for the mesh. Where its roots apply, for a delegate.</summary>
    public static ImmutableArray<string> AppliesAt(MeshObject virtualService, RouteDelegates delegates) =>
        RouteDelegates.IsDelegate(virtualService)
            ? [.. delegates.RootsOf(virtualService).SelectMany(r => AppliesAt(r.Root)).Distinct(StringComparer.Ordinal)]
            : AppliesAt(virtualService);

    private static ImmutableArray<string> AppliesAt(MeshObject virtualService)
    {
        var gateways = virtualService.Spec.Texts("gateways");
        return gateways.IsEmpty
            ? ["mesh"]
            : [.. gateways.Select(g => g == "mesh" || g.Contains('/') ? g : $"{virtualService.Meta.Namespace}/{g}")];
    }

    public static ImmutableArray<RouteRuleText> Rules(MeshObject virtualService, string domain, RouteDelegates delegates)
    {
        var isDelegate = RouteDelegates.IsDelegate(virtualService);
        var roots = delegates.RootsOf(virtualService);
        var rules = ImmutableArray.CreateBuilder<RouteRuleText>();
        foreach (var protocol in new[] { "http", "tls", "tcp" })
        {
            int index = 0;
            int? catchAll = null;
            foreach (var rule in virtualService.Spec.Items(protocol))
            {
                var read = Read(virtualService, rule, protocol, index, domain, catchAll);
                var note = protocol == "http" ? delegates.WhyNot(virtualService, rule) : null;
                var shown = note is null ? read : read with { Notes = read.Notes.Add(note) };
                rules.Add(!isDelegate ? shown : protocol == "http" ? Delegated(shown, rule, roots, domain) : shown with { Notes = shown.Notes.Add("A delegate has http rules only: this one does nothing.") });
                catchAll ??= read.CatchesAll ? index : null;
                index++;
            }
        }

        return rules.ToImmutable();
    }

    /// <summary>A delegate's rule as its roots make it: their hosts and matches around it, and their options where it has none.</summary>
    private static RouteRuleText Delegated(RouteRuleText own, JsonElement rule, IReadOnlyList<Delegation> roots, string domain)
    {
        if (roots.Count == 0)
        {
            return own with { Notes = own.Notes.Add("It has no hosts, and no VirtualService delegates to it: it does nothing.") };
        }

        var notes = own.Notes.ToBuilder();
        notes.AddRange(roots.Select(root => $"Takes what {root.Words()} delegates."));
        var joined = roots.Select(root => root.Join(rule)).ToList();
        notes.AddRange(roots.Where((_, i) => joined[i] is null).Select(root => $"Never reached from {root.Words()}: the matches contradict each other."));
        var reached = joined.OfType<(ImmutableArray<string> Matches, bool CatchesAll)>().ToList();
        var catchesAll = own.CatchesAll && reached.Exists(r => r.CatchesAll);
        var policies = roots.Select(root => WithOptionsOf(own.Policy, root.Rule.Get("retries"), root.Rule.Text("timeout"))).Distinct().ToList();
        if (policies.Count > 1)
        {
            notes.Add("Timeout and retries, where it sets none, are those of the rule that delegates, and these differ.");
        }

        foreach (var root in roots)
        {
            // What the delegate sets itself wins; the hosts of what is taken over are meant where they are written.
            AddSideEffects(root.Root, root.Rule, domain, notes, mirror: !rule.Get("mirror").IsPresent() && !rule.Get("mirrors").IsPresent(), fault: !rule.Get("fault").IsPresent());
        }

        return own with
        {
            Own = new RouteRule(own.Index, own.Name, own.Matches),
            Name = roots is [var only] && only.Rule.Text("name") is { } name ? own.Name is null ? name : $"{name}-{own.Name}" : own.Name,
            Matches = catchesAll ? [] : reached.Count == 0 ? ["nothing"] : [.. reached.SelectMany(r => r.Matches).Distinct(StringComparer.Ordinal)],
            CatchesAll = catchesAll,
            Policy = policies is [var policy] ? policy : own.Policy,
            Notes = notes.ToImmutable(),
        };
    }

    private static RoutePolicy WithOptionsOf(RoutePolicy own, JsonElement retries, string? timeout)
    {
        var policy = own with { Timeout = own.Timeout ?? timeout };
        return own is { RetryAttempts: null, PerTryTimeout: null, RetryOn: null }
            ? policy with { RetryAttempts = retries.Whole("attempts"), PerTryTimeout = retries.Text("perTryTimeout"), RetryOn = retries.Text("retryOn") }
            : policy;
    }

    private static RouteRuleText Read(MeshObject virtualService, JsonElement rule, string protocol, int index, string domain, int? catchAll)
    {
        var notes = ImmutableArray.CreateBuilder<string>();
        if (!rule.IsObject())
        {
            notes.Add("The rule cannot be read.");
        }

        if (catchAll is { } earlier)
        {
            notes.Add(string.Create(CultureInfo.InvariantCulture, $"Never reached: rule {earlier} before it takes everything."));
        }

        var (matches, catchesAll) = Matches(rule, protocol);
        var backends = RouteShares.Of(Backends(virtualService, rule, domain, notes), omitted: 0, singleTakesAll: true, notes);
        AddSideEffects(virtualService, rule, domain, notes);
        var retries = rule.Get("retries");
        return new RouteRuleText(
            index,
            rule.Text("name"),
            protocol,
            matches,
            catchesAll && rule.IsObject(),
            backends,
            Action(virtualService, rule),
            new RoutePolicy(rule.Text("timeout"), retries.Whole("attempts"), retries.Text("perTryTimeout"), retries.Text("retryOn")),
            notes.ToImmutable());
    }

    /// <summary>In an http rule the prefix <c>/</c> keeps nothing out, although it is a condition.</summary>
    private static (ImmutableArray<string> Matches, bool CatchesAll) Matches(JsonElement rule, string protocol)
    {
        var (matches, catchesAll) = MatchWords.Alternatives(rule, "match", protocol == "http" ? MatchWords.Http : MatchWords.Connection);
        return (matches, catchesAll || matches is ["path starts with /"]);
    }

    private static ImmutableArray<RouteBackendText> Backends(MeshObject virtualService, JsonElement rule, string domain, ImmutableArray<string>.Builder notes)
    {
        var backends = ImmutableArray.CreateBuilder<RouteBackendText>();
        foreach (var route in rule.Items("route"))
        {
            var destination = route.Get("destination");
            var host = destination.Text("host");
            if (host is null)
            {
                notes.Add("A destination has no host that can be read.");
            }

            backends.Add(new RouteBackendText(
                host is null ? WorkloadId.UnknownName : ServiceHost.Expand(host, virtualService.Meta.Namespace, domain),
                destination.Text("subset"),
                destination.Get("port").Whole("number"),
                RouteShares.Weight(route, notes),
                null));
        }

        return backends.ToImmutable();
    }

    private static string? Action(MeshObject virtualService, JsonElement rule)
    {
        if (rule.Get("redirect").IsPresent())
        {
            return "redirected";
        }

        if (rule.Get("directResponse") is var direct && direct.IsPresent())
        {
            return direct.Whole("status") is { } status ? string.Create(CultureInfo.InvariantCulture, $"answered with {status}") : "answered without a backend";
        }

        return rule.Get("delegate") is var target && target.IsPresent()
            ? $"delegated to {target.Text("namespace") ?? virtualService.Meta.Namespace}/{target.Text("name") ?? WorkloadId.UnknownName}"
            : null;
    }

    private static void AddSideEffects(MeshObject virtualService, JsonElement rule, string domain, ImmutableArray<string>.Builder notes, bool mirror = true, bool fault = true)
    {
        foreach (var copy in !mirror ? [] : rule.Items("mirrors").Select(m => m.Get("destination")).Append(rule.Get("mirror")))
        {
            if (copy.Text("host") is { } host)
            {
                notes.Add($"Copies requests to {ServiceHost.Expand(host, virtualService.Meta.Namespace, domain)} (mirror).");
            }
        }

        var written = fault ? rule.Get("fault") : default;
        if (written.Get("abort").IsPresent())
        {
            notes.Add("Aborts a share of requests on purpose (fault injection).");
        }

        if (written.Get("delay").IsPresent())
        {
            notes.Add("Delays a share of requests on purpose (fault injection).");
        }
    }
}
