using System.Runtime.CompilerServices;

namespace MeshConsole.Simulator.Traffic;

/// <summary>
/// A deck of representative requests of one kind. Requests take cards in turn, so that the histogram and the sum after any
/// number of requests are whole, consistent and known without simulating each request; and the two ends of a hop, which
/// take the same cards, see the same requests. The order is such that any run of cards is spread over the distribution.
/// </summary>
internal sealed class HistogramDeck
{
    /// <summary>Cards in a deck; a power of two for the order.</summary>
    public const int Cards = 256;

    /// <summary>Envoy's bounds, in ms or bytes; the last bucket, +Inf, has no entry.</summary>
    public static readonly double[] Bounds =
        [0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000, 3_600_000];

    public static readonly string[] BoundLabels =
    [
        "0.5", "1", "5", "10", "25", "50", "100", "250", "500", "1000", "2500", "5000", "10000", "30000", "60000", "300000", "600000", "1800000",
        "3600000", "+Inf",
    ];

    /// <summary>Buckets with +Inf, then the sum.</summary>
    public static readonly int Columns = Bounds.Length + 2;

    // Row n: what n cards from the top of the deck add up to.
    private readonly ushort[] _buckets;
    private readonly int[] _sums;

    private HistogramDeck(ushort[] buckets, int[] sums)
    {
        _buckets = buckets;
        _sums = sums;
    }

    /// <summary>Mean value of a card.</summary>
    public double Mean => (double)_sums[^1] / Cards;

    /// <param name="values">One whole number per card, in the order in which the cards lie.</param>
    public static HistogramDeck Of(ReadOnlySpan<int> values)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, Cards);
        var width = Bounds.Length + 1;
        var buckets = new ushort[(Cards + 1) * width];
        var sums = new int[Cards + 1];
        for (var card = 0; card < Cards; card++)
        {
            var row = buckets.AsSpan((card + 1) * width, width);
            buckets.AsSpan(card * width, width).CopyTo(row);
            var bucket = 0;
            while (bucket < Bounds.Length && values[card] > Bounds[bucket]) bucket++;
            for (var i = bucket; i < width; i++) row[i]++;
            sums[card + 1] = sums[card] + values[card];
        }

        return new HistogramDeck(buckets, sums);
    }

    /// <summary>Adds what the first <paramref name="requests"/> requests amount to: cumulative buckets, then the sum.</summary>
    /// <param name="sign">1, or -1 to take it away again.</param>
    [MethodImpl(Hot.FromTheStart)]
    public void AddTo(Span<long> target, long requests, int sign)
    {
        var width = Bounds.Length + 1;
        var passes = requests / Cards * sign;
        var rest = (int)(requests % Cards);
        var row = _buckets.AsSpan(rest * width, width);
        var whole = _buckets.AsSpan(Cards * width, width);
        for (var i = 0; i < whole.Length; i++) target[i] += (passes * whole[i]) + (sign * row[i]);
        target[width] += (passes * _sums[Cards]) + (sign * _sums[rest]);
    }

    /// <summary>Which rank lies at which place: the bit-reversed number, so that halves, quarters … of the deck are fair samples.</summary>
    public static int RankAt(int card)
    {
        var reversed = 0;
        for (var bit = 1; bit < Cards; bit <<= 1)
        {
            reversed <<= 1;
            if ((card & bit) != 0) reversed |= 1;
        }

        return reversed;
    }
}
