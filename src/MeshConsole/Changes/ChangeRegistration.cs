using MeshConsole.Authentication;
using MeshConsole.Collection;
using MeshConsole.Configuration;
using MeshConsole.Mesh.Audit;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Changes.Gates;
using MeshConsole.Mesh.Changes.Guards;
using MeshConsole.Mesh.Changes.Writes;
using MeshConsole.Mesh.Mtls.Readiness;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Changes;

/// <summary>Puts guarded changes together: the service that people ask, and the executor that writes.</summary>
internal static class ChangeRegistration
{
    public static void AddChanges(this IServiceCollection services, MeshConsoleOptions options)
    {
        var policy = options.ToPolicy();
        services.AddSingleton(policy);
        services.AddSingleton<IPlanWorkshop, PlanWorkshop>();
        services.AddSingleton<IWriteControls, WriteControls>();
        services.AddSingleton<ITargetWriter>(provider => new KubernetesTargetWriter(provider.GetRequiredService<ClusterCollectors>().Kubernetes));
        services.AddSingleton<IGateReader>(provider =>
        {
            var collectors = provider.GetRequiredService<ClusterCollectors>();

            // A rate window holds four scrapes; of fewer than two no increase can be told.
            return new PrometheusGateReader(
                cluster => collectors.Prometheus(cluster) is { } client ? new GateSource(client, options.Telemetry.RateWindow / 2) : null,
                provider.GetRequiredService<IMeshSnapshots>(),
                provider.GetRequiredService<TimeProvider>());
        });
        services.AddSingleton(provider => new ExecutionParts
        {
            Store = provider.GetRequiredService<IChangeStore>(),
            Audit = provider.GetRequiredService<IAuditLog>(),
            Targets = provider.GetRequiredService<ITargetWriter>(),
            Gates = provider.GetRequiredService<IGateReader>(),
            Snapshots = provider.GetRequiredService<IMeshSnapshots>(),
            Views = provider.GetRequiredService<IMeshViews>(),
            Plans = provider.GetRequiredService<IPlanWorkshop>(),
            Controls = provider.GetRequiredService<IWriteControls>(),
            Notices = provider.GetRequiredService<IChangeNotices>(),
            Readiness = provider.GetService<IStrictReadiness>(),
            Guards = GuardSet.Check,
            Evaluate = GateEvaluator.Look,
            Policy = () => policy,
            Time = provider.GetRequiredService<TimeProvider>(),
            Current = provider.GetRequiredService<ApiTokens>().Current,
        });
        services.AddSingleton<IChangeService, ChangeService>();
        services.AddSingleton(provider => new SwitchService(
            provider.GetRequiredService<ISwitchStore>(),
            provider.GetRequiredService<IAuditLog>(),
            provider.GetRequiredService<IChangeNotices>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ApiTokens>().Current));
        services.AddSingleton(provider => new ChangeExecutor(
            provider.GetRequiredService<ExecutionParts>(),
            provider.GetRequiredService<ILeaseStore>(),
            $"{Environment.MachineName}/{Environment.ProcessId}/{Guid.NewGuid():N}",
            provider.GetRequiredService<ILogger<ChangeExecutor>>()));
        services.AddHostedService<ExecutorService>();
    }
}
