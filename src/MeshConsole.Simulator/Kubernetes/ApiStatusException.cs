namespace MeshConsole.Simulator.Kubernetes;

/// <summary>Thrown by the object store and the API server's inner parts when a request cannot be done; answered as its <see cref="Status"/>.</summary>
public sealed class ApiStatusException : Exception
{
    public ApiStatusException(ApiStatus status) : base(status?.Message) => Status = status ?? throw new ArgumentNullException(nameof(status));

    public ApiStatusException(ApiStatus status, Exception cause) : base(status?.Message, cause) => Status = status ?? throw new ArgumentNullException(nameof(status));

    public ApiStatus Status { get; }
}
