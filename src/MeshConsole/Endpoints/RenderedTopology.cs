using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Text.Json;
using MeshConsole.Mesh.Topology;

namespace MeshConsole.Endpoints;

/// <summary>
/// The bytes of topologies and of what leads from one to the next, written once however many ask, for REST and hub alike:
/// writing the five megabytes of a large mesh takes longer than working them out. They live as long as their view.
/// </summary>
internal sealed class RenderedTopology
{
    private readonly ConditionalWeakTable<TopologyView, Answer> _answers = [];
    private readonly ConditionalWeakTable<TopologyView, ConditionalWeakTable<TopologyView, SharedComputation<byte[]?>>> _deltas = [];

    /// <summary>The whole view as JSON.</summary>
    public Task<byte[]> JsonAsync(TopologyView view) => Of(view).Json.GetAsync();

    /// <summary>What leads from <paramref name="old"/> to <paramref name="current"/> as JSON; null when they look the same.</summary>
    public Task<byte[]?> DeltaAsync(TopologyView old, TopologyView current) =>
        ReferenceEquals(old, current)
            ? Task.FromResult<byte[]?>(null)
            : _deltas.GetOrCreateValue(current).GetValue(old, source => new SharedComputation<byte[]?>(() => Delta(source, current))).GetAsync();

    /// <summary>Answers with JSON, compressed where the caller takes gzip.</summary>
    public async Task<IResult> AnswerAsync(TopologyView view, HttpContext context)
    {
        var answer = Of(view);
        var json = await answer.Json.GetAsync();
        context.Response.Headers.Vary = "Accept-Encoding";
        if (!TakesGzip(context.Request))
        {
            return TypedResults.Bytes(json, "application/json; charset=utf-8");
        }

        var compressed = await answer.GzipOf(json).GetAsync();
        context.Response.Headers.ContentEncoding = "gzip";
        return TypedResults.Bytes(compressed, "application/json; charset=utf-8");
    }

    // A table may make several values for one key and keep one of them: what is kept computes once.
    private Answer Of(TopologyView view) => _answers.GetValue(view, static v => new Answer(v));

    private static byte[]? Delta(TopologyView old, TopologyView current)
    {
        var delta = TopologyDelta.Between(old, current);
        return delta.IsEmpty ? null : JsonSerializer.SerializeToUtf8Bytes(delta, ApiJson.Options);
    }

    private static bool TakesGzip(HttpRequest request) =>
        request.GetTypedHeaders().AcceptEncoding.Any(e => e.Value.Equals("gzip", StringComparison.OrdinalIgnoreCase) && e.Quality is not 0);

    private static byte[] Compress(byte[] json)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest))
        {
            gzip.Write(json);
        }

        return compressed.ToArray();
    }

    private sealed class Answer(TopologyView view)
    {
        private SharedComputation<byte[]>? _gzip;

        public SharedComputation<byte[]> Json { get; } = new(() => JsonSerializer.SerializeToUtf8Bytes(view, ApiJson.Options));

        /// <summary>The JSON, compressed; made of the bytes that are there already.</summary>
        public SharedComputation<byte[]> GzipOf(byte[] json) =>
            LazyInitializer.EnsureInitialized(ref _gzip, () => new SharedComputation<byte[]>(() => Compress(json)));
    }
}
