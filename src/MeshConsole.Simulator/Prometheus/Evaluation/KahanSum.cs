namespace MeshConsole.Simulator.Prometheus.Evaluation;

/// <summary>A sum that carries along what rounding lost (Neumaier's form).</summary>
internal struct KahanSum
{
    private double _sum;
    private double _lost;

    /// <summary>The sum; an infinity stays one.</summary>
    public readonly double Total => double.IsInfinity(_sum) ? _sum : _sum + _lost;

    /// <summary>The sum with what was lost, which is NaN once an infinity was added.</summary>
    public readonly double Corrected => _sum + _lost;

    /// <summary>Without what was lost: what tests for infinity look at.</summary>
    public readonly double Main => _sum;

    public void Add(double value)
    {
        var sum = _sum + value;
        _lost += Math.Abs(_sum) >= Math.Abs(value) ? _sum - sum + value : value - sum + _sum;
        _sum = sum;
    }
}
