namespace MeshConsole.Mesh.Kubernetes;

/// <summary>Why a call to the API server failed, as far as the caller acts differently on it.</summary>
public enum KubernetesErrorKind
{
    /// <summary>None of the others; see the code and the reason.</summary>
    Other,

    /// <summary>400: the request itself is wrong.</summary>
    BadRequest,

    /// <summary>401: the credentials are missing, wrong or expired.</summary>
    Unauthorized,

    /// <summary>403: the account lacks a right, or admission refused the request.</summary>
    Forbidden,

    /// <summary>404: no such object, or no such kind in this version.</summary>
    NotFound,

    /// <summary>405: the kind does not support the verb.</summary>
    MethodNotAllowed,

    /// <summary>409 with reason AlreadyExists.</summary>
    AlreadyExists,

    /// <summary>409: somebody else changed the object.</summary>
    Conflict,

    /// <summary>410: the resource version or the continue token is too old.</summary>
    Gone,

    /// <summary>422: the object is not valid, or the <c>test</c> of a JSON patch failed.</summary>
    Invalid,

    /// <summary>429: the server asks to slow down.</summary>
    TooManyRequests,

    /// <summary>500 and 502: the server, or something before it, failed.</summary>
    ServerError,

    /// <summary>503: the server is starting, stopping or overloaded.</summary>
    Unavailable,

    /// <summary>504, or no answer within the time-out.</summary>
    TimedOut,

    /// <summary>No answer: refused, reset, no such host, TLS not trusted.</summary>
    Unreachable,

    /// <summary>An answer that is not what the API gives: HTML of a proxy, cut off in the middle, too large.</summary>
    Unreadable,

    /// <summary>The console could not get credentials (a file is missing, an exec plugin failed).</summary>
    NoCredentials,
}
