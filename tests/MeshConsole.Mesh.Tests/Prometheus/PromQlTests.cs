using System.Text;
using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using MeshConsole.Mesh.Prometheus;

namespace MeshConsole.Mesh.Tests.Prometheus;

public sealed class PromQlTests
{
    [Theory]
    [InlineData("ledger", "\"ledger\"")]
    [InlineData("", "\"\"")]
    [InlineData("a\"} or up{job=\"b", "\"a\\\"} or up{job=\\\"b\"")]
    [InlineData("back\\slash", "\"back\\\\slash\"")]
    [InlineData("line\nfeed\r\t\0\u007f", "\"line\\nfeed\\r\\t\\x00\\x7f\"")]
    [InlineData("<b>é€</b>", "\"<b>é€</b>\"")]
    public void LabelValue_IsALiteral(string value, string literal) => PromQl.LabelValue(value).ShouldBe(literal);

    [Fact]
    public void LabelValue_AnyText_ReadsBackAsItself() => Prop.ForAll<string?>(text =>
    {
        var value = text ?? "";
        var literal = PromQl.LabelValue(value);
        literal[0].ShouldBe('"');
        literal[^1].ShouldBe('"');
        Unquote(literal[1..^1]).ShouldBe(Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(value)));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void LabelValue_HostileText_CannotEndTheLiteral()
    {
        var hostile = from parts in Gen.Elements("\"", "\\", "\n", "}", "{", "\\\"", "`", "'", "\\x22", "or vector(1)", "a", "\u2028", "\ud800").ListOf()
                      select string.Concat(parts);
        Prop.ForAll(Arb.From(hostile), value =>
        {
            var literal = PromQl.LabelValue(value);

            // Read as Prometheus's lexer does: the first quote that no backslash escapes ends the string, a line end is an error.
            var end = 1;
            while (literal[end] != '"')
            {
                literal[end].ShouldNotBe('\n');
                end += literal[end] == '\\' ? 2 : 1;
            }

            end.ShouldBe(literal.Length - 1);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void RegexAlternatives_MatchExactlyTheValues()
    {
        string[] values = ["a.b", "x|y", "(z)", "c+", "[d]", "e\\f", "g$", "^h", "i{2}", "j*?", "k-l"];
        var pattern = new Regex("^(?:" + Unquote(PromQl.RegexAlternatives(values)[1..^1]) + ")$", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));

        values.ShouldAllBe(value => pattern.IsMatch(value));
        foreach (var other in (string[])["axb", "x", "y", "z", "cc", "d", "ii", "", "k", ".*"])
        {
            pattern.IsMatch(other).ShouldBeFalse(other);
        }
    }

    [Fact]
    public void RegexAlternatives_AreSortedAndDistinct() => PromQl.RegexAlternatives(["b", "a", "b"]).ShouldBe("\"a|b\"");

    [Fact]
    public void RegexAlternatives_OfNothing_MatchNothing() => PromQl.RegexAlternatives([]).ShouldBe("\"[^\\\\x00-\\\\x{10FFFF}]\"");

    [Theory]
    [InlineData(60_000, "60s")]
    [InlineData(1_500, "1500ms")]
    [InlineData(86_400_000, "86400s")]
    public void Duration_IsWholeSecondsOrMilliseconds(int milliseconds, string text) => PromQl.Duration(TimeSpan.FromMilliseconds(milliseconds)).ShouldBe(text);

    /// <summary>Undoes the escapes of a Go string literal, written from Go's rules and not from the code under test.</summary>
    private static string Unquote(string literal)
    {
        var text = new StringBuilder();
        for (var i = 0; i < literal.Length; i++)
        {
            if (literal[i] != '\\')
            {
                text.Append(literal[i]);
                continue;
            }

            i++;
            switch (literal[i])
            {
                case 'n':
                    text.Append('\n');
                    break;
                case 'r':
                    text.Append('\r');
                    break;
                case 't':
                    text.Append('\t');
                    break;
                case 'x':
                    text.Append((char)Convert.ToInt32(literal.Substring(i + 1, 2), 16));
                    i += 2;
                    break;
                case '"' or '\\':
                    text.Append(literal[i]);
                    break;
                default:
                    throw new FormatException($"Go knows no escape \\{literal[i]}.");
            }
        }

        return text.ToString();
    }
}
