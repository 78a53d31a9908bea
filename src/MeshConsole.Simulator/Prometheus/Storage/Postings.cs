namespace MeshConsole.Simulator.Prometheus;

/// <summary>The ids of the series that carry one label value, ascending. One writer appends; a reader takes a consistent prefix.</summary>
internal sealed class Postings
{
    private int[] _ids = new int[4];
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public ReadOnlySpan<int> AsSpan()
    {
        // Count first: the array that is read afterwards is that one or a longer copy of it.
        var count = Volatile.Read(ref _count);
        return Volatile.Read(ref _ids).AsSpan(0, count);
    }

    public void Add(int id)
    {
        if (_count == _ids.Length)
        {
            var longer = new int[_ids.Length * 2];
            _ids.CopyTo(longer, 0);
            Volatile.Write(ref _ids, longer);
        }

        _ids[_count] = id;
        Volatile.Write(ref _count, _count + 1);
    }
}
