using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using MeshConsole.Simulator.Kubernetes;
using MeshConsole.Testing;

namespace MeshConsole.Simulator.Tests.Kubernetes;

/// <summary>A server for each test, and the requests that tests send it.</summary>
public abstract class KubernetesApiTestBase : IAsyncLifetime
{
    protected const string ConfigMaps = "/api/v1/namespaces/payments/configmaps";
    protected const string Pods = "/api/v1/namespaces/payments/pods";
    protected const string Routes = "/apis/networking.istio.io/v1beta1/namespaces/payments/virtualservices";

    private SimulatedKubernetesApi? _api;
    private HttpClient? _client;

    protected FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    protected SimulatedKubernetesApi Api => _api!;

    protected HttpClient Client => _client!;

    protected ObjectStore Store => Api.Store;

    protected virtual KubernetesApiOptions Options => new();

    protected virtual int HistoryLimit => 4096;

    public virtual async Task InitializeAsync()
    {
        _api = await SimulatedKubernetesApi.StartAsync(Time, Options, HistoryLimit);
        _client = _api.Client();
        Store.Create(ResourceTypes.Namespaces, KubernetesObjects.Namespace("payments"));
    }

    public async Task DisposeAsync()
    {
        _client!.Dispose();
        await _api!.DisposeAsync();
    }

    protected static void ShouldBeStatus(ApiAnswer answer, int code, string reason, string message)
    {
        answer.Code.ShouldBe(code, answer.Text);
        var json = answer.Json.AsObject();
        json["kind"]!.GetValue<string>().ShouldBe("Status");
        json["apiVersion"]!.GetValue<string>().ShouldBe("v1");
        json["status"]!.GetValue<string>().ShouldBe("Failure");
        json["code"]!.GetValue<int>().ShouldBe(code);
        (json["reason"]?.GetValue<string>() ?? "").ShouldBe(reason);
        json["message"]!.GetValue<string>().ShouldBe(message);
    }

    protected Task<ApiAnswer> GetAsync(string path, string? token = null) => SendAsync(HttpMethod.Get, path, token: token);

    protected Task<ApiAnswer> PostAsync(string path, JsonNode body, string? token = null) => SendAsync(HttpMethod.Post, path, body.ToJsonString(), token: token);

    protected Task<ApiAnswer> PutAsync(string path, JsonNode body, string? token = null) => SendAsync(HttpMethod.Put, path, body.ToJsonString(), token: token);

    protected Task<ApiAnswer> JsonPatchAsync(string path, string patch, string? token = null) => SendAsync(HttpMethod.Patch, path, patch, "application/json-patch+json", token);

    protected Task<ApiAnswer> MergePatchAsync(string path, string patch, string? token = null) => SendAsync(HttpMethod.Patch, path, patch, "application/merge-patch+json", token);

    protected async Task<ApiAnswer> SendAsync(HttpMethod method, string path, string? body = null, string mediaType = "application/json", string? token = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            if (mediaType.Length > 0) request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(mediaType);
        }
        if (token is not null) request.Headers.Authorization = token.Length == 0 ? null : new AuthenticationHeaderValue("Bearer", token);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        var client = token is { Length: 0 } ? Api.Client(token: null) : Client;
        using var response = await client.SendAsync(request).WaitAsync(TimeSpan.FromSeconds(30));
        var bytes = await response.Content.ReadAsByteArrayAsync();
        return new ApiAnswer((int)response.StatusCode, Encoding.UTF8.GetString(bytes), response.Content.Headers.ContentType?.MediaType ?? "", response.Headers.RetryAfter?.Delta);
    }

    protected Task<WatchReader> WatchAsync(string path, string query = "", string? token = null) => WatchReader.StartAsync(Api.Client(token ?? SimulatedKubernetesApi.AdminToken), $"{path}?watch=true{query}");
}

/// <summary>What came back.</summary>
public sealed record ApiAnswer(int Code, string Text, string MediaType, TimeSpan? RetryAfter)
{
    public JsonNode Json => JsonNode.Parse(Text)!;

    public string ResourceVersion => Json["metadata"]!["resourceVersion"]!.GetValue<string>();

    public string[] Names => [.. Json["items"]!.AsArray().Select(item => item!["metadata"]!["name"]!.GetValue<string>())];
}
