namespace MeshConsole.Simulator.Prometheus.Language;

/// <summary>What an expression evaluates to.</summary>
internal enum PromType
{
    Scalar,
    Vector,
    Matrix,
    String,
}

internal static class PromTypes
{
    /// <summary>The name used in messages.</summary>
    public static string Describe(PromType type) => type switch
    {
        PromType.Scalar => "scalar",
        PromType.Vector => "instant vector",
        PromType.Matrix => "range vector",
        PromType.String => "string",
        _ => throw new InvalidOperationException($"Unknown type: {type}"),
    };
}
