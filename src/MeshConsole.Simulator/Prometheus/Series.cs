using System.Runtime.CompilerServices;

namespace MeshConsole.Simulator.Prometheus;

/// <summary>One time series: labels and samples in ascending time. Obtained from <see cref="SampleStore.GetOrAdd"/>.</summary>
public sealed class Series
{
    /// <summary>A chunk cut shorter than this says that the series does not follow the shared timestamps: it gets its own.</summary>
    private const int ShortChunk = 12;

    private Chunk[] _chunks = [];

    internal Series(LabelSet labels) => Labels = labels;

    public LabelSet Labels { get; }

    /// <summary>False once retention has taken the last sample and the series has left the index; the next append brings it back.</summary>
    internal bool Indexed { get; set; }

    /// <summary>It had samples and retention has taken them all.</summary>
    internal bool IsSpent { get; private set; }

    /// <summary>The newest sample, staleness markers included.</summary>
    internal (long TimestampMs, double Value)? Newest
    {
        get
        {
            var chunks = Volatile.Read(ref _chunks);
            if (chunks.Length == 0) return null;
            var head = Volatile.Read(ref chunks[^1]);
            var count = head.Count;
            return (head.Block.Times[head.Start + count - 1], head.ValueAt(count - 1));
        }
    }

    internal bool Overlaps(long minMs, long maxMs)
    {
        var chunks = Volatile.Read(ref _chunks);
        return chunks.Length > 0 && chunks[0].FirstTime <= maxMs && Volatile.Read(ref chunks[^1]).LastTime >= minMs;
    }

    /// <summary>The newest sample at or before <paramref name="atMs"/>.</summary>
    internal bool TryGetAt(long atMs, out long timestampMs, out double value)
    {
        var chunks = Volatile.Read(ref _chunks);
        for (var i = chunks.Length - 1; i >= 0; i--)
        {
            var chunk = Volatile.Read(ref chunks[i]);
            if (chunk.FirstTime > atMs) continue;
            var times = chunk.Times;
            var at = times[^1] <= atMs ? times.Length - 1 : LastAtOrBefore(times, atMs);
            timestampMs = times[at];
            value = chunk.ValueAt(at);
            return true;
        }

        timestampMs = 0;
        value = 0;
        return false;
    }

    /// <summary>Copies the samples with <c>minMs &lt;= t &lt;= maxMs</c>, staleness markers included, behind what the buffer already holds.</summary>
    internal void CopyTo(SampleBuffer buffer, long minMs, long maxMs)
    {
        var chunks = Volatile.Read(ref _chunks);
        var first = chunks.Length;
        while (first > 0 && chunks[first - 1].FirstTime > minMs) first--;
        if (first > 0) first--;
        for (var i = first; i < chunks.Length; i++)
        {
            var chunk = Volatile.Read(ref chunks[i]);
            var times = chunk.Times;
            if (times[0] > maxMs) return;
            if (times[^1] < minMs) continue;
            var from = times[0] >= minMs ? 0 : LastAtOrBefore(times, minMs - 1) + 1;
            var to = times[^1] <= maxMs ? times.Length : LastAtOrBefore(times, maxMs) + 1;
            if (to <= from) continue;
            buffer.Reserve(to - from, out var targetTimes, out var targetValues);
            times[from..to].CopyTo(targetTimes);
            chunk.CopyValues(from, to - from, targetValues);
        }
    }

    /// <param name="timeline">Where a new chunk finds its timestamps.</param>
    [MethodImpl(Hot.FromTheStart)]
    internal void Append(long timestampMs, double value, ScrapeTimeline timeline)
    {
        var chunks = _chunks;
        if (chunks.Length == 0)
        {
            Begin(chunks, timestampMs, value, timeline);
            return;
        }

        var head = chunks[^1];
        var next = head.Start + head.Count;
        var block = head.Block;
        if (timestampMs <= block.Times[next - 1])
            throw new ArgumentException($"A sample of {Labels} at {timestampMs} is not newer than the last one at {block.Times[next - 1]}.", nameof(timestampMs));
        if (next == block.Count && !block.IsFull) block.Add(timestampMs);
        if (next < block.Count && block.Times[next] == timestampMs)
        {
            if (head.TryAppend(value)) return;
            if (head.Extended(value) is { } wider) Volatile.Write(ref chunks[^1], wider);
            else Add(chunks, Chunk.Begin(block, next, value));
            return;
        }

        var irregular = block.Shared && next < block.Times.Length && head.Count < ShortChunk;
        Begin(chunks, timestampMs, value, irregular ? null : timeline);
    }

    /// <summary>Drops whole chunks that end before the time. True when nothing is left.</summary>
    internal bool DropBefore(long timestampMs)
    {
        var chunks = _chunks;
        var drop = 0;
        while (drop < chunks.Length && chunks[drop].LastTime < timestampMs) drop++;
        if (drop > 0) Volatile.Write(ref _chunks, chunks[drop..]);
        return IsSpent = drop == chunks.Length;
    }

    private void Begin(Chunk[] chunks, long timestampMs, double value, ScrapeTimeline? timeline)
    {
        if (timeline?.Place(timestampMs) is not var (block, index))
        {
            block = new TimeBlock(TimeBlock.OwnCapacity, shared: false);
            block.Add(timestampMs);
            index = 0;
        }

        Add(chunks, Chunk.Begin(block, index, value));
    }

    private void Add(Chunk[] chunks, Chunk chunk)
    {
        var longer = new Chunk[chunks.Length + 1];
        chunks.CopyTo(longer, 0);
        longer[^1] = chunk;
        Volatile.Write(ref _chunks, longer);
        IsSpent = false;
    }

    /// <summary>The last place whose time is not after the given one; -1 when all are.</summary>
    private static int LastAtOrBefore(ReadOnlySpan<long> times, long timestampMs)
    {
        var at = times.BinarySearch(timestampMs);
        return at >= 0 ? at : ~at - 1;
    }
}
