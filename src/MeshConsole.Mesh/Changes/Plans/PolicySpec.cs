using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using MeshConsole.Mesh.Audit;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Mtls.Readiness;

namespace MeshConsole.Mesh.Changes.Plans;

/// <summary>
/// The one place of a PeerAuthentication's spec that a change is about: <c>mtls.mode</c>, or for a port
/// <c>portLevelMtls.&lt;port&gt;.mode</c>. Everything beside it stays as it is.
/// </summary>
internal static class PolicySpec
{
    /// <summary>Names of the members on the way to the mode.</summary>
    public static string[] Path(StrictScope scope) => scope.Port is { } port
        ? ["portLevelMtls", port.ToString(CultureInfo.InvariantCulture), "mode"]
        : ["mtls", "mode"];

    /// <summary>The mode as it stands in a spec; null when the spec says none.</summary>
    public static string? ModeOf(JsonElement spec, StrictScope scope)
    {
        foreach (var member in Path(scope))
        {
            spec = spec.Get(member);
        }

        return spec.Text();
    }

    /// <summary>Canonical JSON, which two specs share exactly when they say the same.</summary>
    public static string Canonical(JsonElement spec) => CanonicalJson.Write(spec);

    public static JsonElement Parse(string canonical)
    {
        using var document = JsonDocument.Parse(canonical, new JsonDocumentOptions { MaxDepth = 256 });
        return document.RootElement.Clone();
    }

    /// <summary>A copy of the spec that says this mode; null takes the mode out, and what it leaves empty with it.</summary>
    public static JsonObject WithMode(JsonElement spec, StrictScope scope, string? mode) => With(spec, scope, mode is null ? null : JsonValue.Create(mode), default);

    /// <summary>A copy of the spec whose mode is that of another one, absent where it is absent there.</summary>
    public static JsonObject WithModeOf(JsonElement spec, StrictScope scope, JsonElement other)
    {
        var mode = other;
        foreach (var member in Path(scope))
        {
            mode = mode.Get(member);
        }

        return With(spec, scope, mode.IsPresent() ? JsonNode.Parse(mode.GetRawText()) : null, other);
    }

    /// <param name="like">What is empty and stands here too is left.</param>
    private static JsonObject With(JsonElement spec, StrictScope scope, JsonNode? mode, JsonElement like)
    {
        var copy = spec.IsObject() ? JsonNode.Parse(spec.GetRawText(), documentOptions: new JsonDocumentOptions { MaxDepth = 256 })!.AsObject() : [];
        var path = Path(scope);
        var parents = new List<JsonObject> { copy };
        foreach (var member in path[..^1])
        {
            if (parents[^1][member] is not JsonObject next)
            {
                if (mode is null)
                {
                    return copy;
                }

                parents[^1][member] = next = [];
            }

            parents.Add(next);
        }

        if (mode is not null)
        {
            parents[^1][path[^1]] = mode;
            return copy;
        }

        parents[^1].Remove(path[^1]);
        for (var depth = parents.Count - 1; depth > 0 && parents[depth].Count == 0 && !Stands(like, path[..depth]); depth--)
        {
            parents[depth - 1].Remove(path[depth - 1]);
        }

        return copy;
    }

    private static bool Stands(JsonElement spec, string[] path)
    {
        foreach (var member in path)
        {
            spec = spec.Get(member);
        }

        return spec.IsObject();
    }
}
