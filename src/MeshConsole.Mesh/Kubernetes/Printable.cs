using System.Text;

namespace MeshConsole.Mesh.Kubernetes;

/// <summary>Text of the cluster made fit for a log line or a sentence: one line, no control characters, not endless.</summary>
internal static class Printable
{
    public static string Text(string text, int longest)
    {
        var printable = new StringBuilder(Math.Min(text.Length, longest) + 1);
        foreach (var rune in text.EnumerateRunes())
        {
            if (printable.Length + rune.Utf16SequenceLength > longest)
            {
                printable.Append('…');
                break;
            }

            // Control and format characters also turn the direction of text around or hide parts of it.
            var category = Rune.GetUnicodeCategory(rune);
            var harmless = category is not (System.Globalization.UnicodeCategory.Control
                or System.Globalization.UnicodeCategory.Format
                or System.Globalization.UnicodeCategory.LineSeparator
                or System.Globalization.UnicodeCategory.ParagraphSeparator);
            if (harmless)
            {
                printable.Append(rune.ToString());
            }
            else
            {
                printable.Append(' ');
            }
        }

        return printable.ToString();
    }
}
