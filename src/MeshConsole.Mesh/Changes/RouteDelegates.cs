using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using MeshConsole.Mesh.Kubernetes.Objects;

namespace MeshConsole.Mesh.Changes;

/// <summary>
/// Which http rules hand over to which VirtualServices. A delegate has no hosts and takes those of its roots; it may not
/// delegate again; istiod leaves a rule out whose delegate is missing or not exported to it (field <c>delegate</c> of
/// Istio's VirtualService, and how istiod merges it).
/// </summary>
internal sealed class RouteDelegates
{
    private readonly Dictionary<(string Namespace, string Name), MeshObject> _all = [];
    private readonly Dictionary<(string Namespace, string Name), List<Delegation>> _roots = [];

    public RouteDelegates(ImmutableArray<MeshObject> virtualServices)
    {
        foreach (var one in virtualServices)
        {
            _all[(one.Meta.Namespace, one.Meta.Name)] = one;
        }

        foreach (var root in virtualServices.Where(one => !IsDelegate(one)))
        {
            var index = 0;
            foreach (var rule in root.Spec.Items("http"))
            {
                if (Target(root, rule) is { } target && WhyNot(root, target) is null)
                {
                    if (!_roots.TryGetValue(target, out var list))
                    {
                        _roots[target] = list = [];
                    }

                    list.Add(new Delegation(root, index, rule));
                }

                index++;
            }
        }
    }

    /// <summary>Whether it has no hosts, and so nothing to do but what others delegate to it.</summary>
    public static bool IsDelegate(MeshObject virtualService) => virtualService.Spec.Texts("hosts").IsEmpty;

    /// <summary>The rules that delegate to it, in the order of the objects.</summary>
    public IReadOnlyList<Delegation> RootsOf(MeshObject virtualService) => _roots.GetValueOrDefault((virtualService.Meta.Namespace, virtualService.Meta.Name)) ?? [];

    /// <summary>Why a rule's delegate does not take its requests, a sentence; null when it does, or the rule has none.</summary>
    public string? WhyNot(MeshObject virtualService, JsonElement rule) =>
        !rule.Get("delegate").IsPresent() ? null
        : IsDelegate(virtualService) ? "A delegate may not delegate again: Istio refuses the rule."
        : rule.Get("route").IsPresent() ? "A rule that delegates may have no route of its own: Istio refuses it."
        : Target(virtualService, rule) is { } target ? WhyNot(virtualService, target)
        : "The delegate has no name that can be read.";

    private string? WhyNot(MeshObject root, (string Namespace, string Name) target)
    {
        var name = RouteBackendIndex.Cut($"{target.Namespace}/{target.Name}");
        return !_all.TryGetValue(target, out var found) ? $"There is no VirtualService {name} among those that are read: Istio leaves the rule out."
            : !IsDelegate(found) ? $"VirtualService {name} has hosts, so it is no delegate: Istio leaves the rule out."
            : !IsExported(found, root.Meta.Namespace) ? $"VirtualService {name} is not exported to namespace {root.Meta.Namespace} (exportTo): Istio leaves the rule out."
            : null;
    }

    private static (string Namespace, string Name)? Target(MeshObject root, JsonElement rule) =>
        rule.Get("delegate") is var target && target.Text("name") is { } name ? (target.Text("namespace") ?? root.Meta.Namespace, name) : null;

    private static bool IsExported(MeshObject target, string to)
    {
        var exported = target.Spec.Texts("exportTo");
        return exported.IsEmpty || exported.Any(e => e == "*" || e == to || (e == "." && target.Meta.Namespace == to));
    }
}

/// <summary>One http rule of a root.</summary>
/// <param name="Index">Among the root's http rules.</param>
internal sealed record Delegation(MeshObject Root, int Index, JsonElement Rule)
{
    /// <summary>For example <c>rule 2 of VirtualService web/shop (path starts with /pay)</c>.</summary>
    public string Words()
    {
        var (matches, catchesAll) = MatchWords.Alternatives(Rule, "match", MatchWords.Http);
        var when = catchesAll ? "all requests" : RouteBackendIndex.Cut(string.Join(" or ", matches));
        return string.Create(CultureInfo.InvariantCulture, $"rule {Index} of VirtualService {Root.Meta.Namespace}/{Root.Meta.Name} ({when})");
    }

    /// <summary>
    /// The matches of a delegate's rule as they come out: each of the root's together with each of the delegate's, but for
    /// pairs that contradict each other, which istiod drops.
    /// </summary>
    /// <returns>Null when every pair does: the rule takes nothing.</returns>
    public (ImmutableArray<string> Matches, bool CatchesAll)? Join(JsonElement rule)
    {
        var own = rule.Items("match").ToList();
        var outer = Rule.Items("match").ToList();
        if (own.Count == 0 || outer.Count == 0)
        {
            return MatchWords.Alternatives(own.Count == 0 ? Rule : rule, "match", MatchWords.Http);
        }

        var pairs = outer.SelectMany(o => own.Where(i => !DelegateMatch.Conflicts(o, i)).Select(i => MatchWords.HttpBoth(o, i))).ToList();
        return pairs.Count == 0 ? null : pairs.Contains(null) ? ([], true) : ([.. pairs.OfType<string>().Distinct(StringComparer.Ordinal)], false);
    }
}
