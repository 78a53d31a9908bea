using MeshConsole.Mesh.Access;
using MeshConsole.Mesh.Audit;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Changes.Guards;
using MeshConsole.Mesh.Notifications;
using MeshConsole.Mesh.Storage;
using MeshConsole.Mesh.Tests.Audit;
using MeshConsole.Testing.Storage;

namespace MeshConsole.Mesh.Tests.Changes.Execution;

public sealed class SwitchServiceTests : IAsyncDisposable
{
    private const string Target = "demo/payments/VirtualService/card-processor";

    private static readonly Actor s_ada = StoredChanges.Admin;
    private static readonly Actor s_anna = StoredChanges.Admin with { Subject = "anna", Name = "Anna Approver", Roles = [Role.Approver], Namespaces = ["payments"] };

    private readonly ScratchLog _stored = new("switches");
    private readonly NotificationOutbox _outbox;
    private readonly SwitchService _service;
    private Func<Actor, Actor?> _current = actor => actor;

    public SwitchServiceTests()
    {
        _outbox = new NotificationOutbox(_stored.Database, _stored.Log);
        var notices = new OutboxNotices([new Webhook("ops", new Uri("http://127.0.0.1:1/"), "none", false, [])], new Uri("https://console.example/"));
        _service = new SwitchService(new SwitchStore(_stored.Database, _stored.Log), _stored.Log, notices, _stored.Time, actor => _current(actor));
    }

    public ValueTask DisposeAsync() => _stored.DisposeAsync();

    [Fact]
    public async Task BrokenGlass_IsToldAtOnceAndClosedByAnotherPersonAfterwards()
    {
        var grant = await BreakAsync();
        var told = (await _outbox.ClaimDueAsync(10, TimeSpan.FromMinutes(1), default)).ShouldHaveSingleItem();
        told.Notification.Payload.ShouldContain("break-glass.broken");
        told.Notification.Payload.ShouldContain("provider is down");

        (await RefusedAsync(() => _service.ReviewBreakGlassAsync(grant.Id, "it was needed", s_anna, default))).ShouldBe((ChangeFault.Conflict, "grant-in-force"));
        _stored.Time.Advance(TimeSpan.FromMinutes(15));
        (await RefusedAsync(() => _service.ReviewBreakGlassAsync(grant.Id, "ok", s_anna, default))).ShouldBe((ChangeFault.Invalid, "reason-required"));
        var reviewed = await _service.ReviewBreakGlassAsync(grant.Id, "it was needed", s_anna, default);
        reviewed.Review!.By.Subject.ShouldBe("anna");
        (await RefusedAsync(() => _service.ReviewBreakGlassAsync(grant.Id, "once more", s_anna, default))).ShouldBe((ChangeFault.Conflict, "already-reviewed"));

        (await _service.ListUnreviewedAsync(default)).ShouldBeEmpty();
        (await _service.ListBreakGlassAsync(default)).ShouldHaveSingleItem().Review!.Comment.ShouldBe("it was needed");
        (await _stored.Log.SearchAsync(new AuditFilter(Action: "break-glass.review"), default)).ShouldHaveSingleItem().Entry.ShouldSatisfyAllConditions(e => e.Reason.ShouldBe("it was needed"), e => e.Details!["brokenBy"]!.GetValue<string>().ShouldBe("demo:ada"), e => e.Details!["overdue"]!.GetValue<bool>().ShouldBeFalse());
        (await _outbox.ClaimDueAsync(10, TimeSpan.FromMinutes(1), default)).Select(n => n.Notification.Payload).ShouldContain(p => p.Contains("break-glass.reviewed", StringComparison.Ordinal) && p.Contains("it was needed", StringComparison.Ordinal));
    }

    /// <summary>People are told apart by issuer and subject, so another session, credential or spelling is the same person.</summary>
    [Fact]
    public async Task Review_ByWhoBrokeIt_IsDenied_WhateverTheirCredential()
    {
        var grant = await BreakAsync();
        _stored.Time.Advance(TimeSpan.FromHours(1));
        foreach (var same in new[] { s_ada, s_ada with { Subject = "ADA", Session = "other" }, s_ada with { Credential = "another token", Roles = [Role.Approver] } })
        {
            (await RefusedAsync(() => _service.ReviewBreakGlassAsync(grant.Id, "it was needed", same, default))).ShouldBe((ChangeFault.Forbidden, "own-break-glass"));
        }

        (await _stored.Log.SearchAsync(new AuditFilter(Action: "break-glass.review", Outcome: "denied"), default)).Length.ShouldBe(3);
        (await _service.ListUnreviewedAsync(default)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Review_ByWhoMayNotDecideThere_IsDenied()
    {
        var grant = await BreakAsync();
        _stored.Time.Advance(TimeSpan.FromHours(1));
        (await RefusedAsync(() => _service.ReviewBreakGlassAsync(grant.Id, "it was needed", StoredChanges.Operator, default))).ShouldBe((ChangeFault.Forbidden, "missing-role"));
        (await RefusedAsync(() => _service.ReviewBreakGlassAsync(grant.Id, "it was needed", s_anna with { Namespaces = ["ledger"] }, default))).ShouldBe((ChangeFault.Forbidden, "missing-role"));
        (await RefusedAsync(() => _service.ReviewBreakGlassAsync("none", "it was needed", s_anna, default))).ShouldBe((ChangeFault.NotFound, "no-such-grant"));
    }

    [Fact]
    public async Task Review_IsOverdueAfterADay()
    {
        var grant = await BreakAsync();
        grant.IsOverdueAt(StoredChanges.At.AddHours(24)).ShouldBeFalse();
        grant.IsOverdueAt(StoredChanges.At.AddHours(24).AddSeconds(1)).ShouldBeTrue();
        (grant with { Review = new BreakGlassReview(s_anna, "late", StoredChanges.At.AddDays(2)) }).IsOverdueAt(StoredChanges.At.AddDays(3)).ShouldBeFalse();
    }

    [Fact]
    public async Task Admin_WhoIsNoneAnyMore_BreaksNoGlass()
    {
        _current = actor => actor with { Roles = [Role.Operator] };
        (await RefusedAsync(() => BreakAsync())).ShouldBe((ChangeFault.Forbidden, "missing-role"));
        (await _outbox.CountAsync(default)).Queued.ShouldBe(0);
    }

    private Task<BreakGlass> BreakAsync() => _service.BreakGlassAsync(Target, "provider is down", "INC-1", TimeSpan.FromMinutes(15), s_ada, default);

    private static async Task<(ChangeFault Fault, string Code)> RefusedAsync(Func<Task> call)
    {
        var refused = await Should.ThrowAsync<ChangeException>(call);
        return (refused.Fault, refused.Code);
    }
}
