namespace MeshConsole.Mesh.Topology.Compare;

/// <summary>What became of a node or an edge between two instants, in the order in which it is ranked. REST writes the names in camelCase.</summary>
public enum DifferenceKind
{
    /// <summary>A smaller share of it is encrypted.</summary>
    LostMtls,

    /// <summary>A larger share fails (see design.md, truth 7).</summary>
    MoreErrors,

    /// <summary>There was traffic, and there is none.</summary>
    Vanished,

    /// <summary>It takes longer.</summary>
    Slowed,

    /// <summary>There was no traffic, and there is some.</summary>
    Appeared,

    /// <summary>There is less traffic.</summary>
    Shrank,

    /// <summary>There is more traffic.</summary>
    Grew,

    /// <summary>A larger share of it is encrypted.</summary>
    GainedMtls,

    /// <summary>A smaller share fails.</summary>
    FewerErrors,

    /// <summary>It takes less time.</summary>
    Faster,

    /// <summary>One of the two instants tells nothing of it.</summary>
    Unknown,
}
