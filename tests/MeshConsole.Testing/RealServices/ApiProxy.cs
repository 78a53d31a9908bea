using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace MeshConsole.Testing.RealServices;

/// <summary>
/// Between a client in another process and a real API server: passes requests and answers on as they are, and can hold one
/// request, before it reaches the server or after the server has done it, until the client gives up or dies. A held request
/// never gets an answer.
/// </summary>
public sealed class ApiProxy : IAsyncDisposable
{
    private readonly HttpMessageInvoker _server;
    private readonly WebApplication _application;
    private readonly Uri _target;
    private HeldRequest? _next;

    private ApiProxy(RealKubernetes cluster)
    {
        _target = cluster.Server;
        _server = new HttpMessageInvoker(cluster.TrustingHandler());
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _application = builder.Build();
        _application.Run(PassAsync);
    }

    public Uri Address => new(_application.Urls.First());

    public static async Task<ApiProxy> StartAsync(RealKubernetes cluster)
    {
        var proxy = new ApiProxy(cluster);
        await proxy._application.StartAsync();
        return proxy;
    }

    /// <summary>Whether a request would write: a patch that is no dry run.</summary>
    public static bool Writes(HttpRequest request) => HttpMethods.IsPatch(request.Method) && !request.Query.ContainsKey("dryRun");

    /// <summary>Whether a request only tries a patch.</summary>
    public static bool Tries(HttpRequest request) => HttpMethods.IsPatch(request.Method) && request.Query.ContainsKey("dryRun");

    /// <summary>Holds the next request that fits.</summary>
    /// <param name="after">Whether the server gets it, and only its answer is held.</param>
    /// <param name="skip">How many that fit pass before.</param>
    public HeldRequest Hold(Func<HttpRequest, bool> fits, bool after, int skip = 0)
    {
        var held = new HeldRequest(fits, after, skip);
        Volatile.Write(ref _next, held);
        return held;
    }

    public async ValueTask DisposeAsync()
    {
        await _application.DisposeAsync();
        _server.Dispose();
    }

    private async Task PassAsync(HttpContext context)
    {
        var gone = context.RequestAborted;
        try
        {
            var held = Volatile.Read(ref _next) is { } next && next.Takes(context.Request) && Interlocked.CompareExchange(ref _next, null, next) == next ? next : null;
            using var request = await CopyAsync(context.Request, gone);
            if (held is { After: false })
            {
                await held.KeepAsync(gone);
            }

            // What the server was sent it shall do, whatever becomes of the client; a watch ends with the client.
            using var response = await _server.SendAsync(request, HttpMethods.IsGet(context.Request.Method) ? gone : CancellationToken.None);
            if (held is not null)
            {
                await response.Content.LoadIntoBufferAsync(CancellationToken.None);
                await held.KeepAsync(gone);
            }

            await AnswerAsync(response, context.Response, gone);
        }
        catch (Exception broken) when (broken is OperationCanceledException or HttpRequestException or IOException)
        {
            // The client or the server is away: the client sees the connection closed.
            context.Abort();
        }
    }

    private async Task<HttpRequestMessage> CopyAsync(HttpRequest from, CancellationToken cancellationToken)
    {
        var raw = from.HttpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        using var body = new MemoryStream();
        await from.Body.CopyToAsync(body, cancellationToken);
        var request = new HttpRequestMessage(new HttpMethod(from.Method), new Uri(_target, raw)) { Content = body.Length > 0 ? new ByteArrayContent(body.ToArray()) : null };
        foreach (var (name, values) in from.Headers)
        {
            if (name is not ("Host" or "Connection" or "Transfer-Encoding" or "Content-Length") && !request.Headers.TryAddWithoutValidation(name, values.ToArray()))
            {
                request.Content?.Headers.TryAddWithoutValidation(name, values.ToArray());
            }
        }

        return request;
    }

    private static async Task AnswerAsync(HttpResponseMessage from, HttpResponse to, CancellationToken cancellationToken)
    {
        to.StatusCode = (int)from.StatusCode;
        foreach (var (name, values) in from.Headers.Concat(from.Content.Headers))
        {
            if (name is not ("Transfer-Encoding" or "Connection"))
            {
                to.Headers[name] = values.ToArray();
            }
        }

        var buffer = new byte[32 * 1024];
        await using var stream = await from.Content.ReadAsStreamAsync(cancellationToken);
        int count;
        while ((count = await stream.ReadAsync(buffer, cancellationToken)) > 0)
        {
            await to.Body.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
            await to.Body.FlushAsync(cancellationToken);
        }
    }
}

/// <summary>A request that is to be held, or is.</summary>
public sealed class HeldRequest
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Func<HttpRequest, bool> _fits;
    private int _skip;

    internal HeldRequest(Func<HttpRequest, bool> fits, bool after, int skip)
    {
        _fits = fits;
        After = after;
        _skip = skip;
    }

    internal bool After { get; }

    /// <summary>Waits until the request is there and held.</summary>
    public Task ReachedAsync(TimeSpan within) => _reached.Task.WaitAsync(within);

    internal bool Takes(HttpRequest request) => _fits(request) && Interlocked.Decrement(ref _skip) < 0;

    internal Task KeepAsync(CancellationToken clientGone)
    {
        _reached.TrySetResult();
        return Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, clientGone);
    }
}
