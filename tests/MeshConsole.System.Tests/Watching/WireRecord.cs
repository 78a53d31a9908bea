using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;

namespace MeshConsole.System.Tests.Watching;

/// <summary>
/// What a client's requests brought, as the bytes came from the server: which lists were asked for, and for each watch when it
/// was accepted and which events its stream held. It reads along and changes nothing.
/// </summary>
internal sealed class WireRecord
{
    private readonly ConcurrentQueue<RecordedList> _lists = new();
    private readonly ConcurrentQueue<RecordedWatch> _watches = new();

    internal IReadOnlyCollection<RecordedList> Lists => _lists;

    /// <summary>Accepted watches in the order of their acceptance.</summary>
    internal IReadOnlyCollection<RecordedWatch> Watches => _watches;

    internal HttpMessageHandler Over(HttpMessageHandler inner) => new Recorder(this, inner);

    private sealed class Recorder(WireRecord record, HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            // A kind may be watched several times, each time narrowed to other names.
            var narrowed = request.RequestUri!.Query.TrimStart('?').Split('&').FirstOrDefault(parameter => parameter.StartsWith("fieldSelector=", StringComparison.Ordinal));
            var path = narrowed is null ? request.RequestUri.AbsolutePath : $"{request.RequestUri.AbsolutePath}?{narrowed}";
            if (!request.RequestUri.Query.Contains("watch=", StringComparison.Ordinal))
            {
                record._lists.Enqueue(new RecordedList(path, TimeProvider.System.GetUtcNow()));
                return await base.SendAsync(request, cancellationToken);
            }

            var response = await base.SendAsync(request, cancellationToken);
            if (response.IsSuccessStatusCode)
            {
                var watch = new RecordedWatch(path, TimeProvider.System.GetUtcNow());
                record._watches.Enqueue(watch);
                var read = new StreamContent(new ReadAlong(await response.Content.ReadAsStreamAsync(cancellationToken), watch));
                foreach (var (name, values) in response.Content.Headers)
                {
                    read.Headers.TryAddWithoutValidation(name, values);
                }

                response.Content = read;
            }

            return response;
        }
    }

    /// <summary>Passes a stream on and notes its lines: a watch is one event per line.</summary>
    private sealed class ReadAlong(Stream inner, RecordedWatch watch) : Stream
    {
        private readonly List<byte> _line = [];

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => Note(buffer.AsSpan(offset, inner.Read(buffer, offset, count)));

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            try
            {
                var count = await inner.ReadAsync(buffer, cancellationToken);
                return Note(buffer.Span[..count]);
            }
            catch
            {
                watch.End();
                throw;
            }
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            watch.End();
            inner.Dispose();
            base.Dispose(disposing);
        }

        private int Note(ReadOnlySpan<byte> bytes)
        {
            if (bytes.IsEmpty)
            {
                watch.End();
            }

            foreach (var one in bytes)
            {
                if (one != (byte)'\n')
                {
                    _line.Add(one);
                    continue;
                }

                watch.Add(JsonNode.Parse(Encoding.UTF8.GetString([.. _line]))!);
                _line.Clear();
            }

            return bytes.Length;
        }
    }
}

internal sealed record RecordedList(string Path, DateTimeOffset At);

/// <summary>One watch that the server accepted with a good status, and what came in its stream.</summary>
internal sealed class RecordedWatch(string path, DateTimeOffset accepted)
{
    private readonly ConcurrentQueue<RecordedEvent> _events = new();
    private long _ended;

    internal string Path { get; } = path;

    internal DateTimeOffset Accepted { get; } = accepted;

    internal IReadOnlyCollection<RecordedEvent> Events => _events;

    /// <summary>Since when nothing more can come in the stream; null while it is open.</summary>
    internal DateTimeOffset? Ended => Interlocked.Read(ref _ended) is var ticks and > 0 ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    public override string ToString() =>
        $"{Path} accepted {Accepted:HH:mm:ss.fff}, ended {Ended:HH:mm:ss.fff}: {string.Join(", ", _events.Select(item => $"{item.Type} {item.Code}{item.Name} {item.At:HH:mm:ss.fff}"))}";

    internal void Add(JsonNode line) => _events.Enqueue(new RecordedEvent(
        line["type"]!.GetValue<string>(),
        line["object"]!["metadata"]?["name"]?.GetValue<string>(),
        line["object"]!["code"]?.GetValue<int>(),
        line["object"]!["reason"]?.ToString(),
        TimeProvider.System.GetUtcNow()));

    internal void End() => Interlocked.CompareExchange(ref _ended, TimeProvider.System.GetUtcNow().Ticks, 0);
}

/// <summary>An event as it came: the name of its object, or the code and reason of an ERROR's status.</summary>
internal sealed record RecordedEvent(string Type, string? Name, int? Code, string? Reason, DateTimeOffset At);
