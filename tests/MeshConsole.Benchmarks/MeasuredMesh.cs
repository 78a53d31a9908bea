using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using MeshConsole.Simulator;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeshConsole.Benchmarks;

/// <summary>The simulated mesh that everything is measured on, with its kubeconfig in a file.</summary>
internal sealed partial class MeasuredMesh(SimulatedMesh mesh, string directory) : IAsyncDisposable
{
    public SimulatedMesh Mesh => mesh;

    public string Kubeconfig { get; } = Path.Combine(directory, "kubeconfig");

    public static Task<MeasuredMesh> StartAsync(MeshSize size, CancellationToken cancellationToken) => StartAsync(new SimulatorOptions { Size = size }, cancellationToken);

    public static async Task<MeasuredMesh> StartAsync(SimulatorOptions options, CancellationToken cancellationToken)
    {
        var mesh = await SimulatedMesh.StartAsync(options, NullLoggerFactory.Instance, TimeProvider.System, cancellationToken);
        var measured = new MeasuredMesh(mesh, Directory.CreateTempSubdirectory("meshconsole-").FullName);
        await File.WriteAllTextAsync(measured.Kubeconfig, mesh.Kubeconfig, cancellationToken);
        return measured;
    }

    /// <summary>The cluster's API with the rights of the kubeconfig's own context.</summary>
    public HttpClient KubernetesClient()
    {
        var http = new HttpClient { BaseAddress = mesh.KubernetesUrl };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token().Match(mesh.Kubeconfig).Groups[1].Value);
        return http;
    }

    public async ValueTask DisposeAsync()
    {
        await mesh.DisposeAsync();
        Directory.Delete(directory, recursive: true);
    }

    [GeneratedRegex(@"token:\s*""?([^""\s]+)", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Token();
}
