using MeshConsole.Components;

namespace MeshConsole.Tests.Components;

/// <summary>What a text may do to the direction of its neighbours.</summary>
public sealed class BidirectionalTests
{
    private const char Open = '\u2068';
    private const char Close = '\u2069';

    [Theory]
    [InlineData("payments/card-processor — 5\u202f% › “x” 💥", "payments/card-processor — 5\u202f% › “x” 💥")]
    [InlineData("אב", "\u2068אב\u2069")]
    [InlineData("אב 50 %", "\u2068אב\u2069 50 %")] // The number stays where the reader of the sentence expects it.
    [InlineData("calls to אב גד fail", "calls to \u2068אב גד\u2069 fail")]
    [InlineData("אב or مرحبا", "\u2068אב\u2069 or \u2068مرحبا\u2069")]
    [InlineData("\u202egpj.exe", "\ufffdgpj.exe")]
    [InlineData("a\u2069b", "a\ufffdb")] // Would close the isolate around it.
    [InlineData("a\u2067b", "a\ufffdb")] // Would never end.
    [InlineData("\u2067אב\u2069 5", "\u2067אב\u2069 5")]
    [InlineData("\u2068a\u202eb\u2069", "\u2068a\ufffdb\u2069")]
    [InlineData("zero\u200bwidth\u00adhyphen\u0007\u2028", "zero\ufffdwidth\ufffdhyphen\ufffd\ufffd")]
    [InlineData("line\nline\ttab", "line\nline\ttab")]
    public void Isolated_KeepsTheDirectionToItself(string text, string expected) => Bidirectional.Isolated(text).ShouldBe(expected);

    [Fact]
    public void Isolated_OfHalfAPair_IsText() => Bidirectional.Isolated("a\ud800b").ShouldBe("a\ufffdb");

    [Fact]
    public void Isolated_AnyText_IsClosedAndLosesNoLetter()
    {
        string[] pieces = ["a", "Z", "5", " ", "%", "/", "א", "ب", "\U0001e900", "\u0300", "\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066", "\u2067", "\u2068", "\u2069", "\u200f", "\u061c", "\ud83d", "💥", "\n"];
        var random = new Random(11);
        for (var i = 0; i < 20_000; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(1, 16)).Select(_ => pieces[random.Next(pieces.Length)]));
            var shown = Bidirectional.Isolated(text);
            var depth = 0;
            foreach (var character in shown)
            {
                depth += character is '\u2066' or '\u2067' or Open ? 1 : character == Close ? -1 : 0;
                depth.ShouldBeGreaterThanOrEqualTo(0, text);
                (character is (>= '\u202a' and <= '\u202e') or '\u200f' or '\u061c').ShouldBeFalse(text);
                if (character is 'א' or 'ب')
                {
                    depth.ShouldBeGreaterThan(0, text);
                }
            }

            depth.ShouldBe(0, text);
            Letters(shown).ShouldBe(Letters(text), text);
            Bidirectional.Isolated(shown).ShouldBe(shown, text);
        }

        static string Letters(string text) => string.Concat(text.Where(character => character is 'a' or 'Z' or '5' or ' ' or '%' or '/' or 'א' or 'ب'));
    }
}
