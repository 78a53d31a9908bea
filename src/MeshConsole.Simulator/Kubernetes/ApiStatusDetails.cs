using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace MeshConsole.Simulator.Kubernetes;

/// <summary>What a <see cref="ApiStatus"/> is about. Empty members are left out on the wire.</summary>
public sealed record ApiStatusDetails
{
    public string Name { get; init; } = "";

    public string Group { get; init; } = "";

    /// <summary>The plural of the resource, or for 422 the kind.</summary>
    public string Kind { get; init; } = "";

    public string Uid { get; init; } = "";

    public ImmutableArray<ApiStatusCause> Causes { get; init; } = [];

    /// <summary>Seconds after which to try again; zero for no advice.</summary>
    public int RetryAfterSeconds { get; init; }

    internal JsonObject ToJson()
    {
        var json = new JsonObject();
        if (Name.Length > 0) json["name"] = Name;
        if (Group.Length > 0) json["group"] = Group;
        if (Kind.Length > 0) json["kind"] = Kind;
        if (Uid.Length > 0) json["uid"] = Uid;
        if (Causes.Length > 0) json["causes"] = new JsonArray([.. Causes.Select(cause => cause.ToJson())]);
        if (RetryAfterSeconds > 0) json["retryAfterSeconds"] = RetryAfterSeconds;
        return json;
    }
}
