using System.Net;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using MeshConsole.Mesh.Kubernetes;
using MeshConsole.Mesh.Kubernetes.Connections;
using MeshConsole.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace MeshConsole.Mesh.Tests.Kubernetes.Connections;

/// <summary>Handshakes with a real TLS server.</summary>
public sealed class KubernetesConnectionTests : IAsyncLifetime
{
    private readonly TestFolder _folder = new();
    private readonly TestAuthority _authority = new();
    private readonly TestAuthority _other = new("CN=another authority");
    private readonly FakeTimeProvider _time = new();
    private TlsServer _server = null!;

    public async Task InitializeAsync() => _server = await TlsServer.StartAsync(_authority.Sign("CN=server", "127.0.0.1", "api.internal"));

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
        _authority.Dispose();
        _other.Dispose();
    }

    [Fact]
    public async Task Version_AuthorityConfigured_IsReadOverHttp2WithTheToken()
    {
        using var client = Client($"certificate-authority-data: {_authority.Base64}", "token: abc");

        var version = await client.GetVersionAsync(CancellationToken.None);

        version.GitVersion.ShouldBe("v1.33.4");
        _server.Protocol.ShouldBe("HTTP/2");
        _server.Authorization.ShouldBe("Bearer abc");
        _server.Host.ShouldBe($"127.0.0.1:{_server.Port}");
    }

    [Fact]
    public async Task Version_AnotherAuthority_IsRefusedInWords()
    {
        using var client = Client($"certificate-authority-data: {_other.Base64}");

        var exception = await Should.ThrowAsync<KubernetesException>(() => client.GetVersionAsync(CancellationToken.None));

        exception.Kind.ShouldBe(KubernetesErrorKind.Unreachable);
        exception.Message.ShouldContain("not signed by the certificate authority that is configured");
        _server.Authorization.ShouldBeNull();
    }

    [Fact]
    public async Task Version_NoAuthorityConfigured_TrustsTheMachineOnly()
    {
        using var client = Client("");
        var exception = await Should.ThrowAsync<KubernetesException>(() => client.GetVersionAsync(CancellationToken.None));
        exception.Message.ShouldContain("set certificate-authority");
    }

    [Fact]
    public async Task Version_SkippingVerification_Works()
    {
        using var client = Client("insecure-skip-tls-verify: true");
        (await client.GetVersionAsync(CancellationToken.None)).GitVersion.ShouldBe("v1.33.4");
    }

    [Fact]
    public async Task Version_ServerNameConfigured_IsWhatTheHandshakeAsksFor()
    {
        using var client = Client($"certificate-authority-data: {_authority.Base64}\n    tls-server-name: api.internal");
        await client.GetVersionAsync(CancellationToken.None);
        _server.ServerName.ShouldBe("api.internal");
    }

    [Fact]
    public async Task Version_CertificateForAnotherName_IsRefused()
    {
        using var client = Client($"certificate-authority-data: {_authority.Base64}\n    tls-server-name: elsewhere.internal");
        var exception = await Should.ThrowAsync<KubernetesException>(() => client.GetVersionAsync(CancellationToken.None));
        exception.Message.ShouldContain("for other names");
    }

    [Fact]
    public async Task Version_AuthorityFileReplaced_IsTrustedAtTheNextHandshake()
    {
        var file = _folder.Write("ca.crt", _other.Pem);
        using var client = Client($"certificate-authority: {file}");
        await Should.ThrowAsync<KubernetesException>(() => client.GetVersionAsync(CancellationToken.None));

        File.WriteAllText(file, _other.Pem + _authority.Pem);

        (await client.GetVersionAsync(CancellationToken.None)).GitVersion.ShouldBe("v1.33.4");
    }

    [Fact]
    public async Task ClientCertificate_Renewed_IsShownOnANewConnection()
    {
        var (certificate, key) = _authority.Sign("CN=console-1");
        _folder.Write("client.crt", certificate);
        _folder.Write("client.key", key);
        using var client = Client($"certificate-authority-data: {_authority.Base64}", "client-certificate: client.crt\n    client-key: client.key");
        await client.GetVersionAsync(CancellationToken.None);
        _server.ClientSubject.ShouldBe("CN=console-1");

        (certificate, key) = _authority.Sign("CN=console-2");
        _folder.Write("client.crt", certificate);
        _folder.Write("client.key", key);
        _time.Advance(TimeSpan.FromMinutes(1));

        await client.GetVersionAsync(CancellationToken.None);
        _server.ClientSubject.ShouldBe("CN=console-2");
    }

    [Fact]
    public async Task Version_NobodyListens_IsUnreachableWithTheAddress()
    {
        await _server.DisposeAsync();
        using var client = Client($"certificate-authority-data: {_authority.Base64}");
        var exception = await Should.ThrowAsync<KubernetesException>(() => client.GetVersionAsync(CancellationToken.None));
        exception.Kind.ShouldBe(KubernetesErrorKind.Unreachable);
        exception.Message.ShouldContain($"https://127.0.0.1:{_server.Port}/");
    }

    private KubernetesClient Client(string cluster, string user = "{}")
    {
        var file = _folder.Write("config", $$"""
            clusters:
            - name: c
              cluster:
                server: https://127.0.0.1:{{_server.Port}}
                {{cluster}}
            contexts:
            - name: x
              context: {cluster: c, user: u}
            users:
            - name: u
              user:
                {{user}}
            """);
        return new KubernetesClient(Kubeconfig.Load(file).Connect("x", _time), _time);
    }

    private sealed class TlsServer : IAsyncDisposable
    {
        private readonly WebApplication _app;

        private TlsServer(WebApplication app) => _app = app;

        public int Port { get; private set; }

        public string? Protocol { get; private set; }

        public string? Authorization { get; private set; }

        public string? ServerName { get; private set; }

        public string? ClientSubject { get; private set; }

        public string? Host { get; private set; }

        public static async Task<TlsServer> StartAsync((string Certificate, string Key) identity)
        {
            // Kestrel on Linux takes the key from memory.
            var certificate = X509Certificate2.CreateFromPem(identity.Certificate, identity.Key);
            TlsServer server = null!;
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseKestrelHttpsConfiguration();
            builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
            {
                listen.Protocols = HttpProtocols.Http1AndHttp2;
                listen.UseHttps(new HttpsConnectionAdapterOptions
                {
                    ServerCertificateSelector = (_, name) =>
                    {
                        server.ServerName = name;
                        return certificate;
                    },
                    SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                    ClientCertificateMode = ClientCertificateMode.AllowCertificate,
                    ClientCertificateValidation = (_, _, _) => true,
                });
            }));
            var app = builder.Build();
            server = new TlsServer(app);
            app.Run(async context =>
            {
                server.Protocol = context.Request.Protocol;
                server.Authorization = context.Request.Headers.Authorization;
                server.Host = context.Request.Host.Value;
                server.ClientSubject = (await context.Connection.GetClientCertificateAsync())?.Subject;
                context.Response.ContentType = "application/json";
                await context.Response.WriteAsync("""{"major":"1","minor":"33","gitVersion":"v1.33.4","platform":"linux/amd64"}""");
            });
            await app.StartAsync();
            server.Port = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()).Port;
            return server;
        }

        public async ValueTask DisposeAsync()
        {
            await _app.StopAsync(new CancellationToken(canceled: true));
            await _app.DisposeAsync();
        }
    }
}
