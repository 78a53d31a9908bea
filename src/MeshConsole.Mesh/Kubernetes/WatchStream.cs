using System.Text.Json;
using MeshConsole.Mesh.Kubernetes.Parsing;

namespace MeshConsole.Mesh.Kubernetes;

/// <summary>A watch that the server has accepted. Events are read one at a time, by one reader.</summary>
public sealed class WatchStream<T> : IAsyncDisposable
    where T : class
{
    private readonly string _what;
    private readonly KubernetesTransport _transport;
    private readonly HttpResponseMessage _response;
    private readonly Stream _body;
    private readonly JsonObjectStream _objects;
    private readonly ObjectParser<T> _parser;
    private readonly TimeSpan _idleTimeout;
    private readonly CancellationTokenSource _idle;
    private long _lastBytes;

    internal WatchStream(string what, KubernetesTransport transport, HttpResponseMessage response, Stream body, ObjectParser<T> parser, int longestObject, TimeSpan idleTimeout)
    {
        _what = what;
        _transport = transport;
        _response = response;
        _body = body;
        _parser = parser;
        _idleTimeout = idleTimeout;
        _idle = new CancellationTokenSource(idleTimeout, transport.Time);
        _lastBytes = transport.Time.GetTimestamp();
        _objects = new JsonObjectStream(body, JsonLayout.Sequence, longestObject, _ => BytesArrived());
    }

    /// <summary>Time since the last byte, or since the watch was accepted.</summary>
    public TimeSpan SinceLastBytes => _transport.Time.GetElapsedTime(Interlocked.Read(ref _lastBytes));

    /// <summary>The watch ended because nothing came for too long.</summary>
    public bool EndedIdle { get; private set; }

    /// <summary>Bytes received.</summary>
    public long TotalBytes => _objects.TotalBytes;

    /// <summary>The next event; null when the server closed the watch, or it was silent for too long.</summary>
    /// <exception cref="KubernetesException">The server sent an ERROR event (410 when the version is too old), or the connection broke.</exception>
    public async ValueTask<WatchEvent<T>?> ReadAsync(CancellationToken cancellationToken)
    {
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _idle.Token);
        try
        {
            while (await _objects.ReadAsync(linked.Token).ConfigureAwait(false) != JsonPart.None)
            {
                if (Read(_objects.Current) is { } watchEvent)
                {
                    return watchEvent;
                }
            }

            return null;
        }
        catch (OperationCanceledException) when (_idle.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            EndedIdle = true;
            return null;
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw _transport.Unreachable(_what, exception);
        }
        catch (JsonException exception)
        {
            throw new KubernetesException(KubernetesErrorKind.Unreadable, $"{_what}: the stream broke off inside an event, or is not JSON", exception);
        }
        catch (InvalidDataException exception)
        {
            throw new KubernetesException(KubernetesErrorKind.Unreadable, $"{_what}: {exception.Message}", exception);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _idle.Dispose();
        await _body.DisposeAsync().ConfigureAwait(false);
        _objects.Dispose();
        _response.Dispose();
    }

    private void BytesArrived()
    {
        Interlocked.Exchange(ref _lastBytes, _transport.Time.GetTimestamp());
        _idle.CancelAfter(_idleTimeout);
    }

    /// <summary>An event from its JSON; null for a type that is not known (a later API may add some).</summary>
    private WatchEvent<T>? Read(ReadOnlySpan<byte> json)
    {
        WatchEventType? type = null;
        var error = false;
        ReadOnlySpan<byte> content = default;
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = JsonObjectStream.DeepestNesting });
        reader.Read();
        while (reader.NextProperty())
        {
            if (reader.ValueTextEquals("type"u8))
            {
                reader.Read();
                error = reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("ERROR"u8);
                type = TypeOf(ref reader);
            }
            else if (reader.ValueTextEquals("object"u8))
            {
                reader.Read();
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                content = json[start..(int)reader.BytesConsumed];
            }
            else
            {
                reader.SkipValue();
            }
        }

        if (error)
        {
            throw StatusReading.FromEvent(_what, content);
        }

        if (type is null)
        {
            return null;
        }

        string? problem = null;
        var value = type == WatchEventType.Bookmark ? null : _parser.TryParse(content, out problem);
        var identity = ObjectIdentity.Read(content);
        return new WatchEvent<T>(type.Value, value, identity.Namespace, identity.Name, identity.ResourceVersion, problem);
    }

    private static WatchEventType? TypeOf(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            return null;
        }

        return reader.ValueTextEquals("ADDED"u8) ? WatchEventType.Added
            : reader.ValueTextEquals("MODIFIED"u8) ? WatchEventType.Modified
            : reader.ValueTextEquals("DELETED"u8) ? WatchEventType.Deleted
            : reader.ValueTextEquals("BOOKMARK"u8) ? WatchEventType.Bookmark
            : null;
    }
}
