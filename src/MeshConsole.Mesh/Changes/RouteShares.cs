using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using MeshConsole.Mesh.Kubernetes.Objects;

namespace MeshConsole.Mesh.Changes;

/// <summary>Turns weights into shares: weight ÷ sum of the rule.</summary>
internal static class RouteShares
{
    /// <summary>The weight of a backend as written; null when it is omitted or no whole number.</summary>
    /// <param name="notes">Receives what is wrong with it.</param>
    public static int? Weight(JsonElement backend, ImmutableArray<string>.Builder notes)
    {
        var written = backend.Get("weight");
        if (written.IsPresent() && written.Whole() is null)
        {
            notes.Add("A weight is not a whole number: it is read as omitted.");
        }

        return written.Whole();
    }

    /// <summary>
    /// Sets the shares. A single destination of a VirtualService takes everything whatever its weight; a Gateway API
    /// backend of weight 0 takes nothing even when it is alone.
    /// </summary>
    /// <param name="backends">Backends with weights as written.</param>
    /// <param name="omitted">What an omitted weight stands for: 0 in a VirtualService, 1 in the Gateway API.</param>
    /// <param name="singleTakesAll">The VirtualService rule for a single destination.</param>
    /// <param name="notes">Receives what is wrong with the weights.</param>
    public static ImmutableArray<RouteBackendText> Of(ImmutableArray<RouteBackendText> backends, int omitted, bool singleTakesAll, ImmutableArray<string>.Builder notes)
    {
        if (backends.IsEmpty)
        {
            return backends;
        }

        if (backends.Length == 1 && singleTakesAll)
        {
            return [backends[0] with { Share = 1 }];
        }

        if (backends.Any(b => b.Weight < 0))
        {
            notes.Add("A weight is negative: no share can be told.");
            return backends;
        }

        var sum = backends.Sum(b => (long)(b.Weight ?? omitted));
        if (sum == 0)
        {
            notes.Add(singleTakesAll
                ? "The weights add up to 0: Istio refuses such a rule."
                : "The weights add up to 0: every request is answered with 500.");
            return backends;
        }

        if (singleTakesAll && sum != 100)
        {
            notes.Add(string.Create(CultureInfo.InvariantCulture, $"The weights add up to {sum}, not 100: they are shares of {sum}."));
        }

        return [.. backends.Select(b => b with { Share = (double)(b.Weight ?? omitted) / sum })];
    }
}
