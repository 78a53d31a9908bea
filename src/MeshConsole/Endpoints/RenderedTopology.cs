using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Text.Json;
using MeshConsole.Mesh.Topology;

namespace MeshConsole.Endpoints;

/// <summary>
/// The bytes of topology answers, made once per view however many ask: writing the five megabytes of a large mesh takes
/// longer than working them out. They live as long as their view.
/// </summary>
internal sealed class RenderedTopology
{
    private readonly ConditionalWeakTable<TopologyView, Answer> _answers = [];

    /// <summary>Answers with JSON, compressed where the caller takes gzip.</summary>
    public IResult For(TopologyView view, HttpContext context)
    {
        var answer = _answers.GetValue(view, static v => new Answer(v));
        context.Response.Headers.Vary = "Accept-Encoding";
        if (!TakesGzip(context.Request))
        {
            return TypedResults.Bytes(answer.Json, "application/json; charset=utf-8");
        }

        context.Response.Headers.ContentEncoding = "gzip";
        return TypedResults.Bytes(answer.Gzip.Value, "application/json; charset=utf-8");
    }

    private static bool TakesGzip(HttpRequest request) =>
        request.GetTypedHeaders().AcceptEncoding.Any(e => e.Value.Equals("gzip", StringComparison.OrdinalIgnoreCase) && e.Quality is not 0);

    private sealed class Answer
    {
        public Answer(TopologyView view)
        {
            Json = JsonSerializer.SerializeToUtf8Bytes(view, ApiJson.Options);
            Gzip = new Lazy<byte[]>(() => Compress(Json));
        }

        public byte[] Json { get; }

        public Lazy<byte[]> Gzip { get; }

        private static byte[] Compress(byte[] json)
        {
            using var compressed = new MemoryStream();
            using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest))
            {
                gzip.Write(json);
            }

            return compressed.ToArray();
        }
    }
}
