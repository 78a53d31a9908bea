using Microsoft.Extensions.Logging;

namespace MeshConsole.Simulator.Hosting;

/// <summary>Runs a simulated mesh alone and says how to reach it.</summary>
public static class SimulatorHost
{
    /// <summary>Starts the mesh, writes its kubeconfig, prints the addresses and runs until cancelled.</summary>
    /// <param name="kubeconfigPath">Where to write the kubeconfig; null for a temporary file that is removed at the end.</param>
    /// <returns>The exit code: 0 after cancellation, 1 when it could not start.</returns>
    public static async Task<int> RunAsync(
        SimulatorOptions options, string? kubeconfigPath, TextWriter output, ILoggerFactory loggers, TimeProvider time, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(output);
        string? folder = null;
        try
        {
            await using var mesh = await SimulatedMesh.StartAsync(options, loggers, time, cancellationToken).ConfigureAwait(false);
            if (kubeconfigPath is null)
            {
                folder = Directory.CreateTempSubdirectory("meshconsole-").FullName;
                kubeconfigPath = Path.Combine(folder, "kubeconfig");
            }

            kubeconfigPath = Path.GetFullPath(kubeconfigPath);
            // Whoever waits for the file finds all of it.
            var unfinished = $"{kubeconfigPath}.{Environment.ProcessId}";
            await File.WriteAllTextAsync(unfinished, mesh.Kubeconfig, cancellationToken).ConfigureAwait(false);
            File.Move(unfinished, kubeconfigPath, overwrite: true);
            await output.WriteAsync(
                $"""
                Mesh {options.Size} (seed {options.Seed}) is running.
                  kubeconfig      {kubeconfigPath}
                  Kubernetes API  {mesh.KubernetesUrl}
                  Prometheus API  {mesh.PrometheusUrl}
                  metrics         {mesh.PrometheusUrl}metrics  (scrape with honor_labels: true)
                  scenarios       {mesh.PrometheusUrl}simulator/scenarios  (GET lists, PUT …/<id> switches)

                Point a console at it:
                  MeshConsole__Clusters__0__Name=simulated \
                  MeshConsole__Clusters__0__Kubeconfig={kubeconfigPath} \
                  MeshConsole__Clusters__0__PrometheusUrl={mesh.PrometheusUrl} \
                  MeshConsole__Auth__Mode=Demo \
                  dotnet run --project src/MeshConsole

                Ctrl+C ends it.

                """.AsMemory(), cancellationToken).ConfigureAwait(false);
            await output.FlushAsync(cancellationToken).ConfigureAwait(false);
            await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellationToken).ConfigureAwait(false);
            return 0;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return 0;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            await output.WriteLineAsync($"The mesh could not be served: {exception.Message}").ConfigureAwait(false);
            return 1;
        }
        finally
        {
            if (folder is not null) Directory.Delete(folder, recursive: true);
        }
    }
}
