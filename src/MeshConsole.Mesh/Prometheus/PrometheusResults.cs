using System.Collections.Immutable;

namespace MeshConsole.Mesh.Prometheus;

/// <summary>What a query cost and what Prometheus warned of.</summary>
/// <param name="Bytes">Bytes of the answer after decompression.</param>
/// <param name="Duration">From the request to the last byte parsed.</param>
public sealed record QueryReceipt(int Series, long Bytes, TimeSpan Duration, ImmutableArray<string> Warnings);

/// <summary>One series of an answer; labels are sorted by name, the metric's name is label <c>__name__</c>.</summary>
public sealed record PrometheusSeries(ImmutableSortedDictionary<string, string> Labels, ImmutableArray<SamplePoint> Points);

/// <summary>An answer as objects, for small questions. NaN and infinities are kept. A scalar is one series without labels.</summary>
public sealed record PrometheusAnswer(ImmutableArray<PrometheusSeries> Series, QueryReceipt Receipt);

/// <summary>Answer of <c>/api/v1/status/buildinfo</c>.</summary>
public sealed record PrometheusBuildInfo(string? Version, string? Revision);
