namespace MeshConsole.Simulator.Traffic;

/// <summary>
/// Makes decks of latencies and sizes, and keeps them: parameters are rounded a little (latencies to 2 %), so that thousands
/// of edges share some hundred decks.
/// </summary>
internal sealed class DeckPool
{
    private const int MaxDecks = 2_048;

    private static readonly double[] s_normalQuantiles = Quantiles();
    private static readonly double[] s_spread = Spread(167, 0xA5);
    private static readonly double[] s_retried = Spread(93, 0x3C);

    private readonly Dictionary<LatencyKey, HistogramDeck> _latencies = [];
    private readonly Dictionary<int, HistogramDeck> _sizes = [];

    /// <summary>A log-normal latency in whole milliseconds, truncated as Istio truncates.</summary>
    public HistogramDeck Latency(in LatencyMix mix)
    {
        var key = LatencyKey.Of(mix);
        if (_latencies.TryGetValue(key, out var deck)) return deck;
        if (_latencies.Count >= MaxDecks) _latencies.Clear();
        return _latencies[key] = Build(key);
    }

    /// <summary>Sizes around a mean, in bytes.</summary>
    public HistogramDeck Size(double meanBytes)
    {
        var key = (int)Math.Round(Math.Log(Math.Max(1, meanBytes)) * 50);
        if (_sizes.TryGetValue(key, out var deck)) return deck;
        Span<int> values = stackalloc int[HistogramDeck.Cards];
        var mean = Math.Exp(key / 50.0);
        for (var card = 0; card < values.Length; card++)
            values[card] = (int)(mean * Math.Exp((0.35 * s_normalQuantiles[card]) - (0.35 * 0.35 / 2)));
        return _sizes[key] = HistogramDeck.Of(values);
    }

    private static HistogramDeck Build(LatencyKey key)
    {
        var mean = Math.Exp(key.LogMean / 50.0);
        var variation = Math.Max(1, (int)key.Variation) / 20.0;
        var sigma = Math.Sqrt(Math.Log(1 + (variation * variation)));
        var mu = Math.Log(mean) - (sigma * sigma / 2);
        var overhead = key.Overhead / 50.0;
        var retriedShare = key.RetriedShare / 64.0;
        var retryDelay = key.RetryDelay == 0 ? 0 : Math.Exp(key.RetryDelay / 50.0);
        var limit = key.Limit == 0 ? 3_600_000.0 : key.Limit;
        Span<int> values = stackalloc int[HistogramDeck.Cards];
        for (var card = 0; card < values.Length; card++)
        {
            var value = Math.Min(Math.Exp(mu + (sigma * s_normalQuantiles[card])), limit);
            value += overhead * (0.6 + (0.8 * s_spread[card]));
            if (s_retried[card] < retriedShare) value += retryDelay;
            values[card] = (int)value;
        }

        return HistogramDeck.Of(values);
    }

    private static double[] Quantiles()
    {
        var quantiles = new double[HistogramDeck.Cards];
        for (var card = 0; card < quantiles.Length; card++)
            quantiles[card] = NormalDistribution.Quantile((HistogramDeck.RankAt(card) + 0.5) / HistogramDeck.Cards);
        return quantiles;
    }

    /// <summary>Even numbers between 0 and 1 in an order that has nothing to do with the ranks; their mean is exactly one half.</summary>
    private static double[] Spread(int multiplier, int salt)
    {
        var numbers = new double[HistogramDeck.Cards];
        // An odd multiplier walks through every residue once.
        for (var card = 0; card < numbers.Length; card++)
            numbers[card] = ((((card * multiplier) + salt) & (HistogramDeck.Cards - 1)) + 0.5) / HistogramDeck.Cards;
        return numbers;
    }

    private readonly record struct LatencyKey(short LogMean, short Variation, short Overhead, byte RetriedShare, short RetryDelay, int Limit)
    {
        public static LatencyKey Of(in LatencyMix mix) => new(
            (short)Math.Round(Math.Log(Math.Max(0.02, mix.MeanMs)) * 50),
            (short)Math.Round(Math.Clamp(mix.Variation, 0.05, 10) * 20),
            (short)Math.Round(Math.Clamp(mix.OverheadMs, 0, 600) * 50),
            (byte)Math.Round(Math.Clamp(mix.RetriedShare, 0, 1) * 64),
            mix.RetriedShare <= 0 || mix.RetryDelayMs <= 0 ? (short)0 : (short)Math.Max(1, Math.Round(Math.Log(Math.Max(1.1, mix.RetryDelayMs)) * 50)),
            (int)Math.Clamp(mix.LimitMs, 0, 3_600_000));
    }
}

/// <summary>The latency of one kind of request, in milliseconds.</summary>
/// <param name="MeanMs">Mean at the server.</param>
/// <param name="Variation">Coefficient of variation at the server.</param>
/// <param name="OverheadMs">Proxy and network on top of it, for the client's view; 0 for the server's own.</param>
/// <param name="RetriedShare">Share of requests that took a further attempt.</param>
/// <param name="RetryDelayMs">What those lost by it.</param>
/// <param name="LimitMs">Timeout after which nobody waits; 0 for none.</param>
internal readonly record struct LatencyMix(double MeanMs, double Variation, double OverheadMs, double RetriedShare, double RetryDelayMs, double LimitMs);
