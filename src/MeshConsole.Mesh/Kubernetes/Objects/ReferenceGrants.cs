using System.Collections.Immutable;

namespace MeshConsole.Mesh.Kubernetes.Objects;

/// <summary>The Gateway API's ReferenceGrants: which objects may refer to which objects of another namespace.</summary>
internal sealed class ReferenceGrants
{
    private readonly ILookup<string, MeshObject> _byNamespace;

    public ReferenceGrants(ImmutableArray<MeshObject> grants)
    {
        Known = !grants.IsDefault;
        _byNamespace = (Known ? grants : []).ToLookup(g => g.Meta.Namespace, StringComparer.Ordinal);
    }

    /// <summary>False while grants have not been read; then nothing is allowed and nothing should be called refused.</summary>
    public bool Known { get; }

    /// <summary>Whether a grant in the referred namespace lets the referring kind of the other namespace through.</summary>
    public bool Allows(string fromGroup, string fromKind, string fromNamespace, string toGroup, string toKind, string toNamespace, string toName) =>
        _byNamespace[toNamespace].Any(grant =>
            grant.Spec.Items("from").Any(from =>
                Same(from.Text("group"), fromGroup) && Same(from.Text("kind"), fromKind) && Same(from.Text("namespace"), fromNamespace))
            && grant.Spec.Items("to").Any(to =>
                Same(to.Text("group"), toGroup) && Same(to.Text("kind"), toKind) && (to.Text("name") is not { } name || Same(name, toName))));

    private static bool Same(string? written, string expected) => string.Equals(written ?? "", expected, StringComparison.Ordinal);
}
