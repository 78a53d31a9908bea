using System.Collections.Immutable;
using MeshConsole.Mesh.Changes.Guards;

namespace MeshConsole.Mesh.Changes.Execution;

/// <summary>Why a request about a change was not carried out.</summary>
public enum ChangeFault
{
    /// <summary>400: the request itself is wrong.</summary>
    Invalid,

    /// <summary>403: the role is missing, here or in the cluster.</summary>
    Forbidden,

    /// <summary>404: no such change or route, or none that the caller may see.</summary>
    NotFound,

    /// <summary>409: the base is stale, or the change is in another state.</summary>
    Conflict,

    /// <summary>422: a guard refuses.</summary>
    Refused,

    /// <summary>503: the audit, the store or the cluster cannot be reached. Nothing was written.</summary>
    Unavailable,
}

/// <summary>A request that was not carried out, with what to do next.</summary>
/// <param name="code">Stable, for programs.</param>
public sealed class ChangeException(ChangeFault fault, string code, string message, Exception? inner = null) : Exception(message, inner)
{
    public ChangeFault Fault { get; } = fault;

    public string Code { get; } = code;

    /// <summary>Verdicts of the guards that refuse; empty when no guard did.</summary>
    public ImmutableArray<GuardVerdict> Guards { get; init; } = [];
}
