using System.Globalization;
using System.Text.Json;
using MeshConsole.Simulator.Prometheus.Evaluation;
using MeshConsole.Simulator.Prometheus.Language;

namespace MeshConsole.Simulator.Prometheus;

/// <summary>Writes what a query evaluated to: numbers as strings, times as seconds with up to three decimals.</summary>
internal static class QueryAnswerWriter
{
    public static async Task WriteInstantAsync(ApiResponse response, QueryAnswer answer)
    {
        var json = response.Json;
        Begin(json, PromTypeName(answer.Type));
        var timeMs = answer.Grid.StartMs;
        switch (answer.Type)
        {
            case PromType.Scalar:
                json.WriteStartArray();
                WriteTime(json, timeMs, fullFraction: false);
                json.WriteStringValue(PromNumber.ToPlainText(answer.Scalar![0]));
                json.WriteEndArray();
                break;
            case PromType.String:
                json.WriteStartArray();
                WriteTime(json, timeMs, fullFraction: false);
                json.WriteStringValue(answer.Text);
                json.WriteEndArray();
                break;
            case PromType.Vector:
                json.WriteStartArray();
                for (var row = 0; row < answer.Vector!.Rows; row++)
                {
                    if (WriteSample(json, answer.Vector, row, timeMs)) await response.FlushWhenLargeAsync().ConfigureAwait(false);
                }

                json.WriteEndArray();
                break;
            case PromType.Matrix:
                json.WriteStartArray();
                foreach (var (labels, times, values) in answer.Matrix!)
                {
                    BeginSeries(json, labels, nameHidden: false);
                    for (var i = 0; i < times.Length; i++) WritePoint(json, times[i], values[i]);
                    EndSeries(json);
                    await response.FlushWhenLargeAsync().ConfigureAwait(false);
                }

                json.WriteEndArray();
                break;
            default:
                throw new InvalidOperationException($"Unknown type: {answer.Type}");
        }

        json.WriteEndObject();
    }

    /// <summary>A range query always gives a matrix.</summary>
    public static async Task WriteRangeAsync(ApiResponse response, QueryAnswer answer)
    {
        var json = response.Json;
        Begin(json, "matrix");
        json.WriteStartArray();
        if (answer.Type == PromType.Scalar)
        {
            BeginSeries(json, LabelSet.Empty, nameHidden: false);
            for (var step = 0; step < answer.Grid.Count; step++) WritePoint(json, answer.Grid[step], answer.Scalar![step]);
            EndSeries(json);
        }
        else
        {
            foreach (var row in answer.Order!)
            {
                WriteRow(json, answer, row);
                await response.FlushWhenLargeAsync().ConfigureAwait(false);
            }
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    public static void WriteLabels(Utf8JsonWriter json, LabelSet labels, bool nameHidden)
    {
        json.WriteStartObject();
        for (var i = 0; i < labels.Count; i++)
        {
            var name = labels.Names[i];
            if (!nameHidden || name != LabelSet.MetricNameLabel) json.WriteString(name, labels.Values[i]);
        }

        json.WriteEndObject();
    }

    private static bool WriteSample(Utf8JsonWriter json, VectorTable vector, int row, long timeMs)
    {
        var value = vector.Row(row)[0];
        if (StaleMarker.Is(value)) return false;
        json.WriteStartObject();
        json.WritePropertyName("metric"u8);
        WriteLabels(json, vector.RawLabels(row), vector.NameHidden);
        json.WritePropertyName("value"u8);
        WritePoint(json, timeMs, value);
        json.WriteEndObject();
        return true;
    }

    private static void WriteRow(Utf8JsonWriter json, QueryAnswer answer, int row)
    {
        BeginSeries(json, answer.Vector!.RawLabels(row), answer.Vector.NameHidden);
        var cells = answer.Vector.Row(row);
        for (var step = 0; step < cells.Length; step++)
            if (!StaleMarker.Is(cells[step])) WritePoint(json, answer.Grid[step], cells[step]);
        EndSeries(json);
    }

    private static void Begin(Utf8JsonWriter json, string type)
    {
        json.WriteStartObject();
        json.WriteString("resultType"u8, type);
        json.WritePropertyName("result"u8);
    }

    private static void BeginSeries(Utf8JsonWriter json, LabelSet labels, bool nameHidden)
    {
        json.WriteStartObject();
        json.WritePropertyName("metric"u8);
        WriteLabels(json, labels, nameHidden);
        json.WriteStartArray("values"u8);
    }

    private static void EndSeries(Utf8JsonWriter json)
    {
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WritePoint(Utf8JsonWriter json, long timeMs, double value)
    {
        Span<byte> text = stackalloc byte[PromNumber.MaxLength];
        json.WriteStartArray();
        WriteTime(json, timeMs, fullFraction: true);
        json.WriteStringValue(text[..PromNumber.Format(value, text)]);
        json.WriteEndArray();
    }

    /// <param name="fullFraction">Prometheus writes 0.500 in vectors and 0.5 in scalars.</param>
    private static void WriteTime(Utf8JsonWriter json, long timeMs, bool fullFraction)
    {
        Span<byte> text = stackalloc byte[24];
        var at = 0;
        if (timeMs < 0) text[at++] = (byte)'-';
        var magnitude = Math.Abs(timeMs);
        (magnitude / 1000).TryFormat(text[at..], out var written, default, CultureInfo.InvariantCulture);
        at += written;
        if (magnitude % 1000 is > 0 and var fraction)
        {
            text[at++] = (byte)'.';
            fraction.TryFormat(text[at..], out written, "000", CultureInfo.InvariantCulture);
            at += written;
            while (!fullFraction && text[at - 1] == '0') at--;
        }

        json.WriteRawValue(text[..at], skipInputValidation: true);
    }

    private static string PromTypeName(PromType type) => type switch
    {
        PromType.Scalar => "scalar",
        PromType.Vector => "vector",
        PromType.Matrix => "matrix",
        PromType.String => "string",
        _ => throw new InvalidOperationException($"Unknown type: {type}"),
    };
}
