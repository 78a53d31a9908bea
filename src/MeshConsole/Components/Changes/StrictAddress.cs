using System.Globalization;
using MeshConsole.Mesh.Mtls.Readiness;

namespace MeshConsole.Components.Changes;

/// <summary>A scope of a policy as one parameter of an address.</summary>
public static class StrictAddress
{
    /// <summary><c>mesh</c>, <c>payments</c>, <c>payments/ledger</c>, <c>payments/ledger/9090</c>.</summary>
    public static string Write(StrictScope scope)
    {
        ArgumentNullException.ThrowIfNull(scope);
        return scope switch
        {
            { Namespace: null } => "mesh",
            { Workload: null } => scope.Namespace,
            { Port: { } port } => string.Create(CultureInfo.InvariantCulture, $"{scope.Namespace}/{scope.Workload}/{port}"),
            _ => $"{scope.Namespace}/{scope.Workload}",
        };
    }

    /// <summary>Null when it is no scope.</summary>
    public static StrictScope? Read(string cluster, string? text)
    {
        var parts = (text ?? "").Split('/');
        return parts.Length > 3 || parts.Any(string.IsNullOrWhiteSpace) ? null
            : parts is ["mesh"] ? new StrictScope(cluster)
            : parts.Length < 3 ? new StrictScope(cluster, parts[0], parts.Length > 1 ? parts[1] : null)
            : int.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= 65535 ? new StrictScope(cluster, parts[0], parts[1], port)
            : null;
    }
}
