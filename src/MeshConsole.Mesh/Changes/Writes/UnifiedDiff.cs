using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using DiffPlex;
using DiffPlex.Model;
using MeshConsole.Mesh.Changes.Plans;

namespace MeshConsole.Mesh.Changes.Writes;

/// <summary>What changes, as <c>diff -u</c> writes it.</summary>
public static class UnifiedDiff
{
    private const int Context = 3;

    /// <summary>From the object as it is to the object with these weights, both as YAML.</summary>
    /// <param name="object">The whole object.</param>
    /// <exception cref="TargetChangedException">The rule is not in the object as the plan knows it.</exception>
    public static string OfWeights(JsonElement @object, ChangeTarget target, ImmutableArray<PlanBackend> backends, ImmutableArray<int> weights, string? writeId = null) =>
        Between(ObjectYaml.Write(@object), ObjectYaml.Write(WeightedObject.With(@object, target, backends, weights, writeId)), "now", "after");

    /// <summary>From a policy as it is, if it is, to the policy in one of its states.</summary>
    /// <exception cref="TargetChangedException">The object is not one that a write of this plan may touch.</exception>
    public static string OfPolicy(LiveTarget live, ChangeTarget target, ImmutableArray<int> state)
    {
        ArgumentNullException.ThrowIfNull(live);
        var after = live.Weights.SequenceEqual(state) ? live.Object : PolicyWrite.After(live, target, state);
        return (live.IsAbsent, after.ValueKind == JsonValueKind.Undefined) switch
        {
            (true, true) => "",
            (true, false) => Whole('+', ObjectYaml.Write(after)),
            (false, true) => Whole('-', ObjectYaml.Write(live.Object)),
            _ => Between(ObjectYaml.Write(live.Object), ObjectYaml.Write(after), "now", "after"),
        };
    }

    /// <summary>The hunks with three lines around each change; empty when nothing differs.</summary>
    public static string Between(string before, string after, string beforeName, string afterName)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        var result = new Differ().CreateLineDiffs(before.TrimEnd('\n'), after.TrimEnd('\n'), ignoreWhitespace: false);
        if (result.DiffBlocks.Count == 0)
        {
            return "";
        }

        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"--- {beforeName}\n+++ {afterName}\n");
        foreach (var hunk in Hunks(result.DiffBlocks))
        {
            Write(result, hunk, text);
        }

        return text.ToString();
    }

    /// <summary>An object that comes into being, or ceases to be.</summary>
    private static string Whole(char mark, string yaml)
    {
        var lines = yaml.TrimEnd('\n').Split('\n');
        var range = string.Create(CultureInfo.InvariantCulture, $"1,{lines.Length}");
        return $"--- now\n+++ after\n@@ -{(mark == '+' ? "0,0" : range)} +{(mark == '+' ? range : "0,0")} @@\n{string.Concat(lines.Select(line => $"{mark}{line}\n"))}";
    }

    /// <summary>Changes whose surroundings touch are one hunk.</summary>
    private static IEnumerable<List<DiffBlock>> Hunks(IEnumerable<DiffBlock> blocks)
    {
        var hunk = new List<DiffBlock>();
        foreach (var block in blocks)
        {
            if (hunk.Count > 0 && block.DeleteStartA - (hunk[^1].DeleteStartA + hunk[^1].DeleteCountA) > 2 * Context)
            {
                yield return hunk;
                hunk = [];
            }

            hunk.Add(block);
        }

        if (hunk.Count > 0)
        {
            yield return hunk;
        }
    }

    private static void Write(DiffResult result, List<DiffBlock> hunk, StringBuilder text)
    {
        var (first, last) = (hunk[0], hunk[^1]);
        var lead = Math.Min(Context, first.DeleteStartA);
        var trail = Math.Min(Context, result.PiecesOld.Length - (last.DeleteStartA + last.DeleteCountA));
        var (startOld, startNew) = (first.DeleteStartA - lead, first.InsertStartB - lead);
        var oldCount = last.DeleteStartA + last.DeleteCountA + trail - startOld;
        var newCount = last.InsertStartB + last.InsertCountB + trail - startNew;
        text.Append(CultureInfo.InvariantCulture, $"@@ -{Range(startOld, oldCount)} +{Range(startNew, newCount)} @@\n");
        var at = startOld;
        foreach (var block in hunk)
        {
            Lines(' ', result.PiecesOld, at, block.DeleteStartA - at);
            Lines('-', result.PiecesOld, block.DeleteStartA, block.DeleteCountA);
            Lines('+', result.PiecesNew, block.InsertStartB, block.InsertCountB);
            at = block.DeleteStartA + block.DeleteCountA;
        }

        Lines(' ', result.PiecesOld, at, trail);

        void Lines(char mark, string[] pieces, int from, int count)
        {
            for (var i = from; i < from + count; i++)
            {
                text.Append(mark).Append(pieces[i]).Append('\n');
            }
        }
    }

    private static string Range(int start, int count) => string.Create(CultureInfo.InvariantCulture, $"{(count == 0 ? start : start + 1)},{count}");
}
