using System.Buffers;

namespace MeshConsole.Simulator.Prometheus;

/// <summary>Samples of one series in pooled arrays; used again for the next series.</summary>
internal sealed class SampleBuffer : IDisposable
{
    private long[] _times = ArrayPool<long>.Shared.Rent(256);
    private double[] _values = ArrayPool<double>.Shared.Rent(256);

    public int Count { get; private set; }

    public ReadOnlySpan<long> Times => _times.AsSpan(0, Count);

    public ReadOnlySpan<double> Values => _values.AsSpan(0, Count);

    public void Clear() => Count = 0;

    public void Add(long timestampMs, double value)
    {
        Reserve(1, out var times, out var values);
        times[0] = timestampMs;
        values[0] = value;
    }

    /// <summary>Space for more samples, which the caller fills.</summary>
    public void Reserve(int length, out Span<long> times, out Span<double> values)
    {
        if (Count + length > Math.Min(_times.Length, _values.Length))
        {
            _times = Grown(_times, Count + length);
            _values = Grown(_values, Count + length);
        }

        times = _times.AsSpan(Count, length);
        values = _values.AsSpan(Count, length);
        Count += length;
    }

    /// <summary>Removes staleness markers: a range holds values only.</summary>
    public void DropStale()
    {
        var kept = 0;
        for (var i = 0; i < Count; i++)
        {
            if (StaleMarker.Is(_values[i])) continue;
            if (kept != i)
            {
                _values[kept] = _values[i];
                _times[kept] = _times[i];
            }

            kept++;
        }

        Count = kept;
    }

    public void Dispose()
    {
        ArrayPool<long>.Shared.Return(_times);
        ArrayPool<double>.Shared.Return(_values);
        _times = [];
        _values = [];
        Count = 0;
    }

    private T[] Grown<T>(T[] array, int length)
    {
        var longer = ArrayPool<T>.Shared.Rent(Math.Max(length, array.Length * 2));
        array.AsSpan(0, Count).CopyTo(longer);
        ArrayPool<T>.Shared.Return(array);
        return longer;
    }
}
