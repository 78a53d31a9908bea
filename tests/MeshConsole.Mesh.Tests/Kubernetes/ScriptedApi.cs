using System.IO.Pipelines;
using System.Net;
using System.Text;
using System.Threading.Channels;

namespace MeshConsole.Mesh.Tests.Kubernetes;

/// <summary>
/// An API server played by the test: each request waits until the test takes it and answers it. Nothing is decided here,
/// so a test says everything the server does.
/// </summary>
internal sealed class ScriptedApi : HttpMessageHandler
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Channel<ScriptedRequest> _requests = Channel.CreateUnbounded<ScriptedRequest>();

    /// <summary>The next request, which must be for this path.</summary>
    public async Task<ScriptedRequest> NextAsync(string path)
    {
        var request = await NextAsync();
        request.Path.ShouldBe(path);
        return request;
    }

    public async Task<ScriptedRequest> NextAsync()
    {
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        try
        {
            return await _requests.Reader.ReadAsync(patience.Token);
        }
        catch (OperationCanceledException exception)
        {
            throw new TimeoutException("No request came.", exception);
        }
    }

    public bool HasRequest => _requests.Reader.TryPeek(out _);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = request.Content is null ? "" : Encoding.UTF8.GetString(await request.Content.ReadAsByteArrayAsync(cancellationToken));
        var scripted = new ScriptedRequest(request, body);
        await _requests.Writer.WriteAsync(scripted, cancellationToken);
        return await scripted.Answer.Task.WaitAsync(cancellationToken);
    }
}

internal sealed class ScriptedRequest
{
    public ScriptedRequest(HttpRequestMessage request, string body)
    {
        Method = request.Method.Method;
        Path = request.RequestUri!.AbsolutePath;
        Query = request.RequestUri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Select(part => part.Split('=', 2))
            .ToDictionary(part => part[0], part => Uri.UnescapeDataString(part[1]), StringComparer.Ordinal);
        Headers = request.Headers.ToDictionary(header => header.Key, header => string.Join(",", header.Value), StringComparer.OrdinalIgnoreCase);
        ContentType = request.Content?.Headers.ContentType?.MediaType;
        Body = body;
    }

    public string Method { get; }

    public string Path { get; }

    public IReadOnlyDictionary<string, string> Query { get; }

    public IReadOnlyDictionary<string, string> Headers { get; }

    public string? ContentType { get; }

    public string Body { get; }

    public TaskCompletionSource<HttpResponseMessage> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string? this[string name] => Query.GetValueOrDefault(name);

    public void Reply(string json, HttpStatusCode code = HttpStatusCode.OK, string mediaType = "application/json", TimeSpan? retryAfter = null)
    {
        var response = new HttpResponseMessage(code) { Content = new StringContent(json, Encoding.UTF8, mediaType) };
        if (retryAfter is { } wait)
        {
            response.Headers.RetryAfter = new(wait);
        }

        Answer.SetResult(response);
    }

    public void Reply(HttpContent content) => Answer.SetResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = content });

    public void ReplyList(string resourceVersion, params string[] items) => Reply(Json.List(resourceVersion, null, items));

    public void ReplyStatus(int code, string reason, string message, TimeSpan? retryAfter = null) =>
        Reply(Json.Status(code, reason, message), (HttpStatusCode)code, retryAfter: retryAfter);

    public ScriptedWatch ReplyWatch()
    {
        this["watch"].ShouldBe("true");
        var watch = new ScriptedWatch();
        Reply(watch.Content);
        return watch;
    }

    public void Refuse() => Answer.SetException(new HttpRequestException("Connection refused"));
}

/// <summary>A watch that the test feeds.</summary>
internal sealed class ScriptedWatch
{
    private readonly Pipe _pipe = new();

    public ScriptedWatch()
    {
        Content = new StreamContent(_pipe.Reader.AsStream());
        Content.Headers.ContentType = new("application/json");
    }

    public StreamContent Content { get; }

    public async Task SendAsync(string type, string item) => await SendAsync($$"""{"type":"{{type}}","object":{{item}}}""" + "\n");

    public async Task SendAsync(string text)
    {
        await _pipe.Writer.WriteAsync(Encoding.UTF8.GetBytes(text));
    }

    public Task BookmarkAsync(string resourceVersion) =>
        SendAsync("BOOKMARK", $$$"""{"kind":"Pod","apiVersion":"v1","metadata":{"resourceVersion":"{{{resourceVersion}}}"}}""");

    public void Close() => _pipe.Writer.Complete();

    public void Break() => _pipe.Writer.Complete(new IOException("Connection reset by peer"));
}
