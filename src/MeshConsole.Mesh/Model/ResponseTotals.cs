namespace MeshConsole.Mesh.Model;

/// <summary>Requests per second by <see cref="ResponseClass"/>. <paramref name="All"/> includes abandoned requests.</summary>
public readonly record struct ResponseTotals(double All, double Failures, double ClientErrors)
{
    /// <summary>Share of requests that failed, 0..1; null without requests.</summary>
    public double? ErrorRatio => All > 0 ? Math.Min(1, Failures / All) : null;

    /// <summary>Share of requests that the server refused as the caller's error, 0..1; null without requests.</summary>
    public double? ClientErrorRatio => All > 0 ? Math.Min(1, ClientErrors / All) : null;

    public ResponseTotals Add(ResponseTotals other) => new(All + other.All, Failures + other.Failures, ClientErrors + other.ClientErrors);
}
