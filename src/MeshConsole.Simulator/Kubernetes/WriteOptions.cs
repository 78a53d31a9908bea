namespace MeshConsole.Simulator.Kubernetes;

/// <summary>Which part of an object a write may change.</summary>
public enum WriteScope
{
    /// <summary>All of it: what a cluster's own components do in two steps.</summary>
    Whole,

    /// <summary>All but <c>status</c> where the kind has it as a resource of its own: a write to the object's path.</summary>
    Main,

    /// <summary>Only <c>status</c>: a write to the object's <c>/status</c>.</summary>
    Status,
}

/// <summary>How an object is written.</summary>
public sealed record WriteOptions
{
    public static WriteOptions Default { get; } = new();

    /// <summary>Who writes, as <c>metadata.managedFields</c> will say.</summary>
    public string FieldManager { get; init; } = "simulator";

    /// <summary>The version of the API that the writer spoke; null for the preferred one.</summary>
    public string? Version { get; init; }

    public WriteScope Scope { get; init; }

    /// <summary>True to answer what would be and change nothing.</summary>
    public bool DryRun { get; init; }

    /// <summary>For deletions: refused with 409 unless the object has this uid.</summary>
    public string? ExpectedUid { get; init; }

    /// <summary>For deletions: refused with 409 unless the object is at this version.</summary>
    public string? ExpectedVersion { get; init; }
}
