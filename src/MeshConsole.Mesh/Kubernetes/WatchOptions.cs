namespace MeshConsole.Mesh.Kubernetes;

/// <summary>From where and for how long to watch.</summary>
/// <param name="ResourceVersion">That of the list or the event before.</param>
/// <param name="Timeout">After which the server ends the watch in good order.</param>
/// <param name="IdleTimeout">Without any byte for this long the watch is given up: the other side may be gone.</param>
public sealed record WatchOptions(string ResourceVersion, TimeSpan Timeout, TimeSpan IdleTimeout);
