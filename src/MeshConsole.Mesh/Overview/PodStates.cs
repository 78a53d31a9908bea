using MeshConsole.Mesh.Kubernetes.Objects;

namespace MeshConsole.Mesh.Overview;

/// <summary>Waiting reasons of containers that will not start by themselves, as kubelets give them.</summary>
public static class PodStates
{
    public static bool IsStuck(Container container)
    {
        ArgumentNullException.ThrowIfNull(container);
        return container.WaitingReason is "CrashLoopBackOff" or "ImagePullBackOff" or "ErrImagePull" or "InvalidImageName" or "CreateContainerConfigError" or "CreateContainerError" or "RunContainerError";
    }
}
