namespace MeshConsole.Mesh.Kubernetes.Parsing;

/// <summary>An object's JSON is well formed but not of the shape its kind has. The message names the field, never the value.</summary>
public sealed class MalformedObjectException(string message, Exception? inner = null) : Exception(message, inner);
