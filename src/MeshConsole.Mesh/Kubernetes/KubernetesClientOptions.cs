namespace MeshConsole.Mesh.Kubernetes;

/// <summary>Limits of the client.</summary>
public sealed record KubernetesClientOptions
{
    /// <summary>For one request that is not a watch, from sending to the last byte.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>For the headers of a watch.</summary>
    public TimeSpan WatchConnectTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Objects per page of a list.</summary>
    public int PageSize { get; init; } = 500;

    /// <summary>Bytes of one object. The API server itself refuses objects of more than about 3 MiB.</summary>
    public int LongestObject { get; init; } = 16 * 1024 * 1024;

    /// <summary>Bytes of all pages of one list, after decompression.</summary>
    public long LongestList { get; init; } = 2L * 1024 * 1024 * 1024;

    /// <summary>Pages of one list: a server that never stops to continue must not hold the console.</summary>
    public int MostPages { get; init; } = 10_000;

    /// <summary>Tries of a single request that the server turned away with 429 (or 503 for reads).</summary>
    public int Attempts { get; init; } = 3;

    /// <summary>A server that asks to wait longer than this is not waited for by single requests.</summary>
    public TimeSpan LongestWait { get; init; } = TimeSpan.FromSeconds(5);
}
