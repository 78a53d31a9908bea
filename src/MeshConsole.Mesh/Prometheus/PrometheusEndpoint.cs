namespace MeshConsole.Mesh.Prometheus;

/// <summary>Where a Prometheus API answers.</summary>
/// <param name="Address">Base address with its path prefix where it has one; the API is under <c>api/v1/</c> of it.</param>
/// <param name="BearerTokenFile">File with a bearer token, read again when it changes; null for none.</param>
public sealed record PrometheusEndpoint(Uri Address, string? BearerTokenFile = null)
{
    /// <summary>Longest time one query may take, from the request to the last byte.</summary>
    public TimeSpan QueryTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Largest answer that is read, in bytes after decompression.</summary>
    public long MaxAnswerBytes { get; init; } = 512L * 1024 * 1024;

    /// <summary>Host and port, for messages. Never holds what stands before an <c>@</c>.</summary>
    public string DisplayName => $"{Address.Host}:{Address.Port}";

    internal Uri Api(string path) => new($"{Address.GetLeftPart(UriPartial.Path).TrimEnd('/')}/api/v1/{path}");
}
