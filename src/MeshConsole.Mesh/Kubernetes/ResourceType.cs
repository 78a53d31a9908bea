namespace MeshConsole.Mesh.Kubernetes;

/// <summary>A kind in one version, as the paths of the API name it.</summary>
/// <param name="Group">Empty for the core group.</param>
/// <param name="Plural">Name in the path, for example <c>virtualservices</c>.</param>
public sealed record ResourceType(string Group, string Version, string Plural, string Kind, bool Namespaced)
{
    /// <summary>As objects carry it: <c>v1</c>, <c>networking.istio.io/v1beta1</c>.</summary>
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>As RBAC names it: <c>pods</c>, <c>virtualservices.networking.istio.io</c>.</summary>
    public string QualifiedName => Group.Length == 0 ? Plural : $"{Plural}.{Group}";

    /// <summary>Path relative to the server's address, without a slash at either end.</summary>
    /// <param name="namespace">Null or empty for all namespaces, and for kinds that have none.</param>
    /// <param name="name">Null for the collection.</param>
    /// <exception cref="ArgumentException">A name could not stand in a path.</exception>
    public string Path(string? @namespace, string? name)
    {
        var path = Group.Length == 0 ? $"api/{Version}" : $"apis/{Segment(Group)}/{Segment(Version)}";
        if (Namespaced && !string.IsNullOrEmpty(@namespace))
        {
            path += $"/namespaces/{Segment(@namespace)}";
        }

        path += $"/{Segment(Plural)}";
        return string.IsNullOrEmpty(name) ? path : $"{path}/{Segment(name)}";
    }

    private static string Segment(string text)
    {
        // A dot segment would be resolved away and address something else; the API server refuses such names as well.
        if (text is "." or ".." || text.Contains('/') || text.Contains('%'))
        {
            throw new ArgumentException($"\"{Printable.Text(text, 100)}\" cannot be the name of a Kubernetes object.", nameof(text));
        }

        return Uri.EscapeDataString(text);
    }
}
