using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Web;
using MeshConsole.Mesh.Prometheus;
using MeshConsole.Mesh.Prometheus.Istio;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Benchmarks;

/// <summary>From the bytes of Prometheus's answers to a snapshot, against only scanning the same bytes.</summary>
internal static class AnswerToSnapshot
{
    private const int Rounds = 7;

    public static async Task ReportAsync(MeasuredMesh mesh, CancellationToken cancellationToken)
    {
        using var recorder = new RecordedAnswers();
        using var http = new HttpClient(recorder);
        var dialect = new IstioDialect();
        var client = new PrometheusClient(http, new PrometheusEndpoint(mesh.Mesh.PrometheusUrl) { QueryTimeout = TimeSpan.FromMinutes(1) }, TimeProvider.System);
        var settings = new TelemetrySettings { MaxParallelQueries = 1, RefreshInterval = TimeSpan.FromSeconds(1) };
        var history = new TelemetryHistory("l", client, dialect, settings, () => false);
        var at = mesh.Mesh.SampledAt;

        // The first reading records the answers; the others replay them, so that only our own work is measured.
        var frame = await history.AtAsync(at, null, cancellationToken);
        var scans = new List<double>();
        var builds = new List<double>();
        for (var round = 1; round <= Rounds; round++)
        {
            var begun = Stopwatch.GetTimestamp();
            foreach (var answer in recorder.Answers)
            {
                Scan(answer);
            }

            scans.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
            begun = Stopwatch.GetTimestamp();
            frame = await history.AtAsync(at.AddSeconds(-round), null, cancellationToken);
            GC.KeepAlive(SnapshotBuilder.Build("l", new ClusterObjects(), [], frame));
            builds.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
        }

        double scan = Row.Median(scans), build = Row.Median(builds), megabytes = recorder.Answers.Sum(a => (long)a.Length) / 1e6;
        Row.Write("Prometheus answer → snapshot, against scanning the same bytes", $"{build / scan:F1} × ({build:F0} ms against {scan:F0} ms, {megabytes:F1} MB, {frame.Edges.Length:N0} edges, {recorder.Answers.Count} answers)", "≤ 3 ×");
    }

    internal static void Scan(byte[] json)
    {
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
        }
    }

    internal sealed class RecordedAnswers() : DelegatingHandler(new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.All })
    {
        private readonly ConcurrentDictionary<string, byte[]> _answers = new(StringComparer.Ordinal);

        public ICollection<byte[]> Answers => _answers.Values;

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var form = request.Content is null ? request.RequestUri!.Query : await request.Content.ReadAsStringAsync(cancellationToken);
            var query = HttpUtility.ParseQueryString(form)["query"]!;
            if (!_answers.TryGetValue(query, out var body))
            {
                using var response = await base.SendAsync(request, cancellationToken);
                body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
                _answers[query] = body;
            }

            var content = new ByteArrayContent(body);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            return new HttpResponseMessage(HttpStatusCode.OK) { Content = content, RequestMessage = request };
        }
    }
}
