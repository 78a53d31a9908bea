using MeshConsole.Mesh.Overview;

namespace MeshConsole.Mesh.Incidents;

/// <summary>Puts what was read of a number at two times together.</summary>
internal static class TrendMerge
{
    /// <summary>
    /// The points from <paramref name="from"/> to <paramref name="to"/>. A point that is known in <paramref name="later"/> wins; a
    /// gap takes nothing away that was known before. The fault is that of the later read.
    /// </summary>
    /// <param name="before">Null where nothing was read before.</param>
    /// <param name="later">Of the same step.</param>
    public static Trend Of(Trend? before, Trend later, DateTimeOffset from, DateTimeOffset to)
    {
        var step = later.Step;
        var parts = before is not null && before.Step == step ? new[] { before, later } : [later];
        var first = parts.Where(part => !part.Points.IsEmpty).Select(part => part.Start).DefaultIfEmpty(from).Min();

        // Both begin at whole steps: so does what is cut out of them.
        var start = first >= from ? first : first + (step * Math.Ceiling((from - first) / step));
        var last = parts.Where(part => !part.Points.IsEmpty).Select(part => part.Start + (step * (part.Points.Length - 1))).DefaultIfEmpty(start).Max();
        var end = last <= to ? last : to;
        var points = new double?[Math.Max(0, (int)Math.Floor((end - start) / step) + 1)];
        foreach (var part in parts)
        {
            for (var i = 0; i < part.Points.Length; i++)
            {
                var at = (int)Math.Round((part.Start + (step * i) - start) / step);
                if (at >= 0 && at < points.Length && part.Points[i] is { } value)
                {
                    points[at] = value;
                }
            }
        }

        return new Trend(start, step, [.. points], later.Fault);
    }
}
