using MeshConsole.Collection;
using MeshConsole.Configuration;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Storage;
using MeshConsole.Mesh.Timeline;
using MeshConsole.Mesh.Triage;

namespace MeshConsole.Triage;

/// <summary>Puts the timeline and the triage together and runs them.</summary>
internal static class TriageRegistration
{
    public static void AddTriage(this IServiceCollection services, MeshConsoleOptions options)
    {
        services.AddSingleton<ITimelineStore, TimelineStore>();
        services.AddSingleton(provider => new TimelineRecorder(
            provider.GetRequiredService<IMeshSnapshots>(),
            provider.GetRequiredService<ITimelineStore>(),
            provider.GetRequiredService<TimeProvider>(),
            options.Timeline.Retention,
            provider.GetRequiredService<ILogger<TimelineRecorder>>()));
        services.AddSingleton(provider =>
        {
            var collectors = provider.GetRequiredService<ClusterCollectors>();
            return new TriageLoop(
                provider.GetRequiredService<IMeshSnapshots>(),
                provider.GetRequiredService<IMeshViews>(),
                () => collectors.History,
                provider.GetRequiredService<TimelineRecorder>(),
                options.Certificates.ToThresholds(),
                options.Telemetry.RefreshInterval,
                provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<ILogger<TriageLoop>>());
        });
        services.AddSingleton<ITriage>(provider => provider.GetRequiredService<TriageLoop>());
        services.AddHostedService<TriageService>();
    }
}
