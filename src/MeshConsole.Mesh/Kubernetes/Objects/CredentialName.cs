namespace MeshConsole.Mesh.Kubernetes.Objects;

/// <summary>What a <c>credentialName</c> of an Istio Gateway means (Istio's security model, credentials package).</summary>
/// <param name="Kind">Where it leads.</param>
/// <param name="Namespace">Null: the namespace of the gateway's pods.</param>
/// <param name="Name">Empty where it leads to no object.</param>
internal readonly record struct CredentialName(CredentialKind Kind, string? Namespace, string Name)
{
    private static readonly CredentialName s_invalid = new(CredentialKind.Invalid, null, "");

    /// <summary>
    /// <c>foo</c> and <c>kubernetes://foo</c>: Secret beside the gateway's pods. <c>kubernetes://ns/foo</c>,
    /// <c>kubernetes-gateway://ns/foo</c>: Secret of a namespace. <c>configmap://ns/foo</c>: authorities in a ConfigMap.
    /// <c>builtin://</c>: the proxy's own certificate. Everything else, <c>invalid://</c> too, is looked up nowhere.
    /// </summary>
    public static CredentialName Parse(string credential)
    {
        var scheme = credential.IndexOf("://", StringComparison.Ordinal);
        var parts = (scheme < 0 ? credential : credential[(scheme + 3)..]).Split('/');
        return (scheme < 0 ? "kubernetes" : credential[..scheme], parts) switch
        {
            ("builtin", _) => new(CredentialKind.BuiltIn, null, ""),
            ("kubernetes", [{ Length: > 0 } name]) => new(CredentialKind.Secret, null, name),
            ("kubernetes" or "kubernetes-gateway", [{ Length: > 0 } space, { Length: > 0 } name]) => new(CredentialKind.Secret, space, name),
            ("configmap", [{ Length: > 0 } space, { Length: > 0 } name]) => new(CredentialKind.ConfigMap, space, name),
            _ => s_invalid,
        };
    }
}

internal enum CredentialKind
{
    Invalid,
    Secret,
    ConfigMap,
    BuiltIn,
}
