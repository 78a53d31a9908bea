using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace MeshConsole.Mesh.Links;

/// <summary>
/// An address with placeholders, as configured: <c>https://grafana.example/d/x?var-ns={namespace}&amp;from={from}&amp;to={to}</c>.
/// What stands in for a placeholder is a name of the cluster and hostile: it is one that Kubernetes could have given, it is
/// encoded, and it never stands in the host.
/// </summary>
public sealed class LinkTemplate
{
    private const int LongestAddress = 2_000;
    private const int LongestValue = 253;

    private static readonly ImmutableArray<string> s_times = ["from", "to", "from.iso", "to.iso"];

    private static readonly FrozenDictionary<LinkSubject, ImmutableArray<string>> s_legal = new Dictionary<LinkSubject, ImmutableArray<string>>
    {
        [LinkSubject.Workload] = ["cluster", "namespace", "workload", .. s_times],
        [LinkSubject.Service] = ["cluster", "namespace", "service", .. s_times],
        [LinkSubject.Namespace] = ["cluster", "namespace", .. s_times],
        [LinkSubject.Edge] = ["cluster", "namespace", "source", "source.namespace", "destination", "service", .. s_times],
        [LinkSubject.Problem] = ["cluster", "namespace", "workload", "problem", .. s_times],
    }.ToFrozenDictionary();

    /// <summary>Literal text and placeholders by turns, beginning with text.</summary>
    private readonly ImmutableArray<string> _parts;

    private LinkTemplate(string name, LinkKind kind, LinkSubject subject, ImmutableArray<string> parts) => (Name, Kind, For, _parts) = (name, kind, subject, parts);

    /// <summary>What the link is called: <c>Grafana</c>.</summary>
    public string Name { get; }

    public LinkKind Kind { get; }

    public LinkSubject For { get; }

    /// <summary>Placeholders of a subject, without their braces.</summary>
    public static ImmutableArray<string> Legal(LinkSubject subject) => s_legal[subject];

    /// <summary>Reads a template.</summary>
    /// <param name="problem">What is wrong and what is legal, in words; null when nothing is.</param>
    public static bool TryParse(string name, LinkKind kind, LinkSubject subject, string address, [NotNullWhen(true)] out LinkTemplate? template, [NotNullWhen(false)] out string? problem)
    {
        ArgumentNullException.ThrowIfNull(address);
        template = null;
        problem = Split(address, subject, out var parts) ?? Unsafe(address, parts);
        if (problem is not null)
        {
            return false;
        }

        template = new LinkTemplate(name, kind, subject, parts);
        return true;
    }

    /// <summary>The address for one subject; null where a value is not known, or is no name that could be one: then there is no link.</summary>
    public string? Fill(LinkContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var address = new StringBuilder();
        for (var i = 0; i < _parts.Length; i++)
        {
            if (i % 2 == 0)
            {
                address.Append(_parts[i]);
            }
            else if (context.Value(_parts[i]) is { } value && IsName(value))
            {
                address.Append(Uri.EscapeDataString(value));
            }
            else
            {
                return null;
            }
        }

        // The host is literal text of the configuration, so this can only fail if the rules above are wrong: then no link, and not a wrong one.
        var filled = address.ToString();
        return Uri.TryCreate(filled, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && string.Equals(uri.Authority, new Uri(_parts[0]).Authority, StringComparison.Ordinal) ? filled : null;
    }

    /// <summary>
    /// Letters, digits and the signs that names, hosts and times are made of. A quote or brace could leave the query that the
    /// template wraps it in, and a value of dots alone would climb up the path.
    /// </summary>
    private static bool IsName(string value) =>
        value.Length is > 0 and <= LongestValue
        && value.Any(char.IsAsciiLetterOrDigit)
        && value.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '.' or ':' or '/' or '+' or '|');

    private static string? Split(string address, LinkSubject subject, out ImmutableArray<string> parts)
    {
        var split = ImmutableArray.CreateBuilder<string>();
        parts = [];
        if (address.Length > LongestAddress)
        {
            return $"an address of at most {LongestAddress} characters is expected";
        }

        var at = 0;
        while (address.IndexOf('{', at) is var open and >= 0)
        {
            var close = address.IndexOf('}', open);
            if (close < 0)
            {
                return "a '{' is not closed; braces that are not placeholders are written %7B and %7D";
            }

            var placeholder = address[(open + 1)..close];
            if (!s_legal[subject].Contains(placeholder, StringComparer.Ordinal))
            {
                return $"the placeholder '{{{placeholder[..Math.Min(placeholder.Length, 40)]}}}' is not known for {subject}; legal are {string.Join(", ", s_legal[subject].Select(legal => $"{{{legal}}}"))}, and braces that are none are written %7B and %7D";
            }

            split.Add(address[at..open]);
            split.Add(placeholder);
            at = close + 1;
        }

        split.Add(address[at..]);
        parts = split.ToImmutable();
        return null;
    }

    private static string? Unsafe(string address, ImmutableArray<string> parts)
    {
        const string Expected = "an absolute http or https address without user name is expected, for example https://grafana.example/d/mesh?var-namespace={namespace}";
        if (address.Any(character => char.IsControl(character) || char.IsWhiteSpace(character) || character is '"' or '<' or '>' or '\\' or '`'))
        {
            return $"{Expected}; blanks, quotes, angle brackets and backslashes are written with %";
        }

        // Up to the first placeholder scheme and host must stand as they are, ended by a slash or a question mark.
        var head = parts[0];
        var host = head.IndexOf("://", StringComparison.Ordinal) is var scheme and > 0 ? head[(scheme + 3)..] : "";
        if (parts.Length > 1 && !host.AsSpan().ContainsAny('/', '?', '#'))
        {
            return "placeholders may stand in path, query and fragment, not in scheme, host or port: a name from the cluster would decide where the link leads";
        }

        return Uri.TryCreate(head, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.Host.Length > 0 && uri.UserInfo.Length == 0 ? null : Expected;
    }
}
