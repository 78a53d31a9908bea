namespace MeshConsole.Simulator.Prometheus;

/// <summary>
/// A run of ascending timestamps (Unix milliseconds). All series of one scrape refer to the same block, so that a sample costs no
/// timestamp of its own. Only the writer appends; what a chunk has published never changes.
/// </summary>
internal sealed class TimeBlock(int capacity, bool shared)
{
    public const int SharedCapacity = 120;
    public const int OwnCapacity = 40;

    public readonly long[] Times = new long[capacity];

    public int Count { get; private set; }

    public bool Shared { get; } = shared;

    public bool IsFull => Count == Times.Length;

    public long Last => Times[Count - 1];

    public void Add(long timestampMs) => Times[Count++] = timestampMs;
}
