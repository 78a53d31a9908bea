using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MeshConsole.Simulator.Kubernetes;

/// <summary>Where a paged list goes on, in the form that Kubernetes uses (clients must not look into it).</summary>
/// <param name="Version">The version of the first page, or -1 to go on with whatever is there now.</param>
/// <param name="Start">The first path, relative to the listed namespace, that the next page may hold.</param>
internal readonly record struct ContinueToken(long Version, string Start)
{
    private const string Format = "meta.k8s.io/v1";

    public string Encode()
    {
        var json = new JsonObject { ["v"] = Format, ["rv"] = Version, ["start"] = Start };
        return Base64Url.EncodeToString(KubernetesJson.Write(json));
    }

    /// <summary>Throws 400 when the text is not a token.</summary>
    public static ContinueToken Decode(string text)
    {
        try
        {
            var json = KubernetesJson.ParseObject(Base64Url.DecodeFromChars(text));
            if (json.Text("v") != Format) throw new ApiStatusException(ApiStatus.BadRequest("continue key is not valid: server does not recognize this encoded version"));
            var version = json["rv"] is JsonValue value && value.TryGetValue<long>(out var number) ? number : 0;
            if (version is 0 or < -1 || json.Text("start") is not { Length: > 0 } start)
                throw new ApiStatusException(ApiStatus.BadRequest("continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)"));
            return new ContinueToken(version, start);
        }
        catch (Exception exception) when (exception is FormatException or JsonException or DecoderFallbackException)
        {
            throw new ApiStatusException(ApiStatus.BadRequest("continue key is not valid: " + exception.Message), exception);
        }
    }
}
