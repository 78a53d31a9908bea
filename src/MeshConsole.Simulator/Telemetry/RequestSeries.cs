using System.Runtime.CompilerServices;
using MeshConsole.Simulator.Prometheus;
using MeshConsole.Simulator.Traffic;

namespace MeshConsole.Simulator.Telemetry;

/// <summary>One pod's series of one kind of request: the counter and the histograms of duration and, where measured, of sizes.</summary>
internal sealed class RequestSeries : SeriesBlock
{
    private readonly PodCounter _counter;
    private readonly HistogramDeck? _requestBytes;
    private readonly HistogramDeck? _responseBytes;

    private RequestSeries(PodCounter counter, Series[] series, HistogramDeck? requestBytes, HistogramDeck? responseBytes)
        : base(series)
    {
        _counter = counter;
        _requestBytes = requestBytes;
        _responseBytes = responseBytes;
    }

    public static RequestSeries Begin(SampleStore store, PodCounter counter, (HistogramDeck Request, HistogramDeck Response)? sizes)
    {
        var labels = FlowLabels.Of(counter.Flow, counter.Pod);
        var series = new List<Series>(68) { store.GetOrAdd(labels.Set(LabelSet.MetricNameLabel, "istio_requests_total").Build()) };
        AddHistogram(store, series, labels, "istio_request_duration_milliseconds");
        if (sizes is not null)
        {
            AddHistogram(store, series, labels, "istio_request_bytes");
            AddHistogram(store, series, labels, "istio_response_bytes");
        }

        return new RequestSeries(counter, [.. series], sizes?.Request, sizes?.Response);
    }

    [MethodImpl(Hot.FromTheStart)]
    public override void Read(Span<double> values, DateTimeOffset now)
    {
        Span<long> columns = stackalloc long[HistogramDeck.Bounds.Length + 2];
        var requests = _counter.Requests;
        values[0] = requests;
        _counter.ReadLatency(columns);
        var next = Write(columns, values[1..]);
        if (_requestBytes is null || _responseBytes is null) return;
        columns.Clear();
        _requestBytes.AddTo(columns, requests, 1);
        next = Write(columns, next);
        columns.Clear();
        _responseBytes.AddTo(columns, requests, 1);
        Write(columns, next);
    }

    private static void AddHistogram(SampleStore store, List<Series> series, LabelSetBuilder labels, string name)
    {
        labels.Set(LabelSet.MetricNameLabel, name + "_bucket");
        foreach (var bound in HistogramDeck.BoundLabels) series.Add(store.GetOrAdd(labels.Set("le", bound).Build()));
        labels.Remove("le");
        series.Add(store.GetOrAdd(labels.Set(LabelSet.MetricNameLabel, name + "_sum").Build()));
        series.Add(store.GetOrAdd(labels.Set(LabelSet.MetricNameLabel, name + "_count").Build()));
    }

    /// <summary>Buckets, sum, count.</summary>
    [MethodImpl(Hot.FromTheStart)]
    private static Span<double> Write(ReadOnlySpan<long> columns, Span<double> values)
    {
        for (var i = 0; i < columns.Length; i++) values[i] = columns[i];
        values[columns.Length] = columns[^2];
        return values[(columns.Length + 1)..];
    }
}

/// <summary>One pod's series of connections that are not HTTP.</summary>
internal sealed class ConnectionSeries(PodCounter counter, Series[] series, int requestBytes, int responseBytes) : SeriesBlock(series)
{
    /// <summary>Programs keep connections open and send many statements over each.</summary>
    private const int StatementsPerConnection = 40;

    /// <summary>Connections that stay open.</summary>
    private const int Pool = 6;

    public static ConnectionSeries Begin(SampleStore store, PodCounter counter)
    {
        var labels = FlowLabels.Of(counter.Flow, counter.Pod);
        Series Named(string name) => store.GetOrAdd(labels.Set(LabelSet.MetricNameLabel, name).Build());
        var server = counter.Flow.Destination?.Behaviour;
        return new ConnectionSeries(
            counter,
            [
                Named("istio_tcp_connections_opened_total"), Named("istio_tcp_connections_closed_total"),
                Named("istio_tcp_received_bytes_total"), Named("istio_tcp_sent_bytes_total"),
            ],
            server?.RequestBytes ?? 0, server?.ResponseBytes ?? 0);
    }

    public override void Read(Span<double> values, DateTimeOffset now)
    {
        var statements = counter.Expected;
        // A connection that is refused carries nothing and each attempt opens another one.
        var works = counter.Flow.Key.Flags == "-";
        var opened = Math.Floor(works ? 1 + (statements / StatementsPerConnection) : statements);
        values[0] = opened;
        values[1] = works ? Math.Max(0, opened - Pool) : opened;
        values[2] = works ? Math.Floor(statements * requestBytes) : 0;
        values[3] = works ? Math.Floor(statements * responseBytes) : 0;
    }
}
