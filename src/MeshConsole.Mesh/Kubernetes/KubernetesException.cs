using System.Collections.Immutable;

namespace MeshConsole.Mesh.Kubernetes;

/// <summary>
/// A call to the API server failed. The message is for people: what was asked, what came back. It never holds a token or
/// the body of an object.
/// </summary>
public sealed class KubernetesException(KubernetesErrorKind kind, string message, Exception? inner = null) : Exception(message, inner)
{
    public KubernetesErrorKind Kind { get; } = kind;

    /// <summary>HTTP status code, or the code of the <c>Status</c>; null when there was no answer.</summary>
    public int? Code { get; init; }

    /// <summary>The reason of the <c>Status</c>, for example <c>AlreadyExists</c>; null when it has none.</summary>
    public string? Reason { get; init; }

    /// <summary>The server's own words; null when it gave none.</summary>
    public string? ServerMessage { get; init; }

    /// <summary>The details of the <c>Status</c>; null when it has none.</summary>
    public KubernetesStatusDetails? Details { get; init; }

    /// <summary>How long the server asks to wait before the next try; null when it does not say.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Id under which the server's own audit log keeps the request; null when it gave none.</summary>
    public string? AuditId { get; init; }

    /// <summary>
    /// Whether a write that failed this way may have been carried out all the same: no answer came, or none of the API
    /// server's. Everything else is the server's own word that it was not.
    /// </summary>
    public bool LeavesOutcomeUnknown => Kind is KubernetesErrorKind.TimedOut or KubernetesErrorKind.Unreachable or KubernetesErrorKind.Unreadable or KubernetesErrorKind.ServerError or KubernetesErrorKind.Unavailable;
}

/// <summary>Which object a <c>Status</c> is about and what is wrong with which of its fields.</summary>
/// <param name="Causes">Empty when the server names none.</param>
public sealed record KubernetesStatusDetails(string? Group, string? Kind, string? Name, ImmutableArray<KubernetesStatusCause> Causes);

/// <summary>One fault of an object.</summary>
/// <param name="Reason">For example <c>FieldValueInvalid</c>.</param>
/// <param name="Field">Path of the field, for example <c>spec.http[0].route[0].weight</c>.</param>
public sealed record KubernetesStatusCause(string? Reason, string? Message, string? Field);
