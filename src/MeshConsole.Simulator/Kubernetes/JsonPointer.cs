using System.Globalization;
using System.Text.Json.Nodes;

namespace MeshConsole.Simulator.Kubernetes;

/// <summary>RFC 6901: where a JSON patch points to.</summary>
internal sealed class JsonPointer
{
    private JsonPointer(string text, string[] tokens) => (Text, Tokens) = (text, tokens);

    public string Text { get; }

    public IReadOnlyList<string> Tokens { get; }

    public bool IsRoot => Tokens.Count == 0;

    public string Last => Tokens[^1];

    /// <summary>Throws <see cref="JsonPatchException"/> when the text is not a pointer.</summary>
    public static JsonPointer Parse(string text)
    {
        if (text.Length == 0) return new JsonPointer(text, []);
        if (text[0] != '/') throw new JsonPatchException($"path \"{text}\" does not begin with a slash");
        return new JsonPointer(text, [.. text[1..].Split('/').Select(Unescape)]);
    }

    /// <summary>A token as a pointer spells it.</summary>
    public static string Escape(string token) => token.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    /// <summary>The parent of the place; throws when the way there does not exist.</summary>
    public JsonNode Parent(JsonNode? root)
    {
        var node = root;
        for (var index = 0; index < Tokens.Count - 1; index++)
            node = Child(node, Tokens[index], out var found) is { } child && found ? child : throw Missing();
        return node is JsonObject or JsonArray ? node : throw Missing();
    }

    /// <summary>The value at the place (which may be JSON null); throws when there is none.</summary>
    public JsonNode? Get(JsonNode? root)
    {
        if (IsRoot) return root;
        var value = Child(Parent(root), Last, out var found);
        return found ? value : throw Missing();
    }

    /// <summary>The index that a token names in an array; <paramref name="limit"/> is the first that is out of range.</summary>
    public static bool TryIndex(string token, int limit, out int index)
    {
        index = 0;
        // No sign, no leading zero: RFC 6901 section 4.
        if (token.Length == 0 || (token.Length > 1 && token[0] == '0')) return false;
        return int.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out index) && index < limit;
    }

    public JsonPatchException Missing() => new($"path \"{Text}\" does not exist");

    private static JsonNode? Child(JsonNode? node, string token, out bool found)
    {
        switch (node)
        {
            case JsonObject parent:
                found = parent.TryGetPropertyValue(token, out var member);
                return member;
            case JsonArray list when TryIndex(token, list.Count, out var index):
                found = true;
                return list[index];
            default:
                found = false;
                return null;
        }
    }

    private static string Unescape(string token)
    {
        for (var index = token.IndexOf('~', StringComparison.Ordinal); index >= 0; index = token.IndexOf('~', index + 1))
            if (index + 1 == token.Length || token[index + 1] is not ('0' or '1')) throw new JsonPatchException($"\"{token}\" holds a tilde that is not followed by 0 or 1");
        return token.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
    }
}
