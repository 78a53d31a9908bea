using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;

namespace MeshConsole.Mesh.Kubernetes.Parsing;

/// <summary>What a part of an answer is.</summary>
internal enum JsonPart
{
    /// <summary>The answer has ended.</summary>
    None,

    /// <summary>One element of a list's <c>items</c>, or one object of a stream of objects.</summary>
    Object,

    /// <summary>The <c>metadata</c> of a list.</summary>
    ListMetadata,
}

/// <summary>How the objects lie in the answer.</summary>
internal enum JsonLayout
{
    /// <summary>One list whose <c>items</c> are wanted one by one.</summary>
    List,

    /// <summary>Objects one after another (a watch), or a single one.</summary>
    Sequence,
}

/// <summary>
/// Cuts a stream of bytes into whole JSON objects, wherever the bytes are split, holding no more than one object at a
/// time. The tokenizer keeps its state between reads, so each byte is looked at about once. The buffer is zeroed as it is
/// used up: it may have held the data of a Secret.
/// </summary>
internal sealed class JsonObjectStream : IDisposable
{
    private const int SmallestBuffer = 32 * 1024;

    /// <summary>Deeper than the API server itself reads: one absurd object must not hide the others of its list.</summary>
    public const int DeepestNesting = 20_000;

    private readonly Stream _stream;
    private readonly JsonLayout _layout;
    private readonly int _longestObject;
    private readonly Action<int>? _bytesRead;
    private byte[] _buffer = Rent(SmallestBuffer);
    private JsonReaderState _state;
    private int _end;
    private int _scanned;
    private int _released;
    private int _start = -1;
    private int _startDepth;
    private JsonPart _startPart;
    private Section _section;
    private bool _ended;
    private int _currentStart;
    private int _currentLength;

    /// <param name="longestObject">Bytes of one object beyond which the answer is refused.</param>
    /// <param name="bytesRead">Told about each arrival of bytes: a proof that the other side lives.</param>
    public JsonObjectStream(Stream stream, JsonLayout layout, int longestObject, Action<int>? bytesRead = null)
    {
        _stream = stream;
        _layout = layout;
        _longestObject = longestObject;
        _bytesRead = bytesRead;
        _state = new JsonReaderState(new JsonReaderOptions { MaxDepth = DeepestNesting, AllowMultipleValues = layout == JsonLayout.Sequence });
    }

    private enum Section
    {
        None,
        Items,
        Metadata,
    }

    /// <summary>Bytes received.</summary>
    public long TotalBytes { get; private set; }

    /// <summary>Whether the answer had <c>items</c> at all: an answer without them is not a list.</summary>
    public bool HasItems { get; private set; }

    /// <summary>The object found last; valid until the next read.</summary>
    public ReadOnlySpan<byte> Current => _buffer.AsSpan(_currentStart, _currentLength);

    /// <summary>Reads up to the end of the next object.</summary>
    /// <returns>What was found; <see cref="JsonPart.None"/> at the end.</returns>
    /// <exception cref="JsonException">The bytes are not JSON, or end inside an object.</exception>
    /// <exception cref="InvalidDataException">An object is larger than allowed.</exception>
    public async ValueTask<JsonPart> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (Scan() is var part and not JsonPart.None)
            {
                return part;
            }

            if (_ended)
            {
                return JsonPart.None;
            }

            MakeRoom();
            var read = await _stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
            if (read == 0)
            {
                _ended = true;
            }
            else
            {
                _end += read;
                TotalBytes += read;
                _bytesRead?.Invoke(read);
            }
        }
    }

    public void Dispose()
    {
        var buffer = _buffer;
        if (buffer.Length > 0)
        {
            _buffer = [];
            _currentLength = 0;
            CryptographicOperations.ZeroMemory(buffer.AsSpan(0, _end));
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private JsonPart Scan()
    {
        _currentLength = 0;
        var reader = new Utf8JsonReader(_buffer.AsSpan(_scanned, _end - _scanned), _ended, _state);
        if (_ended && _layout == JsonLayout.Sequence && _start < 0 && _buffer.AsSpan(_scanned, _end - _scanned).IndexOfAnyExcept(" \r\n\t"u8) < 0)
        {
            return JsonPart.None;
        }

        var found = JsonPart.None;
        while (found == JsonPart.None && reader.Read())
        {
            found = Visit(ref reader);
        }

        _scanned += (int)reader.BytesConsumed;
        _state = reader.CurrentState;
        if (found != JsonPart.None)
        {
            _currentStart = _start;
            _currentLength = _scanned - _start;
            _start = -1;
        }

        return found;
    }

    private JsonPart Visit(ref Utf8JsonReader reader)
    {
        // While an object is being collected only its end matters.
        if (_start >= 0)
        {
            return reader.TokenType == JsonTokenType.EndObject && reader.CurrentDepth == _startDepth ? _startPart : JsonPart.None;
        }

        var depth = reader.CurrentDepth;
        if (_layout == JsonLayout.Sequence)
        {
            return depth == 0 && reader.TokenType == JsonTokenType.StartObject ? Begin(ref reader, JsonPart.Object) : JsonPart.None;
        }

        switch (reader.TokenType)
        {
            case JsonTokenType.PropertyName when depth == 1:
                _section = reader.ValueTextEquals("items"u8) ? Section.Items : reader.ValueTextEquals("metadata"u8) ? Section.Metadata : Section.None;
                HasItems |= _section == Section.Items;
                return JsonPart.None;
            case JsonTokenType.StartObject when depth == 2 && _section == Section.Items:
                return Begin(ref reader, JsonPart.Object);
            case JsonTokenType.StartObject when depth == 1 && _section == Section.Metadata:
                return Begin(ref reader, JsonPart.ListMetadata);
            default:
                return JsonPart.None;
        }
    }

    private JsonPart Begin(ref Utf8JsonReader reader, JsonPart part)
    {
        _start = _scanned + (int)reader.TokenStartIndex;
        _startDepth = reader.CurrentDepth;
        _startPart = part;
        return JsonPart.None;
    }

    /// <summary>Drops what was used up, and grows the buffer when one object fills it.</summary>
    /// <summary>
    /// The pool is the whole process's, and the network stack gives its receive buffers back as they are: a watch would
    /// hold for hours what of somebody's Secret was left in one.
    /// </summary>
    private static byte[] Rent(int length)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        CryptographicOperations.ZeroMemory(buffer);
        return buffer;
    }

    private void MakeRoom()
    {
        var keep = _start >= 0 ? _start : _scanned;
        if (_end - keep > _longestObject)
        {
            throw new InvalidDataException($"One object of the answer is larger than {_longestObject} bytes.");
        }

        CryptographicOperations.ZeroMemory(_buffer.AsSpan(_released, keep - _released));
        _released = keep;
        if (_end < _buffer.Length)
        {
            return;
        }

        var buffer = _buffer;
        if (keep < buffer.Length / 2)
        {
            _buffer = Rent(buffer.Length * 2);
        }

        buffer.AsSpan(keep, _end - keep).CopyTo(_buffer);
        if (!ReferenceEquals(buffer, _buffer))
        {
            CryptographicOperations.ZeroMemory(buffer.AsSpan(0, _end));
            ArrayPool<byte>.Shared.Return(buffer);
        }
        else
        {
            CryptographicOperations.ZeroMemory(buffer.AsSpan(_end - keep, _end - (_end - keep)));
        }

        _end -= keep;
        _scanned -= keep;
        _start = _start >= 0 ? 0 : -1;
        _released = 0;
    }
}
