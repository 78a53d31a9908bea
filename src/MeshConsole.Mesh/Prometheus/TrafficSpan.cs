using System.Collections.Immutable;
using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Prometheus;

/// <summary>
/// Traffic over a stretch of time: <paramref name="Points"/> hold one point per step from <paramref name="Start"/> on. A null
/// is a gap: Prometheus had no series then, or did not answer; it is never "no traffic".
/// </summary>
/// <param name="Start">A multiple of <paramref name="Step"/>.</param>
/// <param name="Fault">Why the newest points are missing; null when Prometheus answered for all of them.</param>
public sealed record TrafficSpan(DateTimeOffset Start, TimeSpan Step, ImmutableArray<ReporterTraffic?> Points, string? Fault);
