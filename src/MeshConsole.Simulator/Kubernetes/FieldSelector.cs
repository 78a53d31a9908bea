using System.Collections.Immutable;
using System.Text;

namespace MeshConsole.Simulator.Kubernetes;

/// <summary>A <c>fieldSelector</c>: comma-separated <c>path=value</c> and <c>path!=value</c>, of which all have to hold.</summary>
internal sealed class FieldSelector
{
    public static readonly FieldSelector Everything = new([]);

    private readonly ImmutableArray<Term> _terms;

    private FieldSelector(ImmutableArray<Term> terms) => _terms = terms;

    public bool IsEverything => _terms.Length == 0;

    /// <summary>The one name that can match, when the selector names one.</summary>
    public string? Name => _terms.Where(term => term.Path == "metadata.name" && term.Equal).Select(term => term.Value).FirstOrDefault();

    /// <summary>Throws 400 when the text is not a selector, or names a field by which this kind cannot be selected.</summary>
    public static FieldSelector Parse(string? text, ResourceType type)
    {
        if (string.IsNullOrEmpty(text)) return Everything;
        var terms = ImmutableArray.CreateBuilder<Term>();
        foreach (var part in Split(text))
        {
            if (part.Length == 0) continue;
            var term = ReadTerm(part);
            if (term.Path is not ("metadata.name" or "metadata.namespace") && !type.SelectableFields.Contains(term.Path))
                throw new ApiStatusException(ApiStatus.BadRequest($"field label not supported: {term.Path}"));
            terms.Add(term);
        }
        return new FieldSelector(terms.ToImmutable());
    }

    public bool Matches(StoredObject candidate)
    {
        foreach (var term in _terms)
            if (string.Equals(candidate.Field(term.Path) ?? "", term.Value, StringComparison.Ordinal) != term.Equal) return false;
        return true;
    }

    private static IEnumerable<string> Split(string text)
    {
        var start = 0;
        for (var index = 0; index < text.Length; index++)
        {
            if (text[index] == '\\') index++;
            else if (text[index] == ',')
            {
                yield return text[start..index];
                start = index + 1;
            }
        }
        yield return text[start..];
    }

    private static Term ReadTerm(string part)
    {
        for (var index = 0; index < part.Length; index++)
        {
            if (part[index] == '\\')
            {
                index++;
                continue;
            }
            foreach (var (mark, equal) in (ReadOnlySpan<(string, bool)>)[("!=", false), ("==", true), ("=", true)])
                if (part.AsSpan(index).StartsWith(mark, StringComparison.Ordinal))
                    return new Term(part[..index], equal, Unescape(part[(index + mark.Length)..]));
        }
        throw new ApiStatusException(ApiStatus.BadRequest($"invalid selector: '{part}'; can't understand '{part}'"));
    }

    private static string Unescape(string value)
    {
        var result = new StringBuilder(value.Length);
        for (var index = 0; index < value.Length; index++)
        {
            if (value[index] == '\\')
            {
                if (++index == value.Length || value[index] is not ('\\' or ',' or '='))
                    throw new ApiStatusException(ApiStatus.BadRequest($"invalid field selector: invalid escape sequence in '{value}'"));
            }
            else if (value[index] is ',' or '=')
            {
                throw new ApiStatusException(ApiStatus.BadRequest($"invalid field selector: unescaped character in value: '{value[index]}'"));
            }
            result.Append(value[index]);
        }
        return result.ToString();
    }

    private readonly record struct Term(string Path, bool Equal, string Value);
}
