namespace MeshConsole.Mesh.Kubernetes;

/// <summary>What an event of a watch says. ERROR events are thrown as <see cref="KubernetesException"/>.</summary>
public enum WatchEventType
{
    Added,
    Modified,
    Deleted,

    /// <summary>Nothing changed up to this resource version.</summary>
    Bookmark,
}
