using System.Globalization;
using System.Text;

namespace MeshConsole.Components;

/// <summary>
/// Keeps the direction of a text of the cluster to itself: without this a name with a right-to-left override, or one in Hebrew or
/// Arabic, turns around the words and numbers that stand beside it. After the Unicode Bidirectional Algorithm
/// (https://www.unicode.org/reports/tr9/), which has isolates (U+2066 to U+2069) for this.
/// </summary>
public static class Bidirectional
{
    private const char FirstStrongIsolate = '\u2068';
    private const char EndOfIsolate = '\u2069';
    private const char Replacement = '\ufffd';

    /// <summary>
    /// The text with each stretch that runs from right to left as an isolate. What steers the direction, is invisible or controls a
    /// terminal becomes U+FFFD; isolates that are closed stay, so that doing it twice changes nothing more.
    /// </summary>
    public static string Isolated(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (IsPlain(text))
        {
            return text;
        }

        var closed = ClosedIsolates(text);
        var result = new StringBuilder(text.Length + 4);
        var depth = 0;

        // Within the result: where the stretch that is read began, and where its last letter from right to left ended.
        var (from, to) = (-1, -1);
        for (var at = 0; at < text.Length;)
        {
            if (IsIsolate(text[at]) && closed[at])
            {
                Close();
                depth += text[at] == EndOfIsolate ? -1 : 1;
                result.Append(text[at++]);
                continue;
            }

            if (Rune.DecodeFromUtf16(text.AsSpan(at), out var rune, out var length) != System.Buffers.OperationStatus.Done || IsUnseen(rune))
            {
                result.Append(Replacement);
                at += length;
                continue;
            }

            var start = result.Length;
            result.Append(text, at, length);
            at += length;
            if (depth > 0)
            {
                continue;
            }

            if (IsRightToLeft(rune))
            {
                (from, to) = (from < 0 ? start : from, result.Length);
            }
            else if (from >= 0 && Rune.IsLetter(rune))
            {
                Close();
            }
        }

        Close();
        return result.ToString();

        void Close()
        {
            if (from >= 0)
            {
                result.Insert(to, EndOfIsolate).Insert(from, FirstStrongIsolate);
                (from, to) = (-1, -1);
            }
        }
    }

    private static bool IsPlain(string text)
    {
        foreach (var character in text)
        {
            if (character is (< ' ' and not ('\t' or '\n' or '\r')) or '\u007f' or (>= '\u0080' and <= '\u009f') or '\u00ad' or (>= '\u0590' and <= '\u08ff') or '\u180e' or (>= '\u200b' and <= '\u200f')
                or (>= '\u2028' and <= '\u202e') or (>= '\u2060' and <= '\u206f') or >= '\ud800')
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Where an isolate begins or ends whose other end is in the text too.</summary>
    private static bool[] ClosedIsolates(string text)
    {
        var closed = new bool[text.Length];
        var open = new Stack<int>();
        for (var at = 0; at < text.Length; at++)
        {
            if (text[at] == EndOfIsolate)
            {
                if (open.TryPop(out var begin))
                {
                    closed[begin] = closed[at] = true;
                }
            }
            else if (IsIsolate(text[at]))
            {
                open.Push(at);
            }
        }

        return closed;
    }

    private static bool IsIsolate(char character) => character is >= '\u2066' and <= EndOfIsolate;

    private static bool IsUnseen(Rune rune) => rune.Value is not ('\t' or '\n' or '\r')
        && Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    /// <summary>The blocks whose letters are R or AL in the Unicode Character Database.</summary>
    private static bool IsRightToLeft(Rune rune) => rune.Value is (>= 0x0590 and <= 0x08ff) or (>= 0xfb1d and <= 0xfdff) or (>= 0xfe70 and <= 0xfeff) or (>= 0x10800 and <= 0x10fff) or (>= 0x1e800 and <= 0x1efff);
}
