namespace MeshConsole.Mesh.Kubernetes;

/// <summary>One event of a watch.</summary>
/// <param name="Object">Null for a bookmark, for an object that holds nothing the console keeps, and for a malformed one.</param>
/// <param name="Namespace">Empty for cluster-scoped objects and bookmarks.</param>
/// <param name="Name">Empty for a bookmark, and for an object too malformed to have one.</param>
/// <param name="ResourceVersion">Where to go on watching after this event; empty when the object does not say.</param>
/// <param name="Problem">Why the object could not be read; null when it could.</param>
public sealed record WatchEvent<T>(WatchEventType Type, T? Object, string Namespace, string Name, string ResourceVersion, string? Problem)
    where T : class;
