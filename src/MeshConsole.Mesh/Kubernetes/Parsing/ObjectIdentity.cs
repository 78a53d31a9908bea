using System.Text.Json;

namespace MeshConsole.Mesh.Kubernetes.Parsing;

/// <summary>
/// Namespace, name and version of any object, read leniently: it is what is left to say about one that cannot be read,
/// and what a bookmark carries.
/// </summary>
internal readonly record struct ObjectIdentity(string Namespace, string Name, string ResourceVersion)
{
    public static ObjectIdentity Read(ReadOnlySpan<byte> utf8Json)
    {
        var @namespace = "";
        var name = "";
        var resourceVersion = "";
        try
        {
            var reader = JsonReading.Open(utf8Json);
            while (reader.NextProperty())
            {
                if (!reader.ValueTextEquals("metadata"u8))
                {
                    reader.SkipValue();
                    continue;
                }

                reader.Read();
                if (reader.TokenType != JsonTokenType.StartObject)
                {
                    break;
                }

                while (reader.NextProperty())
                {
                    var field = reader.ValueTextEquals("namespace"u8) ? 1 : reader.ValueTextEquals("name"u8) ? 2 : reader.ValueTextEquals("resourceVersion"u8) ? 3 : 0;
                    reader.Read();
                    if (field > 0 && reader.TokenType == JsonTokenType.String)
                    {
                        var text = reader.GetString() ?? "";
                        (@namespace, name, resourceVersion) = field switch
                        {
                            1 => (text, name, resourceVersion),
                            2 => (@namespace, text, resourceVersion),
                            _ => (@namespace, name, text),
                        };
                    }
                    else
                    {
                        reader.Skip();
                    }
                }

                break;
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or MalformedObjectException)
        {
            // What was read so far has to do.
        }

        return new ObjectIdentity(@namespace, name, resourceVersion);
    }
}
