using System.Collections.Immutable;
using MeshConsole.Configuration;
using MeshConsole.Demo;
using MeshConsole.Mesh.Mtls.History;
using MeshConsole.Mesh.Mtls.Readiness;
using MeshConsole.Mesh.Overview;
using MeshConsole.Mesh.Panels;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Collection;

/// <summary>Registers what reads the clusters and what answers from it.</summary>
internal static class CollectionRegistration
{
    public static void AddCollection(this IServiceCollection services, MeshConsoleOptions options, ImmutableArray<ClusterConnection> connections)
    {
        services.AddSingleton<MeshSnapshotStore>();
        services.AddSingleton<IMeshSnapshots>(provider => provider.GetRequiredService<MeshSnapshotStore>());
        services.AddSingleton<IMeshViews>(new MeshViews(options.Certificates.ToThresholds()));
        services.AddSingleton<ClusterCollectors>();
        services.AddSingleton<IPastSnapshots>(provider => provider.GetRequiredService<ClusterCollectors>());
        services.AddSingleton<ISignalTrends>(provider =>
        {
            var collectors = provider.GetRequiredService<ClusterCollectors>();
            return new SignalTrendReader(() => collectors.Traffic);
        });
        services.AddSingleton<ICoverageTrends>(provider =>
        {
            var collectors = provider.GetRequiredService<ClusterCollectors>();
            return new CoverageTrendReader(() => collectors.Traffic);
        });
        services.AddSingleton<IPanelTrends>(provider =>
        {
            var collectors = provider.GetRequiredService<ClusterCollectors>();
            return new PanelTrendReader(() => collectors.Traffic);
        });
        services.AddSingleton(provider =>
        {
            var collectors = provider.GetRequiredService<ClusterCollectors>();
            return new StrictReadinessReader(provider.GetRequiredService<IMeshSnapshots>(), () => collectors.Lookbacks, options.Certificates.ToThresholds());
        });
        services.AddSingleton<IStrictReadiness>(provider => provider.GetRequiredService<StrictReadinessReader>());
        services.AddSingleton<IReadinessParts>(provider => provider.GetRequiredService<StrictReadinessReader>());
        services.AddSingleton<EmbeddedMesh>();
        services.AddSingleton<IDemoScenarios>(provider => provider.GetRequiredService<EmbeddedMesh>());
        services.AddHostedService(provider => ActivatorUtilities.CreateInstance<CollectionService>(provider, connections));
    }
}
