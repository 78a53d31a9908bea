namespace MeshConsole.Mesh.Changes.Gates;

/// <summary>At how many of the proxies that a policy reaches refused plaintext is counted.</summary>
/// <param name="Counting">Pods whose proxies have the counter.</param>
/// <param name="All">Pods with a proxy that the policy reaches.</param>
public sealed record RefusalSight(int Counting, int All)
{
    /// <summary>What has Istio's proxies count it, as it stands in the mesh configuration.</summary>
    public const string HowToCount = "meshConfig.defaultConfig.proxyStatsMatcher.inclusionSuffixes: [\"no_filter_chain_match\"]";
}
