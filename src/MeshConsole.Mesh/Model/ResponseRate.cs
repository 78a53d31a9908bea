namespace MeshConsole.Mesh.Model;

/// <summary>
/// Requests per second that ended in one way. <paramref name="Code"/> is the HTTP status (0: no response was started),
/// <paramref name="GrpcStatus"/> the gRPC status or null for other protocols, <paramref name="Flags"/> Envoy's response
/// flags, comma separated, <c>-</c> for none.
/// </summary>
public sealed record ResponseRate(int Code, int? GrpcStatus, string Flags, double RequestsPerSecond);
