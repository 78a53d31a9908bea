namespace MeshConsole.Simulator.Prometheus;

/// <summary>The timestamps of one group of targets that are scraped together. Used by the store's writer only.</summary>
public sealed class ScrapeTimeline
{
    private TimeBlock _tail = new(TimeBlock.SharedCapacity, shared: true);

    /// <summary>The block and place of a timestamp: the newest one or a new one behind it; null for one that lies before and is not there.</summary>
    internal (TimeBlock Block, int Index)? Place(long timestampMs)
    {
        if (_tail.Count == 0 || timestampMs > _tail.Last)
        {
            if (_tail.IsFull) _tail = new TimeBlock(TimeBlock.SharedCapacity, shared: true);
            _tail.Add(timestampMs);
            return (_tail, _tail.Count - 1);
        }

        var at = Array.BinarySearch(_tail.Times, 0, _tail.Count, timestampMs);
        return at >= 0 ? (_tail, at) : null;
    }
}
