using System.Diagnostics;
using System.IO.Compression;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace MeshConsole.Benchmarks;

/// <summary>The whole console over HTTP: queries per refresh with few and many readers, and what an answer costs.</summary>
internal static class ServedConsole
{
    private static readonly TimeSpan s_refresh = TimeSpan.FromSeconds(15);

    public static async Task ReportAsync(MeasuredMesh mesh, CancellationToken cancellationToken)
    {
        await using var app = MeshConsoleApplication.Build(
            [
                // The pages' assets are listed under the name of the web app, not of this program.
                "--applicationName", "MeshConsole",
                "--urls", "http://127.0.0.1:0",
                "--MeshConsole:Clusters:0:Name", "measured",
                "--MeshConsole:Clusters:0:Kubeconfig", mesh.Kubeconfig,
                "--MeshConsole:Clusters:0:PrometheusUrl", mesh.Mesh.PrometheusUrl.ToString(),
                "--MeshConsole:Auth:Mode", "Demo",
            ],
            builder => builder.Logging.SetMinimumLevel(LogLevel.Warning));
        var begun = Stopwatch.GetTimestamp();
        await app.StartAsync(cancellationToken);
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()), Timeout = TimeSpan.FromMinutes(2) };
        while (!(await http.GetAsync("readyz", cancellationToken)).IsSuccessStatusCode)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, cancellationToken);
        }

        Row.Write("start of the console to every source answered", $"{Stopwatch.GetElapsedTime(begun).TotalSeconds:F1} s", "—");
        await MeasureTopologyAsync(http, "workload", cancellationToken);
        await MeasureTopologyAsync(http, "namespace", cancellationToken);
        await MeasureReadersAsync(mesh, http.BaseAddress!, 1, cancellationToken);
        await MeasureReadersAsync(mesh, http.BaseAddress!, 50, cancellationToken);
        await app.StopAsync(CancellationToken.None);
    }

    private static async Task MeasureTopologyAsync(HttpClient http, string view, CancellationToken cancellationToken)
    {
        var times = new List<double>();
        byte[] body = [];
        for (var i = 0; i < 21; i++)
        {
            var begun = Stopwatch.GetTimestamp();
            body = await http.GetByteArrayAsync(new Uri(http.BaseAddress!, $"api/v1/topology?view={view}"), cancellationToken);
            times.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
        }

        using var compressed = new MemoryStream();
        await using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            await gzip.WriteAsync(body, cancellationToken);
        }

        Row.Write($"GET topology?view={view}, warm", $"{Row.Median(times):F0} ms median, {body.Length / 1e6:F2} MB plain, {compressed.Length / 1e6:F2} MB gzip", "≤ 50 ms, ≤ 1 MB");
    }

    private static async Task MeasureReadersAsync(MeasuredMesh mesh, Uri address, int count, CancellationToken cancellationToken)
    {
        var readers = new List<Reader>();
        for (var i = 0; i < count; i++)
        {
            readers.Add(await Reader.OpenAsync(address, cancellationToken));
        }

        // Two whole minutes: the dear histograms, asked for once a minute, are in every measurement alike.
        const int Refreshes = 8;
        var before = mesh.Mesh.PrometheusFaults.Requests;
        await Task.Delay(Refreshes * s_refresh, TimeProvider.System, cancellationToken);
        var queries = (mesh.Mesh.PrometheusFaults.Requests - before) / (double)Refreshes;
        var delays = readers.SelectMany(r => r.Delays).ToArray();
        Row.Write($"Prometheus queries per refresh, {count} hub streams", $"{queries:F1}", "≤ 12");
        if (delays.Length > 0)
        {
            Row.Write($"age of a snapshot when it arrives, {count} hub streams of workloads", $"p50 {Row.Percentile(delays, 0.5):F0} ms, p95 {Row.Percentile(delays, 0.95):F0} ms", "p95 ≤ 1 s with 200");
        }

        foreach (var reader in readers)
        {
            reader.Dispose();
        }
    }

    /// <summary>A reader of the hub's topology stream, over a plain WebSocket.</summary>
    private sealed class Reader : IDisposable
    {
        private const byte End = 0x1e;

        private readonly ClientWebSocket _socket = new();
        private readonly CancellationTokenSource _stop = new();

        public List<double> Delays { get; } = [];

        public static async Task<Reader> OpenAsync(Uri address, CancellationToken cancellationToken)
        {
            var reader = new Reader();
            await reader._socket.ConnectAsync(new UriBuilder(address) { Scheme = "ws", Path = "/hubs/mesh" }.Uri, cancellationToken);
            await reader.SendAsync("""{"protocol":"json","version":1}""", cancellationToken);
            await reader.SendAsync("""{"type":4,"invocationId":"1","target":"Topology","arguments":[{"view":"workload"}]}""", cancellationToken);
            _ = reader.ReadAsync(reader._stop.Token);
            return reader;
        }

        public void Dispose()
        {
            _stop.Cancel();
            _socket.Dispose();
            _stop.Dispose();
        }

        private Task SendAsync(string json, CancellationToken cancellationToken) =>
            _socket.SendAsync(Encoding.UTF8.GetBytes(json).Append(End).ToArray(), WebSocketMessageType.Text, endOfMessage: true, cancellationToken);

        private async Task ReadAsync(CancellationToken cancellationToken)
        {
            try
            {
                var buffer = new byte[1 << 20];
                using var message = new MemoryStream();
                while (true)
                {
                    var result = await _socket.ReceiveAsync(buffer, cancellationToken);
                    message.Write(buffer, 0, result.Count);
                    if (buffer[..result.Count].AsSpan().LastIndexOf(End) < 0)
                    {
                        continue;
                    }

                    var text = message.GetBuffer().AsMemory(0, (int)message.Length);
                    message.SetLength(0);
                    if (ObservedAt(text.Span) is { } observed)
                    {
                        Delays.Add((TimeProvider.System.GetUtcNow() - observed).TotalMilliseconds);
                    }
                }
            }
            catch (Exception exception) when (exception is OperationCanceledException or WebSocketException or ObjectDisposedException)
            {
                // The measurement is over.
            }
        }

        private static DateTimeOffset? ObservedAt(ReadOnlySpan<byte> message)
        {
            // Deltas only: the first message is the whole view of a snapshot that may be old already.
            if (message.IndexOf("\"topology\":null"u8) < 0)
            {
                return null;
            }

            var reader = new Utf8JsonReader(message[..message.IndexOf(End)]);
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("observedAt") && reader.Read())
                {
                    return reader.GetDateTimeOffset();
                }
            }

            return null;
        }
    }
}
