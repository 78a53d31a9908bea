using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;

namespace MeshConsole.Simulator.Prometheus;

/// <summary>Prometheus' text exposition format, version 0.0.4.</summary>
public static class ExpositionWriter
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private const int FlushAt = 64 * 1024;

    public static async Task WriteAsync(Stream target, IEnumerable<MetricFamily> families, CancellationToken cancellationToken = default)
    {
        var writer = PipeWriter.Create(target, new StreamPipeWriterOptions(leaveOpen: true));
        await WriteAsync(writer, families, cancellationToken).ConfigureAwait(false);
        await writer.CompleteAsync().ConfigureAwait(false);
    }

    /// <summary>Writes and flushes as it goes; does not complete the writer.</summary>
    public static async Task WriteAsync(PipeWriter target, IEnumerable<MetricFamily> families, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(families);
        foreach (var family in families)
        {
            WriteHead(target, family);
            foreach (var sample in family.Samples)
            {
                WriteSample(target, sample);
                if (target.UnflushedBytes > FlushAt) await target.FlushAsync(cancellationToken).ConfigureAwait(false);
            }
        }

        await target.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The newest samples of a store as families, by the metadata that the store was given; series that have ended are left out.</summary>
    /// <param name="sinceMs">Samples older than this (Unix milliseconds) are left out.</param>
    public static IEnumerable<MetricFamily> Families(SampleStore store, long sinceMs)
    {
        ArgumentNullException.ThrowIfNull(store);
        var byFamily = store.Select([], sinceMs, long.MaxValue)
            .Where(series => series.Newest is { } newest && newest.TimestampMs >= sinceMs && !StaleMarker.Is(newest.Value))
            .GroupBy(series => FamilyOf(series.Labels.MetricName, store.Metadata), StringComparer.Ordinal)
            .OrderBy(group => group.Key, StringComparer.Ordinal);
        foreach (var family in byFamily)
        {
            var metadata = store.Metadata.GetValueOrDefault(family.Key);
            yield return new MetricFamily(
                family.Key,
                TypeOf(metadata?.Type),
                metadata?.Help ?? "",
                family.Select(series => new MetricSample(series.Labels, series.Newest!.Value.Value)));
        }
    }

    internal static string TypeName(MetricType type) => type switch
    {
        MetricType.Counter => "counter",
        MetricType.Gauge => "gauge",
        MetricType.Histogram => "histogram",
        MetricType.Summary => "summary",
        MetricType.Untyped => "untyped",
        _ => throw new InvalidOperationException($"Unknown type of metric: {type}"),
    };

    private static MetricType TypeOf(string? name) => name switch
    {
        "counter" => MetricType.Counter,
        "gauge" => MetricType.Gauge,
        "histogram" => MetricType.Histogram,
        "summary" => MetricType.Summary,
        _ => MetricType.Untyped,
    };

    /// <summary>The family that a sample's name belongs to: its own, or the one before <c>_bucket</c>, <c>_sum</c> or <c>_count</c> when that is known.</summary>
    private static string FamilyOf(string metricName, IReadOnlyDictionary<string, MetricMetadata> known)
    {
        if (known.ContainsKey(metricName)) return metricName;
        foreach (var suffix in (ReadOnlySpan<string>)["_bucket", "_sum", "_count"])
        {
            if (metricName.EndsWith(suffix, StringComparison.Ordinal) && known.ContainsKey(metricName[..^suffix.Length]))
                return metricName[..^suffix.Length];
        }

        return metricName;
    }

    private static void WriteHead(PipeWriter target, MetricFamily family)
    {
        if (family.Help.Length > 0)
        {
            target.Write("# HELP "u8);
            Text(target, family.Name);
            target.Write(" "u8);
            Escaped(target, family.Help, quotes: false);
            target.Write("\n"u8);
        }

        target.Write("# TYPE "u8);
        Text(target, family.Name);
        target.Write(" "u8);
        Text(target, TypeName(family.Type));
        target.Write("\n"u8);
    }

    private static void WriteSample(PipeWriter target, in MetricSample sample)
    {
        var labels = sample.Labels;
        Text(target, labels.MetricName);
        var any = false;
        for (var i = 0; i < labels.Count; i++)
        {
            if (labels.Names[i] == LabelSet.MetricNameLabel) continue;
            target.Write(any ? ","u8 : "{"u8);
            any = true;
            Text(target, labels.Names[i]);
            target.Write("=\""u8);
            Escaped(target, labels.Values[i], quotes: true);
            target.Write("\""u8);
        }

        target.Write(any ? "} "u8 : " "u8);
        target.Advance(PromNumber.Format(sample.Value, target.GetSpan(PromNumber.MaxLength)));
        if (sample.TimestampMs is { } timestamp)
        {
            target.Write(" "u8);
            timestamp.TryFormat(target.GetSpan(24), out var written, default, CultureInfo.InvariantCulture);
            target.Advance(written);
        }

        target.Write("\n"u8);
    }

    private static void Text(PipeWriter target, ReadOnlySpan<char> text) => Encoding.UTF8.GetBytes(text, target);

    /// <summary>Backslash and line feed are escaped everywhere, the quote in label values only.</summary>
    private static void Escaped(PipeWriter target, ReadOnlySpan<char> text, bool quotes)
    {
        while (text.Length > 0)
        {
            var at = quotes ? text.IndexOfAny('\\', '\n', '"') : text.IndexOfAny('\\', '\n');
            if (at < 0)
            {
                Text(target, text);
                return;
            }

            Text(target, text[..at]);
            target.Write(text[at] switch { '\\' => "\\\\"u8, '\n' => "\\n"u8, _ => "\\\""u8 });
            text = text[(at + 1)..];
        }
    }
}
