using System.Net.Http.Headers;
using System.Text.RegularExpressions;

namespace MeshConsole.Testing.RealServices;

/// <summary><c>meshconsole simulate</c> as its own process: the simulated mesh alone.</summary>
public sealed partial class SimulatorProcess : IAsyncDisposable
{
    private readonly ChildProcess _process;
    private readonly ScratchFolder _scratch;
    private ApiClient? _kubernetes;

    private SimulatorProcess(ChildProcess process, ScratchFolder scratch)
    {
        _process = process;
        _scratch = scratch;
    }

    public string KubeconfigFile => _scratch.File("kubeconfig");

    public Uri PrometheusAddress { get; private set; } = new("http://127.0.0.1:0/");

    /// <summary>The same mesh in the exposition format, for a real Prometheus to scrape.</summary>
    public Uri MetricsAddress => new(PrometheusAddress, "metrics");

    /// <summary>The simulated cluster, spoken to in plain HTTP.</summary>
    public ApiClient Kubernetes => _kubernetes!;

    public static async Task<SimulatorProcess> StartAsync(string size = "S", int seed = 1)
    {
        var scratch = ScratchFolder.Create("simulator");
        var process = ConsoleBinary.Start(
            ["simulate", "--size", size, "--seed", $"{seed}", "--kubeconfig", scratch.File("kubeconfig")],
            new Dictionary<string, string>(),
            scratch);
        var simulator = new SimulatorProcess(process, scratch);
        try
        {
            await process.WaitUntilAsync(_ => Task.FromResult(process.Output.Contains("Ctrl+C", StringComparison.Ordinal)), TimeSpan.FromSeconds(120));
            simulator.PrometheusAddress = new Uri(PrometheusLine().Match(process.Output).Groups[1].Value);
            var kubeconfig = await File.ReadAllTextAsync(simulator.KubeconfigFile);
            var http = new HttpClient { BaseAddress = new Uri(ServerLine().Match(kubeconfig).Groups[1].Value.TrimEnd('/') + "/") };
            if (TokenLine().Match(kubeconfig) is { Success: true } token)
            {
                http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token.Groups[1].Value);
            }

            simulator._kubernetes = new ApiClient(http);
            return simulator;
        }
        catch
        {
            await simulator.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _kubernetes?.Dispose();
        _scratch.Dispose();
    }

    [GeneratedRegex(@"Prometheus API\s+(\S+)", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex PrometheusLine();

    [GeneratedRegex(@"server:\s*""?([^""\s]+)", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex ServerLine();

    [GeneratedRegex(@"token:\s*""?([^""\s]+)", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex TokenLine();
}
