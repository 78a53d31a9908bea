namespace MeshConsole.Simulator.Kubernetes;

/// <summary>What somebody wants to do: the attributes that access rules look at.</summary>
/// <param name="Path">The path of a request that is for no resource; null for resources.</param>
internal sealed record AccessQuery(string Verb, string Group, string Resource, string Subresource, string Namespace, string Name, string? Path = null)
{
    public string FullResource => Subresource.Length == 0 ? Resource : $"{Resource}/{Subresource}";

    /// <summary>403 in the words of Kubernetes.</summary>
    public ApiStatus Forbidden(string user)
    {
        var who = KubernetesJson.Quote(user);
        if (Path is not null)
            return new ApiStatus(403, "Forbidden", $"forbidden: User {who} cannot {Verb} path {KubernetesJson.Quote(Path)}") { Details = new ApiStatusDetails() };
        var scope = Namespace.Length > 0 ? $"in the namespace {KubernetesJson.Quote(Namespace)}" : "at the cluster scope";
        var qualified = Group.Length == 0 ? Resource : $"{Resource}.{Group}";
        var subject = Name.Length == 0 ? qualified : $"{qualified} {KubernetesJson.Quote(Name)}";
        return new ApiStatus(403, "Forbidden", $"{subject} is forbidden: User {who} cannot {Verb} resource \"{FullResource}\" in API group \"{Group}\" {scope}")
        {
            Details = new ApiStatusDetails { Name = Name, Group = Group, Kind = Resource },
        };
    }
}
