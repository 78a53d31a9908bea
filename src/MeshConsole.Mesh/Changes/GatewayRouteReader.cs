using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Changes;

/// <summary>Reads the rules of a Gateway API HTTPRoute or GRPCRoute.</summary>
internal static class GatewayRouteReader
{
    /// <summary>The Services it is attached to, and the host names it answers for at gateways (<c>*</c> when it names none).</summary>
    public static ImmutableArray<string> Hosts(MeshObject route, string domain)
    {
        var hosts = ImmutableArray.CreateBuilder<string>();
        var atGateway = false;
        foreach (var parent in route.Spec.Items("parentRefs"))
        {
            if (parent.Text("kind") is "Service" && parent.Text("name") is { } service)
            {
                hosts.Add(ServiceHost.Of(parent.Text("namespace") ?? route.Meta.Namespace, service, domain));
            }
            else
            {
                atGateway |= parent.Text("kind") is null or "Gateway";
            }
        }

        if (atGateway)
        {
            var names = route.Spec.Texts("hostnames");
            hosts.AddRange(names.IsEmpty ? ["*"] : names);
        }

        return hosts.ToImmutable();
    }

    public static ImmutableArray<string> AppliesAt(MeshObject route) =>
        [.. route.Spec.Items("parentRefs")
            .Select(p => p.Text("kind") is null or "Gateway" ? $"{p.Text("namespace") ?? route.Meta.Namespace}/{p.Text("name") ?? WorkloadId.UnknownName}" : "mesh")
            .Distinct(StringComparer.Ordinal)];

    public static ImmutableArray<RouteRuleText> Rules(MeshObject route, string domain, ReferenceGrants grants)
    {
        var protocol = route.Kind == "GRPCRoute" ? "grpc" : "http";
        var rules = ImmutableArray.CreateBuilder<RouteRuleText>();
        var index = 0;
        foreach (var rule in route.Spec.Items("rules"))
        {
            rules.Add(Read(route, rule, protocol, index, domain, grants));
            index++;
        }

        return rules.ToImmutable();
    }

    private static RouteRuleText Read(MeshObject route, JsonElement rule, string protocol, int index, string domain, ReferenceGrants grants)
    {
        var notes = ImmutableArray.CreateBuilder<string>();
        if (!rule.IsObject())
        {
            notes.Add("The rule cannot be read.");
        }

        var (matches, catchesAll) = MatchWords.Alternatives(rule, "matches", protocol == "grpc" ? MatchWords.GrpcRoute : MatchWords.HttpRoute);
        var backends = RouteShares.Of(Backends(route, rule, domain, grants, notes), omitted: 1, singleTakesAll: false, notes);
        var redirected = rule.Items("filters").Any(f => f.Text("type") is "RequestRedirect");
        if (backends.IsEmpty && !redirected)
        {
            notes.Add("The rule has no backend: it answers with 500.");
        }

        foreach (var filter in rule.Items("filters"))
        {
            if (filter.Text("type") is "RequestMirror" && filter.Get("requestMirror").Get("backendRef").Text("name") is { } mirror)
            {
                notes.Add($"Copies requests to {mirror} (mirror).");
            }
        }

        var timeouts = rule.Get("timeouts");
        var retry = rule.Get("retry");
        var codes = string.Join(",", retry.Items("codes").Select(c => c.Whole()).OfType<int>().Select(c => c.ToString(CultureInfo.InvariantCulture)));
        return new RouteRuleText(
            index,
            rule.Text("name"),
            protocol,
            matches,
            catchesAll && rule.IsObject(),
            backends,
            redirected ? "redirected" : null,
            new RoutePolicy(timeouts.Text("request"), retry.Whole("attempts"), timeouts.Text("backendRequest"), codes.Length == 0 ? null : codes),
            notes.ToImmutable());
    }

    private static ImmutableArray<RouteBackendText> Backends(MeshObject route, JsonElement rule, string domain, ReferenceGrants grants, ImmutableArray<string>.Builder notes)
    {
        var backends = ImmutableArray.CreateBuilder<RouteBackendText>();
        foreach (var backend in rule.Items("backendRefs"))
        {
            var name = backend.Text("name");
            var kind = backend.Text("kind") ?? "Service";
            var @namespace = backend.Text("namespace") ?? route.Meta.Namespace;
            if (name is null)
            {
                notes.Add("A backend has no name that can be read: its share is answered with 500.");
            }
            else if (@namespace != route.Meta.Namespace && kind == "Service"
                && !grants.Allows("gateway.networking.k8s.io", route.Kind, route.Meta.Namespace, "", "Service", @namespace, name))
            {
                notes.Add(grants.Known
                    ? $"No ReferenceGrant in namespace {@namespace} lets this route use Service {name}: its share is answered with 500."
                    : $"Whether a ReferenceGrant in namespace {@namespace} lets this route use Service {name} is not known.");
            }

            backends.Add(new RouteBackendText(
                name is null ? WorkloadId.UnknownName : kind == "Service" ? ServiceHost.Of(@namespace, name, domain) : name,
                null,
                backend.Whole("port"),
                RouteShares.Weight(backend, notes),
                null));
        }

        return backends.ToImmutable();
    }
}
