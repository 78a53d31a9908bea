namespace MeshConsole.Mesh.Prometheus;

/// <summary>One sample: Unix seconds and a value that may be NaN or infinite.</summary>
public readonly record struct SamplePoint(double Timestamp, double Value)
{
    public DateTimeOffset At => DateTimeOffset.UnixEpoch.AddSeconds(Timestamp);
}
