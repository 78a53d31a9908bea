using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using MeshConsole.Mesh.Changes.Plans;
using MeshConsole.Mesh.Kubernetes;
using MeshConsole.Mesh.Kubernetes.Objects;

namespace MeshConsole.Mesh.Changes.Writes;

/// <summary>Where two objects differ, and whether that is only where a write of weights may make them differ.</summary>
public static class ObjectDifferences
{
    private const int MostNamed = 5;

    /// <summary>What the server itself writes with every change.</summary>
    private static readonly ImmutableHashSet<string> s_bookkeeping = ImmutableHashSet.Create(
        StringComparer.Ordinal,
        "/metadata/resourceVersion",
        "/metadata/generation",
        "/metadata/managedFields",
        "/status");

    /// <summary>
    /// Whether <paramref name="after"/> is <paramref name="before"/> with these weights and this annotation, and the same in
    /// everything else but the server's own notes. Asked after a dry run and after the write: a webhook may change objects on
    /// their way in.
    /// </summary>
    /// <param name="before">The whole object that the patch was made for.</param>
    /// <param name="after">What the server answered.</param>
    /// <returns>Null when it is; else what differs, a sentence.</returns>
    public static string? OnlyWeightsDiffer(JsonElement before, JsonElement after, ChangeTarget target, ImmutableArray<PlanBackend> backends, ImmutableArray<int> weights, string writeId)
    {
        ArgumentNullException.ThrowIfNull(target);
        var rule = TargetRule.Find(before, target, backends);
        WeightPatch.Require(weights, rule);
        using var expected = JsonDocument.Parse(WeightedObject.Write(before, rule, weights, writeId).ToJsonString(), new JsonDocumentOptions { MaxDepth = 256 });
        var found = Between(expected.RootElement, after);
        return found.IsEmpty
            ? null
            : $"The object is not what the patch alone makes of it: it differs at {string.Join(", ", found.Take(MostNamed).Select(p => Printable.Text(p, 120)))}{(found.Length > MostNamed ? string.Create(CultureInfo.InvariantCulture, $" and {found.Length - MostNamed} other places") : "")}. A webhook of the cluster may have changed it.";
    }

    /// <summary>JSON pointers of everything that differs, the server's own notes left out. Numbers are compared by value, names in any order.</summary>
    public static ImmutableArray<string> Between(JsonElement one, JsonElement other)
    {
        var found = ImmutableArray.CreateBuilder<string>();
        Compare(one, other, "", found);
        return found.ToImmutable();
    }

    private static void Compare(JsonElement one, JsonElement other, string path, ImmutableArray<string>.Builder found)
    {
        if (s_bookkeeping.Contains(path))
        {
            return;
        }

        if (one.ValueKind != other.ValueKind)
        {
            found.Add(path);
        }
        else if (one.ValueKind == JsonValueKind.Object)
        {
            CompareMembers(one, other, path, found);
        }
        else if (one.ValueKind == JsonValueKind.Array)
        {
            if (one.GetArrayLength() != other.GetArrayLength())
            {
                found.Add(path);
                return;
            }

            var index = 0;
            foreach (var (a, b) in one.EnumerateArray().Zip(other.EnumerateArray()))
            {
                Compare(a, b, string.Create(CultureInfo.InvariantCulture, $"{path}/{index++}"), found);
            }
        }
        else if (!JsonElement.DeepEquals(one, other))
        {
            found.Add(path);
        }
    }

    private static void CompareMembers(JsonElement one, JsonElement other, string path, ImmutableArray<string>.Builder found)
    {
        var there = other.Members().ToDictionary(m => m.Key, m => m.Value, StringComparer.Ordinal);
        foreach (var (name, value) in one.Members())
        {
            var below = $"{path}/{Escape(name)}";
            if (there.Remove(name, out var counterpart))
            {
                Compare(value, counterpart, below, found);
            }
            else if (!s_bookkeeping.Contains(below))
            {
                found.Add(below);
            }
        }

        found.AddRange(there.Keys.Order(StringComparer.Ordinal).Select(name => $"{path}/{Escape(name)}").Where(p => !s_bookkeeping.Contains(p)));
    }

    /// <summary>RFC 6901.</summary>
    private static string Escape(string name) => name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
}
