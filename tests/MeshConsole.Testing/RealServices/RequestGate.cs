namespace MeshConsole.Testing.RealServices;

/// <summary>
/// Sees every request of a client just before it goes out, and can do something first: how a test changes the cluster at the
/// very moment between two requests.
/// </summary>
public sealed class RequestGate(HttpMessageHandler inner, Func<HttpRequestMessage, Task> before) : DelegatingHandler(inner)
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        await before(request);
        return await base.SendAsync(request, cancellationToken);
    }
}
