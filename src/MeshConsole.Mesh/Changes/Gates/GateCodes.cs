namespace MeshConsole.Mesh.Changes.Gates;

/// <summary>Stable codes of the gates.</summary>
public static class GateCodes
{
    public const string Traffic = "traffic";
    public const string Tripwire = "tripwire";
    public const string Objective = "objective";
    public const string Errors = "errors";
    public const string Latency = "latency";

    /// <summary>Of policies: connections that are turned away since.</summary>
    public const string PlaintextRefused = "plaintext-refused";

    /// <summary>Whether a failure of the gate is acted on at once, also while the gates are on trial.</summary>
    public static bool IsTripwire(string code) => code is Tripwire or PlaintextRefused;
}
