using System.Net.Http.Headers;

namespace MeshConsole.Mesh.Kubernetes.Connections;

/// <summary>
/// A bearer token in a file that somebody else replaces before it expires (a projected service-account token is renewed
/// by the kubelet). The file is read again every minute and after a refusal.
/// </summary>
internal sealed class TokenFileCredentials(string file, string? fallbackToken, TimeProvider time) : CredentialSource
{
    /// <summary>Kept this long, as client-go does: tokens are renewed with a fifth of their life left.</summary>
    private static readonly TimeSpan s_keep = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private KubernetesCredential? _current;
    private long _readAt;

    public override ValueTask<KubernetesCredential> GetAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_current is null || time.GetElapsedTime(_readAt) >= s_keep)
            {
                _current = Read() ?? _current ?? throw new KubernetesException(
                    KubernetesErrorKind.NoCredentials,
                    $"The token file {file} cannot be read or is empty: check that it exists and that the console's user may read it.");
                _readAt = time.GetTimestamp();
            }

            return new(_current);
        }
    }

    public override void Refused(KubernetesCredential credential)
    {
        lock (_lock)
        {
            if (ReferenceEquals(_current, credential))
            {
                // Kept as a last resort, read again at the next request.
                _readAt = time.GetTimestamp() - (s_keep.Ticks * time.TimestampFrequency / TimeSpan.TicksPerSecond);
            }
        }
    }

    private KubernetesCredential? Read()
    {
        string? token;
        try
        {
            token = File.ReadAllText(file).Trim();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            token = fallbackToken;
        }

        if (string.IsNullOrEmpty(token) || token.AsSpan().IndexOfAnyInRange('\0', ' ') >= 0)
        {
            // More than one word cannot be a token, nor stand in a header.
            return null;
        }

        return string.Equals(_current?.Authorization?.Parameter, token, StringComparison.Ordinal)
            ? _current
            : new KubernetesCredential(new AuthenticationHeaderValue("Bearer", token), null);
    }
}
