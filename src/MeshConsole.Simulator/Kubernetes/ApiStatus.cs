using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace MeshConsole.Simulator.Kubernetes;

/// <summary>The answer of an API server that refuses: a <c>Status</c> object with its HTTP code.</summary>
/// <param name="Code">The HTTP status code.</param>
/// <param name="Reason">The machine-readable word (<c>NotFound</c>, <c>Conflict</c>…); empty where a server gives none.</param>
/// <param name="Message">The sentence for people.</param>
public sealed record ApiStatus(int Code, string Reason, string Message)
{
    /// <summary>What it is about; null where a server sends no details at all.</summary>
    public ApiStatusDetails? Details { get; init; }

    /// <summary>A token with which a list that has grown too old can be continued all the same.</summary>
    public string? Continue { get; init; }

    public static ApiStatus NotFound(ResourceType type, string name)
    {
        ArgumentNullException.ThrowIfNull(type);
        return new(404, "NotFound", $"{type.QualifiedName} \"{name}\" not found") { Details = Of(type, name) };
    }

    public static ApiStatus AlreadyExists(ResourceType type, string name)
    {
        ArgumentNullException.ThrowIfNull(type);
        return new(409, "AlreadyExists", $"{type.QualifiedName} \"{name}\" already exists") { Details = Of(type, name) };
    }

    public static ApiStatus Modified(ResourceType type, string name) =>
        Conflict(type, name, "the object has been modified; please apply your changes to the latest version and try again");

    public static ApiStatus Conflict(ResourceType type, string name, string why)
    {
        ArgumentNullException.ThrowIfNull(type);
        return new(409, "Conflict", $"Operation cannot be fulfilled on {type.QualifiedName} \"{name}\": {why}") { Details = Of(type, name) };
    }

    /// <summary>422 with one cause per fault, in the words of Kubernetes's field validation.</summary>
    public static ApiStatus Invalid(ResourceType type, string name, params ImmutableArray<ApiStatusCause> causes)
    {
        ArgumentNullException.ThrowIfNull(type);
        return Invalid(type.Group, type.Kind, name, causes);
    }

    public static ApiStatus Invalid(string group, string kind, string name, params ImmutableArray<ApiStatusCause> causes)
    {
        var faults = causes.Select(cause => $"{cause.Field}: {cause.Message}").ToArray();
        var text = faults.Length == 1 ? faults[0] : "[" + string.Join(", ", faults) + "]";
        var qualified = group.Length == 0 ? kind : $"{kind}.{group}";
        return new(422, "Invalid", $"{qualified} \"{name}\" is invalid: {text}")
        {
            Details = new ApiStatusDetails { Name = name, Group = group, Kind = kind, Causes = causes },
        };
    }

    public static ApiStatus BadRequest(string message) => new(400, "BadRequest", message);

    /// <summary>410: the asked version is no longer kept.</summary>
    public static ApiStatus Expired(string message) => new(410, "Expired", message);

    /// <summary>404 for a path that leads to no resource.</summary>
    public static ApiStatus NoSuchResource { get; } =
        new(404, "NotFound", "the server could not find the requested resource") { Details = new ApiStatusDetails() };

    public static ApiStatus MethodNotAllowed { get; } =
        new(405, "MethodNotAllowed", "the server does not allow this method on the requested resource") { Details = new ApiStatusDetails() };

    public static ApiStatus Unauthorized { get; } = new(401, "Unauthorized", "Unauthorized");

    public JsonObject ToJson()
    {
        var metadata = new JsonObject();
        if (Continue is not null) metadata["continue"] = Continue;
        var json = new JsonObject
        {
            ["kind"] = "Status",
            ["apiVersion"] = "v1",
            ["metadata"] = metadata,
            ["status"] = Code < 400 ? "Success" : "Failure",
        };
        if (Message.Length > 0) json["message"] = Message;
        if (Reason.Length > 0) json["reason"] = Reason;
        if (Details is not null) json["details"] = Details.ToJson();
        json["code"] = Code;
        return json;
    }

    internal static ApiStatusDetails Of(ResourceType type, string name) => new() { Name = name, Group = type.Group, Kind = type.Plural };
}
