using System.IO.Compression;
using System.IO.Pipelines;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace MeshConsole.Simulator.Prometheus;

/// <summary>Writes an answer in Prometheus' envelope while it is made, packed when the caller accepts gzip.</summary>
internal sealed class ApiResponse : IAsyncDisposable
{
    private const int FlushAt = 64 * 1024;

    private readonly PipeWriter _body;
    private readonly CancellationToken _aborted;

    private ApiResponse(PipeWriter body, CancellationToken aborted)
    {
        _body = body;
        _aborted = aborted;
        // Label values may hold anything; the caller is a program, so nothing is escaped beyond what JSON asks for.
        Json = new Utf8JsonWriter(body, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true });
    }

    public Utf8JsonWriter Json { get; }

    public async ValueTask FlushWhenLargeAsync()
    {
        if (Json.BytesPending + _body.UnflushedBytes < FlushAt) return;
        await Json.FlushAsync(_aborted).ConfigureAwait(false);
        await _body.FlushAsync(_aborted).ConfigureAwait(false);
    }

    public static async Task WriteAsync(HttpContext context, Func<ApiResponse, Task> writeData)
    {
        context.Response.ContentType = "application/json";
        await PackedAsync(context, async response =>
        {
            response.Json.WriteStartObject();
            response.Json.WriteString("status"u8, "success"u8);
            response.Json.WritePropertyName("data"u8);
            await writeData(response).ConfigureAwait(false);
            response.Json.WriteEndObject();
        }).ConfigureAwait(false);
    }

    public static Task WriteErrorAsync(HttpContext context, ApiException fault)
    {
        context.Response.StatusCode = fault.Status;
        context.Response.ContentType = "application/json";
        return PackedAsync(context, response =>
        {
            response.Json.WriteStartObject();
            response.Json.WriteString("status"u8, "error"u8);
            response.Json.WriteString("errorType"u8, fault.ErrorType);
            response.Json.WriteString("error"u8, fault.Message);
            response.Json.WriteEndObject();
            return Task.CompletedTask;
        });
    }

    public ValueTask DisposeAsync() => Json.DisposeAsync();

    private static async Task PackedAsync(HttpContext context, Func<ApiResponse, Task> write)
    {
        context.Response.Headers.Vary = "Accept-Encoding";
        if (!AcceptsGzip(context.Request))
        {
            await using var plain = new ApiResponse(context.Response.BodyWriter, context.RequestAborted);
            await write(plain).ConfigureAwait(false);
            await plain.Json.FlushAsync(context.RequestAborted).ConfigureAwait(false);
            return;
        }

        context.Response.Headers.ContentEncoding = "gzip";
        await using var gzip = new GZipStream(context.Response.Body, CompressionLevel.Fastest, leaveOpen: true);
        var pipe = PipeWriter.Create(gzip, new StreamPipeWriterOptions(leaveOpen: true));
        await using (var packed = new ApiResponse(pipe, context.RequestAborted))
        {
            await write(packed).ConfigureAwait(false);
            await packed.Json.FlushAsync(context.RequestAborted).ConfigureAwait(false);
        }

        await pipe.CompleteAsync().ConfigureAwait(false);
    }

    private static bool AcceptsGzip(HttpRequest request)
    {
        foreach (var accepted in request.GetTypedHeaders().AcceptEncoding)
            if (accepted.Value.Equals("gzip", StringComparison.OrdinalIgnoreCase)) return accepted.Quality is null or > 0;
        return false;
    }
}
