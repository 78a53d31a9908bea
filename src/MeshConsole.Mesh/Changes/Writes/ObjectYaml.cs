using System.Globalization;
using System.Text;
using System.Text.Json;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace MeshConsole.Mesh.Changes.Writes;

/// <summary>
/// An object as YAML for people: in the order of the object, without <c>managedFields</c> and <c>status</c>. Text that could be
/// taken for another type is quoted, and characters that hide or turn text around are written as escapes, so that what a reader
/// sees is what is there.
/// </summary>
public static class ObjectYaml
{
    public static string Write(JsonElement @object)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        var emitter = new Emitter(text, EmitterSettings.Default.WithBestWidth(int.MaxValue).WithoutAnchorName());
        emitter.Emit(new StreamStart());
        emitter.Emit(new DocumentStart(null, null, isImplicit: true));
        Emit(emitter, @object, depth: 0, "");
        emitter.Emit(new DocumentEnd(isImplicit: true));
        emitter.Emit(new StreamEnd());
        return Visible(text.ToString());
    }

    private static void Emit(Emitter emitter, JsonElement value, int depth, string parent)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                emitter.Emit(new MappingStart(AnchorName.Empty, TagName.Empty, isImplicit: true, value.EnumerateObject().Any() ? MappingStyle.Block : MappingStyle.Flow));
                foreach (var member in value.EnumerateObject())
                {
                    if ((depth == 0 && member.NameEquals("status")) || (depth == 1 && parent == "metadata" && member.NameEquals("managedFields")))
                    {
                        continue;
                    }

                    EmitText(emitter, member.Name, isKey: true);
                    Emit(emitter, member.Value, depth + 1, member.Name);
                }

                emitter.Emit(new MappingEnd());
                break;
            case JsonValueKind.Array:
                emitter.Emit(new SequenceStart(AnchorName.Empty, TagName.Empty, isImplicit: true, value.GetArrayLength() > 0 ? SequenceStyle.Block : SequenceStyle.Flow));
                foreach (var item in value.EnumerateArray())
                {
                    Emit(emitter, item, depth + 1, "");
                }

                emitter.Emit(new SequenceEnd());
                break;
            case JsonValueKind.String:
                EmitText(emitter, value.GetString()!, isKey: false);
                break;
            default:
                emitter.Emit(new Scalar(AnchorName.Empty, TagName.Empty, value.GetRawText(), ScalarStyle.Plain, isPlainImplicit: true, isQuotedImplicit: false));
                break;
        }
    }

    private static void EmitText(Emitter emitter, string text, bool isKey)
    {
        var plain = text.Length > 0 && (char.IsAsciiLetter(text[0]) || text[0] is '/' or '_') && !IsOtherType(text) && IsPlain(text, isKey);
        emitter.Emit(new Scalar(AnchorName.Empty, TagName.Empty, text, plain ? ScalarStyle.Plain : ScalarStyle.DoubleQuoted, isPlainImplicit: plain, isQuotedImplicit: !plain));
    }

    private static bool IsPlain(string text, bool isKey)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            var harmless = char.IsAsciiLetterOrDigit(c)
                || c is '.' or '/' or '_' or '-' or '+' or '@' or '(' or ')' or '=' or '~' or '$' or ';'
                || (c == ' ' && !isKey && i + 1 < text.Length && text[i + 1] is not (' ' or '#'))
                || (c == ',' && !isKey)
                || (c == ':' && !isKey && i + 1 < text.Length && text[i + 1] != ' ');
            if (!harmless)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Words that a YAML 1.1 reader takes for something else than text. Numbers begin with no letter, but for these.</summary>
    private static bool IsOtherType(string text) => text.ToLowerInvariant() is "true" or "false" or "yes" or "no" or "on" or "off" or "y" or "n" or "null";

    /// <summary>What stands outside of ASCII is in double quotes here, so that an escape is the same character.</summary>
    private static string Visible(string yaml)
    {
        var visible = new StringBuilder(yaml.Length);
        foreach (var rune in yaml.EnumerateRunes())
        {
            var hidden = rune.Value != '\n' && Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned;
            if (hidden)
            {
                visible.Append(rune.Value > 0xFFFF ? "\\U" : "\\u").Append(rune.Value.ToString(rune.Value > 0xFFFF ? "X8" : "X4", CultureInfo.InvariantCulture));
            }
            else
            {
                visible.Append(rune.ToString());
            }
        }

        return visible.ToString();
    }
}
