using System.Runtime.CompilerServices;

namespace MeshConsole.Simulator.Prometheus;

/// <summary>
/// Up to a block's worth of consecutive samples of one series. The encoding follows the values: equal values take no space, whole
/// numbers near each other (counters) two or four bytes, everything else eight. Written by one thread, read by many: a reader takes
/// <see cref="Count"/> first and then only looks below it.
/// </summary>
internal abstract class Chunk(TimeBlock block, int start)
{
    private int _count;

    public TimeBlock Block { get; } = block;

    /// <summary>The place of the first sample in the block.</summary>
    public int Start { get; } = start;

    public int Count => Volatile.Read(ref _count);

    public long FirstTime => Block.Times[Start];

    public long LastTime => Block.Times[Start + Count - 1];

    public ReadOnlySpan<long> Times => Block.Times.AsSpan(Start, Count);

    public abstract double ValueAt(int index);

    /// <summary>Writes <paramref name="length"/> values from <paramref name="from"/> on.</summary>
    public abstract void CopyValues(int from, int length, Span<double> target);

    /// <summary>Appends when the encoding and the space of this chunk allow it.</summary>
    public abstract bool TryAppend(double value);

    /// <summary>A chunk of a wider encoding (or more space) with the same samples and one more; null when a new chunk is the better answer.</summary>
    public abstract Chunk? Extended(double value);

    protected void Publish(int count) => Volatile.Write(ref _count, count);

    public static Chunk Begin(TimeBlock block, int start, double value) => new ConstantChunk(block, start, value);
}

internal sealed class ConstantChunk : Chunk
{
    private readonly double _value;

    public ConstantChunk(TimeBlock block, int start, double value) : base(block, start)
    {
        _value = value;
        Publish(1);
    }

    public override double ValueAt(int index) => _value;

    public override void CopyValues(int from, int length, Span<double> target) => target[..length].Fill(_value);

    [MethodImpl(Hot.FromTheStart)]
    public override bool TryAppend(double value)
    {
        // Bits, not ==: a NaN equals itself here, and minus zero is not zero.
        if (BitConverter.DoubleToInt64Bits(value) != BitConverter.DoubleToInt64Bits(_value)) return false;
        Publish(Count + 1);
        return true;
    }

    public override Chunk? Extended(double value)
    {
        var count = Count;
        Chunk wider;
        if (WholeNumbers.Distance(_value, value) is { } distance)
            wider = distance is >= short.MinValue and <= short.MaxValue
                ? new Int16Chunk(Block, Start, _value, count)
                : new Int32Chunk(Block, Start, _value, new int[WholeNumbers.Grown(count)], count);
        else if (count <= RawChunk.RewriteLimit)
            wider = new RawChunk(this, count);
        else
            return null;
        return wider.TryAppend(value) ? wider : null;
    }
}

/// <summary>Values as whole distances from the first one.</summary>
internal sealed class Int16Chunk : Chunk
{
    private readonly double _base;
    private readonly short[] _distances;

    /// <summary>Starts as a run of equal values.</summary>
    public Int16Chunk(TimeBlock block, int start, double value, int count) : this(block, start, value, new short[WholeNumbers.Grown(count)], count)
    {
    }

    private Int16Chunk(TimeBlock block, int start, double value, short[] distances, int count) : base(block, start)
    {
        _base = value;
        _distances = distances;
        Publish(count);
    }

    public override double ValueAt(int index) => _base + _distances[index];

    public override void CopyValues(int from, int length, Span<double> target)
    {
        var source = _distances.AsSpan(from, length);
        for (var i = 0; i < source.Length; i++) target[i] = _base + source[i];
    }

    [MethodImpl(Hot.FromTheStart)]
    public override bool TryAppend(double value)
    {
        var count = Count;
        if (count == _distances.Length || WholeNumbers.Distance(_base, value) is not (>= short.MinValue and <= short.MaxValue and var distance)) return false;
        _distances[count] = (short)distance;
        Publish(count + 1);
        return true;
    }

    public override Chunk? Extended(double value)
    {
        var count = Count;
        Chunk wider;
        switch (WholeNumbers.Distance(_base, value))
        {
            case >= short.MinValue and <= short.MaxValue:
                var longer = new short[WholeNumbers.Grown(count)];
                _distances.AsSpan(0, count).CopyTo(longer);
                wider = new Int16Chunk(Block, Start, _base, longer, count);
                break;
            case not null:
                var wide = new int[WholeNumbers.Grown(count)];
                for (var i = 0; i < count; i++) wide[i] = _distances[i];
                wider = new Int32Chunk(Block, Start, _base, wide, count);
                break;
            default:
                if (count > RawChunk.RewriteLimit) return null;
                wider = new RawChunk(this, count);
                break;
        }

        return wider.TryAppend(value) ? wider : null;
    }
}

internal sealed class Int32Chunk : Chunk
{
    private readonly double _base;
    private readonly int[] _distances;

    public Int32Chunk(TimeBlock block, int start, double value, int[] distances, int count) : base(block, start)
    {
        _base = value;
        _distances = distances;
        Publish(count);
    }

    public override double ValueAt(int index) => _base + _distances[index];

    public override void CopyValues(int from, int length, Span<double> target)
    {
        var source = _distances.AsSpan(from, length);
        for (var i = 0; i < source.Length; i++) target[i] = _base + source[i];
    }

    [MethodImpl(Hot.FromTheStart)]
    public override bool TryAppend(double value)
    {
        var count = Count;
        if (count == _distances.Length || WholeNumbers.Distance(_base, value) is not { } distance) return false;
        _distances[count] = distance;
        Publish(count + 1);
        return true;
    }

    public override Chunk? Extended(double value)
    {
        var count = Count;
        Chunk wider;
        if (WholeNumbers.Distance(_base, value) is not null)
        {
            var longer = new int[WholeNumbers.Grown(count)];
            _distances.AsSpan(0, count).CopyTo(longer);
            wider = new Int32Chunk(Block, Start, _base, longer, count);
        }
        else if (count <= RawChunk.RewriteLimit)
        {
            wider = new RawChunk(this, count);
        }
        else
        {
            return null;
        }

        return wider.TryAppend(value) ? wider : null;
    }
}

internal sealed class RawChunk : Chunk
{
    /// <summary>Up to this many samples are rewritten when one does not fit their encoding; with more a new chunk is begun.</summary>
    public const int RewriteLimit = 16;

    private readonly double[] _values;

    public RawChunk(Chunk from, int count) : base(from.Block, from.Start)
    {
        _values = new double[WholeNumbers.Grown(count)];
        from.CopyValues(0, count, _values);
        Publish(count);
    }

    public override double ValueAt(int index) => _values[index];

    public override void CopyValues(int from, int length, Span<double> target) => _values.AsSpan(from, length).CopyTo(target);

    [MethodImpl(Hot.FromTheStart)]
    public override bool TryAppend(double value)
    {
        var count = Count;
        if (count == _values.Length) return false;
        _values[count] = value;
        Publish(count + 1);
        return true;
    }

    public override Chunk? Extended(double value)
    {
        var longer = new RawChunk(this, Count);
        return longer.TryAppend(value) ? longer : null;
    }
}

internal static class WholeNumbers
{
    private const double Exact = 9_007_199_254_740_992; // 2^53: up to here every whole number is a double

    /// <summary>The distance when both are whole numbers and it is exact in 32 bits; else null.</summary>
    public static int? Distance(double from, double to)
    {
        var distance = to - from;
        if (!(Math.Abs(distance) <= int.MaxValue) || !IsWhole(from) || !IsWhole(to)) return null;
        return (int)distance;
    }

    public static int Grown(int count) => count < 4 ? 8 : count * 2;

    private static bool IsWhole(double value) =>
        Math.Abs(value) <= Exact && Math.Truncate(value) == value && !(value == 0 && double.IsNegative(value));
}
