using MeshConsole.Simulator;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeshConsole.Benchmarks;

/// <summary>The simulated mesh that everything is measured on, with its kubeconfig in a file.</summary>
internal sealed class MeasuredMesh(SimulatedMesh mesh, string directory) : IAsyncDisposable
{
    public SimulatedMesh Mesh => mesh;

    public string Kubeconfig { get; } = Path.Combine(directory, "kubeconfig");

    public static async Task<MeasuredMesh> StartAsync(MeshSize size, CancellationToken cancellationToken)
    {
        var mesh = await SimulatedMesh.StartAsync(new SimulatorOptions { Size = size }, NullLoggerFactory.Instance, TimeProvider.System, cancellationToken);
        var measured = new MeasuredMesh(mesh, Directory.CreateTempSubdirectory("meshconsole-").FullName);
        await File.WriteAllTextAsync(measured.Kubeconfig, mesh.Kubeconfig, cancellationToken);
        return measured;
    }

    public async ValueTask DisposeAsync()
    {
        await mesh.DisposeAsync();
        Directory.Delete(directory, recursive: true);
    }
}
