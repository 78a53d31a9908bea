namespace MeshConsole.Mesh.Topology;

/// <summary>What the configuration does to a node, beside its health; in the order in which it is drawn.</summary>
public enum NodeBadge
{
    /// <summary>Some or all of its pods run without a proxy.</summary>
    NoProxy,

    /// <summary>A Gateway (Istio's or of the Gateway API) leads traffic through it.</summary>
    Gateway,

    /// <summary>A VirtualService, HTTPRoute or GRPCRoute rules over requests to it.</summary>
    VirtualService,

    /// <summary>A rule divides its requests by weight between two backends or more.</summary>
    CanarySplit,

    /// <summary>A VirtualService delays or aborts requests to it on purpose.</summary>
    FaultInjection,

    /// <summary>A rule copies its requests to another backend.</summary>
    Mirroring,

    /// <summary>A rule gives requests to it a time limit or tries them again.</summary>
    Timeout,

    /// <summary>A DestinationRule limits connections to it or ejects its failing pods.</summary>
    CircuitBreaker,

    /// <summary>It takes mutual TLS only.</summary>
    Strict,

    /// <summary>It takes mutual TLS and plaintext.</summary>
    Permissive,

    /// <summary>Mutual TLS is switched off for it.</summary>
    Disabled,
}
