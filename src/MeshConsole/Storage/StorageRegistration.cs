using System.Collections.Immutable;
using MeshConsole.Collection;
using MeshConsole.Configuration;
using MeshConsole.Mesh.Audit;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Changes.Guards;
using MeshConsole.Mesh.Kubernetes;
using MeshConsole.Mesh.Notifications;
using MeshConsole.Mesh.Storage;

namespace MeshConsole.Storage;

/// <summary>Registers the database, the stores and the audit with its checkpoints.</summary>
internal static class StorageRegistration
{
    public static void AddStorage(this IServiceCollection services, MeshConsoleOptions options, ImmutableArray<ClusterConnection> connections)
    {
        services.AddSingleton(_ => StorageLocation.Resolve(options));
        services.AddSingleton(provider => new Database(provider.GetRequiredService<StorageLocation>().Database, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider =>
        {
            var file = provider.GetRequiredService<StorageLocation>().CheckpointFile;
            return new AuditLog(
                provider.GetRequiredService<Database>(),
                provider.GetRequiredService<TimeProvider>(),
                async token => (await AuditService.ReadCheckpointsAsync(file, token)).Checkpoints);
        });
        services.AddSingleton<IAuditLog>(provider => provider.GetRequiredService<AuditLog>());
        services.AddSingleton<IChangeStore, ChangeStore>();
        services.AddSingleton<ILeaseStore, LeaseStore>();
        services.AddSingleton<ISwitchStore, SwitchStore>();
        services.AddSingleton<INotificationOutbox, NotificationOutbox>();
        services.AddSingleton<CheckpointSinks>(provider => new CheckpointSinks(options.Audit, provider.GetRequiredService<StorageLocation>(), connections, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new CheckpointWriter(
            provider.GetRequiredService<AuditLog>(),
            provider.GetRequiredService<StorageLocation>().KeyFile,
            provider.GetRequiredService<CheckpointSinks>().All,
            new CheckpointPolicy(options.Audit.CheckpointRecords, options.Audit.CheckpointInterval),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<CheckpointWriter>>(),
            options.Audit.Retention is { } keep ? new AuditRetention(provider.GetRequiredService<AuditLog>(), keep, provider.GetRequiredService<TimeProvider>()) : null));
        services.AddSingleton(provider => new AuditService(
            provider.GetRequiredService<AuditLog>(),
            provider.GetRequiredService<CheckpointWriter>(),
            provider.GetRequiredService<StorageLocation>().CheckpointFile,
            provider.GetRequiredService<ILogger<AuditService>>()));
        services.AddHostedService<StorageService>();
    }

    /// <summary>The configured sinks, with the connections they hold.</summary>
    internal sealed class CheckpointSinks : IDisposable
    {
        private readonly List<IDisposable> _owned = [];

        public CheckpointSinks(AuditOptions audit, StorageLocation location, ImmutableArray<ClusterConnection> connections, TimeProvider time)
        {
            var sinks = ImmutableArray.CreateBuilder<ICheckpointSink>();
            sinks.Add(new FileCheckpointSink(location.CheckpointFile));
            if (audit.CheckpointWebhook is { } webhook)
            {
                sinks.Add(new WebhookCheckpointSink(Own(new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) })), new Uri(webhook), time));
            }

            if (audit.CheckpointEvents?.Split('/') is [var cluster, var @namespace])
            {
                var connection = connections.Single(candidate => string.Equals(candidate.Name, cluster, StringComparison.Ordinal));
                sinks.Add(new EventCheckpointSink(Own(new KubernetesClient(connection.Kubernetes, time)), cluster, @namespace, Environment.MachineName));
            }

            All = sinks.ToImmutable();
        }

        public ImmutableArray<ICheckpointSink> All { get; }

        public void Dispose()
        {
            foreach (var owned in _owned)
            {
                owned.Dispose();
            }
        }

        private T Own<T>(T owned)
            where T : IDisposable
        {
            _owned.Add(owned);
            return owned;
        }
    }
}
