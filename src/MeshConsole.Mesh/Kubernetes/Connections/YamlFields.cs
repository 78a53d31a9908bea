using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace MeshConsole.Mesh.Kubernetes.Connections;

/// <summary>A mapping of a YAML file, read field by field with errors that say file, line and field.</summary>
internal sealed class YamlFields(string file, string path, YamlMappingNode node)
{
    public string File => file;

    /// <summary>Where in the file this is, for people: <c>users[payments].user</c>.</summary>
    public string Path => path;

    /// <summary>The text of a field; null when absent, null or empty.</summary>
    public string? Text(string field)
    {
        switch (Find(field))
        {
            case null:
                return null;
            case YamlScalarNode scalar:
                return IsNull(scalar) || string.IsNullOrEmpty(scalar.Value) ? null : scalar.Value;
            case var other:
                throw Wrong(field, other, "a text");
        }
    }

    public bool Flag(string field)
    {
        var text = Text(field);
        return text switch
        {
            null or "false" or "False" or "FALSE" => false,
            "true" or "True" or "TRUE" => true,
            _ => throw Wrong(field, Find(field)!, "true or false"),
        };
    }

    public YamlFields? Fields(string field) => Find(field) switch
    {
        null => null,
        YamlMappingNode mapping => new YamlFields(file, $"{path}.{field}".TrimStart('.'), mapping),
        YamlScalarNode scalar when IsNull(scalar) => null,
        var other => throw Wrong(field, other, "a mapping"),
    };

    public IEnumerable<YamlFields> List(string field)
    {
        switch (Find(field))
        {
            case null:
            case YamlScalarNode scalar when IsNull(scalar):
                yield break;
            case YamlSequenceNode sequence:
                var index = 0;
                foreach (var item in sequence.Children)
                {
                    var itemPath = $"{path}.{field}[{index++.ToString(CultureInfo.InvariantCulture)}]".TrimStart('.');
                    yield return item is YamlMappingNode mapping ? new YamlFields(file, itemPath, mapping) : throw Wrong(field, item, "a list of mappings");
                }

                break;
            case var other:
                throw Wrong(field, other, "a list");
        }
    }

    public ImmutableArray<string> Texts(string field)
    {
        switch (Find(field))
        {
            case null:
            case YamlScalarNode scalar when IsNull(scalar):
                return [];
            case YamlSequenceNode sequence:
                return [.. sequence.Children.Select(item => item is YamlScalarNode { Value: { } value } ? value : throw Wrong(field, item, "a list of texts"))];
            case var other:
                throw Wrong(field, other, "a list of texts");
        }
    }

    /// <summary>The field as JSON, by YAML's core schema; null when absent.</summary>
    public JsonNode? Json(string field) => Find(field) is { } found ? ToJson(found) : null;

    public KubeconfigException Wrong(string field, string problem) =>
        new(file, $"{path}.{field}".TrimStart('.') + $" (line {(Find(field)?.Start.Line ?? node.Start.Line).ToString(CultureInfo.InvariantCulture)}) {problem}");

    private KubeconfigException Wrong(string field, YamlNode found, string expected) =>
        new(file, $"{path}.{field}".TrimStart('.') + $" (line {found.Start.Line.ToString(CultureInfo.InvariantCulture)}) must be {expected}");

    private static bool IsNull(YamlScalarNode scalar) => scalar.Style == ScalarStyle.Plain && scalar.Value is null or "" or "~" or "null" or "Null" or "NULL";

    private YamlNode? Find(string field) =>
        node.Children.TryGetValue(new YamlScalarNode(field), out var found) ? found : null;

    private static JsonNode? ToJson(YamlNode yaml) => yaml switch
    {
        YamlMappingNode mapping => new JsonObject(mapping.Children.Select(child => KeyValuePair.Create(((YamlScalarNode)child.Key).Value ?? "", ToJson(child.Value)))),
        YamlSequenceNode sequence => new JsonArray([.. sequence.Children.Select(ToJson)]),
        YamlScalarNode { Style: ScalarStyle.Plain } scalar => Plain(scalar),
        YamlScalarNode scalar => JsonValue.Create(scalar.Value),
        _ => null,
    };

    private static JsonNode? Plain(YamlScalarNode scalar) => scalar.Value switch
    {
        _ when IsNull(scalar) => null,
        "true" or "True" or "TRUE" => JsonValue.Create(true),
        "false" or "False" or "FALSE" => JsonValue.Create(false),
        { } text when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) => JsonValue.Create(whole),
        { } text when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) => JsonValue.Create(number),
        { } text => JsonValue.Create(text),
        null => null,
    };
}
