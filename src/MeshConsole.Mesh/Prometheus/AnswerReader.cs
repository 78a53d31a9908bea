using System.Buffers.Text;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace MeshConsole.Mesh.Prometheus;

/// <summary>
/// Reads an answer of the query API (vector, matrix or scalar) from bytes straight into symbols, whatever the pieces it
/// comes in: no string, object or document is made for a series. Native histograms are passed over; series that hold
/// nothing else are not handed on.
/// </summary>
internal sealed class AnswerReader(SymbolTable symbols, ISeriesSink sink)
{
    private readonly LabelColumns _columns = sink.Columns;
    private readonly List<SamplePoint> _points = new(1);
    private readonly List<string> _warnings = [];

    // Prometheus writes the labels of every series in the same order: what stood at a position in the series before is
    // nearly always what stands there now, and comparing is cheaper than looking up.
    private Prediction[] _predictions = new Prediction[16];
    private readonly byte[] _timestampText = new byte[32];
    private int _predicted;
    private int[] _row = new int[Math.Max(sink.Columns.Count, 4)];
    private int[] _last = new int[Math.Max(sink.Columns.Count, 4)];
    private int _timestampLength;
    private double _timestampValue;
    private JsonReaderState _json;
    private Place _place = Place.Start;
    private Place _afterSkip;
    private Place _afterPoint;
    private int _skipDepth;
    private Key _key;
    private int _labelPosition;
    private int _column;
    private double _pointTime;

    /// <summary><c>success</c> or <c>error</c>; null when the answer has no such field.</summary>
    public string? Status { get; private set; }

    public string? ErrorType { get; private set; }

    public string? Error { get; private set; }

    public IReadOnlyList<string> Warnings => _warnings;

    public int Series { get; private set; }

    /// <summary>Reads as many whole tokens as there are; returns how many bytes they took.</summary>
    /// <exception cref="JsonException">The bytes are no JSON, or not of the shape of an answer.</exception>
    public int Read(ReadOnlySpan<byte> bytes, bool last)
    {
        var json = new Utf8JsonReader(bytes, last, _json);
        while (json.Read())
        {
            Take(ref json);

            // Label names and values are nearly all there is: they are taken in pairs, without asking at each where we are.
            // When the bytes end in between, the place is kept and the next piece goes on there.
            while (_place == Place.Metric && json.Read())
            {
                TakeLabelName(ref json);
                if (_place != Place.Label || !json.Read())
                {
                    break;
                }

                TakeLabelValue(ref json);
            }
        }

        _json = json.CurrentState;
        return (int)json.BytesConsumed;
    }

    private void Take(ref Utf8JsonReader json)
    {
        switch (_place)
        {
            case Place.Label:
                TakeLabelValue(ref json);
                break;
            case Place.Metric:
                TakeLabelName(ref json);
                break;
            case Place.PointTime:
                _pointTime = Timestamp(ref json);
                _place = Place.PointValue;
                break;
            case Place.PointValue:
                _points.Add(new SamplePoint(_pointTime, Value(ref json)));
                _place = Place.PointEnd;
                break;
            case Place.PointEnd:
                Expect(json.TokenType, JsonTokenType.EndArray);
                _place = _afterPoint;
                break;
            case Place.Result:
                TakeResult(ref json);
                break;
            case Place.Series:
                TakeSeries(ref json);
                break;
            case Place.SeriesValue:
                TakeSeriesValue(ref json);
                break;
            case Place.Values:
                if (json.TokenType == JsonTokenType.EndArray)
                {
                    _place = Place.Series;
                    break;
                }

                Expect(json.TokenType, JsonTokenType.StartArray);
                _place = Place.PointTime;
                break;
            case Place.Skip:
                TakeSkipped(json.TokenType);
                break;
            default:
                TakeEnvelope(ref json);
                break;
        }
    }

    private void TakeEnvelope(ref Utf8JsonReader json)
    {
        switch (_place)
        {
            case Place.Start:
                Expect(json.TokenType, JsonTokenType.StartObject);
                _place = Place.Envelope;
                break;
            case Place.Envelope when json.TokenType == JsonTokenType.EndObject:
                _place = Place.End;
                break;
            case Place.Envelope:
                _key = json.ValueTextEquals("status"u8) ? Key.Status
                    : json.ValueTextEquals("data"u8) ? Key.Data
                    : json.ValueTextEquals("errorType"u8) ? Key.ErrorType
                    : json.ValueTextEquals("error"u8) ? Key.Error
                    : json.ValueTextEquals("warnings"u8) || json.ValueTextEquals("infos"u8) ? Key.Warnings
                    : Key.Other;
                _place = Place.EnvelopeValue;
                break;
            case Place.EnvelopeValue:
                TakeEnvelopeValue(ref json);
                break;
            case Place.Warnings when json.TokenType == JsonTokenType.EndArray:
                _place = Place.Envelope;
                break;
            case Place.Warnings:
                if (json.TokenType == JsonTokenType.String && _warnings.Count < 20)
                {
                    _warnings.Add(ErrorText.Clean(json.GetString()!));
                }

                break;
            case Place.Data when json.TokenType == JsonTokenType.EndObject:
                _place = Place.Envelope;
                break;
            case Place.Data:
                _key = json.ValueTextEquals("result"u8) ? Key.Result : Key.Other;
                _place = Place.DataValue;
                break;
            case Place.DataValue:
                if (_key == Key.Result && json.TokenType == JsonTokenType.StartArray)
                {
                    _place = Place.Result;
                }
                else
                {
                    Skip(json.TokenType, Place.Data);
                }

                break;
            default:
                throw new JsonException("The answer goes on after its end.");
        }
    }

    private void TakeEnvelopeValue(ref Utf8JsonReader json)
    {
        if (_key == Key.Data && json.TokenType == JsonTokenType.StartObject)
        {
            _place = Place.Data;
        }
        else if (_key == Key.Warnings && json.TokenType == JsonTokenType.StartArray)
        {
            _place = Place.Warnings;
        }
        else if (_key is Key.Status or Key.Error or Key.ErrorType && json.TokenType == JsonTokenType.String)
        {
            var text = json.GetString();
            _place = Place.Envelope;
            switch (_key)
            {
                case Key.Status:
                    Status = text;
                    break;
                case Key.Error:
                    Error = text;
                    break;
                default:
                    ErrorType = text;
                    break;
            }
        }
        else
        {
            Skip(json.TokenType, Place.Envelope);
        }
    }

    private void TakeResult(ref Utf8JsonReader json)
    {
        switch (json.TokenType)
        {
            case JsonTokenType.StartObject:
                _points.Clear();
                _row.AsSpan(0, _columns.Count).Clear();
                _place = Place.Series;
                break;
            case JsonTokenType.EndArray:
                _place = Place.Data;
                break;
            case JsonTokenType.Number:
                // A scalar: [time, "value"]. The array's end is that of the result.
                _pointTime = Timestamp(ref json);
                _points.Clear();
                _row.AsSpan(0, _columns.Count).Clear();
                break;
            case JsonTokenType.String:
                _points.Add(new SamplePoint(_pointTime, Value(ref json)));
                Emit();
                break;
            default:
                throw new JsonException("A result holds series, or the time and value of a scalar.");
        }
    }

    private void TakeSeries(ref Utf8JsonReader json)
    {
        if (json.TokenType == JsonTokenType.EndObject)
        {
            if (_points.Count > 0)
            {
                Emit();
            }

            _place = Place.Result;
            return;
        }

        _key = json.ValueTextEquals("metric"u8) ? Key.Metric
            : json.ValueTextEquals("value"u8) ? Key.Value
            : json.ValueTextEquals("values"u8) ? Key.Values
            : Key.Other;
        _place = Place.SeriesValue;
    }

    private void TakeSeriesValue(ref Utf8JsonReader json)
    {
        switch (_key)
        {
            case Key.Metric:
                Expect(json.TokenType, JsonTokenType.StartObject);
                _labelPosition = 0;
                _place = Place.Metric;
                break;
            case Key.Value:
                Expect(json.TokenType, JsonTokenType.StartArray);
                _afterPoint = Place.Series;
                _place = Place.PointTime;
                break;
            case Key.Values:
                Expect(json.TokenType, JsonTokenType.StartArray);
                _afterPoint = Place.Values;
                _place = Place.Values;
                break;
            default:
                Skip(json.TokenType, Place.Series);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void TakeLabelName(ref Utf8JsonReader json)
    {
        if (json.TokenType == JsonTokenType.EndObject)
        {
            _place = Place.Series;
            return;
        }

        var position = _labelPosition++;
        _place = Place.Label;
        if (!json.ValueIsEscaped && position < _predicted)
        {
            ref readonly var prediction = ref _predictions[position];
            if (json.ValueSpan.SequenceEqual(prediction.Name))
            {
                _column = prediction.Column;
                return;
            }
        }

        LearnLabelName(ref json, position);
    }

    private void LearnLabelName(ref Utf8JsonReader json, int position)
    {
        var name = json.ValueIsEscaped ? Unescape(ref json) : json.ValueSpan.ToArray();
        _column = _columns.Find(name);
        if (_column >= _row.Length)
        {
            Array.Resize(ref _row, _row.Length * 2);
            Array.Resize(ref _last, _row.Length);
        }

        if (position == _predictions.Length)
        {
            Array.Resize(ref _predictions, position * 2);
        }

        _predictions[position] = new Prediction(name, _column);
        _predicted = Math.Max(_predicted, position + 1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void TakeLabelValue(ref Utf8JsonReader json)
    {
        Expect(json.TokenType, JsonTokenType.String);
        _place = Place.Metric;
        if (_column < 0)
        {
            return;
        }

        // Neighbours in an answer share most values.
        ref var last = ref _last[_column];
        if (json.ValueIsEscaped)
        {
            last = symbols.Intern(Unescape(ref json));
        }
        else if (!symbols.Is(last, json.ValueSpan))
        {
            last = symbols.Intern(json.ValueSpan);
        }

        _row[_column] = last;
    }

    private void TakeSkipped(JsonTokenType token)
    {
        _skipDepth += token switch
        {
            JsonTokenType.StartArray or JsonTokenType.StartObject => 1,
            JsonTokenType.EndArray or JsonTokenType.EndObject => -1,
            _ => 0,
        };
        if (_skipDepth == 0)
        {
            _place = _afterSkip;
        }
    }

    private void Skip(JsonTokenType first, Place then)
    {
        _afterSkip = then;
        if (first is JsonTokenType.StartArray or JsonTokenType.StartObject)
        {
            _skipDepth = 1;
            _place = Place.Skip;
        }
        else
        {
            _place = then;
        }
    }

    private void Emit()
    {
        Series++;
        sink.Add(_row.AsSpan(0, _columns.Count), CollectionsMarshal.AsSpan(_points));
        _points.Clear();
    }

    private double Timestamp(ref Utf8JsonReader json)
    {
        Expect(json.TokenType, JsonTokenType.Number);
        var text = json.ValueSpan;

        // All samples of an instant query carry the same time.
        if (text.SequenceEqual(_timestampText.AsSpan(0, _timestampLength)))
        {
            return _timestampValue;
        }

        _timestampValue = json.GetDouble();
        if (text.Length <= _timestampText.Length)
        {
            text.CopyTo(_timestampText);
            _timestampLength = text.Length;
        }

        return _timestampValue;
    }

    private static double Value(ref Utf8JsonReader json)
    {
        Expect(json.TokenType, JsonTokenType.String);
        var text = json.ValueSpan;
        if (text.Length == 1 && char.IsAsciiDigit((char)text[0]))
        {
            return text[0] - '0';
        }

        if (Utf8Parser.TryParse(text, out double value, out var used) && used == text.Length)
        {
            return value;
        }

        return text switch
        {
            [(byte)'N', (byte)'a', (byte)'N'] => double.NaN,
            [(byte)'+', (byte)'I', (byte)'n', (byte)'f'] or [(byte)'I', (byte)'n', (byte)'f'] => double.PositiveInfinity,
            [(byte)'-', (byte)'I', (byte)'n', (byte)'f'] => double.NegativeInfinity,
            _ when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) => value,
            _ => throw new JsonException("A sample is not a number."),
        };
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Expect(JsonTokenType actual, JsonTokenType expected)
    {
        if (actual != expected)
        {
            Unexpected(actual, expected);
        }
    }

    private static void Unexpected(JsonTokenType actual, JsonTokenType expected) =>
        throw new JsonException($"{expected} was expected where {actual} stands.");

    private static byte[] Unescape(ref Utf8JsonReader json)
    {
        var buffer = new byte[json.ValueSpan.Length];
        try
        {
            return buffer[..json.CopyString(buffer)];
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair cannot be written in UTF-8. Such a label is hostile, not worth losing the answer for.
            return Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(json.ValueSpan));
        }
    }

    private readonly record struct Prediction(byte[] Name, int Column);

    private enum Place
    {
        Start,
        Envelope,
        EnvelopeValue,
        Warnings,
        Data,
        DataValue,
        Result,
        Series,
        SeriesValue,
        Metric,
        Label,
        Values,
        PointTime,
        PointValue,
        PointEnd,
        Skip,
        End,
    }

    private enum Key
    {
        Other,
        Status,
        Data,
        ErrorType,
        Error,
        Warnings,
        Result,
        Metric,
        Value,
        Values,
    }
}
