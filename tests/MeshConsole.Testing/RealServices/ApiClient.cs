using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Nodes;

namespace MeshConsole.Testing.RealServices;

/// <summary>
/// The other client of a cluster: what an operator's kubectl does, in plain HTTP and JSON. Tests write with it and compare
/// with it; it shares nothing with the client under test.
/// </summary>
public sealed class ApiClient(HttpClient http) : IDisposable
{
    public HttpClient Http { get; } = http;

    public Task<JsonNode> GetAsync(string path, CancellationToken cancellationToken = default) => SendAsync(HttpMethod.Get, path, null, null, cancellationToken);

    /// <summary>All items of a list, read in one answer, with the list's version.</summary>
    public async Task<(IReadOnlyList<JsonNode> Items, string ResourceVersion)> ListAsync(string path, CancellationToken cancellationToken = default)
    {
        var list = await GetAsync(path, cancellationToken);
        return ([.. list["items"]!.AsArray().Select(item => item!)], list["metadata"]!["resourceVersion"]!.GetValue<string>());
    }

    public Task<JsonNode> CreateAsync(string path, JsonNode body, CancellationToken cancellationToken = default) =>
        SendAsync(HttpMethod.Post, path, body.ToJsonString(), "application/json", cancellationToken);

    public Task<JsonNode> CreateYamlAsync(string path, string yaml, CancellationToken cancellationToken = default) =>
        SendAsync(HttpMethod.Post, path, yaml, "application/yaml", cancellationToken);

    public Task<JsonNode> ReplaceAsync(string path, JsonNode body, CancellationToken cancellationToken = default) =>
        SendAsync(HttpMethod.Put, path, body.ToJsonString(), "application/json", cancellationToken);

    /// <summary>RFC 6902.</summary>
    public Task<JsonNode> JsonPatchAsync(string path, JsonArray operations, CancellationToken cancellationToken = default) =>
        SendAsync(HttpMethod.Patch, path, operations.ToJsonString(), "application/json-patch+json", cancellationToken);

    /// <summary>RFC 7396.</summary>
    public Task<JsonNode> MergePatchAsync(string path, JsonNode patch, CancellationToken cancellationToken = default) =>
        SendAsync(HttpMethod.Patch, path, patch.ToJsonString(), "application/merge-patch+json", cancellationToken);

    public Task<JsonNode> DeleteAsync(string path, CancellationToken cancellationToken = default) => SendAsync(HttpMethod.Delete, path, null, null, cancellationToken);

    public Task<JsonNode> CreateNamespaceAsync(string name, IReadOnlyDictionary<string, string>? labels = null, CancellationToken cancellationToken = default) =>
        CreateAsync(
            "api/v1/namespaces",
            new JsonObject
            {
                ["apiVersion"] = "v1",
                ["kind"] = "Namespace",
                ["metadata"] = new JsonObject
                {
                    ["name"] = name,
                    ["labels"] = new JsonObject((labels ?? new Dictionary<string, string>()).Select(label => KeyValuePair.Create(label.Key, (JsonNode?)label.Value))),
                },
            },
            cancellationToken);

    /// <summary>Events of a watch as they come, until the server ends it or the token is cancelled.</summary>
    public async IAsyncEnumerable<JsonNode> WatchAsync(string pathAndQuery, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var response = await Http.GetAsync(new Uri(pathAndQuery, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        await ThrowUnlessGoodAsync(HttpMethod.Get, pathAndQuery, response, cancellationToken);
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            yield return JsonNode.Parse(line)!;
        }
    }

    public void Dispose() => Http.Dispose();

    private static async Task ThrowUnlessGoodAsync(HttpMethod method, string path, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (!response.IsSuccessStatusCode)
        {
            throw new ApiRefusedException(response.StatusCode, $"{method} {path}", await response.Content.ReadAsStringAsync(cancellationToken));
        }
    }

    private async Task<JsonNode> SendAsync(HttpMethod method, string path, string? body, string? mediaType, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8);
            request.Content.Headers.ContentType = new(mediaType!);
        }

        using var response = await Http.SendAsync(request, cancellationToken);
        await ThrowUnlessGoodAsync(method, path, response, cancellationToken);
        return JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellationToken))!;
    }
}

/// <summary>An answer other than 2xx, with what the server said.</summary>
public sealed class ApiRefusedException(HttpStatusCode status, string request, string body) : Exception($"{request}: {(int)status} {body}")
{
    public HttpStatusCode Status { get; } = status;

    public string Body { get; } = body;
}
