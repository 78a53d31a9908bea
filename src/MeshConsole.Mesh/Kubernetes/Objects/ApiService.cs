namespace MeshConsole.Mesh.Kubernetes.Objects;

/// <summary>An APIService that a Service in the cluster answers: the API server passes requests for that API on to it.</summary>
/// <param name="ServiceNamespace">Namespace of the Service that is called.</param>
/// <param name="ServicePort">Port of the Service.</param>
public sealed record ApiService(ObjectMeta Meta, string ServiceNamespace, string ServiceName, int ServicePort) : IKubernetesObject;
