using MeshConsole.Simulator.Prometheus;

namespace MeshConsole.Simulator.Telemetry;

/// <summary>Series that begin and end together, written at each scrape.</summary>
internal abstract class SeriesBlock(Series[] series)
{
    public Series[] Series { get; } = series;

    /// <summary>Writes one value per series.</summary>
    public abstract void Read(Span<double> values, DateTimeOffset now);
}
