using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using MeshConsole.Mesh.Notifications;
using MeshConsole.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeshConsole.Mesh.Tests.Notifications;

public sealed class WebhookTests
{
    private static readonly DateTimeOffset s_at = DateTimeOffset.FromUnixTimeSeconds(1_790_000_000);
    private static readonly byte[] s_secret = Encoding.UTF8.GetBytes("a secret of sixteen bytes and more");
    private static readonly byte[] s_body = """{"type":"change.submitted"}"""u8.ToArray();

    [Fact]
    public void Signature_IsTheHmacOfTimeAndBody()
    {
        // Worked out another way than the code under test does: one call over the joined bytes.
        var expected = Convert.ToHexStringLower(HMACSHA256.HashData(s_secret, Encoding.ASCII.GetBytes("1790000000.").Concat(s_body).ToArray()));

        WebhookSignature.Of(s_secret, s_at, s_body).ShouldBe($"t=1790000000,v1={expected}");
    }

    [Fact]
    public void Signature_OfAnotherBodySecretOrTime_IsNotTaken()
    {
        var header = WebhookSignature.Of(s_secret, s_at, s_body);
        var tolerance = TimeSpan.FromMinutes(5);

        WebhookSignature.Verify(header, s_secret, s_body, s_at.AddMinutes(5), tolerance).ShouldBeTrue();
        WebhookSignature.Verify(header, s_secret, s_body, s_at.AddMinutes(5).AddSeconds(1), tolerance).ShouldBeFalse("sent again later");
        WebhookSignature.Verify(header, s_secret, [.. s_body, (byte)' '], s_at, tolerance).ShouldBeFalse("another body");
        WebhookSignature.Verify(header, [.. s_secret, 1], s_body, s_at, tolerance).ShouldBeFalse("another secret");
        WebhookSignature.Verify(header.Replace("t=1790000000", "t=1790000001", StringComparison.Ordinal), s_secret, s_body, s_at, tolerance).ShouldBeFalse("another time");
        foreach (var broken in new[] { "", "t=1", "v1=00,t=1790000000", "t=x,v1=" + new string('0', 64), "t=1790000000,v1=" + new string('z', 64) })
        {
            WebhookSignature.Verify(broken, s_secret, s_body, s_at, tolerance).ShouldBeFalse(broken);
        }
    }

    [Fact]
    public void Waits_DoubleUpToTwoHoursAndEnd()
    {
        Enumerable.Range(1, 11).Select(WebhookSender.WaitAfter).Select(wait => wait?.TotalSeconds).ShouldBe([5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 5120]);
        WebhookSender.WaitAfter(12).ShouldBeNull();
    }

    [Theory]
    [InlineData(HttpStatusCode.OK, null)]
    [InlineData(HttpStatusCode.InternalServerError, "answered 500")]
    [InlineData(HttpStatusCode.Redirect, "answered 302")]
    public async Task Message_IsSentSignedAndItsFateIsKept(HttpStatusCode answer, string? failure)
    {
        var secret = Path.Combine(Directory.CreateTempSubdirectory("meshconsole-").FullName, "secret");
        await File.WriteAllTextAsync(secret, Encoding.UTF8.GetString(s_secret) + "\n");
        var receiver = new Receiver(answer);
        using var http = new HttpClient(receiver);
        var outbox = new ListedOutbox(new Notification("n1", "ops", "c1", """{"id":"n1"}"""));
        var sender = new WebhookSender(outbox, [new Webhook("ops", new Uri("http://127.0.0.1:9/hook"), secret, CloudEvents: true, [])], http, new FakeTimeProvider(s_at), NullLogger<WebhookSender>.Instance);

        (await sender.SendDueAsync(default)).ShouldBe(1);

        var (headers, body) = receiver.Received.ShouldHaveSingleItem();
        WebhookSignature.Verify(headers[WebhookSignature.Header], s_secret, body, s_at, TimeSpan.FromSeconds(1)).ShouldBeTrue();
        headers["X-MeshConsole-Id"].ShouldBe("n1");
        headers["Content-Type"].ShouldStartWith("application/cloudevents+json");
        outbox.Delivered.ShouldBe(failure is null ? ["n1"] : []);
        if (failure is not null)
        {
            var failed = outbox.Failed.ShouldHaveSingleItem();
            failed.Error.ShouldContain(failure);
            failed.RetryAfter.ShouldBe(TimeSpan.FromSeconds(5));
        }
    }

    [Fact]
    public async Task MessageWithoutSecretOrReceiver_IsNotSent()
    {
        var receiver = new Receiver(HttpStatusCode.OK);
        using var http = new HttpClient(receiver);
        var outbox = new ListedOutbox(new Notification("n1", "ops", null, "{}"), new Notification("n2", "gone", null, "{}"));
        var sender = new WebhookSender(outbox, [new Webhook("ops", new Uri("http://127.0.0.1:9/hook"), "/does/not/exist", false, [])], http, new FakeTimeProvider(s_at), NullLogger<WebhookSender>.Instance);

        await sender.SendDueAsync(default);

        receiver.Received.ShouldBeEmpty();
        outbox.Failed.Single(f => f.Id == "n1").RetryAfter.ShouldNotBeNull();
        outbox.Failed.Single(f => f.Id == "n2").RetryAfter.ShouldBeNull("a receiver that is not configured any more");
    }

    private sealed class Receiver(HttpStatusCode answer) : HttpMessageHandler
    {
        public List<(Dictionary<string, string> Headers, byte[] Body)> Received { get; } = [];

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var headers = request.Headers.Concat(request.Content!.Headers).ToDictionary(h => h.Key, h => string.Join(", ", h.Value), StringComparer.OrdinalIgnoreCase);
            Received.Add((headers, await request.Content.ReadAsByteArrayAsync(cancellationToken)));
            return new HttpResponseMessage(answer);
        }
    }

    private sealed class ListedOutbox(params Notification[] due) : INotificationOutbox
    {
        public List<string> Delivered { get; } = [];

        public List<(string Id, string Error, TimeSpan? RetryAfter)> Failed { get; } = [];

        public Task AddAsync(ImmutableArray<Notification> notifications, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<ImmutableArray<QueuedNotification>> ClaimDueAsync(int limit, TimeSpan claim, CancellationToken cancellationToken) =>
            Task.FromResult<ImmutableArray<QueuedNotification>>([.. due.Select(n => new QueuedNotification(n, NotificationState.Pending, 1, s_at, s_at, null))]);

        public Task DeliveredAsync(string id, CancellationToken cancellationToken)
        {
            Delivered.Add(id);
            return Task.CompletedTask;
        }

        public Task FailedAsync(string id, string error, TimeSpan? retryAfter, CancellationToken cancellationToken)
        {
            Failed.Add((id, error, retryAfter));
            return Task.CompletedTask;
        }

        public Task<ImmutableArray<QueuedNotification>> ListDeadAsync(int limit, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<bool> RetryAsync(string id, MeshConsole.Mesh.Audit.AuditEntry entry, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<OutboxCounts> CountAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<int> ForgetDeliveredAsync(DateTimeOffset before, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
