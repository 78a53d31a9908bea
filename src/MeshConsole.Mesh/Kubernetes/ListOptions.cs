namespace MeshConsole.Mesh.Kubernetes;

/// <summary>What a list or a watch is narrowed to.</summary>
/// <param name="LabelSelector">For example <c>app=ledger</c>; null for all.</param>
/// <param name="FieldSelector">For example <c>metadata.name=istio-ca-root-cert</c>; null for all.</param>
public sealed record ListOptions(string? LabelSelector = null, string? FieldSelector = null)
{
    public static ListOptions All { get; } = new();
}
