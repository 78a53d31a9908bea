namespace MeshConsole.Mesh.Kubernetes;

/// <summary>A question to the API server: may this account do that?</summary>
/// <param name="Verb">For example <c>patch</c>.</param>
/// <param name="Namespace">Null for all namespaces.</param>
/// <param name="Name">Null for all objects.</param>
/// <param name="Subresource">For example <c>status</c>; null for the object itself.</param>
public sealed record AccessReview(string Verb, ResourceType Resource, string? Namespace = null, string? Name = null, string? Subresource = null);

/// <summary>The answer.</summary>
/// <param name="Reason">The server's words; null when it gave none.</param>
public sealed record AccessVerdict(bool Allowed, string? Reason);
