using System.Buffers;
using System.IO.Compression;
using System.Net;
using System.Security.Authentication;
using MeshConsole.Mesh.Kubernetes.Connections;
using MeshConsole.Mesh.Kubernetes.Parsing;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Kubernetes;

/// <summary>
/// Sends requests over one connection with current credentials, and turns every way in which they can fail into a
/// <see cref="KubernetesException"/>. A new client certificate gets a connection pool of its own; requests under way on
/// the old one end by themselves.
/// </summary>
internal sealed class KubernetesTransport(KubernetesConnection connection, TimeProvider time) : IDisposable
{
    private const int LongestError = 64 * 1024;

    private readonly Lock _lock = new();
    private readonly List<HttpMessageInvoker> _retired = [];
    private HttpMessageInvoker? _invoker;
    private string? _thumbprint;
    private bool _disposed;
    private volatile ClockSkew? _clock;

    /// <summary>The server's clock by its last answer; null before the first, or where answers have no Date.</summary>
    public ClockSkew? Clock => _clock;

    public KubernetesConnection Connection => connection;

    public TimeProvider Time => time;

    /// <summary>Sends and waits for the headers of a good answer.</summary>
    /// <param name="what">What is asked, for people.</param>
    /// <param name="create">Makes the request; called again when refreshed credentials are worth a second try.</param>
    /// <exception cref="KubernetesException">There was no answer, or not a good one.</exception>
    public async Task<HttpResponseMessage> SendAsync(string what, Func<HttpRequestMessage> create, CancellationToken cancellationToken)
    {
        var credential = await connection.Credentials.GetAsync(cancellationToken).ConfigureAwait(false);
        for (var retried = false; ; retried = true)
        {
            var response = await SendOnceAsync(what, create, credential, cancellationToken).ConfigureAwait(false);
            if (response.IsSuccessStatusCode)
            {
                return RequireJson(what, response);
            }

            using (response)
            {
                if (response.StatusCode == HttpStatusCode.Unauthorized)
                {
                    connection.Credentials.Refused(credential);
                    var renewed = retried ? credential : await connection.Credentials.GetAsync(cancellationToken).ConfigureAwait(false);
                    if (!ReferenceEquals(renewed, credential))
                    {
                        credential = renewed;
                        continue;
                    }
                }

                throw await ErrorAsync(what, response, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>The body, decompressed.</summary>
    public static async Task<Stream> OpenBodyAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        return response.Content.Headers.ContentEncoding.Contains("gzip", StringComparer.OrdinalIgnoreCase)
            ? new GZipStream(body, CompressionMode.Decompress)
            : body;
    }

    /// <summary>Id under which the server's audit log keeps the request; null when it gave none.</summary>
    public static string? AuditIdOf(HttpResponseMessage response) =>
        response.Headers.TryGetValues("Audit-Id", out var values) && values.FirstOrDefault() is { Length: > 0 } id ? Printable.Text(id, 64) : null;

    /// <summary>What went wrong below HTTP, in words.</summary>
    public KubernetesException Unreachable(string what, Exception exception)
    {
        var tls = exception is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } || exception.InnerException is AuthenticationException;
        var reason = tls && connection.TlsProblem is { } problem ? problem : Innermost(exception).Message;
        return new KubernetesException(
            KubernetesErrorKind.Unreachable,
            $"{what}: no connection to the API server at {connection.Server} ({Printable.Text(reason, 300)})",
            exception);
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            _invoker?.Dispose();
            foreach (var retired in _retired)
            {
                retired.Dispose();
            }
        }
    }

    private static Exception Innermost(Exception exception)
    {
        while (exception.InnerException is { } inner)
        {
            exception = inner;
        }

        return exception;
    }

    private static HttpResponseMessage RequireJson(string what, HttpResponseMessage response)
    {
        var type = response.Content.Headers.ContentType?.MediaType;
        if (type is null || type.Contains("json", StringComparison.OrdinalIgnoreCase))
        {
            return response;
        }

        response.Dispose();
        throw new KubernetesException(
            KubernetesErrorKind.Unreadable,
            $"{what}: the answer is {Printable.Text(type, 60)} instead of JSON. Something between the console and the API server answers (a proxy, a login page): check the server address and the proxy");
    }

    private async Task<HttpResponseMessage> SendOnceAsync(string what, Func<HttpRequestMessage> create, KubernetesCredential credential, CancellationToken cancellationToken)
    {
        using var request = create();
        request.Headers.Authorization = credential.Authorization;
        try
        {
            var sent = time.GetUtcNow();
            var response = await Invoker(credential.Certificate).SendAsync(request, cancellationToken).ConfigureAwait(false);
            if (response.Headers.Date is { } date)
            {
                _clock = ClockSkew.Of("API server", date, sent, time.GetUtcNow());
            }

            return response;
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw Unreachable(what, exception);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            // The handler's own time-out for making a connection.
            throw Unreachable(what, exception);
        }
    }

    private HttpMessageInvoker Invoker(ClientCertificate? certificate)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_invoker is not null && string.Equals(_thumbprint, certificate?.Thumbprint, StringComparison.Ordinal))
            {
                return _invoker;
            }

            if (_invoker is not null)
            {
                _retired.Add(_invoker);
                if (_retired.Count > 4)
                {
                    // Its certificate was replaced several times over; no watch lasts that long.
                    _retired[0].Dispose();
                    _retired.RemoveAt(0);
                }
            }

            _thumbprint = certificate?.Thumbprint;
            return _invoker = new HttpMessageInvoker(connection.CreateHandler(certificate), disposeHandler: true);
        }
    }

    private async Task<KubernetesException> ErrorAsync(string what, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var code = (int)response.StatusCode;
        var buffer = ArrayPool<byte>.Shared.Rent(LongestError);
        try
        {
            var length = 0;
            try
            {
                var body = await OpenBodyAsync(response, cancellationToken).ConfigureAwait(false);
                await using (body.ConfigureAwait(false))
                {
                    length = await body.ReadAtLeastAsync(buffer.AsMemory(0, LongestError), LongestError, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
                }
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException or InvalidDataException)
            {
                // The code alone has to do.
            }

            var error = StatusReading.FromAnswer(what, code, buffer.AsSpan(0, length), response.Headers.RetryAfter, time.GetUtcNow(), AuditIdOf(response));
            return error.Kind == KubernetesErrorKind.Unauthorized
                ? new KubernetesException(error.Kind, $"{what}: the API server does not accept the console's credentials (HTTP 401). Check that the account of {connection.Description} exists and that its token or certificate has not expired")
                {
                    Code = error.Code,
                    Reason = error.Reason,
                    ServerMessage = error.ServerMessage,
                    Details = error.Details,
                    RetryAfter = error.RetryAfter,
                    AuditId = error.AuditId,
                }
                : error;
        }
        finally
        {
            Array.Clear(buffer);
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
