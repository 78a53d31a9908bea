using System.Text.Json.Nodes;

namespace MeshConsole.Simulator.Kubernetes;

/// <summary>One fault of a refused object.</summary>
/// <param name="Reason"><c>FieldValueInvalid</c>, <c>FieldValueRequired</c>…</param>
/// <param name="Field">Dotted path, or empty.</param>
public sealed record ApiStatusCause(string Reason, string Message, string Field)
{
    /// <param name="value">The value as the message shows it, in JSON.</param>
    internal static ApiStatusCause InvalidValue(string field, string value, string why) => new("FieldValueInvalid", $"Invalid value: {value}: {why}", field);

    internal static ApiStatusCause Required(string field, string why) => new("FieldValueRequired", why.Length == 0 ? "Required value" : $"Required value: {why}", field);

    internal static ApiStatusCause Forbidden(string field, string why) => new("FieldValueForbidden", $"Forbidden: {why}", field);

    internal static ApiStatusCause NotSupported(string field, string value, string legal) =>
        new("FieldValueNotSupported", $"Unsupported value: {value}: supported values: {legal}", field);

    internal JsonObject ToJson()
    {
        var json = new JsonObject();
        if (Reason.Length > 0) json["reason"] = Reason;
        if (Message.Length > 0) json["message"] = Message;
        if (Field.Length > 0) json["field"] = Field;
        return json;
    }
}
