using MeshConsole.Mesh.Prometheus;

namespace MeshConsole.Mesh.Changes.Gates;

/// <summary>Where the gates of one cluster read.</summary>
/// <param name="Client">The cluster's Prometheus.</param>
/// <param name="ShortestWindow">
/// Two scrapes; a shorter window may hold one sample of a counter, of which no increase can be told. A rate window is chosen
/// to hold four scrapes, so half of it is a good value.
/// </param>
public sealed record GateSource(PrometheusClient Client, TimeSpan ShortestWindow);
