using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace MeshConsole.Simulator.Kubernetes;

/// <summary>One request on its way through the API server.</summary>
internal sealed class ApiCall(HttpContext http, ApiRequest request, ApiUser user, KubernetesApiOptions options)
{
    private const string JsonType = "application/json";

    public HttpContext Http { get; } = http;

    public ApiRequest Request { get; } = request;

    public ApiUser User { get; } = user;

    public KubernetesApiOptions Options { get; } = options;

    /// <summary>The namespace of the path; null for the whole cluster.</summary>
    public string? Namespace => Request.Namespace.Length == 0 ? null : Request.Namespace;

    public CancellationToken Aborted => Http.RequestAborted;

    public string? Query(string name) => Http.Request.Query.TryGetValue(name, out var values) && values.Count > 0 ? values[0] : null;

    /// <summary>As Kubernetes reads booleans of a query: present and neither "false" nor "0".</summary>
    public bool QueryFlag(string name) => Query(name) is { } text && text is not ("0" or "false" or "False" or "FALSE" or "f" or "F");

    public int QueryNumber(string name)
    {
        if (Query(name) is not { Length: > 0 } text) return 0;
        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new ApiStatusException(ApiStatus.BadRequest($"strconv.ParseInt: parsing {KubernetesJson.Quote(text)}: invalid syntax"));
    }

    /// <summary>Whether the writer only wants to know what would be. 422 for any other value than <c>All</c>.</summary>
    public bool DryRun(string optionsKind)
    {
        if (!Http.Request.Query.TryGetValue("dryRun", out var values) || values.Count == 0) return false;
        foreach (var value in values)
        {
            if (value != "All")
                throw new ApiStatusException(ApiStatus.Invalid("meta.k8s.io", optionsKind, "", ApiStatusCause.NotSupported("dryRun", $"[]string{{{KubernetesJson.Quote(value ?? "")}}}", "\"All\"")));
        }
        return true;
    }

    /// <summary>The <c>fieldManager</c> of the query, else the program of the User-Agent.</summary>
    public string FieldManager()
    {
        if (Query("fieldManager") is { Length: > 0 } manager) return manager.Length <= 128 ? manager : manager[..128];
        var agent = Http.Request.Headers.UserAgent.ToString();
        var program = agent.Split('/', ' ')[0];
        return program.Length is > 0 and <= 128 ? program : "unknown";
    }

    public string MediaType => (Http.Request.ContentType ?? "").Split(';')[0].Trim();

    /// <summary>The body, at most as long as the options allow: else 413.</summary>
    public async Task<byte[]> ReadBodyAsync()
    {
        using var buffer = new MemoryStream();
        var chunk = new byte[16 * 1024];
        while (true)
        {
            var read = await Http.Request.Body.ReadAsync(chunk, Aborted).ConfigureAwait(false);
            if (read == 0) return buffer.ToArray();
            if (buffer.Length + read > Options.BodyLimit)
                throw new ApiStatusException(new ApiStatus(413, "RequestEntityTooLarge", string.Create(CultureInfo.InvariantCulture, $"Request entity too large: limit is {Options.BodyLimit}")));
            buffer.Write(chunk, 0, read);
        }
    }

    /// <summary>The body as an object in JSON; 415 for another media type, 400 for what is not such an object.</summary>
    public async Task<JsonObject> ReadObjectAsync(string expectedKind)
    {
        if (MediaType.Length > 0 && !string.Equals(MediaType, JsonType, StringComparison.OrdinalIgnoreCase)) throw new ApiStatusException(UnsupportedMediaType(JsonType));
        var body = await ReadBodyAsync().ConfigureAwait(false);
        try
        {
            return KubernetesJson.ParseObject(body);
        }
        catch (JsonException exception)
        {
            throw new ApiStatusException(
                ApiStatus.BadRequest($"the object provided is unrecognized (must be of type {expectedKind}): couldn't get version/kind; json parse error: {exception.Message}"), exception);
        }
    }

    public static ApiStatus UnsupportedMediaType(params string[] accepted) =>
        new(415, "UnsupportedMediaType", "the body of the request was in an unknown format - accepted media types include: " + string.Join(", ", accepted)) { Details = new ApiStatusDetails() };
}
