namespace MeshConsole.Mesh.Prometheus.Istio;

/// <summary>
/// Both ends, service and protocol of a series, in symbols. Absent and <c>unknown</c> are one symbol, so that series which
/// lack a label meet those that say they do not know it.
/// </summary>
internal readonly record struct HopKey(
    int SourceCluster,
    int SourceNamespace,
    int SourceWorkload,
    int TargetCluster,
    int TargetNamespace,
    int TargetWorkload,
    int Service,
    int Protocol)
{
    public HopKey WithoutClusters() => this with { SourceCluster = SymbolTable.None, TargetCluster = SymbolTable.None };

    /// <summary>
    /// The keys under which an answer may hold a hop whose home cluster is written as none: series may name the home
    /// cluster or lack the label.
    /// </summary>
    public IEnumerable<HopKey> Spellings(int home)
    {
        yield return this;
        if (home == SymbolTable.None)
        {
            yield break;
        }

        if (SourceCluster == SymbolTable.None)
        {
            yield return this with { SourceCluster = home };
        }

        if (TargetCluster == SymbolTable.None)
        {
            yield return this with { TargetCluster = home };
            if (SourceCluster == SymbolTable.None)
            {
                yield return this with { SourceCluster = home, TargetCluster = home };
            }
        }
    }

    public override int GetHashCode()
    {
        var hash = ((ulong)(uint)SourceWorkload << 32) ^ (uint)TargetWorkload;
        hash = (hash * 0x9E37_79B9_7F4A_7C15) ^ ((ulong)(uint)Service << 20) ^ (uint)Protocol ^ ((ulong)(uint)SourceNamespace << 40) ^ ((ulong)(uint)TargetNamespace << 8);
        hash = (hash * 0x9E37_79B9_7F4A_7C15) ^ ((ulong)(uint)SourceCluster << 16) ^ (uint)TargetCluster;
        hash *= 0x9E37_79B9_7F4A_7C15;
        return (int)(hash >> 32);
    }

    public HopKey MoveTo(SymbolMap map) => new(
        map[SourceCluster], map[SourceNamespace], map[SourceWorkload],
        map[TargetCluster], map[TargetNamespace], map[TargetWorkload],
        map[Service], map[Protocol]);
}
