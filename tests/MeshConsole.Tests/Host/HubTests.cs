using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace MeshConsole.Tests.Host;

/// <summary>Speaks the hub's JSON protocol by hand: no SignalR client is needed to read it, which is what a bot's author counts on.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class HubTests(ConsoleFactory console)
{
    [Fact]
    public async Task Topology_ComesWholeFirstThenAsDeltas()
    {
        await using var hub = await HubConnection.OpenAsync(console.Address);
        await hub.InvokeAsync("Topology", """{"view":"workload","namespaces":["payments"]}""");

        var first = await hub.NextItemAsync();
        var second = await hub.NextItemAsync();

        first.GetProperty("topology").GetProperty("nodes").GetArrayLength().ShouldBeGreaterThan(5);
        first.GetProperty("topology").GetProperty("revision").GetInt64().ShouldBe(first.GetProperty("revision").GetInt64());
        second.GetProperty("topology").ValueKind.ShouldBe(JsonValueKind.Null);
        second.GetProperty("revision").GetInt64().ShouldBeGreaterThan(first.GetProperty("revision").GetInt64());
    }

    [Fact]
    public async Task Status_ComesAtOnce()
    {
        await using var hub = await HubConnection.OpenAsync(console.Address);
        await hub.InvokeAsync("Status", null);

        var status = await hub.NextItemAsync();

        status.GetProperty("clusters").EnumerateArray().ShouldHaveSingleItem().GetProperty("name").GetString().ShouldBe("payments-demo");
    }

    [Theory]
    [InlineData("""{"view":"pods"}""", "pods")]
    [InlineData("""{"cluster":"nowhere"}""", "nowhere")]
    public async Task Topology_WithAnUnknownName_EndsWithAnError(string request, string named)
    {
        await using var hub = await HubConnection.OpenAsync(console.Address);
        await hub.InvokeAsync("Topology", request);

        (await hub.CompletionErrorAsync()).ShouldContain(named);
    }

    [Fact]
    public async Task Hub_RefusesAPageOfAnotherSite()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/hubs/mesh/negotiate?negotiateVersion=1");
        request.Headers.Add("Origin", "http://evil.example");

        using var response = await console.Http.SendAsync(request);

        response.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    private sealed class HubConnection : IAsyncDisposable
    {
        private const char End = '\x1e';

        private readonly ClientWebSocket _socket = new();
        private readonly CancellationTokenSource _patience = new(TimeSpan.FromSeconds(60));
        private readonly StringBuilder _received = new();
        private readonly byte[] _buffer = new byte[64 * 1024];

        public static async Task<HubConnection> OpenAsync(Uri address)
        {
            var hub = new HubConnection();
            await hub._socket.ConnectAsync(new UriBuilder(address) { Scheme = "ws", Path = "/hubs/mesh" }.Uri, hub._patience.Token);
            await hub.SendAsync("""{"protocol":"json","version":1}""");
            (await hub.ReceiveAsync()).ShouldBe("{}");
            return hub;
        }

        public Task InvokeAsync(string method, string? argument) =>
            SendAsync($$"""{"type":4,"invocationId":"1","target":"{{method}}","arguments":[{{argument}}]}""");

        public async Task<JsonElement> NextItemAsync()
        {
            while (true)
            {
                var message = JsonElement.Parse(await ReceiveAsync());
                switch (message.GetProperty("type").GetInt32())
                {
                    case 2: return message.GetProperty("item");
                    case 6: continue;
                    default: throw new InvalidOperationException(message.ToString());
                }
            }
        }

        public async Task<string> CompletionErrorAsync()
        {
            while (true)
            {
                var message = JsonElement.Parse(await ReceiveAsync());
                if (message.GetProperty("type").GetInt32() == 3)
                {
                    return message.GetProperty("error").GetString()!;
                }
            }
        }

        public async ValueTask DisposeAsync()
        {
            _socket.Abort();
            _socket.Dispose();
            _patience.Dispose();
            await Task.CompletedTask;
        }

        private Task SendAsync(string json) => _socket.SendAsync(Encoding.UTF8.GetBytes(json + End), WebSocketMessageType.Text, endOfMessage: true, _patience.Token);

        private async Task<string> ReceiveAsync()
        {
            while (true)
            {
                var text = _received.ToString();
                var end = text.IndexOf(End, StringComparison.Ordinal);
                if (end >= 0)
                {
                    _received.Remove(0, end + 1);
                    return text[..end];
                }

                var result = await _socket.ReceiveAsync(_buffer, _patience.Token);
                _received.Append(Encoding.UTF8.GetString(_buffer, 0, result.Count));
            }
        }
    }
}
