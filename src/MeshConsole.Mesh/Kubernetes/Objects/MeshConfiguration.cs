namespace MeshConsole.Mesh.Kubernetes.Objects;

/// <summary>
/// The mesh configuration of one revision of istiod: key <c>mesh</c> of ConfigMap <c>istio</c>, or <c>istio-REVISION</c>
/// where the revision is not <c>default</c>.
/// </summary>
/// <param name="Revision">As label <c>istio.io/rev</c> has it, here and on the proxies that belong to it.</param>
/// <param name="AutoMtls"><c>enableAutoMtls</c>; true where it is not written, which is Istio's default.</param>
/// <param name="RootNamespace"><c>rootNamespace</c>; null where it is not written.</param>
/// <param name="Problem">Why the text cannot be read, a clause; then nothing of it is known. Null when it can.</param>
public sealed record MeshConfiguration(ObjectMeta Meta, string Revision, bool AutoMtls, string? RootNamespace, string? Problem) : IKubernetesObject
{
    public const string RevisionLabel = "istio.io/rev";

    public const string DefaultRevision = "default";

    /// <summary>Name of the ConfigMap of a revision.</summary>
    public static string NameOf(string revision) => string.Equals(revision, DefaultRevision, StringComparison.Ordinal) ? "istio" : $"istio-{revision}";
}
