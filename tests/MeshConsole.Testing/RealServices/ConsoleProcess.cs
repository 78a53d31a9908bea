using System.Net;
using System.Text.Json.Nodes;

namespace MeshConsole.Testing.RealServices;

/// <summary>The built console as its own process, as an operator runs it: configured by arguments and environment, spoken to over HTTP.</summary>
public sealed class ConsoleProcess : IAsyncDisposable
{
    private readonly ChildProcess _process;
    private readonly ScratchFolder _scratch;

    private ConsoleProcess(ChildProcess process, ScratchFolder scratch, Uri address)
    {
        _process = process;
        _scratch = scratch;
        Address = address;
        Http = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromSeconds(60) };
    }

    public Uri Address { get; }

    public HttpClient Http { get; }

    public string Output => _process.Output;

    public bool HasExited => _process.HasExited;

    public int ProcessId => _process.Id;

    /// <summary>Starts the console on a free loopback port and waits until it answers <c>/healthz</c>.</summary>
    /// <param name="settings">Keys of the section <c>MeshConsole</c>, e.g. <c>Clusters:0:Name</c>; a key that starts with a slash is taken from the root of the configuration.</param>
    /// <param name="published">Folder of a published console, run from there; null for the one that was built beside the tests.</param>
    public static async Task<ConsoleProcess> StartAsync(
        IReadOnlyDictionary<string, string> settings,
        IEnumerable<string>? arguments = null,
        string? published = null,
        CancellationToken cancellationToken = default)
    {
        var scratch = ScratchFolder.Create("console");
        var address = new Uri($"http://127.0.0.1:{LoopbackPorts.Take()}/");
        var console = new ConsoleProcess(Launch(settings, arguments ?? [], address, scratch, published), scratch, address);
        try
        {
            await console._process.WaitUntilAsync(
                async token => await console.StatusOfAsync("healthz", token) == HttpStatusCode.OK,
                TimeSpan.FromSeconds(60),
                cancellationToken);
            return console;
        }
        catch
        {
            await console.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs the console until it ends by itself, for starts that must be refused and for its other commands.</summary>
    public static async Task<(int ExitCode, string Output)> RunToEndAsync(
        IReadOnlyDictionary<string, string> settings,
        IEnumerable<string>? arguments = null,
        TimeSpan? patience = null)
    {
        using var scratch = ScratchFolder.Create("console");
        await using var process = Launch(settings, arguments ?? [], new Uri($"http://127.0.0.1:{LoopbackPorts.Take()}/"), scratch);
        var limit = patience ?? TimeSpan.FromSeconds(30);
        return await process.WaitForExitAsync(limit)
            ? (process.ExitCode, process.Output)
            : throw new TimeoutException($"The console still runs after {limit.TotalSeconds:0} s.\n{process.LastLines(60)}");
    }

    public async Task UntilReadyAsync(TimeSpan? patience = null, CancellationToken cancellationToken = default) =>
        await _process.WaitUntilAsync(
            async token => await StatusOfAsync("readyz", token) == HttpStatusCode.OK,
            patience ?? TimeSpan.FromSeconds(60),
            cancellationToken);

    public async Task<JsonNode> GetJsonAsync(string path, CancellationToken cancellationToken = default)
    {
        using var response = await Http.GetAsync(new Uri(path, UriKind.Relative), cancellationToken);
        var body = await response.Content.ReadAsStringAsync(cancellationToken);
        return response.IsSuccessStatusCode ? JsonNode.Parse(body)! : throw new ApiRefusedException(response.StatusCode, $"GET {path}", body);
    }

    /// <summary>Ends it as an init system does. Returns whether it ended by itself in time, and its exit code.</summary>
    public async Task<(bool Ended, int ExitCode)> StopAsync(TimeSpan patience)
    {
        var ended = await _process.TerminateAsync(patience);
        return (ended, _process.ExitCode);
    }

    /// <summary>Ends it in the middle of whatever it does.</summary>
    public Task KillAsync() => _process.KillAsync();

    /// <summary>Stops it where it is; its clock goes on.</summary>
    public void Freeze() => _process.Freeze();

    public void Thaw() => _process.Thaw();

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (!_process.HasExited)
        {
            await _process.TerminateAsync(TimeSpan.FromSeconds(5));
        }

        await _process.DisposeAsync();
        _scratch.Dispose();
    }

    private static ChildProcess Launch(IReadOnlyDictionary<string, string> settings, IEnumerable<string> arguments, Uri address, ScratchFolder scratch, string? published = null) =>
        ConsoleBinary.Start([.. arguments, "--urls", address.GetLeftPart(UriPartial.Authority)], settings, scratch, published);

    private async Task<HttpStatusCode> StatusOfAsync(string path, CancellationToken cancellationToken)
    {
        using var response = await Http.GetAsync(new Uri(path, UriKind.Relative), cancellationToken);
        return response.StatusCode;
    }
}
