namespace MeshConsole.Simulator.Kubernetes;

/// <summary>A JSON patch that cannot be applied to the document, or of which a <c>test</c> fails.</summary>
internal sealed class JsonPatchException(string message) : Exception(message);
