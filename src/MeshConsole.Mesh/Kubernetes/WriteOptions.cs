namespace MeshConsole.Mesh.Kubernetes;

/// <summary>How a write is done.</summary>
/// <param name="DryRun">The server validates and answers as if it had written, and writes nothing (<c>dryRun=All</c>).</param>
/// <param name="FieldManager">Name under which the change is kept in <c>managedFields</c>.</param>
public sealed record WriteOptions(bool DryRun = false, string FieldManager = "meshconsole");
