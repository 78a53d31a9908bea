using System.Text;
using System.Text.RegularExpressions;
using MeshConsole.Simulator.Prometheus.Language;

namespace MeshConsole.Simulator.Prometheus.Evaluation;

/// <summary>label_replace and label_join: they change labels in place.</summary>
internal static class LabelFunctions
{
    public static VectorTable Replace(VectorTable table, string target, string replacement, string source, string expression)
    {
        LabelPattern pattern;
        try
        {
            pattern = LabelPattern.WithGroups(expression);
        }
        catch (FormatException)
        {
            throw new PromQlExecutionException($"invalid regular expression in label_replace(): {expression}");
        }

        if (!PromQlParser.IsLabelName(target)) throw new PromQlExecutionException($"invalid destination label name in label_replace(): {target}");
        var known = new Dictionary<string, string?>(StringComparer.Ordinal);
        return Relabelled(table, labels =>
        {
            var value = labels[source];
            if (!known.TryGetValue(value, out var replaced))
            {
                var match = pattern.Match(value);
                known[value] = replaced = match.Success ? Expand(replacement, match, pattern) : null;
            }

            return replaced is null ? labels : labels.With(target, replaced);
        });
    }

    public static VectorTable Join(VectorTable table, string target, string separator, string[] sources)
    {
        foreach (var source in sources)
            if (!PromQlParser.IsLabelName(source)) throw new PromQlExecutionException($"invalid source label name in label_join(): {source}");
        if (!PromQlParser.IsLabelName(target)) throw new PromQlExecutionException($"invalid destination label name in label_join(): {target}");
        return Relabelled(table, labels => labels.With(target, string.Join(separator, sources.Select(source => labels[source]))));
    }

    private static VectorTable Relabelled(VectorTable table, Func<LabelSet, LabelSet> change)
    {
        table.ShowNames();
        for (var row = 0; row < table.Rows; row++) table.SetLabels(row, change(table.RawLabels(row)));
        table.DistinctWithoutName = false;
        return table.Merged(mayMerge: true);
    }

    /// <summary>Go's Expand: $1, ${1}, $name, ${name} and $$; a group that is not there gives nothing, a lone $ stays.</summary>
    private static string Expand(string template, Match match, LabelPattern pattern)
    {
        var text = new StringBuilder();
        var at = 0;
        while (at < template.Length)
        {
            var dollar = template.IndexOf('$', at);
            if (dollar < 0 || dollar + 1 >= template.Length) break;
            text.Append(template, at, dollar - at);
            at = dollar + 1;
            if (template[at] == '$')
            {
                text.Append('$');
                at++;
                continue;
            }

            var braced = template[at] == '{';
            var start = braced ? at + 1 : at;
            var end = start;
            while (end < template.Length && (char.IsLetterOrDigit(template[end]) || template[end] == '_')) end++;
            if (end == start || (braced && (end >= template.Length || template[end] != '}')))
            {
                text.Append('$');
                continue;
            }

            text.Append(match.Groups[pattern.GroupNumber(template[start..end])].Value);
            at = braced ? end + 1 : end;
        }

        return text.Append(template, at, template.Length - at).ToString();
    }
}
