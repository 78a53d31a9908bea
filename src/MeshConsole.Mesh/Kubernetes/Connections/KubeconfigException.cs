namespace MeshConsole.Mesh.Kubernetes.Connections;

/// <summary>
/// The way to an API server cannot be worked out: a file is missing or wrong, a name in it is unknown, a plugin cannot be
/// used. The message says in which file, what is wrong, what would be right and what to do; it never holds a secret.
/// </summary>
public sealed class KubeconfigException(string file, string problem, Exception? inner = null) : Exception($"{file}: {problem}", inner)
{
    /// <summary>The file at fault, or the setting that names it.</summary>
    public string File { get; } = file;
}
