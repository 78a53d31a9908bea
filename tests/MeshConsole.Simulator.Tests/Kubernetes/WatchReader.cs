using System.Text.Json.Nodes;

namespace MeshConsole.Simulator.Tests.Kubernetes;

/// <summary>Reads the events of a watch, each within a limit of time.</summary>
public sealed class WatchReader : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    private readonly HttpClient _client;
    private readonly HttpResponseMessage _response;
    private readonly StreamReader _reader;
    private Task<string?>? _pending;

    private WatchReader(HttpClient client, HttpResponseMessage response, StreamReader reader) => (_client, _response, _reader) = (client, response, reader);

    public int Code => (int)_response.StatusCode;

    public static async Task<WatchReader> StartAsync(HttpClient client, string path)
    {
        var response = await client.GetAsync(path, HttpCompletionOption.ResponseHeadersRead).WaitAsync(s_limit);
        return new WatchReader(client, response, new StreamReader(await response.Content.ReadAsStreamAsync()));
    }

    /// <summary>The next event; null at the end.</summary>
    public async Task<WatchEvent?> NextAsync()
    {
        var line = await (_pending ?? _reader.ReadLineAsync()).WaitAsync(s_limit);
        _pending = null;
        return line is null ? null : new WatchEvent(JsonNode.Parse(line)!);
    }

    /// <summary>The next events as <c>ADDED name</c>.</summary>
    public async Task<string[]> TakeAsync(int count)
    {
        var result = new string[count];
        for (var index = 0; index < count; index++)
            result[index] = (await NextAsync() ?? throw new EndOfStreamException($"The watch ended after {index} events.")).ToString();
        return result;
    }

    /// <summary>True when nothing comes for a moment.</summary>
    public async Task<bool> IsSilentAsync(int milliseconds = 150)
    {
        _pending ??= _reader.ReadLineAsync();
        return await Task.WhenAny(_pending, Task.Delay(TimeSpan.FromMilliseconds(milliseconds), TimeProvider.System)) != _pending;
    }

    public void Dispose()
    {
        _response.Dispose();
        _client.Dispose();
    }
}

/// <summary>One event.</summary>
public sealed record WatchEvent(JsonNode Json)
{
    public string Type => Json["type"]!.GetValue<string>();

    public JsonNode Object => Json["object"]!;

    public string Name => Object["metadata"]?["name"]?.GetValue<string>() ?? "";

    public long Version => long.Parse(Object["metadata"]!["resourceVersion"]!.GetValue<string>(), System.Globalization.CultureInfo.InvariantCulture);

    public override string ToString() => $"{Type} {Name}";
}
