using System.ComponentModel;
using System.Diagnostics;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace MeshConsole.Mesh.Kubernetes.Connections;

/// <summary>
/// Credentials from an exec plugin (client.authentication.k8s.io). What it returns is kept until shortly before it
/// expires, or until the server refuses it; one run serves all requests that wait, and a failure is not repeated by each
/// of them.
/// </summary>
internal sealed partial class ExecCredentials(ExecPlugin plugin, TimeProvider time) : CredentialSource, IDisposable
{
    private const int LongestOutput = 1024 * 1024;
    private static readonly TimeSpan s_longestRun = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_pauseAfterFailure = TimeSpan.FromSeconds(3);

    /// <summary>Renewed this long before it expires: a request takes time.</summary>
    private static readonly TimeSpan s_margin = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _one = new(1, 1);
    private volatile Held? _held;
    private KubernetesException? _failure;
    private long _failedAt;

    public override async ValueTask<KubernetesCredential> GetAsync(CancellationToken cancellationToken)
    {
        if (Valid() is { } current)
        {
            return current;
        }

        await _one.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (Valid() is { } renewed)
            {
                return renewed;
            }

            if (_failure is not null && time.GetElapsedTime(_failedAt) < s_pauseAfterFailure)
            {
                throw new KubernetesException(_failure.Kind, _failure.Message, _failure);
            }

            try
            {
                var held = await RunAsync(cancellationToken).ConfigureAwait(false);
                _failure = null;
                _held = held;
                return held.Credential;
            }
            catch (KubernetesException failure)
            {
                _failure = failure;
                _failedAt = time.GetTimestamp();
                throw;
            }
        }
        finally
        {
            _one.Release();
        }
    }

    public override void Refused(KubernetesCredential credential)
    {
        if (_held is { } held && ReferenceEquals(held.Credential, credential))
        {
            _held = null;
        }
    }

    public void Dispose() => _one.Dispose();

    private KubernetesCredential? Valid() =>
        _held is { } held && (held.ExpiresAt is null || time.GetUtcNow() < held.ExpiresAt - s_margin) ? held.Credential : null;

    private async Task<Held> RunAsync(CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(plugin.Command, plugin.Arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
            UseShellExecute = false,
            CreateNoWindow = true,
        };
        foreach (var (name, value) in plugin.Environment)
        {
            start.Environment[name] = value;
        }

        start.Environment["KUBERNETES_EXEC_INFO"] = ExecInfo();
        using var process = new Process { StartInfo = start };
        try
        {
            process.Start();
        }
        catch (Exception exception) when (exception is Win32Exception or InvalidOperationException)
        {
            var hint = plugin.InstallHint is { Length: > 0 } text ? $" {Printable.Text(text, 500)}" : " Install it, or correct the command.";
            throw Failure($"the program {plugin.Command} cannot be started ({exception.Message}).{hint}", exception);
        }

        using var limit = new CancellationTokenSource(s_longestRun, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            // There is no terminal behind the console: a plugin that asks a question gets an end of input.
            process.StandardInput.Close();
            var output = ReadAsync(process.StandardOutput, linked.Token);
            var errors = ReadAsync(process.StandardError, linked.Token);
            await process.WaitForExitAsync(linked.Token).ConfigureAwait(false);
            var json = await output.ConfigureAwait(false);
            if (process.ExitCode != 0)
            {
                throw Failure($"{plugin.Command} ended with code {process.ExitCode}: {LastWords(await errors.ConfigureAwait(false))}");
            }

            return Read(json);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw Failure($"{plugin.Command} did not end within {s_longestRun.TotalSeconds:0} s. A plugin that asks for a password or opens a browser cannot be used here");
        }
        finally
        {
            Kill(process);
        }
    }

    private static void Kill(Process process)
    {
        try
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
        catch (Exception exception) when (exception is InvalidOperationException or Win32Exception or NotSupportedException)
        {
            // It ended in between.
        }
    }

    private static async Task<string> ReadAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        var buffer = new char[4096];
        while (await reader.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is > 0 and var count)
        {
            // The rest is read and dropped, so that the program does not block on a full pipe.
            if (text.Length < LongestOutput)
            {
                text.Append(buffer, 0, count);
            }
        }

        Array.Clear(buffer);
        return text.ToString();
    }

    private string ExecInfo()
    {
        var cluster = plugin.ClusterJson is null ? "" : $",\"cluster\":{plugin.ClusterJson}";
        return $"{{\"apiVersion\":\"{plugin.ApiVersion}\",\"kind\":\"ExecCredential\",\"spec\":{{\"interactive\":false{cluster}}}}}";
    }

    private Held Read(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            var version = Text(root, "apiVersion");
            if (!string.Equals(Text(root, "kind"), "ExecCredential", StringComparison.Ordinal) || !string.Equals(version, plugin.ApiVersion, StringComparison.Ordinal))
            {
                throw Failure($"{plugin.Command} answered with {Printable.Text(version ?? "no apiVersion", 60)}; an ExecCredential of {plugin.ApiVersion} is needed. Make the apiVersion of the exec entry that of the plugin");
            }

            if (!root.TryGetProperty("status", out var status) || status.ValueKind != JsonValueKind.Object)
            {
                throw Failure($"the answer of {plugin.Command} has no status");
            }

            var token = Text(status, "token");
            var certificate = Text(status, "clientCertificateData");
            var key = Text(status, "clientKeyData");
            if (string.IsNullOrEmpty(token) && (string.IsNullOrEmpty(certificate) || string.IsNullOrEmpty(key)))
            {
                throw Failure($"the answer of {plugin.Command} holds neither a token nor a client certificate with its key");
            }

            DateTimeOffset? expires = null;
            if (status.TryGetProperty("expirationTimestamp", out var expiry) && expiry.ValueKind != JsonValueKind.Null)
            {
                expires = expiry.ValueKind == JsonValueKind.String && expiry.TryGetDateTimeOffset(out var at)
                    ? at
                    : throw Failure($"the expirationTimestamp in the answer of {plugin.Command} is not an RFC 3339 time");
            }

            return new Held(
                new KubernetesCredential(
                    string.IsNullOrEmpty(token) ? null : new AuthenticationHeaderValue("Bearer", token),
                    string.IsNullOrEmpty(certificate) || string.IsNullOrEmpty(key) ? null : ClientCertificates.FromPem(certificate, key)),
                expires);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw Failure($"the answer of {plugin.Command} is not an ExecCredential in JSON", exception);
        }
        catch (CryptographicException exception)
        {
            throw Failure($"the client certificate in the answer of {plugin.Command} cannot be used ({exception.Message})", exception);
        }
        catch (FormatException exception)
        {
            throw Failure($"the token in the answer of {plugin.Command} cannot stand in a header", exception);
        }
    }

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private KubernetesException Failure(string problem, Exception? inner = null) =>
        new(KubernetesErrorKind.NoCredentials, $"{plugin.Origin}: {problem}", inner);

    /// <summary>The end of what a plugin wrote about its failure, with anything that looks like a token left out.</summary>
    private static string LastWords(string errors)
    {
        var tail = errors.Trim();
        tail = tail.Length == 0 ? "it wrote nothing about why" : tail[Math.Max(0, tail.Length - 400)..];
        return Printable.Text(TokenLike().Replace(tail, "…"), 400);
    }

    [GeneratedRegex(@"[A-Za-z0-9_\-+/=.]{40,}", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex TokenLike();

    private sealed record Held(KubernetesCredential Credential, DateTimeOffset? ExpiresAt)
    {
        public override string ToString() => "exec credential";
    }
}
