using System.Text;

namespace MeshConsole.Mesh.Prometheus;

/// <summary>A token that somebody rotates on disk: read at most every few seconds, and at once after a refusal.</summary>
internal sealed class BearerTokenFile(string path, TimeProvider time)
{
    private static readonly TimeSpan s_readAgainAfter = TimeSpan.FromSeconds(10);
    private volatile Reading? _last;

    /// <exception cref="PrometheusException">The file cannot be read or holds no token.</exception>
    public async ValueTask<string> ReadAsync(bool fresh, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (!fresh && _last is { } last && now - last.At < s_readAgainAfter)
        {
            return last.Token;
        }

        try
        {
            var token = (await File.ReadAllTextAsync(path, Encoding.UTF8, cancellationToken).ConfigureAwait(false)).Trim();
            if (token.Length == 0 || token.Any(character => character is <= ' ' or > '~'))
            {
                throw new PrometheusException(PrometheusFault.Unauthorized, $"The token file for Prometheus ({path}) holds no token: it is empty or not plain text on one line.");
            }

            _last = new Reading(token, now);
            return token;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new PrometheusException(PrometheusFault.Unauthorized, $"The token file for Prometheus ({path}) cannot be read: check that it exists and that this process may read it.", exception);
        }
    }

    private sealed record Reading(string Token, DateTimeOffset At);
}
