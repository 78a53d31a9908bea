namespace MeshConsole.Simulator.Prometheus.Evaluation;

/// <summary>
/// The first k of a ranking. Which of several equal values makes it depends on the bookkeeping, so it is done as in Prometheus:
/// a binary heap with the weakest on top, which leaves before a better newcomer enters at the bottom. NaN is the weakest of all.
/// </summary>
internal static class RankedHeap
{
    public static List<(int Row, double Value)> Top(List<int> rows, Func<int, double> valueOf, int k, bool highest)
    {
        var heap = new List<(int Row, double Value)>(Math.Min(k, rows.Count));
        foreach (var row in rows)
        {
            var value = valueOf(row);
            if (StaleMarker.Is(value)) continue;
            if (heap.Count == k)
            {
                if (!IsWeaker(heap[0].Value, value, highest) || double.IsNaN(value)) continue;
                heap[0] = heap[^1];
                heap.RemoveAt(heap.Count - 1);
                Down(heap, 0, highest);
            }

            heap.Add((row, value));
            Up(heap, heap.Count - 1, highest);
        }

        // A stable sort, best first.
        return [.. heap.OrderBy(entry => double.IsNaN(entry.Value)).ThenBy(entry => highest ? -entry.Value : entry.Value)];
    }

    private static bool IsWeaker(double a, double b, bool highest) => double.IsNaN(a) || (highest ? a < b : a > b);

    private static void Up(List<(int Row, double Value)> heap, int at, bool highest)
    {
        while (at > 0)
        {
            var parent = (at - 1) / 2;
            if (!IsWeaker(heap[at].Value, heap[parent].Value, highest)) return;
            (heap[at], heap[parent]) = (heap[parent], heap[at]);
            at = parent;
        }
    }

    private static void Down(List<(int Row, double Value)> heap, int at, bool highest)
    {
        while (true)
        {
            var child = (2 * at) + 1;
            if (child >= heap.Count) return;
            if (child + 1 < heap.Count && IsWeaker(heap[child + 1].Value, heap[child].Value, highest)) child++;
            if (!IsWeaker(heap[child].Value, heap[at].Value, highest)) return;
            (heap[at], heap[child]) = (heap[child], heap[at]);
            at = child;
        }
    }
}
