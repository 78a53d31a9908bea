namespace MeshConsole.Testing;

/// <summary>What carries the traffic of a sample pod.</summary>
public enum SampleProxy
{
    None,
    Sidecar,
    NativeSidecar,
    Ambient,
    Linkerd,

    /// <summary>The proxy is the pod's only container.</summary>
    Gateway,
}
