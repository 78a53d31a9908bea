using System.Collections.Immutable;
using System.Net.Http.Headers;
using System.Text;
using MeshConsole.Mesh.Storage;
using Microsoft.Extensions.Logging;

namespace MeshConsole.Mesh.Notifications;

/// <summary>
/// Sends what is in the outbox, each message until its receiver took it or it was tried too often. A receiver that is slow or
/// gone holds up nothing but its own messages.
/// </summary>
public sealed partial class WebhookSender(INotificationOutbox outbox, ImmutableArray<Webhook> webhooks, HttpClient http, TimeProvider time, ILogger<WebhookSender> logger)
{
    /// <summary>Tries before a message becomes a dead letter: over about nine hours.</summary>
    public const int MostAttempts = 12;

    private const int Batch = 20;

    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_claim = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_longestWait = TimeSpan.FromHours(2);
    private static readonly TimeSpan s_kept = TimeSpan.FromDays(7);

    private long _sent;

    /// <summary>Messages that a receiver took since the start of this process.</summary>
    public long Sent => Interlocked.Read(ref _sent);

    /// <summary>Sends until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var said = "";
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                while (await SendDueAsync(cancellationToken).ConfigureAwait(false) == Batch)
                {
                    // There is more that is due.
                }

                await outbox.ForgetDeliveredAsync(time.GetUtcNow() - s_kept, cancellationToken).ConfigureAwait(false);
                said = "";
            }
            catch (StorageException exception)
            {
                if (!string.Equals(said, exception.Message, StringComparison.Ordinal))
                {
                    said = exception.Message;
                    Log.NotReadable(logger, exception.Message);
                }
            }

            await Task.Delay(s_pause, time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Sends what is due now.</summary>
    /// <returns>How many messages were tried.</returns>
    public async Task<int> SendDueAsync(CancellationToken cancellationToken)
    {
        var due = await outbox.ClaimDueAsync(Batch, s_claim, cancellationToken).ConfigureAwait(false);
        await Task.WhenAll(due.Select(message => SendAsync(message, cancellationToken))).ConfigureAwait(false);
        return due.Length;
    }

    /// <summary>How long until the next try: 5 s, 10 s, 20 s … two hours; null gives it up.</summary>
    internal static TimeSpan? WaitAfter(int attempts) =>
        attempts >= MostAttempts ? null : TimeSpan.FromSeconds(Math.Min(5 * Math.Pow(2, attempts - 1), s_longestWait.TotalSeconds));

    private async Task SendAsync(QueuedNotification message, CancellationToken cancellationToken)
    {
        var webhook = webhooks.FirstOrDefault(w => string.Equals(w.Name, message.Notification.Channel, StringComparison.Ordinal));
        var failure = webhook is null ? $"No receiver is called '{message.Notification.Channel}' any more." : await PostAsync(webhook, message.Notification, cancellationToken).ConfigureAwait(false);
        if (failure is null)
        {
            Interlocked.Increment(ref _sent);
            await outbox.DeliveredAsync(message.Notification.Id, cancellationToken).ConfigureAwait(false);
            return;
        }

        var wait = webhook is null ? null : WaitAfter(message.Attempts);
        await outbox.FailedAsync(message.Notification.Id, failure, wait, cancellationToken).ConfigureAwait(false);
        if (wait is null)
        {
            Log.GivenUp(logger, message.Notification.Id, message.Notification.Channel, message.Attempts, failure);
        }
    }

    /// <summary>Null when the receiver took it, else why not. Neither the secret nor the answer's body is in it.</summary>
    private async Task<string?> PostAsync(Webhook webhook, Notification notification, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(s_timeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            var secret = Encoding.UTF8.GetBytes((await File.ReadAllTextAsync(webhook.SecretFile, linked.Token).ConfigureAwait(false)).Trim());
            if (secret.Length < WebhookSignature.ShortestSecret)
            {
                return $"The secret in {webhook.SecretFile} has fewer than {WebhookSignature.ShortestSecret} bytes; nothing is sent without a signature.";
            }

            var body = Encoding.UTF8.GetBytes(notification.Payload);
            using var request = new HttpRequestMessage(HttpMethod.Post, webhook.Url) { Content = new ByteArrayContent(body) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(webhook.CloudEvents ? "application/cloudevents+json" : "application/json");
            request.Headers.TryAddWithoutValidation(WebhookSignature.Header, WebhookSignature.Of(secret, time.GetUtcNow(), body));
            request.Headers.TryAddWithoutValidation("X-MeshConsole-Id", notification.Id);
            request.Headers.UserAgent.ParseAdd("meshconsole");
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, linked.Token).ConfigureAwait(false);
            return response.IsSuccessStatusCode ? null : $"The receiver answered {(int)response.StatusCode}.";
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return $"No answer within {s_timeout.TotalSeconds:0} s.";
        }
        catch (HttpRequestException exception)
        {
            return $"The receiver was not reached: {exception.Message}";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return $"The secret could not be read from {webhook.SecretFile}: {exception.Message}";
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2601, LogLevel.Warning, "The outbox of notifications cannot be read; it is tried again: {Problem}")]
        public static partial void NotReadable(ILogger logger, string problem);

        [LoggerMessage(2602, LogLevel.Error, "Notification {Id} to {Channel} is given up after {Attempts} attempts: {Failure}")]
        public static partial void GivenUp(ILogger logger, string id, string channel, int attempts, string failure);
    }
}
