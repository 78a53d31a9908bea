namespace MeshConsole.Simulator.Kubernetes;

/// <summary>Who writes fields of an object, when, and through what.</summary>
/// <param name="Subresource"><c>status</c>, or null for the object itself.</param>
internal sealed record FieldWriter(string Manager, string ApiVersion, string Time, string? Subresource);
