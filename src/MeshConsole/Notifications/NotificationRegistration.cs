using System.Collections.Immutable;
using MeshConsole.Configuration;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Notifications;

namespace MeshConsole.Notifications;

/// <summary>Brings webhooks into the web app.</summary>
internal static class NotificationRegistration
{
    public static void AddNotifications(this IServiceCollection services, MeshConsoleOptions options)
    {
        ImmutableArray<Webhook> webhooks = [.. options.Notifications.Webhooks.Select(w => new Webhook(w.Name, new Uri(w.Url), w.SecretFile, w.Format == WebhookFormat.CloudEvents, [.. w.Types]))];
        var source = options.PublicUrl is { } url ? new Uri(url.EndsWith('/') ? url : url + "/") : null;
        services.AddSingleton<IChangeNotices>(new OutboxNotices(webhooks, source));
        services.AddSingleton<OutboxService>();
        if (webhooks.IsEmpty)
        {
            return;
        }

        services.AddSingleton(provider => new WebhookSender(
            provider.GetRequiredService<INotificationOutbox>(),
            webhooks,
            // A redirect would carry the signature, and what it signs, to somewhere nobody configured.
            new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) }),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<WebhookSender>>()));
        services.AddHostedService<SenderService>();
    }

    private sealed class SenderService(WebhookSender sender) : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            try
            {
                await Task.Yield();
                await sender.RunAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                // The end that was asked for.
            }
        }
    }
}
