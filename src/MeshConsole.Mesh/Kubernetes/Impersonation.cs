using System.Collections.Immutable;

namespace MeshConsole.Mesh.Kubernetes;

/// <summary>The person on whose behalf a request is made; the console's account needs the right to impersonate.</summary>
/// <param name="User">Name as the API server knows it.</param>
public sealed record Impersonation(string User, ImmutableArray<string> Groups)
{
    /// <summary>Whether the names can stand in headers. A request without them would be the console's own.</summary>
    internal bool IsSendable => Groups.Prepend(User).All(name => !string.IsNullOrWhiteSpace(name) && !name.AsSpan().ContainsAnyExceptInRange(' ', '~'));
}
