using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Changes;

/// <summary>Reads the rules of an Istio VirtualService: http, then tls, then tcp, each in the order in which they are tried.</summary>
internal static class VirtualServiceReader
{
    public static ImmutableArray<string> Hosts(MeshObject virtualService, string domain) =>
        [.. virtualService.Spec.Texts("hosts").Select(h => ServiceHost.Expand(h, virtualService.Meta.Namespace, domain))];

    /// <summary><c>mesh</c> or gateways as <c>namespace/name</c>; without a word the rules are for the mesh.</summary>
    public static ImmutableArray<string> AppliesAt(MeshObject virtualService)
    {
        var gateways = virtualService.Spec.Texts("gateways");
        return gateways.IsEmpty
            ? ["mesh"]
            : [.. gateways.Select(g => g == "mesh" || g.Contains('/') ? g : $"{virtualService.Meta.Namespace}/{g}")];
    }

    public static ImmutableArray<RouteRuleText> Rules(MeshObject virtualService, string domain)
    {
        var rules = ImmutableArray.CreateBuilder<RouteRuleText>();
        foreach (var protocol in new[] { "http", "tls", "tcp" })
        {
            int index = 0;
            int? catchAll = null;
            foreach (var rule in virtualService.Spec.Items(protocol))
            {
                var read = Read(virtualService, rule, protocol, index, domain, catchAll);
                rules.Add(read);
                catchAll ??= read.CatchesAll ? index : null;
                index++;
            }
        }

        return rules.ToImmutable();
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

    private static void AddSideEffects(MeshObject virtualService, JsonElement rule, string domain, ImmutableArray<string>.Builder notes)
    {
        foreach (var mirror in rule.Items("mirrors").Select(m => m.Get("destination")).Append(rule.Get("mirror")))
        {
            if (mirror.Text("host") is { } host)
            {
                notes.Add($"Copies requests to {ServiceHost.Expand(host, virtualService.Meta.Namespace, domain)} (mirror).");
            }
        }

        var fault = rule.Get("fault");
        if (fault.Get("abort").IsPresent())
        {
            notes.Add("Aborts a share of requests on purpose (fault injection).");
        }

        if (fault.Get("delay").IsPresent())
        {
            notes.Add("Delays a share of requests on purpose (fault injection).");
        }
    }
}
