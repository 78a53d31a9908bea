using System.Collections.Immutable;
using System.Text;

namespace MeshConsole.Mesh.Topology.Find;

/// <summary>Cuts an expression into its words. Everything that is no sign of the language belongs to a word.</summary>
internal static class FindLexer
{
    private const string Signs = "()=!<>~&|\"'";

    /// <summary>The words, ended by <see cref="FindTokenKind.End"/>; or what is wrong.</summary>
    public static (ImmutableArray<FindToken> Tokens, FindFault? Fault) Read(string text)
    {
        var tokens = ImmutableArray.CreateBuilder<FindToken>();
        var at = 0;
        while (true)
        {
            while (at < text.Length && char.IsWhiteSpace(text[at]))
            {
                at++;
            }

            if (at == text.Length)
            {
                tokens.Add(new FindToken(FindTokenKind.End, "", at, 1));
                return (tokens.ToImmutable(), null);
            }

            if (text[at] is '"' or '\'')
            {
                if (Quoted(text, at) is not { } quoted)
                {
                    return ([], new FindFault(at, text.Length - at, "The quote is not closed."));
                }

                tokens.Add(quoted);
                at += quoted.Length;
                continue;
            }

            var token = Signs.Contains(text[at]) ? Sign(text, at) : Word(text, at);
            if (token is not { } known)
            {
                return ([], new FindFault(at, 1, $"'{text[at]}' alone means nothing here; and is written 'and' or '&&', or is written 'or' or '||'."));
            }

            tokens.Add(known);
            at += known.Length;
        }
    }

    private static FindToken? Sign(string text, int at)
    {
        var two = at + 1 < text.Length ? text.AsSpan(at, 2) : text.AsSpan(at, 1);
        return two switch
        {
            "&&" => new FindToken(FindTokenKind.And, "&&", at, 2),
            "||" => new FindToken(FindTokenKind.Or, "||", at, 2),
            "!=" or "<=" or ">=" or "!~" => new FindToken(FindTokenKind.Operator, two.ToString(), at, 2),
            "==" => new FindToken(FindTokenKind.Operator, "=", at, 2),
            "=~" => new FindToken(FindTokenKind.Operator, "~", at, 2),
            _ => text[at] switch
            {
                '(' => new FindToken(FindTokenKind.Open, "(", at, 1),
                ')' => new FindToken(FindTokenKind.Close, ")", at, 1),
                '!' => new FindToken(FindTokenKind.Not, "!", at, 1),
                '=' or '<' or '>' or '~' => new FindToken(FindTokenKind.Operator, text[at].ToString(), at, 1),
                _ => null,
            },
        };
    }

    private static FindToken Word(string text, int at)
    {
        var end = at;
        while (end < text.Length && !char.IsWhiteSpace(text[end]) && !Signs.Contains(text[end]))
        {
            end++;
        }

        var word = text[at..end];
        var kind = word.ToLowerInvariant() switch
        {
            "and" => FindTokenKind.And,
            "or" => FindTokenKind.Or,
            "not" => FindTokenKind.Not,
            "contains" => FindTokenKind.Operator,
            _ => FindTokenKind.Word,
        };
        return new FindToken(kind, kind == FindTokenKind.Operator ? "contains" : word, at, end - at);
    }

    private static FindToken? Quoted(string text, int at)
    {
        var word = new StringBuilder();
        for (var i = at + 1; i < text.Length; i++)
        {
            if (text[i] == text[at])
            {
                return new FindToken(FindTokenKind.Quoted, word.ToString(), at, i - at + 1);
            }

            // Only a quote and the backslash itself are escaped: a regular expression keeps its backslashes.
            if (text[i] == '\\' && i + 1 < text.Length && (text[i + 1] == text[at] || text[i + 1] == '\\'))
            {
                i++;
            }

            word.Append(text[i]);
        }

        return null;
    }
}
