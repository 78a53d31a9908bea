namespace MeshConsole.Mesh.Latency;

/// <summary>What one caller's requests to one callee take.</summary>
/// <param name="ValueMs">Milliseconds; an overhead may be negative. Null when it is not known.</param>
/// <param name="Reliable">False where the number is drawn hollow: both ends did not see the same requests, or too few.</param>
/// <param name="Reason">Why it is not known or not reliable; null when it is.</param>
/// <param name="Hops">Hops behind the cell; one unless callers or callees are put together.</param>
/// <param name="Key">The hop's <c>source|target|protocol</c>; of the slowest, where there are several.</param>
public sealed record HeatCell(double? ValueMs, bool Reliable, string? Reason, double? RequestsPerSecond, int Hops, string Key);
