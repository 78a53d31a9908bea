using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace MeshConsole.Mesh.Kubernetes.Connections;

/// <summary>Everything needed to talk to one API server: address, how it proves itself, how the console proves itself.</summary>
public sealed class KubernetesConnection
{
    /// <summary>Short, so that a server that comes back is found soon: with the longest back-off it stays at 10 s.</summary>
    private static readonly TimeSpan s_connectTimeout = TimeSpan.FromSeconds(6);

    private readonly CertificateAuthorities _authorities;
    private readonly Func<HttpMessageHandler>? _handler;
    private volatile string? _tlsProblem;

    internal KubernetesConnection(
        Uri server,
        string description,
        CredentialSource credentials,
        CertificateAuthorities authorities,
        bool skipTlsVerify = false,
        string? tlsServerName = null,
        Uri? proxy = null,
        string? @namespace = null,
        Impersonation? impersonation = null,
        Func<HttpMessageHandler>? handler = null)
    {
        Server = server.AbsoluteUri.EndsWith('/') ? server : new Uri(server.AbsoluteUri + "/");
        Description = description;
        Credentials = credentials;
        SkipTlsVerify = skipTlsVerify;
        TlsServerName = tlsServerName;
        Proxy = proxy;
        Namespace = @namespace;
        Impersonation = impersonation;
        _authorities = authorities;
        _handler = handler;
    }

    /// <summary>Address, always ending in a slash; it may have a path.</summary>
    public Uri Server { get; }

    /// <summary>Where this comes from, for people: the context and the file.</summary>
    public string Description { get; }

    /// <summary>Namespace of the context or of the service account; null when none is named.</summary>
    public string? Namespace { get; }

    /// <summary>The server's certificate is not checked (asked for in the kubeconfig).</summary>
    public bool SkipTlsVerify { get; }

    /// <summary>Name the server's certificate must be for; null for the host of the address.</summary>
    public string? TlsServerName { get; }

    /// <summary>Proxy of the kubeconfig; null for that of the environment.</summary>
    public Uri? Proxy { get; }

    /// <summary>For whom requests are made, where the kubeconfig says so (<c>as</c>); null for the account itself.</summary>
    public Impersonation? Impersonation { get; }

    internal CredentialSource Credentials { get; }

    /// <summary>Why the last handshake was refused; null when none was.</summary>
    internal string? TlsProblem => _tlsProblem;

    /// <summary>A connection to a plain address, without kubeconfig.</summary>
    public static KubernetesConnection To(Uri server, CredentialSource credentials) =>
        new(server, server.AbsoluteUri, credentials, CertificateAuthorities.OfMachine());

    /// <summary>A connection whose requests are answered by a handler: for tests.</summary>
    public static KubernetesConnection Through(Func<HttpMessageHandler> handler, Uri server, CredentialSource credentials) =>
        new(server, server.AbsoluteUri, credentials, CertificateAuthorities.OfMachine(), handler: handler);

    /// <summary>A handler with a connection pool of its own that shows the given certificate.</summary>
    internal HttpMessageHandler CreateHandler(ClientCertificate? certificate)
    {
        if (_handler is not null)
        {
            return _handler();
        }

        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = s_connectTimeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(15),
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(2),
            EnableMultipleHttp2Connections = true,

            // A watch may be silent for minutes; a dead peer is found by asking.
            KeepAlivePingDelay = TimeSpan.FromSeconds(15),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            ConnectCallback = ConnectAsync,
            SslOptions = new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = Validate,
                ClientCertificateContext = certificate?.Context,
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            },
        };
        if (Proxy is not null)
        {
            handler.Proxy = new WebProxy(Proxy) { Credentials = ProxyCredentials(Proxy) };
        }
        else if (Server.IsLoopback)
        {
            handler.UseProxy = false;
        }

        return handler;
    }

    private static NetworkCredential? ProxyCredentials(Uri proxy)
    {
        if (proxy.UserInfo.Length == 0)
        {
            return null;
        }

        var parts = proxy.UserInfo.Split(':', 2);
        return new NetworkCredential(Uri.UnescapeDataString(parts[0]), parts.Length > 1 ? Uri.UnescapeDataString(parts[1]) : "");
    }

    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            // For HTTP/1.1, which has no pings of its own.
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 30);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 5);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private bool Validate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (SkipTlsVerify)
        {
            return true;
        }

        var problem = _authorities.Problem(certificate as X509Certificate2, chain, errors, TlsServerName);
        _tlsProblem = problem;
        return problem is null;
    }
}
