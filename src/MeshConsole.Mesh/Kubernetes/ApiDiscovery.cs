using System.Text.Json;

namespace MeshConsole.Mesh.Kubernetes;

/// <summary>
/// Finds out in which version the server serves a kind. Answers are shared by all kinds that ask at about the same time
/// and then asked for anew: a CRD can be installed, or removed, at any moment.
/// </summary>
public sealed class ApiDiscovery(KubernetesClient client, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan s_keep = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly Dictionary<string, Answer> _answers = new(StringComparer.Ordinal);

    /// <summary>The preferred served version of a kind.</summary>
    /// <exception cref="KubernetesException">The server does not answer, or refuses.</exception>
    public async Task<ApiResolution> ResolveAsync(ResourceKind kind, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(kind);
        if (kind.BuiltIn && kind.Versions.Length == 1)
        {
            return new ApiResolution(kind.In(kind.Versions[0]), null);
        }

        var groups = await ReadAsync("list API groups", "apis", cancellationToken).ConfigureAwait(false);
        var served = Versions(groups, kind.Group);
        if (served is null)
        {
            return new ApiResolution(null, $"group {kind.Group} is missing");
        }

        var known = kind.Versions.Where(served.Contains).ToArray();
        foreach (var version in known)
        {
            JsonElement resources;
            try
            {
                resources = await ReadAsync($"list API resources of {kind.Group}/{version}", $"apis/{kind.Group}/{version}", cancellationToken).ConfigureAwait(false);
            }
            catch (KubernetesException exception) when (exception.Kind == KubernetesErrorKind.NotFound)
            {
                // Removed since the groups were listed.
                continue;
            }

            if (Serves(resources, kind.Plural))
            {
                return new ApiResolution(kind.In(version), null);
            }
        }

        return new ApiResolution(
            null,
            known.Length > 0
                ? $"group {kind.Group} has no {kind.Plural}"
                : $"group {kind.Group} is served as {Printable.Text(string.Join(", ", served.Order(StringComparer.Ordinal)), 100)}, the console reads {string.Join(", ", kind.Versions)}");
    }

    public void Dispose() => _one.Dispose();

    private static HashSet<string>? Versions(JsonElement groups, string wanted)
    {
        foreach (var group in Elements(groups, "groups"))
        {
            if (string.Equals(Text(group, "name"), wanted, StringComparison.Ordinal))
            {
                return [.. Elements(group, "versions").Select(version => Text(version, "version")).OfType<string>()];
            }
        }

        return null;
    }

    private static bool Serves(JsonElement resources, string plural) =>
        Elements(resources, "resources").Any(resource => string.Equals(Text(resource, "name"), plural, StringComparison.Ordinal));

    private static IEnumerable<JsonElement> Elements(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : [];

    private static string? Text(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private async Task<JsonElement> ReadAsync(string what, string path, CancellationToken cancellationToken)
    {
        var asked = time.GetTimestamp();
        await _one.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // A failure is shared by those who waited for it: with a server that says nothing, one time-out is enough for all.
            if (_answers.TryGetValue(path, out var known) && (known.At >= asked || (known.Failure is null && time.GetElapsedTime(known.At) < s_keep)))
            {
                return known.Failure is null ? known.Json : throw Again(known.Failure);
            }

            try
            {
                var json = await client.GetPathAsync(what, path, cancellationToken).ConfigureAwait(false);
                _answers[path] = new Answer(time.GetTimestamp(), json, null);
                return json;
            }
            catch (KubernetesException exception)
            {
                _answers[path] = new Answer(time.GetTimestamp(), default, exception);
                throw;
            }
        }
        finally
        {
            _one.Release();
        }
    }

    private static KubernetesException Again(KubernetesException failure) => new(failure.Kind, failure.Message, failure)
    {
        Code = failure.Code,
        Reason = failure.Reason,
        ServerMessage = failure.ServerMessage,
        Details = failure.Details,
        RetryAfter = failure.RetryAfter,
    };

    private readonly record struct Answer(long At, JsonElement Json, KubernetesException? Failure);
}

/// <summary>Where a kind is served.</summary>
/// <param name="Type">Null when it is not served.</param>
/// <param name="Missing">Why not, as a clause; null when it is served.</param>
public sealed record ApiResolution(ResourceType? Type, string? Missing);
