using System.Collections.Immutable;
using System.Text.Json;
using MeshConsole.Mesh.Access;
using MeshConsole.Mesh.Changes;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Changes.Guards;
using MeshConsole.Mesh.Changes.Plans;
using MeshConsole.Mesh.Changes.Writes;
using MeshConsole.Mesh.Kubernetes;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Tests.Changes.Guards;

/// <summary>Each guard: a case that passes, each reason to refuse, and what happens when it cannot know.</summary>
public sealed class GuardTests
{
    private static readonly DateTimeOffset s_now = new(2026, 3, 2, 10, 0, 0, TimeSpan.Zero);
    private static readonly JsonElement s_object = JsonSerializer.SerializeToElement(new { });

    [Fact]
    public void SoundChange_PassesEveryGuard()
    {
        var verdicts = GuardSet.Check(Sound());

        verdicts.Where(v => v.Outcome != GuardOutcome.Pass).Select(v => $"{v.Code}: {v.Found}").ShouldBeEmpty();
        verdicts.Select(v => v.Code).ShouldBeUnique();
        GuardSet.Allows(verdicts).ShouldBeTrue();
        GuardSet.Allows([]).ShouldBeFalse("no verdict is no leave");
    }

    public static TheoryData<string, string, Func<GuardContext, GuardContext>, string> Refusals() => new()
    {
        { "read-only", "switched off by configuration", c => c with { Policy = c.Policy with { Enabled = false } }, "switched off in the configuration" },
        { "read-only", "namespace by configuration", c => c with { Policy = c.Policy with { ReadOnlyNamespaces = ["payments"] } }, "payments" },
        { "read-only", "switch of a person", c => c with { ReadOnly = [new ReadOnlySwitch("demo", null, "incident 42", "Ada", s_now)] }, "incident 42" },
        { "role", "no operator", c => c with { Actor = c.Actor with { Roles = [Role.Approver] } }, "not an operator" },
        { "role", "operator elsewhere", c => c with { Actor = c.Actor with { Namespaces = ["ledger"] } }, "not in payments" },
        { "cluster-right", "nobody in the cluster", c => c with { Actor = c.Actor with { ClusterIdentity = null } }, "does not write as itself" },
        { "cluster-right", "refused by the cluster", c => c with { Access = new AccessVerdict(false, "no RBAC policy matched") }, "does not let omar" },
        { "cluster-right", "not asked", c => c with { Access = null }, "could not be asked" },
        { "owner", "Argo CD", c => c with { Route = c.Route! with { Owner = new RouteOwner("argocd", "shop", false, "Argo CD keeps this object as Git has it.") } }, "Argo CD" },
        { "owner", "route not known", c => c with { Route = null }, "not known" },
        { "target-unchanged", "another spec", c => c with { Live = c.Live! with { SpecHash = "ffff" } }, "Somebody else changed" },
        { "target-unchanged", "made anew", c => c with { Live = c.Live! with { Uid = "other" } }, "made anew" },
        { "target-unchanged", "not readable", c => c with { Live = null, LiveProblem = "The API server did not answer." }, "did not answer" },
        { "one-active", "another change", c => c with { Moment = GuardMoment.Start, OtherActive = Change() with { Id = "other" } }, "other" },
        { "weights", "too few", c => c with { Next = [100] }, "1 weights for 2" },
        { "weights", "negative", c => c with { Next = [110, -10] }, "negative" },
        { "weights", "nothing", c => c with { Next = [0, 0] }, "add up to 0" },
        { "weights", "another sum", c => c with { Next = [80, 25] }, "105" },
        { "weights", "overflow", c => c with { Next = [int.MaxValue, int.MaxValue] }, "4294967294" },
        { "destinations", "no subset", c => c with { Route = c.Route! with { Notes = ["Subset v2 of card-processor is not defined by a DestinationRule: its requests fail with 503."] } }, "not defined" },
        { "ready", "no pod ready", c => c with { Route = WithReady(c, 0) }, "No pod of v2" },
        { "ready", "not known", c => c with { Route = WithReady(c, null) }, "not known" },
        { "capacity", "far too much for one pod", c => c with { Next = [0, 100], Route = c.Route! with { Backends = [c.Route.Backends[0] with { ReadyReplicas = 9 }, c.Route.Backends[1] with { ReadyReplicas = 1 }] } }, "v2" },
        { "dry-run", "refused", c => c with { DryRun = new DryRunAnswer(false, null, "spec.http: weights must add up to 100", 422) }, "add up to 100" },
        { "dry-run", "not possible", c => c with { DryRun = new DryRunAnswer(false, null, "a webhook has side effects", null) }, "side effects" },
        { "dry-run", "not tried", c => c with { DryRun = null }, "not tried" },
        { "stages", "none", c => c with { Plan = c.Plan with { Stages = [] } }, "no stage" },
        { "stages", "up and down", c => c with { Plan = c.Plan with { Stages = [Stage(60, 40), Stage(75, 25)] } }, "up and down" },
        { "stages", "same twice", c => c with { Plan = c.Plan with { Stages = [Stage(75, 25), Stage(75, 25)] } }, "Stage 2" },
        { "max-step", "too large", c => c with { Plan = c.Plan with { Stages = [Stage(20, 80)] } }, "70 points" },
        { "max-step", "too large later", c => c with { Plan = c.Plan with { Stages = [Stage(80, 20), Stage(0, 100)] } }, "80 points" },
        { "min-soak", "too short", c => c with { Plan = c.Plan with { Stages = [Stage(75, 25) with { Soak = TimeSpan.FromSeconds(10) }] } }, "10 s" },
        { "telemetry", "Prometheus gone", c => c with { Cluster = Cluster(SourceState.Failed) }, "does not answer" },
        { "telemetry", "not known", c => c with { Cluster = null }, "not known" },
        { "reason", "none", c => c with { Moment = GuardMoment.Submit, Plan = c.Plan with { Reason = "  " } }, "No reason" },
        { "reason", "endless", c => c with { Moment = GuardMoment.Submit, Plan = c.Plan with { Reason = new string('x', 1001) } }, "1001" },
        { "approvals", "nobody", c => c with { Moment = GuardMoment.Start, Change = Change() with { Approvals = [] } }, "0 of 1" },
        { "approvals", "another plan", c => c with { Moment = GuardMoment.Start, Change = Change() with { PlanHash = "changed" } }, "0 of 1" },
        { "approvals", "oneself by another token", c => c with { Moment = GuardMoment.Start, Change = Change() with { Approvals = [Yes(Person("OMAR") with { Credential = "phone" })] } }, "0 of 1" },
        { "approvals", "twice by one person", c => c with { Moment = GuardMoment.Start, Change = Change() with { RequiredApprovals = 2, Approvals = [Yes(Person("anna")), Yes(Person("Anna"))] } }, "1 of 2" },
        { "approvals", "declined", c => c with { Moment = GuardMoment.Start, Change = Change() with { Approvals = [Yes(Person("anna")), Yes(Person("ben")) with { Approved = false, Comment = "not on a Friday" }] } }, "not on a Friday" },
        { "approvals", "no change", c => c with { Moment = GuardMoment.Start, Change = null }, "not known" },
        { "freeze", "in force", c => c with { Moment = GuardMoment.Start, Policy = c.Policy with { FreezeWindows = [new FreezeWindow("quarter end", "0 0 1 3 *", TimeSpan.FromDays(3), "UTC", [])] } }, "quarter end" },
        { "freeze", "unreadable", c => c with { Moment = GuardMoment.Start, Policy = c.Policy with { FreezeWindows = [new FreezeWindow("broken", "whenever", TimeSpan.FromDays(3), "UTC", [])] } }, "cannot be read" },
        { "rate-limit", "too many", c => c with { Moment = GuardMoment.Start, Policy = c.Policy with { MaxStartsPerHour = 2 }, RecentStarts = [s_now.AddMinutes(-1), s_now.AddMinutes(-59), s_now.AddMinutes(-61)] }, "2 changes" },
        { "rate-limit", "not known", c => c with { Moment = GuardMoment.Start, RecentStarts = null }, "not known" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public void Refusal_IsOfThatGuardAndSaysWhy(string code, string why, Func<GuardContext, GuardContext> spoil, string words)
    {
        ArgumentNullException.ThrowIfNull(spoil);
        var verdicts = GuardSet.Check(Asked(spoil(Sound())));

        var verdict = verdicts.Single(v => v.Code == code);
        verdict.Allows.ShouldBeFalse(why);
        verdict.Found.ShouldContain(words, Case.Insensitive, why);
        (verdict.Fix?.Length ?? 0).ShouldBeGreaterThan(10, why);
        verdict.Protects.ShouldNotBeNullOrWhiteSpace();
        GuardSet.Allows(verdicts).ShouldBeFalse(why);
    }

    [Fact]
    public void NothingKnown_RefusesAndNeverPassesWhatNeedsIt()
    {
        var blind = Sound() with { Route = null, Cluster = null, Live = null, Access = null, DryRun = null, RecentStarts = null, Change = null, Moment = GuardMoment.Start };

        var verdicts = GuardSet.Check(blind);

        verdicts.Where(v => v.Outcome == GuardOutcome.Unknown).Select(v => v.Code)
            .ShouldBe(["cluster-right", "owner", "target-unchanged", "destinations", "ready", "capacity", "rule-reached", "dry-run", "telemetry", "approvals", "rate-limit"], ignoreOrder: true);
    }

    [Theory]
    [InlineData(GuardMoment.Stop)]
    [InlineData(GuardMoment.Rollback)]
    public void GoingBack_IsNotHeldUpByFreezeApprovalsPrometheusReadOnlyOrStepSize(GuardMoment moment)
    {
        var verdicts = GuardSet.Check(Sound() with
        {
            Moment = moment,
            Next = [100, 0],
            Policy = Policy() with { ReadOnlyNamespaces = ["payments"], MaxStepPercent = 1, MinSoak = TimeSpan.FromDays(1), FreezeWindows = [new FreezeWindow("always", "* * * * *", TimeSpan.FromDays(1), "UTC", [])] },
            ReadOnly = [new ReadOnlySwitch(null, null, "incident", "Ada", s_now)],
            Cluster = Cluster(SourceState.Failed),
            Change = Change() with { Approvals = [] },
            RecentStarts = null,
            DryRun = null,
        });

        verdicts.Where(v => !v.Allows).Select(v => $"{v.Code}: {v.Found}").ShouldBeEmpty();
    }

    [Fact]
    public void Stop_StillNeedsRoleIdentityAndRight()
    {
        var stop = Sound() with { Moment = GuardMoment.Stop };

        GuardSet.Allows(GuardSet.Check(stop with { Actor = stop.Actor with { Roles = [Role.Viewer] } })).ShouldBeFalse();
        GuardSet.Allows(GuardSet.Check(stop with { Actor = stop.Actor with { ClusterIdentity = null } })).ShouldBeFalse();
        GuardSet.Allows(GuardSet.Check(stop with { Access = new AccessVerdict(false, null) })).ShouldBeFalse();
        GuardSet.Allows(GuardSet.Check(stop with { Policy = stop.Policy with { Enabled = false } })).ShouldBeFalse();
    }

    [Fact]
    public void BreakGlass_LetsTimeAndPeopleBeSkippedAndNothingElse()
    {
        var glass = new BreakGlass("g", Person("ada"), "demo/payments/VirtualService/card-processor", "payments are down", "INC-1", s_now.AddMinutes(-1), s_now.AddMinutes(14));
        var pressed = Sound() with
        {
            Moment = GuardMoment.Start,
            Approvers = [],
            Policy = Policy() with { FreezeWindows = [new FreezeWindow("always", "* * * * *", TimeSpan.FromDays(1), "UTC", [])], MinSoak = TimeSpan.FromHours(1), MaxStepPercent = 1, MaxStartsPerHour = 1 },
            Change = Change() with { Approvals = [] },
            RecentStarts = [s_now, s_now],
            BreakGlass = glass,
        };

        GuardSet.Check(pressed).Where(v => !v.Allows).ShouldBeEmpty();
        GuardSet.Check(pressed).Where(v => v.Outcome == GuardOutcome.Warn).Select(v => v.Code).ShouldBe(["max-step", "min-soak", "approvals", "freeze", "rate-limit"], ignoreOrder: true);
        GuardSet.Check(pressed with { BreakGlass = glass with { TargetKey = "demo/payments/VirtualService/other" } }).Count(v => !v.Allows).ShouldBe(5, "another target");
        GuardSet.Check(pressed with { Now = glass.ExpiresAt }).Count(v => !v.Allows).ShouldBeGreaterThanOrEqualTo(4, "run out");
        GuardSet.Allows(GuardSet.Check(pressed with { Access = new AccessVerdict(false, null) })).ShouldBeFalse("the cluster's rights are nobody's to skip");
        GuardSet.Allows(GuardSet.Check(pressed with { Live = pressed.Live! with { SpecHash = "ffff" } })).ShouldBeFalse();
    }

    [Fact]
    public void StageUnderWay_ExpectsWhatItsOwnLastWriteLeft()
    {
        var stage = Sound() with { Moment = GuardMoment.Stage, Change = Change() with { ExpectedSpecHash = "after-stage-1" }, Live = Live() with { SpecHash = "after-stage-1" } };

        Verdict(stage, "target-unchanged").Outcome.ShouldBe(GuardOutcome.Pass);
        Verdict(stage with { Live = Live() }, "target-unchanged").Outcome.ShouldBe(GuardOutcome.Refuse, "somebody put the base back");
    }

    [Fact]
    public void GatesOnTrial_AreWarnedOfAndRefuseNothing()
    {
        var sound = Sound();
        var verdict = GuardSet.Check(sound with { Plan = sound.Plan with { Gates = sound.Plan.Gates with { ObserveOnly = true } } }).Single(v => v.Outcome == GuardOutcome.Warn);

        (verdict.Code, verdict.Allows).ShouldBe(("gates-on-trial", true));
        verdict.Found.ShouldContain("from 20 requests on at 20 % failures");
    }

    [Fact]
    public void RetriesThatMayRepeatAPost_AreWarnedOf()
    {
        var route = Route() with { Policy = new RoutePolicy("8s", 2, "3s", "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes") };

        var verdict = Verdict(Sound() with { Route = route }, "retries");

        verdict.Outcome.ShouldBe(GuardOutcome.Warn);
        verdict.Found.ShouldContain("unavailable, cancelled, retriable-status-codes");
        Verdict(Sound() with { Route = route with { Policy = route.Policy with { RetryOn = "connect-failure,refused-stream" } } }, "retries").Outcome.ShouldBe(GuardOutcome.Pass);
    }

    [Fact]
    public void GuardThatBreaks_IsARefusalAndTheOthersAreStillAsked()
    {
        // Backends of the plan without weights for them: an index that is not there.
        var broken = Sound() with { Next = [] };

        var verdicts = GuardSet.Check(broken);

        GuardSet.Allows(verdicts).ShouldBeFalse();
        verdicts.Length.ShouldBe(GuardSet.Check(Sound()).Length);
    }

    /// <summary>Anna approved; one is required. What became of her and of Ben, whose approval is there too where two are.</summary>
    public static TheoryData<string, int, Func<Approval, ApproverNow>[], GuardOutcome, string> Approvers()
    {
        Func<Approval, ApproverNow> may = a => new ApproverNow(a, a.By with { Roles = [Role.Approver] });
        Func<Approval, ApproverNow> demoted = a => new ApproverNow(a, a.By with { Roles = [Role.Viewer] });
        Func<Approval, ApproverNow> elsewhere = a => new ApproverNow(a, a.By with { Roles = [Role.Approver], Namespaces = ["ledger"] });
        Func<Approval, ApproverNow> gone = a => new ApproverNow(a with { By = a.By with { Credential = "laptop" } }, null);
        Func<Approval, ApproverNow> unknown = a => new ApproverNow(a, null, "the directory does not answer.");
        return new()
        {
            { "still may", 1, [may], GuardOutcome.Pass, "1 of 1 people approved." },
            { "role taken away", 1, [demoted], GuardOutcome.Refuse, "anna is not an approver any more: the approval of 2026-" },
            { "of other namespaces now", 1, [elsewhere], GuardOutcome.Refuse, "anna is an approver, but not in payments any more" },
            { "token taken away", 1, [gone], GuardOutcome.Refuse, "anna's credential laptop was taken away" },
            { "not known", 1, [unknown], GuardOutcome.Unknown, "Whether anna may still approve cannot be told: the directory does not answer." },
            { "one of two is enough", 1, [demoted, may], GuardOutcome.Pass, "1 of 1 people approved. anna is not an approver any more" },
            { "one of two is too few", 2, [may, gone], GuardOutcome.Refuse, "1 of 2 people approved" },
            { "lost and not known", 2, [demoted, unknown], GuardOutcome.Refuse, "0 of 2 people approved" },
            { "one may, one is not known", 2, [may, unknown], GuardOutcome.Unknown, "Whether ben may still approve" },
            { "enough without the one that is not known", 1, [unknown, may], GuardOutcome.Pass, "1 of 1" },
        };
    }

    [Theory]
    [MemberData(nameof(Approvers))]
    public void Approval_CountsAsLongAsWhoGaveItMayGiveIt(string why, int required, Func<Approval, ApproverNow>[] approvers, GuardOutcome expected, string words)
    {
        ArgumentNullException.ThrowIfNull(approvers);
        ImmutableArray<Approval> given = [Yes(Person("anna")), Yes(Person("ben"))];
        var context = Sound() with
        {
            Change = Change() with { RequiredApprovals = required, Approvals = [.. given.Take(approvers.Length)] },
            Approvers = [.. approvers.Select((now, i) => now(given[i]))],
        };
        foreach (var moment in new[] { GuardMoment.Start, GuardMoment.Stage })
        {
            var verdict = Verdict(context with { Moment = moment }, "approvals");
            verdict.Outcome.ShouldBe(expected, why);
            verdict.Found.ShouldContain(words, Case.Sensitive, why);
            (verdict.Fix is not null).ShouldBe(expected != GuardOutcome.Pass, why);
        }
    }

    [Fact]
    public void Approvers_ThatWereNotAskedAbout_PassNothing()
    {
        var start = Sound() with { Moment = GuardMoment.Start, Approvers = null };

        Verdict(start, "approvals").Outcome.ShouldBe(GuardOutcome.Unknown);
        Verdict(start with { Change = Change() with { RequiredApprovals = 0, Approvals = [] } }, "approvals").Outcome.ShouldBe(GuardOutcome.Pass, "nobody has to");
    }

    /// <summary>With what those who approved may now, where the case says nothing about it: they still may.</summary>
    private static GuardContext Asked(GuardContext context) => context is { Approvers: null, Change: { } change }
        ? context with { Approvers = [.. Approvals.Counting(change).Select(a => new ApproverNow(a, a.By with { Roles = [Role.Approver] }))] }
        : context;

    private static GuardVerdict Verdict(GuardContext context, string code) => GuardSet.Check(context).Single(v => v.Code == code);

    private static RouteView WithReady(GuardContext context, int? ready) =>
        context.Route! with { Backends = [context.Route.Backends[0], context.Route.Backends[1] with { ReadyReplicas = ready }] };

    private static PlanStage Stage(params ImmutableArray<int> weights) => new(weights, TimeSpan.FromMinutes(5));

    private static Actor Person(string subject) => new()
    {
        Issuer = "test",
        Subject = subject,
        Name = subject,
        Method = "test",
        Roles = [Role.Operator],
        ClusterIdentity = new Impersonation(subject, []),
    };

    private static Approval Yes(Actor by) => new(by, true, "looks right", s_now.AddMinutes(-5), "hash");

    private static ChangePolicy Policy() => ChangePolicy.Default with { Enabled = true };

    private static LiveTarget Live() => new(s_object, "uid", "7", "base", [90, 10], null);

    private static ChangePlan Plan() => new()
    {
        Target = new ChangeTarget("demo", "networking.istio.io/v1", "VirtualService", "payments", "card-processor", "uid", "http", 1, null, []),
        Backends = [new PlanBackend("card-processor.payments.svc.cluster.local", "v1", null, 90), new PlanBackend("card-processor.payments.svc.cluster.local", "v2", null, 10)],
        Stable = 0,
        Canary = 1,
        Stages = [Stage(75, 25), Stage(50, 50)],
        Reason = "new provider is cheaper",
    };

    private static ChangeRecord Change() => new()
    {
        Id = "change",
        State = ChangeState.Approved,
        StateReason = "approved",
        Plan = Plan(),
        Base = new ChangeBase("uid", "7", "base"),
        PlanHash = "hash",
        PolicyHash = "policy",
        Requester = Person("omar"),
        CreatedAt = s_now,
        UpdatedAt = s_now,
        RequiredApprovals = 1,
        Approvals = [Yes(Person("anna"))],
        ExpectedSpecHash = "base",
    };

    private static RouteView Route() => new(
        "demo/payments/VirtualService/card-processor/http/1",
        "demo",
        new RouteObject("networking.istio.io/v1", "VirtualService", "payments", "card-processor", "uid", "7"),
        new RouteRule(1, null, []),
        ["card-processor.payments.svc.cluster.local"],
        "http",
        [
            new RouteBackend("card-processor.payments.svc.cluster.local", "v1", null, 90, 0.9, 0.9, new RouteLive(90, 0.001, 80), 3, 3),
            new RouteBackend("card-processor.payments.svc.cluster.local", "v2", null, 10, 0.1, 0.1, new RouteLive(10, 0.001, 90), 2, 2),
        ],
        new RouteOwner("none", null, true, null),
        "all other requests",
        new RoutePolicy(null, null, null, null));

    private static ClusterSnapshot Cluster(SourceState state) => new()
    {
        Name = "demo",
        Sources = [new SourceStatus(SourceNames.Requests, state, s_now.AddMinutes(-3), s_now.AddMinutes(-3), state == SourceState.Live ? null : "connection refused", null, null)],
        Objects = new ClusterObjects { DestinationRules = [] },
        Workloads = [],
        Services = [],
        Edges = [],
    };

    private static GuardContext Sound() => new()
    {
        Moment = GuardMoment.Preview,
        Plan = Plan(),
        Base = new ChangeBase("uid", "7", "base"),
        Next = [75, 25],
        Actor = Person("omar"),
        Policy = Policy(),
        Now = s_now,
        Route = Route(),
        Cluster = Cluster(SourceState.Live),
        Live = Live(),
        Access = new AccessVerdict(true, null),
        DryRun = new DryRunAnswer(true, s_object, "", 200),
        Change = Change(),
        RecentStarts = [],
    };
}
