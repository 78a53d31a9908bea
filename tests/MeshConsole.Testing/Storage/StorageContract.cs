using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using MeshConsole.Mesh.Audit;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Changes.Guards;
using MeshConsole.Mesh.Incidents;
using MeshConsole.Mesh.Notifications;
using MeshConsole.Mesh.Storage;
using MeshConsole.Mesh.Timeline;
using MeshConsole.Testing.RealServices;
using Shouldly;
using Xunit;

namespace MeshConsole.Testing.Storage;

/// <summary>What the stores promise whatever the database is. Derived once per provider.</summary>
public abstract class StorageContract : IAsyncLifetime
{
    private readonly List<IAsyncDisposable> _opened = [];

    protected Database Database { get; private set; } = null!;

    protected AuditLog Audit { get; private set; } = null!;

    private IChangeStore Changes => new ChangeStore(Database, Audit);

    private LeaseStore Leases => new(Database);

    private NotificationOutbox Outbox => new(Database, Audit);

    private SwitchStore Switches => new(Database, Audit);

    /// <summary>An empty database; null when the provider is not on this machine: then every test is skipped.</summary>
    protected abstract Task<DatabaseSettings?> EmptyAsync();

    /// <summary>Lets time pass on the clock that leases expire by.</summary>
    protected abstract Task PassAsync(TimeSpan time);

    protected abstract TimeProvider Clock { get; }

    protected DatabaseSettings? Settings { get; private set; }

    public virtual async Task InitializeAsync()
    {
        Settings = await EmptyAsync();
        if (Settings is not null)
        {
            (Database, Audit) = Open();
        }
    }

    public virtual async Task DisposeAsync()
    {
        foreach (var opened in _opened)
        {
            await opened.DisposeAsync();
        }
    }

    /// <summary>Another console on the same database.</summary>
    protected (Database Database, AuditLog Audit) Open(string furtherSettings = "")
    {
        var database = new Database(Settings! with { ConnectionString = Settings.ConnectionString + furtherSettings }, Clock);
        _opened.Add(database);
        return (database, new AuditLog(database, Clock));
    }

    /// <summary>Skips where the database is missing; first line of every test.</summary>
    protected abstract void Require();

    [SkippableFact]
    public async Task Change_Stored_ReadsBackWithEveryField()
    {
        Require();
        var change = StoredChanges.Change("c-1");
        var stored = await Changes.AddAsync(change, null, [StoredChanges.Entry()], default);
        stored.Version.ShouldBe(1);

        var read = (await Changes.FindAsync("c-1", default)).ShouldNotBeNull();
        StoredJson.Write(read).ShouldBe(StoredJson.Write(stored));
        read.Plan.Reason.ShouldBe(change.Plan.Reason);
        read.Requester.ClusterIdentity!.User.ShouldBe("olga");
        read.Progress[0].Looks[0].Evidence.Canary!.Requests.ShouldBe(120);
        read.Plan.Stages.ShouldBe(change.Plan.Stages);
        (await Changes.FindAsync("c-2", default)).ShouldBeNull();
        (await Audit.HeadAsync(default)).Sequence.ShouldBe(1);
    }

    [SkippableFact]
    public async Task Change_ReplacedUnderAnOldVersion_IsRefusedWithoutAudit()
    {
        Require();
        var first = await Changes.AddAsync(StoredChanges.Change("c-1"), null, [StoredChanges.Entry()], default);
        var second = await Changes.ReplaceAsync(first with { State = ChangeState.AwaitingApproval }, [StoredChanges.Entry()], null, default);
        second.Version.ShouldBe(2);

        var conflict = await Should.ThrowAsync<StoreConflictException>(() => Changes.ReplaceAsync(first with { State = ChangeState.Aborted }, [StoredChanges.Entry()], null, default));
        conflict.Conflict.ShouldBe(StoreConflict.Version);
        (await Changes.FindAsync("c-1", default))!.State.ShouldBe(ChangeState.AwaitingApproval);
        (await Audit.HeadAsync(default)).Sequence.ShouldBe(2);
        (await Should.ThrowAsync<StoreConflictException>(() => Changes.ReplaceAsync(StoredChanges.Change("none"), [], null, default))).Conflict.ShouldBe(StoreConflict.Version);
    }

    [SkippableFact]
    public async Task Change_ReplacedByFiftyAtOnce_IsReplacedOnce()
    {
        Require();
        var change = await Changes.AddAsync(StoredChanges.Change("c-1"), null, [], default);
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 50).Select(async i =>
        {
            try
            {
                await Changes.ReplaceAsync(change with { StateReason = i.ToString(CultureInfo.InvariantCulture) }, [StoredChanges.Entry()], null, default);
                return true;
            }
            catch (StoreConflictException)
            {
                return false;
            }
        }));
        outcomes.Count(done => done).ShouldBe(1);
        (await Audit.HeadAsync(default)).Sequence.ShouldBe(1);
    }

    [SkippableFact]
    public async Task Target_WithAnActiveChange_TakesNoSecond()
    {
        Require();
        await Changes.AddAsync(StoredChanges.Change("c-1", ChangeState.Running), null, [], default);
        var second = await Changes.AddAsync(StoredChanges.Change("c-2", ChangeState.Approved), null, [], default);
        var other = await Changes.AddAsync(StoredChanges.Change("c-3", ChangeState.Held, name: "ledger"), null, [], default);
        other.Version.ShouldBe(1);

        (await Should.ThrowAsync<StoreConflictException>(() => Changes.ReplaceAsync(second with { State = ChangeState.Running }, [StoredChanges.Entry()], null, default))).Conflict.ShouldBe(StoreConflict.ActiveOnTarget);
        (await Should.ThrowAsync<StoreConflictException>(() => Changes.AddAsync(StoredChanges.Change("c-4", ChangeState.Paused), "key", [StoredChanges.Entry()], default))).Conflict.ShouldBe(StoreConflict.ActiveOnTarget);
        (await Audit.HeadAsync(default)).Sequence.ShouldBe(0);

        // The key of a request that was refused is free again.
        (await Changes.AddAsync(StoredChanges.Change("c-5"), "key", [], default)).Id.ShouldBe("c-5");
        var first = (await Changes.FindAsync("c-1", default))!;
        await Changes.ReplaceAsync(first with { State = ChangeState.Completed }, [], null, default);
        (await Changes.ReplaceAsync(second with { State = ChangeState.Running }, [], null, default)).Version.ShouldBe(2);
    }

    [SkippableFact]
    public async Task Request_RepeatedWithItsKey_GivesTheFirstChange()
    {
        Require();
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => Changes.AddAsync(StoredChanges.Change($"c-{i}"), "key", [StoredChanges.Entry()], default)));
        outcomes.Select(change => change.Id).Distinct().Count().ShouldBe(1);
        (await Changes.ListAsync(new ChangeFilter([]), default)).Length.ShouldBe(1);
        (await Audit.HeadAsync(default)).Sequence.ShouldBe(1);
    }

    [SkippableFact]
    public async Task Changes_Listed_NewestFirstAndFiltered()
    {
        Require();
        await Changes.AddAsync(StoredChanges.Change("01", ChangeState.Completed), null, [], default);
        await Changes.AddAsync(StoredChanges.Change("02", ChangeState.Draft, "ledger"), null, [], default);
        await Changes.AddAsync(StoredChanges.Change("0A", ChangeState.AwaitingApproval, @namespace: "fraud"), null, [], default);
        await Changes.AddAsync(StoredChanges.Change("0a", ChangeState.Running, cluster: "west"), null, [], default);

        await Expect(new ChangeFilter([]), "0a", "0A", "02", "01");
        await Expect(new ChangeFilter([], Limit: 2), "0a", "0A");
        await Expect(new ChangeFilter([], Before: "0A"), "02", "01");
        await Expect(new ChangeFilter([ChangeState.Draft, ChangeState.Completed]), "02", "01");
        await Expect(new ChangeFilter([], TargetKey: "demo/payments/VirtualService/ledger"), "02");
        await Expect(new ChangeFilter([], Cluster: "west"), "0a");
        await Expect(new ChangeFilter([], Namespaces: ["fraud", "nowhere"]), "0A");
        (await Changes.ListOpenAsync(default)).Select(change => change.Id).ShouldBe(["0A", "0a"]);

        async Task Expect(ChangeFilter filter, params string[] ids) => (await Changes.ListAsync(filter, default)).Select(change => change.Id).ShouldBe(ids);
    }

    [SkippableFact]
    public async Task Lease_HeldByOne_IsRefusedToOthersUntilItExpires()
    {
        Require();
        var first = (await Leases.TryAcquireAsync("executor", "a", TimeSpan.FromSeconds(2), default)).ShouldNotBeNull();
        (await Leases.TryAcquireAsync("executor", "b", TimeSpan.FromSeconds(2), default)).ShouldBeNull();
        var renewed = (await Leases.TryAcquireAsync("executor", "a", TimeSpan.FromSeconds(2), default)).ShouldNotBeNull();
        renewed.Token.ShouldBe(first.Token);
        renewed.ExpiresAt.ShouldBeGreaterThanOrEqualTo(first.ExpiresAt);

        await PassAsync(TimeSpan.FromSeconds(2.2));
        var second = (await Leases.TryAcquireAsync("executor", "b", TimeSpan.FromSeconds(30), default)).ShouldNotBeNull();
        second.Token.ShouldBeGreaterThan(first.Token);

        // A late goodbye of the first holder does not take the lease from the second.
        await Leases.ReleaseAsync(first, default);
        (await Leases.TryAcquireAsync("executor", "c", TimeSpan.FromSeconds(2), default)).ShouldBeNull();
        await Leases.ReleaseAsync(second, default);
        (await Leases.TryAcquireAsync("executor", "c", TimeSpan.FromSeconds(2), default))!.Token.ShouldBeGreaterThan(second.Token);
    }

    [SkippableFact]
    public async Task Lease_WantedByMany_IsGivenToOne()
    {
        Require();
        var held = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Leases.TryAcquireAsync("executor", $"replica-{i}", TimeSpan.FromMinutes(1), default)));
        held.Count(lease => lease is not null).ShouldBe(1);
    }

    [SkippableFact]
    public async Task Replacement_UnderALostLease_IsRefusedWithoutAudit()
    {
        Require();
        var change = await Changes.AddAsync(StoredChanges.Change("c-1", ChangeState.Running), null, [], default);
        var old = (await Leases.TryAcquireAsync("executor", "a", TimeSpan.FromSeconds(2), default))!;
        change = await Changes.ReplaceAsync(change, [StoredChanges.Entry()], old, default);

        // Run out, though nobody else has it.
        await PassAsync(TimeSpan.FromSeconds(2.2));
        await Refused(old);

        // Taken over.
        var current = (await Leases.TryAcquireAsync("executor", "b", TimeSpan.FromMinutes(1), default))!;
        await Refused(old);

        // Right token, wrong holder; a lease that never was.
        await Refused(current with { Holder = "a" });
        await Refused(current with { Name = "other" });
        (await Changes.ReplaceAsync(change, [StoredChanges.Entry()], current, default)).Version.ShouldBe(change.Version + 1);
        (await Audit.HeadAsync(default)).Sequence.ShouldBe(2);

        async Task Refused(HeldLease lease) =>
            (await Should.ThrowAsync<StoreConflictException>(() => Changes.ReplaceAsync(change, [StoredChanges.Entry()], lease, default))).Conflict.ShouldBe(StoreConflict.LeaseLost);
    }

    [SkippableFact]
    public async Task Notification_OfAChangeThatWasRefused_IsNotSent()
    {
        Require();
        var change = await Changes.AddAsync(StoredChanges.Change("c-1"), null, [], [Notification("n-1")], default);
        await Should.ThrowAsync<StoreConflictException>(() => Changes.ReplaceAsync(change with { Version = 7 }, [], null, [Notification("n-2")], default));
        await Changes.ReplaceAsync(change, [], null, [Notification("n-3")], default);
        (await Outbox.ClaimDueAsync(10, TimeSpan.FromMinutes(1), default)).Select(queued => queued.Notification.Id).ShouldBe(["n-1", "n-3"], ignoreOrder: true);
    }

    [SkippableFact]
    public async Task Notification_Failing_IsRetriedThenDeadThenSentAgainByHand()
    {
        Require();
        await Outbox.AddAsync([Notification("n-1")], default);
        var claimed = (await Outbox.ClaimDueAsync(10, TimeSpan.FromSeconds(2), default)).ShouldHaveSingleItem();
        claimed.Attempts.ShouldBe(1);
        claimed.Notification.ShouldBe(Notification("n-1"));
        (await Outbox.ClaimDueAsync(10, TimeSpan.FromSeconds(2), default)).ShouldBeEmpty();

        // The sender died: due again once its claim has run out.
        await PassAsync(TimeSpan.FromSeconds(2.2));
        (await Outbox.ClaimDueAsync(10, TimeSpan.FromSeconds(2), default)).ShouldHaveSingleItem().Attempts.ShouldBe(2);
        await Outbox.FailedAsync("n-1", "500\u001b[31m", TimeSpan.FromSeconds(2), default);
        (await Outbox.ClaimDueAsync(10, TimeSpan.FromSeconds(2), default)).ShouldBeEmpty();
        await PassAsync(TimeSpan.FromSeconds(2.2));
        var third = (await Outbox.ClaimDueAsync(10, TimeSpan.FromSeconds(2), default)).ShouldHaveSingleItem();
        third.LastError.ShouldBe("500 [31m");

        await Outbox.FailedAsync("n-1", "gone", null, default);
        (await Outbox.ListDeadAsync(10, default)).ShouldHaveSingleItem().LastError.ShouldBe("gone");
        (await Outbox.RetryAsync("n-1", StoredChanges.Entry("notification.retry"), default)).ShouldBeTrue();
        (await Outbox.RetryAsync("n-1", StoredChanges.Entry("notification.retry"), default)).ShouldBeFalse();
        (await Audit.HeadAsync(default)).Sequence.ShouldBe(1);
        (await Outbox.ClaimDueAsync(10, TimeSpan.FromSeconds(2), default)).ShouldHaveSingleItem().Attempts.ShouldBe(1);
        await Outbox.DeliveredAsync("n-1", default);
        (await Outbox.ListDeadAsync(10, default)).ShouldBeEmpty();
        (await Outbox.ForgetDeliveredAsync(DateTimeOffset.MaxValue, default)).ShouldBe(1);
    }

    [SkippableFact]
    public async Task ReadOnlySwitches_SetAndCleared_ByScope()
    {
        Require();
        var everywhere = new ReadOnlySwitch(null, null, "incident", "ada", StoredChanges.At);
        var cluster = everywhere with { Cluster = "demo" };
        var @namespace = cluster with { Namespace = "payments" };
        await Switches.SetReadOnlyAsync(everywhere, StoredChanges.Entry("read-only.set"), default);
        await Switches.SetReadOnlyAsync(cluster, StoredChanges.Entry("read-only.set"), default);
        await Switches.SetReadOnlyAsync(@namespace, StoredChanges.Entry("read-only.set"), default);
        await Switches.SetReadOnlyAsync(@namespace with { Reason = "still" }, StoredChanges.Entry("read-only.set"), default);
        (await Switches.ListReadOnlyAsync(default)).ShouldBe([everywhere, cluster, @namespace with { Reason = "still" }]);

        (await Switches.ClearReadOnlyAsync("demo", null, StoredChanges.Entry("read-only.clear"), default)).ShouldBeTrue();
        (await Switches.ClearReadOnlyAsync("demo", null, StoredChanges.Entry("read-only.clear"), default)).ShouldBeFalse();
        (await Switches.ListReadOnlyAsync(default)).Length.ShouldBe(2);
        (await Audit.HeadAsync(default)).Sequence.ShouldBe(5);
    }

    [SkippableFact]
    public async Task BreakGlass_HoldsForItsTargetUntilItRunsOutOrIsEnded()
    {
        Require();
        var now = await Database.ReadAsync(session => session.NowAsync(), default);
        var grant = new BreakGlass("g-1", StoredChanges.Admin, "demo/payments/VirtualService/card-processor", "fire", null, now, now.AddSeconds(2));
        await Switches.AddBreakGlassAsync(grant, StoredChanges.Entry("break-glass"), [], default);
        (await Switches.FindBreakGlassAsync(grant.TargetKey, default)).ShouldNotBeNull().Reason.ShouldBe("fire");
        (await Switches.FindBreakGlassAsync("demo/payments/VirtualService/ledger", default)).ShouldBeNull();
        await PassAsync(TimeSpan.FromSeconds(2.2));
        (await Switches.FindBreakGlassAsync(grant.TargetKey, default)).ShouldBeNull();

        await Switches.AddBreakGlassAsync(grant with { Id = "g-2", ExpiresAt = now.AddHours(1) }, StoredChanges.Entry("break-glass"), [], default);
        (await Switches.EndBreakGlassAsync("g-2", StoredChanges.Entry("break-glass.end"), default)).ShouldBeTrue();
        (await Switches.EndBreakGlassAsync("g-2", StoredChanges.Entry("break-glass.end"), default)).ShouldBeFalse();
        (await Switches.FindBreakGlassAsync(grant.TargetKey, default)).ShouldBeNull();
        (await Switches.ListBreakGlassAsync(10, default)).Select(found => found.Id).ShouldBe(["g-2", "g-1"]);
    }

    [SkippableFact]
    public async Task BreakGlass_IsUnreviewedUntilOneReviewIsStoredWithItsRecordAndNotice()
    {
        Require();
        var now = StoredChanges.At;
        var grant = new BreakGlass("g-1", StoredChanges.Admin, "demo/payments/VirtualService/card-processor", "fire", null, now, now.AddMinutes(5));
        await Switches.AddBreakGlassAsync(grant, StoredChanges.Entry("break-glass"), [Notification("n-1")], default);
        await Switches.AddBreakGlassAsync(grant with { Id = "g-2", At = now.AddMinutes(1) }, StoredChanges.Entry("break-glass"), [], default);
        (await Switches.ListUnreviewedAsync(default)).Select(found => found.Id).ShouldBe(["g-1", "g-2"]);

        var reviews = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Switches.ReviewBreakGlassAsync("g-1", new BreakGlassReview(StoredChanges.Operator, $"review {i}", now.AddHours(1)), StoredChanges.Entry("break-glass.review"), [Notification($"r-{i}")], default)));
        reviews.Count(done => done).ShouldBe(1);
        var winner = Array.IndexOf(reviews, true);
        (await Switches.FindGrantAsync("g-1", default)).ShouldNotBeNull().Review.ShouldNotBeNull().Comment.ShouldBe($"review {winner}");
        (await Switches.ListUnreviewedAsync(default)).Select(found => found.Id).ShouldBe(["g-2"]);
        (await Switches.ReviewBreakGlassAsync("none", new BreakGlassReview(StoredChanges.Operator, "nothing", now), StoredChanges.Entry("break-glass.review"), [], default)).ShouldBeFalse();
        (await Audit.SearchAsync(new AuditFilter(Action: "break-glass.review"), default)).Length.ShouldBe(1);
        (await Outbox.ClaimDueAsync(10, TimeSpan.FromMinutes(1), default)).Select(queued => queued.Notification.Id).Order(StringComparer.Ordinal).ShouldBe(["n-1", $"r-{winner}"]);
        (await Outbox.CountAsync(default)).ShouldBe(new OutboxCounts(2, 0));

        // Ending a grant keeps its review, and a review keeps the end.
        (await Switches.FindGrantAsync("g-1", default))!.ExpiresAt.ShouldBe(grant.ExpiresAt);
    }

    [SkippableFact]
    public async Task Starts_AreListedByClusterAndTime_WithoutStopsAndDrafts()
    {
        Require();
        ChangeRecord Started(string id, int minutes, string cluster = "demo") => StoredChanges.Change(id, ChangeState.Completed, cluster: cluster) with { StartedAt = StoredChanges.At.AddMinutes(minutes), Submitter = StoredChanges.Operator };
        await Changes.AddAsync(Started("c-1", 0), null, [], default);
        await Changes.AddAsync(Started("c-2", 10), null, [], default);
        await Changes.AddAsync(Started("c-3", 20, "west"), null, [], default);
        await Changes.AddAsync(Started("c-4", 20) with { Submitter = null }, null, [], default);
        var draft = await Changes.AddAsync(StoredChanges.Change("c-5"), null, [], default);
        (await Changes.ListStartsAsync("demo", StoredChanges.At.AddMinutes(5), default)).ShouldBe([StoredChanges.At.AddMinutes(10)]);
        await Changes.ReplaceAsync(draft with { State = ChangeState.Running, StartedAt = StoredChanges.At.AddMinutes(30), Submitter = StoredChanges.Operator }, [], null, default);
        (await Changes.ListStartsAsync("demo", StoredChanges.At, default)).ShouldBe([StoredChanges.At, StoredChanges.At.AddMinutes(10), StoredChanges.At.AddMinutes(30)]);
    }

    [SkippableFact]
    public async Task Audit_AppendedByFiftyAtOnceOverTwoReplicas_KeepsOneChain()
    {
        Require();
        var (_, other) = Open();
        await Task.WhenAll(Enumerable.Range(0, 50).Select(i => (i % 2 == 0 ? Audit : other).AppendAsync(StoredChanges.Entry(summary: $"number {i}"), default)));
        var verified = await Audit.VerifyAsync([], default);
        verified.FirstBad.ShouldBeNull();
        verified.VerifiedTo.ShouldBe(50);
        (await Audit.SearchAsync(new AuditFilter(Limit: 1000), default)).Select(record => record.Entry.Summary).Distinct().Count().ShouldBe(50);
    }

    [SkippableFact]
    public async Task Audit_Searched_ByEachFilter()
    {
        Require();
        await Audit.AppendAsync(StoredChanges.Entry("change.submit"), default);
        await Audit.AppendAsync(StoredChanges.Entry("change.approve") with { Actor = StoredChanges.Admin, ChangeId = "c-2", Outcome = "denied" }, default);
        await Audit.AppendAsync(StoredChanges.Entry("route.stop") with { Target = null, ChangeId = null }, default);

        await Expect(new AuditFilter(), 3, 2, 1);
        await Expect(new AuditFilter(Actor: "ADA"), 2);
        await Expect(new AuditFilter(Actor: "%"));
        await Expect(new AuditFilter(Target: "payments/virtualservice/CARD"), 2, 1);
        await Expect(new AuditFilter(Target: "card_processor"));
        await Expect(new AuditFilter(ChangeId: "c-2"), 2);
        await Expect(new AuditFilter(Action: "route.stop"), 3);
        await Expect(new AuditFilter(Outcome: "denied"), 2);
        await Expect(new AuditFilter(BelowSequence: 3, Limit: 1), 2);
        await Expect(new AuditFilter(From: DateTimeOffset.MaxValue));
        await Expect(new AuditFilter(To: DateTimeOffset.UnixEpoch));
        await Expect(new AuditFilter(Actor: "x\0' OR 1=1 --"));

        async Task Expect(AuditFilter filter, params long[] sequences) => (await Audit.SearchAsync(filter, default)).Select(record => record.Sequence).ShouldBe(sequences);
    }

    [SkippableFact]
    public async Task AuditTable_RefusesUpdateDeleteAndDisorder()
    {
        Require();
        await Audit.AppendAsync(StoredChanges.Entry(), default);
        string[] attempts =
        [
            "UPDATE audit SET body = '{}'",
            "DELETE FROM audit",
            "INSERT INTO audit (sequence, id, at, actor, action, outcome, hash, body) VALUES (7, 'x', 0, '', '', '', '', '')",
            Settings!.Provider == DatabaseProvider.Postgres ? "TRUNCATE audit" : "INSERT OR REPLACE INTO audit (sequence, id, at, actor, action, outcome, hash, body) VALUES (1, 'x', 0, '', '', '', '', '')",
        ];
        foreach (var attempt in attempts)
        {
            (await Should.ThrowAsync<StorageException>(() => Database.WriteAsync(session => session.ExecuteAsync(attempt), default))).Message.ShouldContain("append-only", Case.Sensitive, attempt);
        }

        (await Audit.VerifyAsync([], default)).Good.ShouldBeTrue();
    }

    [SkippableFact]
    public async Task Audit_CutOffBehindItsBack_RefusesToGoOn()
    {
        Require();
        for (var i = 0; i < 3; i++)
        {
            await Audit.AppendAsync(StoredChanges.Entry(), default);
        }

        await WithoutTriggersAsync("DELETE FROM audit WHERE sequence > 1");
        var refused = await Should.ThrowAsync<AuditUnavailableException>(() => Audit.AppendAsync(StoredChanges.Entry(), default));
        refused.Message.ShouldContain("broken");
        Audit.State.Status.ShouldBe(AuditChainStatus.Broken);
        (await Should.ThrowAsync<AuditUnavailableException>(() => Changes.AddAsync(StoredChanges.Change("c-1"), null, [StoredChanges.Entry()], default))).Message.ShouldContain("nothing may be changed");

        // Reading goes on.
        (await Audit.SearchAsync(new AuditFilter(), default)).Length.ShouldBe(1);
        (await Changes.FindAsync("c-1", default)).ShouldBeNull();
    }

    [SkippableFact]
    public async Task Audit_ChangedWhileStopped_IsFoundAtTheStartAndNamed()
    {
        Require();
        for (var i = 0; i < 5; i++)
        {
            await Audit.AppendAsync(StoredChanges.Entry(summary: $"number {i}"), default);
        }

        await WithoutTriggersAsync("UPDATE audit SET body = REPLACE(body, 'number 2', 'number 9') WHERE sequence = 3");
        var (_, restarted) = Open();
        await Should.ThrowAsync<AuditUnavailableException>(() => restarted.AppendAsync(StoredChanges.Entry(), default));
        restarted.State.FirstBad!.ShouldSatisfyAllConditions(bad => bad.Sequence.ShouldBe(3), bad => bad.Problem.ShouldBe(AuditProblem.HashWrong));
    }

    [SkippableFact]
    public async Task Audit_FiledUnderOtherColumns_IsFound()
    {
        Require();
        await Audit.AppendAsync(StoredChanges.Entry(), default);
        await Audit.AppendAsync(StoredChanges.Entry(), default);
        await WithoutTriggersAsync("UPDATE audit SET actor = 'somebody else' WHERE sequence = 2");
        (await Audit.VerifyAsync([], default)).FirstBad!.Sequence.ShouldBe(2);
    }

    /// <summary>One record makes the key known and twelve more follow; five are a segment, and a month passes on the clock of the retention.</summary>
    [SkippableFact]
    public async Task Audit_OldSegments_AreDeletedAsAWholeAndTheirRootsProveTheRest()
    {
        Require();
        using var scratch = ScratchFolder.Create("retention-key");
        using var key = CheckpointKey.LoadOrCreate(scratch.File("audit-key.pem"));
        await Audit.AppendAsync(StoredChanges.Entry("audit.key") with { Details = new JsonObject { ["keyId"] = key.Id } }, default);
        for (var i = 0; i < 12; i++)
        {
            await Audit.AppendAsync(StoredChanges.Entry(summary: $"number {i}"), default);
        }

        var (_, other) = Open();
        await other.AppendAsync(StoredChanges.Entry(summary: "of another replica"), default);
        var clock = new FakeTimeProvider(Clock.GetUtcNow());
        var retention = new AuditRetention(Audit, AuditRetention.Shortest, clock, records: 5);
        await retention.WorkAsync(key, default);

        // 1 to 5 and 6 to 10 are sealed, by records 15 and 16; nothing is old.
        var young = await Audit.VerifyAsync([], default);
        (young.FirstBad, young.First, young.VerifiedTo, young.DeletedTo).ShouldBe((null, 1, 16, 0));

        clock.Advance(TimeSpan.FromDays(31));
        await retention.WorkAsync(key, default);

        // 11 to 15 are a segment too (sealed by 17), and 16 is one of its own, since it is older than a week (18); all four are deleted.
        var left = await Audit.VerifyAsync([], default);
        left.FirstBad.ShouldBeNull();
        left.DeletedTo.ShouldBe(await Audit.DeletedToAsync(default));
        (left.DeletedTo, left.First).ShouldBe((16, 17));
        (await Audit.SearchAsync(new AuditFilter(Action: "audit.delete"), default)).Length.ShouldBe(4);
        (await other.AppendAsync(StoredChanges.Entry(summary: "its last record is gone"), default)).Sequence.ShouldBe(left.VerifiedTo + 1);
        (await Open().Audit.VerifyAsync([], default)).FirstBad.ShouldBeNull("a console that starts now");

        // What was not deleted as a whole segment stays, whoever asks.
        string[] attempts =
        [
            "DELETE FROM audit WHERE sequence = 17",
            "DELETE FROM audit",
            "UPDATE audit SET body = '{}'",
            "DELETE FROM audit_segments",
            "UPDATE audit_segments SET root = '{}'",
            "INSERT INTO audit_segments (first, last, until, root) VALUES (1, 5, 0, '{}')",
            "UPDATE audit_deletions SET last = 99",
            "DELETE FROM audit_deletions",
            "INSERT INTO audit_deletions (last, at) VALUES (17, 0)",
            "INSERT INTO audit_deletions (last, at) VALUES (5, 0)",
        ];
        foreach (var attempt in attempts)
        {
            (await Should.ThrowAsync<StorageException>(() => Database.WriteAsync(session => session.ExecuteAsync(attempt), default))).Message.ShouldContain("append-only", Case.Sensitive, attempt);
        }

        (await Audit.VerifyAsync([], default)).Good.ShouldBeTrue();
    }

    [SkippableFact]
    public async Task Audit_SegmentsDeletedWithoutARecord_AreFoundAtTheStart()
    {
        Require();
        using var scratch = ScratchFolder.Create("retention-key");
        using var key = CheckpointKey.LoadOrCreate(scratch.File("audit-key.pem"));
        await Audit.AppendAsync(StoredChanges.Entry("audit.key") with { Details = new JsonObject { ["keyId"] = key.Id } }, default);
        for (var i = 0; i < 5; i++)
        {
            await Audit.AppendAsync(StoredChanges.Entry(summary: $"number {i}"), default);
        }

        await new AuditRetention(Audit, AuditRetention.Shortest, Clock, records: 5).WorkAsync(key, default);
        await WithoutTriggersAsync("DELETE FROM audit WHERE sequence <= 5");
        var (_, restarted) = Open();
        await Should.ThrowAsync<AuditUnavailableException>(() => restarted.AppendAsync(StoredChanges.Entry(), default));
        restarted.State.FirstBad!.ShouldSatisfyAllConditions(bad => bad.Sequence.ShouldBe(1), bad => bad.Problem.ShouldBe(AuditProblem.DeletionUnrecorded));
    }

    [SkippableFact]
    public async Task Timeline_KeptOnce_SearchedAndForgotten()
    {
        Require();
        var store = new TimelineStore(Database);
        var at = StoredChanges.At;
        var weight = Entry("e-1", at, TimelineKind.Weight, "payments", "card_processor") with { By = "kubectl-edit", Diff = "-    weight: 90\n+    weight: 50\n", Touches = ["payments/card-processor-v1"], ChangeId = "c-1" };
        var deploy = Entry("e-2", at.AddMinutes(1), TimelineKind.Deploy, "finance", "ledger");
        await store.AddAsync([weight, deploy], default);
        await store.AddAsync([weight with { Summary = "seen by another replica" }], default);

        var all = await store.SearchAsync(new TimelineFilter(), default);
        all.Select(e => e.Id).ShouldBe(["e-2", "e-1"]);
        (all[1] with { Touches = [] }).ShouldBe(weight with { Touches = [] });
        all[1].Touches.ShouldBe(weight.Touches);
        (await Ids(new TimelineFilter(Cluster: "other"))).ShouldBeEmpty();
        (await Ids(new TimelineFilter(Namespaces: ["finance", "shop"]))).ShouldBe(["e-2"]);
        (await Ids(new TimelineFilter(From: at.AddSeconds(1)))).ShouldBe(["e-2"]);
        (await Ids(new TimelineFilter(To: at.AddMinutes(1)))).ShouldBe(["e-1"]);
        (await Ids(new TimelineFilter(Kind: TimelineKind.Weight))).ShouldBe(["e-1"]);
        (await Ids(new TimelineFilter(Text: "KUBECTL"))).ShouldBe(["e-1"]);
        (await Ids(new TimelineFilter(Text: "card_"))).ShouldBe(["e-1"]);
        (await Ids(new TimelineFilter(Text: "%"))).ShouldBeEmpty("a percent sign is a percent sign");
        (await Ids(new TimelineFilter(Text: "l_dger"))).ShouldBeEmpty("an underscore stands for itself");
        (await Ids(new TimelineFilter(Limit: 1))).ShouldBe(["e-2"]);

        (await store.ForgetAsync(at.AddSeconds(1), default)).ShouldBe(1);
        (await Ids(new TimelineFilter())).ShouldBe(["e-2"]);

        async Task<IEnumerable<string>> Ids(TimelineFilter filter) => (await store.SearchAsync(filter, default)).Select(e => e.Id);

        static TimelineEntry Entry(string id, DateTimeOffset at, TimelineKind kind, string @namespace, string name) => new()
        {
            Id = id,
            Cluster = "demo",
            At = at,
            Kind = kind,
            ObjectKind = "VirtualService",
            Namespace = @namespace,
            Name = name,
            Summary = $"{name} was changed.",
        };
    }

    [SkippableFact]
    public async Task Incident_Stored_ReadsBackWithEveryFieldAndItsRecord()
    {
        Require();
        var store = new IncidentStore(Database, Audit);
        var stored = await store.AddAsync(StoredIncidents.Open("i-1"), StoredIncidents.Evidence, StoredChanges.Entry("incident.open"), default);
        stored.Version.ShouldBe(1);

        // As the next start of the console finds it.
        var (database, audit) = Open();
        var file = (await new IncidentStore(database, audit).FindAsync("i-1", default)).ShouldNotBeNull();
        Every(file.Incident).ShouldBe(Every(stored));
        Every(file.Evidence).ShouldBe(Every(StoredIncidents.Evidence));
        file.Notes.ShouldBeEmpty();
        (await Audit.SearchAsync(new AuditFilter(Action: "incident.open"), default)).ShouldHaveSingleItem();
        (await store.FindAsync("i-2", default)).ShouldBeNull();

        // Arrays compare by reference: their text does not, and this is not the writer of the store.
        static string Every<T>(T value) => JsonSerializer.Serialize(value);
    }

    [SkippableFact]
    public async Task Incident_ReplacedUnderAnOldVersion_IsRefusedWithoutAudit()
    {
        Require();
        var store = new IncidentStore(Database, Audit);
        var first = await store.AddAsync(StoredIncidents.Open("i-1"), StoredIncidents.Evidence, StoredChanges.Entry(), default);
        var second = await store.ReplaceAsync(first with { Title = "Renamed" }, null, StoredChanges.Entry(), default);
        (await Should.ThrowAsync<StoreConflictException>(() => store.ReplaceAsync(first with { Title = "Late" }, null, StoredChanges.Entry(), default))).Conflict.ShouldBe(StoreConflict.Version);
        (await Audit.HeadAsync(default)).Sequence.ShouldBe(2);

        (await store.RefreshAsync("i-1", first.Version, IncidentEvidence.None, default)).ShouldBeFalse("evidence of an older version would take away what a later step added");
        (await store.RefreshAsync("i-1", second.Version, StoredIncidents.Evidence with { Unknown = ["later"] }, default)).ShouldBeTrue();
        var file = (await store.FindAsync("i-1", default)).ShouldNotBeNull();
        (file.Incident.Title, file.Incident.Version, file.Evidence.Unknown.Single()).ShouldBe(("Renamed", 2, "later"));
        file.Evidence.Problems.Length.ShouldBe(StoredIncidents.Evidence.Problems.Length);
    }

    [SkippableFact]
    public async Task Notes_WrittenByTwentyAtOnce_AreNumberedWithoutGapsUpToTheMost()
    {
        Require();
        var store = new IncidentStore(Database, Audit);
        await store.AddAsync(StoredIncidents.Open("i-1"), StoredIncidents.Evidence, StoredChanges.Entry("incident.open"), default);
        var written = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => store.AddNoteAsync("i-1", StoredIncidents.Note($"note {i}"), 18, note => StoredChanges.Entry("incident.note", $"Note {note.Number}."), default)));
        written.Count(note => note is null).ShouldBe(2);
        var notes = (await store.FindAsync("i-1", default))!.Notes;
        notes.Select(note => note.Number).ShouldBe(Enumerable.Range(1, 18));
        notes.Select(note => note.Text).Distinct().Count().ShouldBe(18);
        (await Audit.SearchAsync(new AuditFilter(Action: "incident.note"), default)).Select(record => record.Entry.Summary).Order().ShouldBe(notes.Select(note => $"Note {note.Number}.").Order());
    }

    [SkippableFact]
    public async Task Incidents_ListedFilteredAndForgotten()
    {
        Require();
        var store = new IncidentStore(Database, Audit);
        var at = StoredChanges.At;
        await store.AddAsync(StoredIncidents.Open("i-1") with { Title = "Cards 50% down", Namespaces = ["payments", "risk"] }, IncidentEvidence.None, StoredChanges.Entry(), default);
        await store.AddAsync(StoredIncidents.Open("i-2") with { Cluster = null, Namespaces = [], Problems = [] }, IncidentEvidence.None, StoredChanges.Entry(), default);
        await store.AddAsync(StoredIncidents.Closed("i-3", at.AddHours(2)) with { Cluster = "other", Namespaces = ["pay"] }, IncidentEvidence.None, StoredChanges.Entry(), default);
        await store.AddNoteAsync("i-3", StoredIncidents.Note("Rolled BACK the ledger"), 10, _ => StoredChanges.Entry(), default);

        (await Ids(new IncidentFilter())).ShouldBe(["i-3", "i-2", "i-1"]);
        (await Ids(new IncidentFilter(State: IncidentState.Open))).ShouldBe(["i-2", "i-1"]);
        (await Ids(new IncidentFilter(Cluster: "demo"))).ShouldBe(["i-2", "i-1"]);
        (await Ids(new IncidentFilter(Namespaces: ["pay"]))).ShouldBe(["i-3", "i-2"], "a name is found whole, and what concerns all namespaces concerns this one");
        (await Ids(new IncidentFilter(Namespaces: ["risk", "shop"]))).ShouldBe(["i-2", "i-1"]);
        (await Ids(new IncidentFilter(Namespaces: ["p_y"]))).ShouldBe(["i-2"]);
        (await Ids(new IncidentFilter(Text: "50%"))).ShouldBe(["i-1"]);
        (await Ids(new IncidentFilter(Text: "rolled back"))).ShouldBe(["i-3"], "notes are searched too");
        (await Ids(new IncidentFilter(Text: "_"))).ShouldBeEmpty();
        (await Ids(new IncidentFilter(Before: "i-3", Limit: 1))).ShouldBe(["i-2"]);

        (await store.ForgetAsync(at.AddHours(2), default)).ShouldBe(0);
        (await store.ForgetAsync(at.AddHours(2).AddSeconds(1), default)).ShouldBe(1);
        (await Ids(new IncidentFilter())).ShouldBe(["i-2", "i-1"], "open ones stay however old they are");
        (await Database.ReadAsync(session => session.ScalarAsync<long>("SELECT COUNT(*) FROM incident_notes"), default)).ShouldBe(0);

        async Task<IEnumerable<string>> Ids(IncidentFilter filter) => (await store.ListAsync(filter, default)).Select(incident => incident.Id);
    }

    [SkippableFact]
    public async Task Schema_NewerThanKnown_IsRefusedWithBothVersions()
    {
        Require();
        await Audit.AppendAsync(StoredChanges.Entry(), default);
        await Database.WriteAsync(session => session.ExecuteAsync("INSERT INTO schema_version (version, name, applied_at) VALUES (99, 'future', 0)"), default);
        var (newer, _) = Open();
        var refused = await Should.ThrowAsync<StorageException>(() => newer.OpenAsync(default));
        refused.Fault.ShouldBe(StorageFault.NewerSchema);
        refused.Message.ShouldContain("99");
        refused.Message.ShouldContain($"up to {Schema.Known}");
        refused.Message.ShouldContain("restore a backup");
    }

    [SkippableFact]
    public async Task Schema_MigratedBySeveralReplicasAtOnce_IsMigratedOnce()
    {
        Require();
        var databases = Enumerable.Range(0, 5).Select(_ => Open().Database).ToList();
        await Task.WhenAll(databases.Select(database => database.OpenAsync(default)));
        (await Database.ReadAsync(session => session.ScalarAsync<long>("SELECT COUNT(*) FROM schema_version"), default)).ShouldBe(Schema.Known);
    }

    /// <summary>As somebody would do who owns the database.</summary>
    private Task WithoutTriggersAsync(string sql)
    {
        var (off, on) = Settings!.Provider == DatabaseProvider.Postgres
            ? ("ALTER TABLE audit DISABLE TRIGGER USER", "ALTER TABLE audit ENABLE TRIGGER USER")
            : ("DROP TRIGGER IF EXISTS audit_no_update; DROP TRIGGER IF EXISTS audit_no_delete", "SELECT 1");
        return Database.WriteAsync(
            async session =>
            {
                await session.ExecuteAsync(off);
                (await session.ExecuteAsync(sql)).ShouldBeGreaterThan(0);
                return await session.ExecuteAsync(on);
            },
            default);
    }

    private static Notification Notification(string id) => new(id, "chat", "c-1", """{"text":"hello"}""");
}
