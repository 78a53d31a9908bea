namespace MeshConsole.Simulator;

/// <summary>How large the simulated mesh is.</summary>
public enum MeshSize
{
    /// <summary>The payments mesh: 23 services, series per pod, six hours of history.</summary>
    S,

    /// <summary>200 services in 10 namespaces.</summary>
    M,

    /// <summary>1,000 services, 10,000 pods and 5,000 edges in 50 namespaces.</summary>
    L,
}
