using MeshConsole.Mesh.Access;
using MeshConsole.Mesh.Audit;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Notifications;
using MeshConsole.Mesh.Storage;
using MeshConsole.Mesh.Tests.Audit;
using MeshConsole.Testing.Storage;

namespace MeshConsole.Mesh.Tests.Notifications;

public sealed class OutboxServiceTests : IAsyncDisposable
{
    private static readonly Actor s_omar = StoredChanges.Operator with { Namespaces = null };

    private readonly ScratchLog _stored = new("outbox");
    private readonly NotificationOutbox _outbox;
    private readonly OutboxService _service;

    public OutboxServiceTests()
    {
        _outbox = new NotificationOutbox(_stored.Database, _stored.Log);
        _service = new OutboxService(_outbox, _stored.Log);
    }

    public ValueTask DisposeAsync() => _stored.DisposeAsync();

    [Fact]
    public async Task DeadLetter_SentAgainByAnOperator_IsDueAndRecorded()
    {
        await DieAsync("n-1");
        (await _service.ListAsync(s_omar, default)).ShouldHaveSingleItem().LastError.ShouldBe("The receiver answered 500.");
        (await _outbox.CountAsync(default)).ShouldBe(new OutboxCounts(0, 1));

        await _service.RetryAsync("n-1", s_omar, default);

        (await _service.ListAsync(s_omar, default)).ShouldBeEmpty();
        (await _outbox.CountAsync(default)).ShouldBe(new OutboxCounts(1, 0));
        (await _stored.Log.SearchAsync(new AuditFilter(Action: "notification.retry"), default)).ShouldHaveSingleItem().Entry.Actor.Subject.ShouldBe("olga");
        var twice = await Should.ThrowAsync<ChangeException>(() => _service.RetryAsync("n-1", s_omar, default));
        (twice.Fault, twice.Code).ShouldBe((ChangeFault.NotFound, "no-such-notification"));
    }

    [Fact]
    public async Task DeadLetters_AreForOperatorsOfAllNamespaces()
    {
        await DieAsync("n-1");
        foreach (var other in new[] { Actor.Anonymous, s_omar with { Roles = [Role.Approver] }, s_omar with { Namespaces = ["payments"] } })
        {
            (await Should.ThrowAsync<ChangeException>(() => _service.ListAsync(other, default))).Fault.ShouldBe(ChangeFault.Forbidden);
            (await Should.ThrowAsync<ChangeException>(() => _service.RetryAsync("n-1", other, default))).Fault.ShouldBe(ChangeFault.Forbidden);
        }

        (await _outbox.CountAsync(default)).Dead.ShouldBe(1);
        (await _stored.Log.SearchAsync(new AuditFilter(Outcome: "denied"), default)).Length.ShouldBe(6);
        OutboxService.Allows(s_omar with { Roles = [Role.Admin] }).ShouldBeTrue();
    }

    private async Task DieAsync(string id)
    {
        await _outbox.AddAsync([new Notification(id, "ops", "c-1", """{"id":"n-1"}""")], default);
        await _outbox.ClaimDueAsync(1, TimeSpan.FromMinutes(1), default);
        await _outbox.FailedAsync(id, "The receiver answered 500.", null, default);
    }
}
