using System.Collections.Frozen;

namespace MeshConsole.Mesh.Snapshots;

/// <summary>
/// The pods whose proxies Prometheus has samples of at one instant, by <c>istio_build{component="proxy"}</c>: Envoy's stats
/// filter sets it when it is loaded, so a proxy has it before its first request, and one without it counts no request.
/// </summary>
/// <param name="At">Evaluation time of the answer.</param>
public sealed record ScrapedProxies(DateTimeOffset At, FrozenSet<(string Namespace, string Pod)> Pods);
