using System.Text.Json;
using System.Text.Json.Serialization;

namespace MeshConsole.Mesh.Storage;

/// <summary>How documents are written into the database: names as in the code, enums by name, nothing that can be worked out again.</summary>
internal static class StoredJson
{
    private static readonly JsonSerializerOptions s_options = new()
    {
        IgnoreReadOnlyProperties = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter() },
    };

    public static string Write<T>(T value) => JsonSerializer.Serialize(value, s_options);

    /// <param name="what">For the message: which document.</param>
    /// <exception cref="StorageException">The text is not such a document.</exception>
    public static T Read<T>(string json, string what)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, s_options) ?? throw new JsonException("the document is null");
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException)
        {
            throw new StorageException(StorageFault.Damaged, $"{what} cannot be read from the database: {exception.Message} It was changed by hand or is damaged; restore it from a backup.", exception);
        }
    }
}
