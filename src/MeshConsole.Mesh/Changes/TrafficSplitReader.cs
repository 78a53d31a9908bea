using System.Collections.Immutable;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Changes;

/// <summary>
/// Reads an SMI TrafficSplit (split.smi-spec.io, v1alpha1 to v1alpha4): one rule, for the service that clients call. With
/// <c>matches</c> it holds for the requests of those route groups only; all others go to that service itself.
/// </summary>
internal static class TrafficSplitReader
{
    public static ImmutableArray<string> Hosts(MeshObject split, string domain) =>
        split.Spec.Text("service") is { } service ? [ServiceHost.Expand(service, split.Meta.Namespace, domain)] : [];

    public static ImmutableArray<RouteRuleText> Rules(MeshObject split, string domain)
    {
        if (!split.Spec.IsObject())
        {
            return [];
        }

        var notes = ImmutableArray.CreateBuilder<string>();
        if (split.Spec.Text("service") is null)
        {
            notes.Add("The split names no service that can be read: it takes no requests.");
        }

        var written = split.Spec.Get("matches");
        var matches = ImmutableArray.CreateBuilder<string>();
        foreach (var match in split.Spec.Items("matches"))
        {
            matches.Add($"{match.Text("kind") ?? "route group"} {match.Text("name") ?? WorkloadId.UnknownName}");
        }

        if (written.IsPresent() && written.ValueKind != System.Text.Json.JsonValueKind.Array)
        {
            matches.Add("a match that cannot be read");
        }

        if (matches.Count > 0)
        {
            notes.Add("Requests that match none of its route groups go to the service itself.");
        }

        return
        [
            new RouteRuleText(
                0,
                null,
                "http",
                matches.ToImmutable(),
                matches.Count == 0,
                Backends(split, domain, notes),
                null,
                new RoutePolicy(null, null, null, null),
                notes.ToImmutable()),
        ];
    }

    private static ImmutableArray<RouteBackendText> Backends(MeshObject split, string domain, ImmutableArray<string>.Builder notes)
    {
        var items = split.Spec.Items("backends").ToList();
        var weights = items.ConvertAll(b => SplitWeight.Read(b.Get("weight")));
        var unit = SplitWeight.UnitOf(weights);
        var backends = ImmutableArray.CreateBuilder<RouteBackendText>();
        for (var i = 0; i < items.Count; i++)
        {
            var service = items[i].Text("service");
            if (service is null)
            {
                notes.Add("A backend has no service that can be read.");
            }

            var weight = weights[i]?.In(unit);
            if (weight is null)
            {
                notes.Add("A weight is missing, or is no number that can be read: no share can be told.");
            }

            backends.Add(new RouteBackendText(
                service is null ? WorkloadId.UnknownName : ServiceHost.Expand(service, split.Meta.Namespace, domain),
                null,
                null,
                weight,
                null)
            {
                WeightText = weights[i] is { IsText: true } ? items[i].Text("weight") : null,
            });
        }

        var read = backends.ToImmutable();
        return read.Any(b => b.Weight is null) ? read : Shares(read, notes);
    }

    private static ImmutableArray<RouteBackendText> Shares(ImmutableArray<RouteBackendText> backends, ImmutableArray<string>.Builder notes)
    {
        var sum = backends.Sum(b => (long)b.Weight!.Value);
        if (backends.Any(b => b.Weight < 0))
        {
            notes.Add("A weight is negative: no share can be told.");
            return backends;
        }

        if (sum == 0 && !backends.IsEmpty)
        {
            notes.Add("The weights add up to 0: what happens to requests is not defined.");
            return backends;
        }

        return [.. backends.Select(b => b with { Share = (double)b.Weight!.Value / sum })];
    }
}
