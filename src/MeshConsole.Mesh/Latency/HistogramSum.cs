using System.Collections.Immutable;
using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Latency;

/// <summary>
/// Merges histograms. Where their bounds differ (a pod may override them) only the bounds that all have are kept: at those
/// the counts are exact, and nothing is guessed in between.
/// </summary>
public static class HistogramSum
{
    /// <summary>The merged histogram; null when there is none, or when they share no finite bound.</summary>
    public static Histogram? Of(IReadOnlyList<Histogram> histograms)
    {
        ArgumentNullException.ThrowIfNull(histograms);
        if (histograms.Count < 2)
        {
            return histograms.Count == 0 ? null : histograms[0];
        }

        var bounds = histograms[0].Bounds;
        for (var i = 1; i < histograms.Count; i++)
        {
            var other = histograms[i].Bounds;
            if (bounds != other && !bounds.AsSpan().SequenceEqual(other.AsSpan()))
            {
                bounds = Common(bounds, other);
            }
        }

        if (bounds.Length < 2)
        {
            return null;
        }

        var totals = new double[bounds.Length];
        foreach (var histogram in histograms)
        {
            var from = 0;
            for (var i = 0; i < bounds.Length; i++)
            {
                while (histogram.Bounds[from] < bounds[i])
                {
                    from++;
                }

                totals[i] += histogram.Cumulative[from];
            }
        }

        return new Histogram(bounds, ImmutableArray.Create(totals));
    }

    /// <summary>Bounds in both; both are ascending.</summary>
    private static ImmutableArray<double> Common(ImmutableArray<double> left, ImmutableArray<double> right)
    {
        var common = ImmutableArray.CreateBuilder<double>();
        for (int i = 0, j = 0; i < left.Length && j < right.Length;)
        {
            if (left[i] == right[j])
            {
                common.Add(left[i]);
                i++;
                j++;
            }
            else if (left[i] < right[j])
            {
                i++;
            }
            else
            {
                j++;
            }
        }

        return common.ToImmutable();
    }
}
