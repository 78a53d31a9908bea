using System.CommandLine;
using MeshConsole.Simulator;
using MeshConsole.Simulator.Hosting;
using Microsoft.Extensions.Logging.Console;

namespace MeshConsole.Commands;

/// <summary><c>meshconsole simulate</c>: the payments mesh alone, for another console, for tests and for load.</summary>
internal static class SimulateCommand
{
    public static Task<int> RunAsync(string[] args)
    {
        var size = new Option<MeshSize>("--size") { Description = "S: the payments mesh, 23 services; M: 200 services; L: 1,000 services, 10,000 pods, 5,000 edges.", DefaultValueFactory = _ => MeshSize.S };
        var seed = new Option<int>("--seed") { Description = "The same seed gives the same mesh.", DefaultValueFactory = _ => 1 };
        var kubeconfig = new Option<string?>("--kubeconfig") { Description = "Where to write the kubeconfig; a temporary file otherwise." };
        var kubernetesPort = new Option<int>("--kubernetes-port") { Description = "Port of the Kubernetes API on loopback; 0 takes a free one." };
        var prometheusPort = new Option<int>("--prometheus-port") { Description = "Port of the Prometheus API on loopback; 0 takes a free one." };
        foreach (var port in new[] { kubernetesPort, prometheusPort })
        {
            port.Validators.Add(result =>
            {
                if (result.GetValueOrDefault<int>() is < 0 or > 65535)
                {
                    result.AddError($"{port.Name} takes a port from 0 to 65535.");
                }
            });
        }

        var command = new RootCommand("Serves the simulated mesh alone on loopback and prints how to reach it.") { size, seed, kubeconfig, kubernetesPort, prometheusPort };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var loggers = LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Warning).AddConsole(console => console.FormatterName = ConsoleFormatterNames.Simple));
            var options = new SimulatorOptions
            {
                Size = parsed.GetValue(size),
                Seed = parsed.GetValue(seed),
                KubernetesPort = parsed.GetValue(kubernetesPort),
                PrometheusPort = parsed.GetValue(prometheusPort),
            };
            return await SimulatorHost.RunAsync(options, parsed.GetValue(kubeconfig), Console.Out, loggers, TimeProvider.System, cancellationToken);
        });
        return command.Parse(args).InvokeAsync();
    }
}
