using System.Buffers;
using System.Globalization;
using System.IO.Compression;
using System.IO.Pipelines;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace MeshConsole.Simulator.Kubernetes;

/// <summary>Writes the body of an answer, compressed when it is large and the client takes gzip.</summary>
internal sealed class AnswerWriter : IAsyncDisposable
{
    // Enough for a good chunk on the wire, little enough not to hold a list in memory.
    private const int FlushFrom = 64 * 1024;

    private readonly CancellationToken _aborted;
    private readonly GZipStream? _compression;
    private readonly PipeWriter _pipe;
    private int _unflushed;

    private AnswerWriter(HttpContext http, bool compress)
    {
        _aborted = http.RequestAborted;
        if (compress)
        {
            http.Response.Headers.ContentEncoding = "gzip";
            _compression = new GZipStream(http.Response.Body, CompressionLevel.Fastest, leaveOpen: true);
            _pipe = PipeWriter.Create(_compression, new StreamPipeWriterOptions(leaveOpen: true));
        }
        else
        {
            _pipe = http.Response.BodyWriter;
        }
    }

    /// <param name="code">The HTTP status code.</param>
    /// <param name="size">About how many bytes will be written; null for a stream that is never compressed.</param>
    public static AnswerWriter Start(ApiCall call, int code, long? size)
    {
        var response = call.Http.Response;
        response.StatusCode = code;
        response.ContentType = "application/json";
        response.Headers.CacheControl = "no-cache, private";
        response.Headers["Audit-Id"] = Guid.NewGuid().ToString("D");
        var compress = size >= call.Options.CompressFrom && TakesGzip(call.Http.Request);
        if (size is not null) response.Headers.Vary = "Accept-Encoding";
        return new AnswerWriter(call.Http, compress);
    }

    /// <summary>Answers with one JSON value.</summary>
    public static async Task WriteAsync(ApiCall call, int code, JsonNode json)
    {
        var text = KubernetesJson.Write(json);
        var writer = Start(call, code, text.Length);
        await using (writer.ConfigureAwait(false))
        {
            await writer.WriteAsync(text).ConfigureAwait(false);
            await writer.WriteAsync("\n"u8.ToArray()).ConfigureAwait(false);
        }
    }

    /// <summary>Answers with one object.</summary>
    public static async Task WriteAsync(ApiCall call, int code, StoredObject stored, string version)
    {
        var writer = Start(call, code, stored.Utf8Body.Length);
        await using (writer.ConfigureAwait(false))
        {
            await writer.WriteAsync(ObjectPrefix(stored.Type, version)).ConfigureAwait(false);
            await writer.WriteAsync(stored.Utf8Body[1..]).ConfigureAwait(false);
            await writer.WriteAsync("\n"u8.ToArray()).ConfigureAwait(false);
        }
    }

    /// <summary>Answers with a refusal.</summary>
    public static Task WriteAsync(ApiCall call, ApiStatus status)
    {
        if (status.Details?.RetryAfterSeconds is > 0 and var seconds) call.Http.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        if (status.Code == 401) call.Http.Response.Headers.WWWAuthenticate = "Bearer realm=\"kubernetes-master\"";
        return WriteAsync(call, status.Code, status.ToJson());
    }

    /// <summary>What stands before the members of an object: everything up to <c>metadata</c>.</summary>
    public static byte[] ObjectPrefix(ResourceType type, string version) =>
        System.Text.Encoding.UTF8.GetBytes($"{{\"kind\":\"{type.Kind}\",\"apiVersion\":\"{type.ApiVersion(version)}\",");

    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        _pipe.Write(bytes.Span);
        _unflushed += bytes.Length;
        return _unflushed < FlushFrom ? ValueTask.CompletedTask : FlushAsync();
    }

    public async ValueTask FlushAsync()
    {
        _unflushed = 0;
        var result = await _pipe.FlushAsync(_aborted).ConfigureAwait(false);
        if (result.IsCompleted) throw new OperationCanceledException("The client is gone.");
    }

    public async ValueTask DisposeAsync()
    {
        if (_compression is null) return;
        await _pipe.CompleteAsync().ConfigureAwait(false);
        await _compression.DisposeAsync().ConfigureAwait(false);
    }

    private static bool TakesGzip(HttpRequest request)
    {
        foreach (var value in request.Headers.AcceptEncoding)
        {
            foreach (var part in (value ?? "").Split(','))
            {
                var coding = part.Split(';');
                if (coding[0].Trim() is not ("gzip" or "*")) continue;
                var quality = coding.Skip(1).Select(parameter => parameter.Trim()).FirstOrDefault(parameter => parameter.StartsWith("q=", StringComparison.Ordinal));
                return quality is null || !double.TryParse(quality.AsSpan(2), NumberStyles.Float, CultureInfo.InvariantCulture, out var weight) || weight > 0;
            }
        }
        return false;
    }
}
