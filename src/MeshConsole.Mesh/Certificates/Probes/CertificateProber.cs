using System.Collections.Immutable;
using System.ComponentModel;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace MeshConsole.Mesh.Certificates.Probes;

/// <summary>How probes are made.</summary>
/// <param name="Every">Pause between two rounds.</param>
/// <param name="Timeout">For one address: name look-up, connection and handshake together.</param>
/// <param name="AllowThisMachine">Loopback and link-local addresses may be probed: only for the demo and for tests.</param>
public sealed record ProbeSettings(TimeSpan Every, TimeSpan Timeout, bool AllowThisMachine = false);

/// <summary>
/// Asks configured addresses for the certificate they really serve: a TLS handshake without credentials that is broken off
/// once the chain is there. No certificate is fetched or checked for revocation on the way, no byte is sent after the
/// handshake, and little is read.
/// </summary>
public sealed class CertificateProber(ImmutableArray<CertificateProbe> probes, ProbeSettings settings, TimeProvider time)
{
    /// <summary>Far more than a chain of certificates takes; a server that sends more is cut off.</summary>
    private const int MostBytes = 256 * 1024;

    private ServedCertificate[] _served = [];

    /// <summary>Raised when an answer differs from the one before. Handlers only mark something dirty.</summary>
    public event Action? Changed;

    /// <summary>In the order of the configuration; empty before the first round.</summary>
    public ImmutableArray<ServedCertificate> Served => [.. Volatile.Read(ref _served)];

    /// <summary>Probes until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!probes.IsEmpty)
        {
            var answers = await Task.WhenAll(probes.Select(probe => ProbeAsync(probe, cancellationToken))).ConfigureAwait(false);
            Volatile.Write(ref _served, answers);
            Changed?.Invoke();
            await Task.Delay(settings.Every, time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Probes one address once. A failure is an answer with a problem; only cancellation throws.</summary>
    public async Task<ServedCertificate> ProbeAsync(CertificateProbe probe, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(probe);
        using var timeout = new CancellationTokenSource(settings.Timeout, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        var at = time.GetUtcNow();
        try
        {
            var (chain, problem) = await HandshakeAsync(probe, limit.Token).ConfigureAwait(false);
            return new ServedCertificate(probe, at, chain, problem);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Without(string.Create(CultureInfo.InvariantCulture, $"did not finish a TLS handshake within {settings.Timeout.TotalSeconds:0.###} s. Check that it serves TLS on this port and that the console's pod may reach it"));
        }
        catch (SocketException exception)
        {
            return Without(exception.SocketErrorCode is SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain
                ? "has no address: check the name"
                : $"accepts no connection ({exception.SocketErrorCode}). Check the port and that the console's pod may reach it");
        }
        catch (Exception exception) when (exception is IOException or AuthenticationException or Win32Exception)
        {
            return Without("ended the TLS handshake before it gave a certificate. Check that it serves TLS on this port, and the ServerName");
        }

        ServedCertificate Without(string problem) => new(probe, at, [], $"{probe.Address} {problem}.");
    }

    private async Task<(ImmutableArray<ImmutableArray<byte>> Chain, string? Problem)> HandshakeAsync(CertificateProbe probe, CancellationToken cancellationToken)
    {
        var addresses = IPAddress.TryParse(probe.Host, out var literal) ? [literal] : await Dns.GetHostAddressesAsync(probe.Host, cancellationToken).ConfigureAwait(false);

        // Looked at here and not only in the configuration: a name may lead anywhere, and somewhere else tomorrow. The
        // connection goes to the addresses that were looked at.
        if (!settings.AllowThisMachine && addresses.Select(address => (address, ProbeTargets.Refusal(address))).FirstOrDefault(one => one.Item2 is not null) is { Item2: { } refusal } refused)
        {
            return ([], $"{probe.Address} leads to {refused.address}, which {refusal}: it is not probed. Give the address at which clients reach the gateway.");
        }

        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(addresses, probe.Port, cancellationToken).ConfigureAwait(false);
        ImmutableArray<ImmutableArray<byte>> chain = [];
        var stream = new SslStream(new LimitedStream(new NetworkStream(socket), MostBytes), leaveInnerStreamOpen: false);
        await using (stream.ConfigureAwait(false))
        {
            var options = new SslClientAuthenticationOptions
            {
                TargetHost = probe.ServerName,
                CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
                CertificateChainPolicy = new X509ChainPolicy
                {
                    DisableCertificateDownloads = true,
                    RevocationMode = X509RevocationMode.NoCheck,
                    VerificationFlags = X509VerificationFlags.AllFlags,
                },
                LocalCertificateSelectionCallback = static (_, _, _, _, _) => null!,
                RemoteCertificateValidationCallback = (_, certificate, built, _) =>
                {
                    // Read, not judged: what a client would think of it is not the question here. Saying no ends the
                    // handshake, so that nothing is ever sent over the connection.
                    if (certificate is X509Certificate2 leaf)
                    {
                        chain = [Der(leaf), .. (built?.ChainPolicy.ExtraStore ?? []).Where(sent => !sent.RawDataMemory.Span.SequenceEqual(leaf.RawDataMemory.Span)).Select(Der)];
                    }

                    return false;
                },
            };
            try
            {
                await stream.AuthenticateAsClientAsync(options, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is AuthenticationException or IOException && !chain.IsEmpty)
            {
                // The end that was asked for.
            }
        }

        return chain.IsEmpty ? ([], $"{probe.Address} finished the handshake without a certificate.") : (chain, null);
    }

    private static ImmutableArray<byte> Der(X509Certificate2 certificate) => [.. certificate.RawDataMemory.Span];
}
