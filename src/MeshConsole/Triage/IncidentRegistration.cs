using MeshConsole.Authentication;
using MeshConsole.Collection;
using MeshConsole.Configuration;
using MeshConsole.Mesh.Audit;
using MeshConsole.Mesh.Incidents;
using MeshConsole.Mesh.Links;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Storage;
using MeshConsole.Mesh.Timeline;

namespace MeshConsole.Triage;

/// <summary>Puts incidents, and the links out of them, together.</summary>
internal static class IncidentRegistration
{
    public static void AddIncidents(this IServiceCollection services, MeshConsoleOptions options)
    {
        services.AddSingleton(new LinkSet([.. options.Links.Select(link => link.ToTemplate()).OfType<LinkTemplate>()]));
        services.AddSingleton<IIncidentStore, IncidentStore>();
        services.AddSingleton<ProblemOnsets>();
        services.AddSingleton<IEvidenceReader>(provider =>
        {
            var collectors = provider.GetRequiredService<ClusterCollectors>();
            return new EvidenceReader(
                provider.GetRequiredService<ProblemOnsets>(),
                provider.GetRequiredService<IMeshSnapshots>(),
                () => collectors.Traffic,
                provider.GetRequiredService<ITimelineStore>(),
                provider.GetRequiredService<TimeProvider>());
        });
        services.AddSingleton(provider => new IncidentService(
            provider.GetRequiredService<IIncidentStore>(),
            provider.GetRequiredService<IAuditLog>(),
            provider.GetRequiredService<IEvidenceReader>(),
            provider.GetRequiredService<ProblemOnsets>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ApiTokens>().Current));
        services.AddHostedService(provider => new IncidentKeeper(
            provider.GetRequiredService<IncidentService>(),
            provider.GetRequiredService<ProblemOnsets>(),
            options.Incidents.Retention,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<IncidentKeeper>>()));
    }
}
