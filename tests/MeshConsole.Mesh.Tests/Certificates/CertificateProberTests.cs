using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MeshConsole.Mesh.Certificates;
using MeshConsole.Mesh.Certificates.Probes;

namespace MeshConsole.Mesh.Tests.Certificates;

/// <summary>Real TLS handshakes on loopback.</summary>
public sealed class CertificateProberTests
{
    private static readonly ProbeSettings s_settings = new(TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(10), AllowThisMachine: true);

    [Fact]
    public async Task Probe_GivesTheServedChain_SendsTheNameAndNothingElse()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=pay.example", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(5));
        var beside = SigningAuthority.Root("CN=beside");
        using var extra = X509CertificateLoader.LoadCertificate(beside.Der.AsSpan());
        string? asked = null;
        X509Certificate? client = null;
        var (port, served) = Serve(async stream =>
        {
            await using var tls = new SslStream(stream);
            await tls.AuthenticateAsServerAsync(
                (_, hello, _, _) =>
                {
                    asked = hello.ServerName;
                    return ValueTask.FromResult(new SslServerAuthenticationOptions
                    {
                        ServerCertificateContext = SslStreamCertificateContext.Create(certificate, [extra], offline: true),
                        ClientCertificateRequired = true,
                        RemoteCertificateValidationCallback = (_, presented, _, _) =>
                        {
                            client = presented;
                            return presented is null;
                        },
                    });
                },
                null);
            (await tls.ReadAsync(new byte[1])).ShouldBe(0);
        });

        var answer = await ProbeAsync(port);

        answer.Problem.ShouldBeNull();
        answer.Chain[0].ToArray().ShouldBe(certificate.RawData);
        ParsedCertificate.Read(answer.Chain[0])!.Subject.ShouldBe("CN=pay.example");
        await served;
        client.ShouldBeNull();
        asked.ShouldBe("pay.example");
    }

    [Fact]
    public async Task Probe_OfWhatSpeaksNoTls_SaysSo()
    {
        var (port, served) = Serve(async stream => await stream.WriteAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray()));
        (await ProbeAsync(port)).Problem!.ShouldContain("ended the TLS handshake before it gave a certificate");
        await served;
    }

    [Fact]
    public async Task Probe_OfWhatSaysNothing_EndsInTime()
    {
        var (port, served) = Serve(async stream =>
        {
            // Silent until the prober goes.
            while (await stream.ReadAsync(new byte[4096]) > 0)
            {
            }
        });
        (await ProbeAsync(port, s_settings with { Timeout = TimeSpan.FromMilliseconds(300) })).Problem!.ShouldContain("did not finish a TLS handshake within 0.3 s");
        await served;
    }

    [Fact]
    public async Task Probe_OfAFlood_ReadsLittle()
    {
        // TLS records of the handshake that never end: 16 KiB each.
        long sent = 0;
        var (port, served) = Serve(async stream =>
        {
            var record = new byte[16 * 1024];
            ((byte[])[0x16, 0x03, 0x03, 0x3f, 0xfb]).CopyTo(record, 0);
            try
            {
                for (; sent < 64L * 1024 * 1024; sent += record.Length)
                {
                    await stream.WriteAsync(record);
                }
            }
            catch (IOException)
            {
                // Cut off.
            }
        });
        var answer = await ProbeAsync(port);
        answer.Chain.ShouldBeEmpty();
        answer.Problem.ShouldNotBeNull();
        await served;
        sent.ShouldBeLessThan(64L * 1024 * 1024);
    }

    [Fact]
    public async Task Probe_OfAClosedPort_SaysSo()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        (await ProbeAsync(port)).Problem!.ShouldStartWith($"127.0.0.1:{port} accepts no connection (ConnectionRefused)");
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    [InlineData("169.254.169.254")]
    [InlineData("::1")]
    [InlineData("::ffff:127.0.0.1")]
    public async Task Probe_OfThisMachineOrItsLink_IsRefusedBeforeAnyConnection(string host)
    {
        var answer = await new CertificateProber([], s_settings with { AllowThisMachine = false }, TimeProvider.System).ProbeAsync(new CertificateProbe("p", host, 443, "x"), CancellationToken.None);
        answer.Problem!.ShouldContain("it is not probed");
    }

    [Theory]
    [InlineData("127.0.0.53", true)]
    [InlineData("0.0.0.0", true)]
    [InlineData("169.254.0.1", true)]
    [InlineData("224.0.0.1", true)]
    [InlineData("255.255.255.255", true)]
    [InlineData("::", true)]
    [InlineData("fe80::1", true)]
    [InlineData("ff02::1", true)]
    [InlineData("::ffff:169.254.169.254", true)]
    [InlineData("10.1.2.3", false)]
    [InlineData("203.0.113.7", false)]
    [InlineData("2001:db8::1", false)]
    public void Target_ThatIsNoOtherMachine_IsRefused(string address, bool refused) => (ProbeTargets.Refusal(IPAddress.Parse(address)) is not null).ShouldBe(refused);

    [Fact]
    public async Task Stream_BeyondItsLimit_Throws()
    {
        await using var stream = new LimitedStream(new MemoryStream(new byte[100]), 60);
        (await stream.ReadAsync(new byte[60])).ShouldBe(60);
        await Should.ThrowAsync<IOException>(() => stream.ReadExactlyAsync(new byte[1]).AsTask());
    }

    private static Task<ServedCertificate> ProbeAsync(int port, ProbeSettings? settings = null) =>
        new CertificateProber([], settings ?? s_settings, TimeProvider.System).ProbeAsync(new CertificateProbe("p", "127.0.0.1", port, "pay.example"), CancellationToken.None);

    /// <summary>Serves one connection.</summary>
    private static (int Port, Task Served) Serve(Func<NetworkStream, Task> serve)
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return (((IPEndPoint)listener.LocalEndpoint).Port, Run());

        async Task Run()
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20), TimeProvider.System);
            using var client = await listener.AcceptTcpClientAsync(patience.Token);
            listener.Stop();
            try
            {
                await serve(client.GetStream());
            }
            catch (Exception exception) when (exception is IOException or global::System.Security.Authentication.AuthenticationException)
            {
                // The prober broke off, as it should.
            }
        }
    }
}
