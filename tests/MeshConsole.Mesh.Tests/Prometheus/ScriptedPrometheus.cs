using System.Collections.Concurrent;
using System.Net;
using System.Text;

namespace MeshConsole.Mesh.Tests.Prometheus;

/// <summary>A Prometheus that answers what the test says, without a network.</summary>
internal sealed class ScriptedPrometheus : HttpMessageHandler
{
    public const string EmptyVector = """{"status":"success","data":{"resultType":"vector","result":[]}}""";

    private readonly Func<Request, HttpResponseMessage> _answer;
    private readonly ConcurrentQueue<Request> _requests = new();

    public ScriptedPrometheus(Func<Request, HttpResponseMessage> answer) => _answer = answer;

    public IReadOnlyList<Request> Requests => [.. _requests];

    /// <summary>Set to hold every answer back until it ends.</summary>
    public Task Hold { get; set; } = Task.CompletedTask;

    public static HttpResponseMessage Json(string body, HttpStatusCode status = HttpStatusCode.OK) =>
        new(status) { Content = new StringContent(body, Encoding.UTF8, "application/json") };

    public static HttpResponseMessage Vector(params string[] series) =>
        Json(EmptyVector.Replace("[]", $"[{string.Join(',', series)}]", StringComparison.Ordinal));

    /// <summary>One series of a vector; labels as <c>name=value</c>, without escapes.</summary>
    public static string Series(string value, params string[] labels)
    {
        var named = labels.Select(label => label.Split('=', 2)).Select(pair => $"\"{pair[0]}\":\"{pair[1]}\"");
        return "{\"metric\":{" + string.Join(',', named) + "},\"value\":[1772442000,\"" + value + "\"]}";
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
        var parameters = (request.Method == HttpMethod.Post ? body : request.RequestUri!.Query.TrimStart('?'))
            .Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Select(pair => pair.Split('=', 2))
            .ToDictionary(pair => pair[0], pair => WebUtility.UrlDecode(pair[1]));
        var seen = new Request(request.Method, request.RequestUri!, parameters, request.Headers.Authorization?.Parameter);
        _requests.Enqueue(seen);
        await Hold.WaitAsync(cancellationToken);
        return _answer(seen);
    }

    internal sealed record Request(HttpMethod Method, Uri Address, IReadOnlyDictionary<string, string> Parameters, string? Token)
    {
        public string Query => Parameters.GetValueOrDefault("query", "");
    }
}
