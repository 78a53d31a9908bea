using System.Globalization;

namespace MeshConsole.Simulator.Kubernetes;

/// <summary>Times as Kubernetes writes them.</summary>
public static class KubernetesTime
{
    /// <summary>To the second, as in <c>creationTimestamp</c>: <c>2026-03-01T12:00:00Z</c>.</summary>
    public static string Seconds(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>To the microsecond, as in a Lease: <c>2026-03-01T12:00:00.000000Z</c>.</summary>
    public static string Microseconds(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
}
