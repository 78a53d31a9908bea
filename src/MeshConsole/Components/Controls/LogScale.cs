namespace MeshConsole.Components.Controls;

/// <summary>A logarithmic axis of milliseconds over whole powers of ten, at least two of them.</summary>
public sealed class LogScale
{
    private readonly double _from;
    private readonly double _to;

    /// <param name="values">What is to fit on the axis; zeros, negatives and what is not finite do not widen it.</param>
    public LogScale(IEnumerable<double?> values)
    {
        double? low = null, high = null;
        foreach (var value in values)
        {
            if (value is { } known && known > 0 && double.IsFinite(known))
            {
                low = Math.Min(low ?? known, known);
                high = Math.Max(high ?? known, known);
            }
        }

        _from = Math.Floor(Math.Log10(Math.Max(low ?? 1, 0.1)));
        _to = Math.Max(Math.Ceiling(Math.Log10(high ?? 100)), _from + 2);
    }

    /// <summary>The powers of ten on the axis, in milliseconds.</summary>
    public IEnumerable<double> Ticks
    {
        get
        {
            for (var exponent = _from; exponent <= _to; exponent++)
            {
                yield return Math.Pow(10, exponent);
            }
        }
    }

    /// <summary>Where a value stands, 0 at the left to 1 at the right; outside of the axis at its end.</summary>
    public double Position(double milliseconds) =>
        milliseconds <= 0 ? 0 : Math.Clamp((Math.Log10(milliseconds) - _from) / (_to - _from), 0, 1);
}
