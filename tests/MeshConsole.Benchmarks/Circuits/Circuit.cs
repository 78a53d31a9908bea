using System.Collections.Concurrent;
using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace MeshConsole.Benchmarks.Circuits;

/// <summary>
/// A circuit of Blazor Server without a browser: it gets a page, opens <c>/_blazor</c> with the protocol <c>blazorpack</c>,
/// hands the page's component markers in, acknowledges every render and answers calls into JavaScript as the page's own
/// scripts would (with nothing, with an object, or with the size of a screen for long tables).
/// </summary>
internal sealed partial class Circuit : IAsyncDisposable
{
    private const int Invocation = 1;
    private const int Completion = 3;
    private const int Ping = 6;
    private const int Close = 7;
    private const byte EndOfHandshake = 0x1e;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_pingEvery = TimeSpan.FromSeconds(10);

    private readonly HttpClient _http;
    private readonly ClientWebSocket _socket = new();
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<Render> _renders = new();
    private readonly TaskCompletionSource<string> _circuitId = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _attached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _reading = Task.CompletedTask;
    private Task _pinging = Task.CompletedTask;
    private int _objects;
    private int _calls;
    private byte[]? _awaited;
    private DateTimeOffset? _awaitedAt;

    private Circuit(HttpClient http, string page) => (_http, Page) = (http, page);

    /// <summary>Path and query of its page.</summary>
    public string Page { get; }

    /// <summary>When renders arrived, oldest first.</summary>
    public IReadOnlyCollection<Render> Renders => _renders;

    /// <summary>Null while the circuit lives; otherwise what ended it.</summary>
    public string? Fault { get; private set; }

    /// <summary>When the text given to <see cref="Await"/> arrived in a render; null as long as it has not.</summary>
    public DateTimeOffset? AwaitedAt
    {
        get
        {
            lock (_renders)
            {
                return _awaitedAt;
            }
        }
    }

    public static async Task<Circuit> OpenAsync(HttpClient http, string page, CancellationToken cancellationToken)
    {
        var circuit = new Circuit(http, page);
        try
        {
            await circuit.StartAsync(cancellationToken);
            return circuit;
        }
        catch
        {
            await circuit.DisposeAsync();
            throw;
        }
    }

    /// <summary>Looks for a text in the renders from now on.</summary>
    public void Await(string text)
    {
        lock (_renders)
        {
            _awaited = Encoding.UTF8.GetBytes(text);
            _awaitedAt = null;
        }
    }

    /// <summary>Leaves as a closed tab does: the server is told, and keeps nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_circuitId.Task.IsCompletedSuccessfully && Fault is null)
        {
            using var goodbye = new MultipartFormDataContent { { new StringContent(await _circuitId.Task), "circuitId" } };
            using var answer = await _http.PostAsync(new Uri("_blazor/disconnect", UriKind.Relative), goodbye);
        }

        await _stop.CancelAsync();
        await _reading;
        await _pinging;
        _socket.Dispose();
        _sending.Dispose();
        _stop.Dispose();
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        var address = new Uri(_http.BaseAddress!, Page);
        string html;
        using (var response = await _http.GetAsync(address, cancellationToken))
        {
            html = await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync(cancellationToken);
        }

        var markers = Marker().Matches(html).Select(match => JsonNode.Parse(match.Groups[1].Value)!).ToArray();
        if (markers.Length == 0)
        {
            throw new InvalidOperationException($"{address}: the page holds no interactive component.");
        }

        var socket = new UriBuilder(address) { Scheme = "ws", Path = "/_blazor", Query = "" };
        await _socket.ConnectAsync(socket.Uri, cancellationToken);
        await SendAsync([.. """{"protocol":"blazorpack","version":1}"""u8, EndOfHandshake]);
        _reading = Task.Run(() => ReadAsync(_stop.Token), CancellationToken.None);
        _pinging = Task.Run(() => PingAsync(_stop.Token), CancellationToken.None);

        await SendAsync(MessagePack.Frame(Invocation, Headers.None, "0", "StartCircuit", new object?[] { _http.BaseAddress!.ToString(), address.ToString(), "[]", "" }, Array.Empty<object?>()));
        await _circuitId.Task.WaitAsync(s_patience, cancellationToken);
        var operations = new JsonArray([.. markers.Select((marker, index) => new JsonObject { ["type"] = "add", ["ssrComponentId"] = index + 1, ["marker"] = marker })]);
        var batch = new JsonObject { ["batchId"] = 1, ["operations"] = operations };
        await InvokeAsync("UpdateRootComponents", batch.ToJsonString(), ServerState().Match(html) is { Success: true } state ? state.Groups[1].Value : "");
        await _attached.Task.WaitAsync(s_patience, cancellationToken);
    }

    private async Task PingAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var timer = new PeriodicTimer(s_pingEvery, TimeProvider.System);
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                await SendAsync(MessagePack.Frame(Ping));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or WebSocketException or ObjectDisposedException)
        {
            // The circuit ended.
        }
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        var buffer = new byte[64 * 1024];
        var held = 0;
        var greeted = false;
        try
        {
            while (true)
            {
                if (held == buffer.Length)
                {
                    Array.Resize(ref buffer, buffer.Length * 2);
                }

                var result = await _socket.ReceiveAsync(buffer.AsMemory(held), cancellationToken);
                if (result.MessageType == WebSocketMessageType.Close)
                {
                    Fail($"the server closed it: {_socket.CloseStatusDescription}");
                    return;
                }

                held += result.Count;
                var at = 0;
                if (!greeted)
                {
                    var end = buffer.AsSpan(0, held).IndexOf(EndOfHandshake);
                    if (end < 0)
                    {
                        continue;
                    }

                    (greeted, at) = (true, end + 1);
                }

                while (MessagePack.Unframe(buffer.AsSpan(at, held - at), out var taken) is { } message)
                {
                    at += taken;
                    await TakeAsync(message);
                }

                buffer.AsSpan(at, held - at).CopyTo(buffer);
                held -= at;
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException)
        {
            // The measurement is over.
        }
        catch (Exception exception) when (exception is WebSocketException or InvalidDataException)
        {
            Fail(exception.Message);
        }
    }

    private async Task TakeAsync(object?[] message)
    {
        switch ((long)message[0]!)
        {
            case Invocation:
                await AnswerAsync((string)message[3]!, (object?[])message[4]!);
                break;
            case Completion when message.Length > 4 && message[4] is string id && (long)message[3]! == 3:
                _circuitId.TrySetResult(id);
                break;
            case Completion:
                Fail($"StartCircuit was refused: {(message.Length > 4 ? message[4] : null)}");
                break;
            case Close:
                Fail($"the server ended the connection: {message[1]}");
                break;
        }
    }

    private async Task AnswerAsync(string target, object?[] arguments)
    {
        switch (target)
        {
            case "JS.RenderBatch":
                Keep((byte[])arguments[1]!);
                await InvokeAsync("OnRenderCompleted", arguments[0], null);
                break;
            case "JS.EndUpdateRootComponents":
                _attached.TrySetResult();
                break;
            case "JS.BeginInvokeJS":
                await CallAsync((long)arguments[0]!, (string)arguments[1]!, (string?)arguments[2] ?? "[]", (long)arguments[3]!);
                break;
            case "JS.Error":
                Fail($"the circuit broke: {arguments[0]}");
                break;
        }
    }

    /// <summary>A call from the server into the page.</summary>
    private async Task CallAsync(long handle, string identifier, string arguments, long resultType)
    {
        const long ObjectReference = 1;
        var result = resultType == ObjectReference ? $$"""{"__jsObjectId":{{Interlocked.Increment(ref _objects)}}}""" : "null";
        await InvokeAsync("EndInvokeJSFromDotNet", handle, true, string.Create(CultureInfo.InvariantCulture, $"[{handle},true,{result}]"));
        if (identifier.EndsWith("Virtualize.init", StringComparison.Ordinal) && JsonNode.Parse(arguments)?[0]?["__dotNetObject"]?.GetValue<long>() is { } table)
        {
            // A long table asks how much of it is in sight: a screen of 800 pixels with the rest below it.
            await InvokeAsync("BeginInvokeDotNetFromJS", $"{Interlocked.Increment(ref _calls)}", null, "OnSpacerAfterVisible", table, "[36000,800,800]");
        }
    }

    private void Keep(byte[] render)
    {
        var now = TimeProvider.System.GetUtcNow();
        _renders.Enqueue(new Render(now, render.Length));
        lock (_renders)
        {
            if (_awaited is not null && _awaitedAt is null && render.AsSpan().IndexOf(_awaited) >= 0)
            {
                _awaitedAt = now;
            }
        }
    }

    private Task InvokeAsync(string target, params object?[] arguments) =>
        SendAsync(MessagePack.Frame(Invocation, Headers.None, null, target, arguments, Array.Empty<object?>()));

    private async Task SendAsync(byte[] frame)
    {
        await _sending.WaitAsync(_stop.Token);
        try
        {
            await _socket.SendAsync(frame, WebSocketMessageType.Binary, endOfMessage: true, _stop.Token);
        }
        finally
        {
            _sending.Release();
        }
    }

    private void Fail(string reason)
    {
        Fault ??= $"{Page}: {reason}";
        var exception = new InvalidOperationException(Fault);
        _circuitId.TrySetException(exception);
        _attached.TrySetException(exception);
    }

    [GeneratedRegex("<!--Blazor:(\\{[^>]*?\"type\":\"server\".*?\\})-->", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Marker();

    [GeneratedRegex("<!--Blazor-Server-Component-State:([A-Za-z0-9+/=_-]+)-->", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex ServerState();
}

/// <summary>One render that arrived at the page.</summary>
internal sealed record Render(DateTimeOffset At, int Bytes);
