using System.Security.Cryptography;

namespace MeshConsole.Mesh.Kubernetes.Connections;

/// <summary>
/// A client certificate, and whatever <paramref name="inner"/> adds to it. Where it comes from files they are read again
/// every minute and after a refusal, since a kubelet-like agent renews them.
/// </summary>
/// <param name="certificatePem">Reads the certificate.</param>
/// <param name="keyPem">Reads the key.</param>
/// <param name="origin">File and user entry, for messages.</param>
/// <param name="fromFiles">Whether the texts can change.</param>
internal sealed class ClientCertificateCredentials(
    Func<string> certificatePem,
    Func<string> keyPem,
    string origin,
    bool fromFiles,
    CredentialSource inner,
    TimeProvider time) : CredentialSource
{
    private static readonly TimeSpan s_keep = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private ClientCertificate? _certificate;
    private KubernetesCredential? _current;
    private KubernetesCredential? _currentInner;
    private string? _certificateText;
    private long _readAt;

    public override async ValueTask<KubernetesCredential> GetAsync(CancellationToken cancellationToken)
    {
        var addition = await inner.GetAsync(cancellationToken).ConfigureAwait(false);
        lock (_lock)
        {
            if (_certificate is null || (fromFiles && time.GetElapsedTime(_readAt) >= s_keep))
            {
                var previous = _certificate;
                Read();
                _readAt = time.GetTimestamp();
                if (!ReferenceEquals(previous, _certificate))
                {
                    _current = null;
                }
            }

            if (_current is null || !ReferenceEquals(_currentInner, addition))
            {
                _current = new KubernetesCredential(addition.Authorization, _certificate);
                _currentInner = addition;
            }

            return _current;
        }
    }

    public override void Refused(KubernetesCredential credential)
    {
        KubernetesCredential? addition = null;
        lock (_lock)
        {
            if (ReferenceEquals(_current, credential))
            {
                addition = _currentInner;
                _readAt = time.GetTimestamp() - (s_keep.Ticks * time.TimestampFrequency / TimeSpan.TicksPerSecond);
            }
        }

        if (addition is not null)
        {
            inner.Refused(addition);
        }
    }

    private void Read()
    {
        try
        {
            var text = certificatePem();
            if (_certificate is null || !string.Equals(text, _certificateText, StringComparison.Ordinal))
            {
                _certificate = ClientCertificates.FromPem(text, keyPem());
                _certificateText = text;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException)
        {
            // In the middle of a renewal certificate and key may not fit each other: the last good pair goes on.
            if (_certificate is null)
            {
                throw new KubernetesException(
                    KubernetesErrorKind.NoCredentials,
                    $"{origin}: the client certificate and its key cannot be used ({exception.Message}). Both must be PEM, the key unencrypted and belonging to the certificate.",
                    exception);
            }
        }
    }
}
