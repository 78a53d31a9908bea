using System.Collections.Immutable;
using AngleSharp.Dom;
using Bunit;
using MeshConsole.Authentication;
using MeshConsole.Components;
using MeshConsole.Components.Changes;
using MeshConsole.Components.Layout;
using MeshConsole.Components.Pages;
using MeshConsole.Mesh.Access;
using MeshConsole.Mesh.Audit;
using MeshConsole.Mesh.Changes;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Changes.Gates;
using MeshConsole.Mesh.Changes.Guards;
using MeshConsole.Testing;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace MeshConsole.Tests.Components;

public sealed class ChangePageTests : ComponentTest
{
    private static readonly string s_editor = $"traffic?selected={Uri.EscapeDataString(SampleChanges.Route.Id)}&edit=weight";
    private static readonly string s_rule = $"traffic?selected={Uri.EscapeDataString(SampleChanges.Route.Id)}";

    private string Address => Services.GetRequiredService<NavigationManager>().Uri;

    // ------------------------------------------------------------------ moving weight

    [Fact]
    public void Traffic_OffersToMoveWeightOnlyWhereThereAreTwoBackends()
    {
        PageAs<Traffic>(SampleChanges.Omar, s_rule).FindAll(".move-open a").Count.ShouldBe(1);
        var single = SampleViews.Routes.First(route => route.Backends.Length == 1);
        PageAs<Traffic>(SampleChanges.Omar, $"traffic?selected={Uri.EscapeDataString(single.Id)}&edit=weight").FindAll(".move-open a, .move, .stop").ShouldBeEmpty();
    }

    [Fact]
    public void Editor_AsksOnceTheReaderPausesAndOnlyForTheLastEdit()
    {
        var page = PageAs<Traffic>(SampleChanges.Omar, s_editor);

        page.FindAll("input[type=range]")[1].Input("40");
        page.FindAll("input[type=range]")[1].Input("50");
        Service.Previews.ShouldBeEmpty("the reader is still moving");
        Time.Advance(TimeSpan.FromMilliseconds(400));

        page.WaitForState(() => Service.Previews.Count > 0);
        Service.Previews.ShouldHaveSingleItem().TargetPercent.ShouldBe(50);
        page.WaitForAssertion(() => page.Find(".preview").TextContent.ShouldContain("2 of 4 guards refuse"));
        page.FindAll("input[type=range]").Select(slider => slider.GetAttribute("value")).ShouldBe(["50", "50"], "the sum stays");
    }

    [Fact]
    public void Editor_ShowsRefusingGuardsFirstWithTheirFix()
    {
        var page = Asked(SampleChanges.Omar, "50");

        page.FindAll(".preview .guard").Select(guard => guard.GetAttribute("data-guard")).ShouldBe(["reason", "telemetry", "capacity", "role"]);
        Read(page.Find("[data-guard=reason]").TextContent).ShouldContain("Refuses");
        Read(page.Find("[data-guard=reason] .fix").TextContent).ShouldBe("Write why.");
        Read(page.Find("[data-guard=telemetry]").TextContent).ShouldContain("Not known, so it refuses");
        page.Find(".move-buttons .button-primary").HasAttribute("disabled").ShouldBeTrue();
    }

    [Fact]
    public void Editor_ShowsDifferenceExposureAndCallers()
    {
        var text = Read(Asked(SampleChanges.Omar, "50").Find(".preview").TextContent);

        text.ShouldContain("- weight: 90");
        text.ShouldContain("+ weight: 75");
        text.ShouldContain("1200 requests".Replace("1200", Read(Format.Number(1200)), StringComparison.Ordinal));
        text.ShouldContain("no verdict at this rate");
        text.ShouldContain("payment-api");
        text.ShouldContain("The API server accepts it in a dry run");
        text.ShouldContain("1 person other than you must approve it.");
    }

    [Fact]
    public void Editor_RequestsApprovalAndOpensTheChange()
    {
        Service.OnStep = step => step.StartsWith("create", StringComparison.Ordinal) ? SampleChanges.Awaiting with { State = ChangeState.Draft } : SampleChanges.Awaiting;
        var page = Asked(SampleChanges.Omar, "50");
        page.Find("textarea").Input("The new provider is cheaper.");
        Time.Advance(TimeSpan.FromMilliseconds(400));
        page.WaitForAssertion(() => page.Find(".move-buttons .button-primary").HasAttribute("disabled").ShouldBeFalse());

        page.Find(".move-buttons .button-primary").Click();

        Service.Steps.ShouldBe(["create by omar: 50", "submit 0192aa by omar"]);
        Address.ShouldEndWith("changes/0192aa");
    }

    [Fact]
    public void Editor_WhenTheServiceRefuses_SaysWhyAndKeepsTheDraftAndItsKey()
    {
        Service.OnStep = step => step.StartsWith("create", StringComparison.Ordinal)
            ? SampleChanges.Awaiting with { State = ChangeState.Draft }
            : throw new ChangeException(ChangeFault.Refused, "guards", "1 of 23 guards refuses.") { Guards = [SampleChanges.Guards[1]] };
        var page = Asked(SampleChanges.Omar, "50");
        page.Find("textarea").Input("why not");
        Time.Advance(TimeSpan.FromMilliseconds(400));
        page.WaitForAssertion(() => page.Find(".move-buttons .button-primary").HasAttribute("disabled").ShouldBeFalse());

        page.Find(".move-buttons .button-primary").Click();
        page.Find(".move-buttons .button-primary").Click();

        Read(page.Find(".move > .note-bad").TextContent).ShouldStartWith("A guard refuses. 1 of 23 guards refuses.");
        Service.Keys.Count.ShouldBe(2);
        Service.Keys.Distinct().Count().ShouldBe(1, "a second press must not make a second change");
        page.FindAll("a[href$='changes/0192aa']").ShouldNotBeEmpty();
    }

    [Fact]
    public async Task Editor_StagesCanBeWrittenAddedAndRemoved()
    {
        var page = Asked(SampleChanges.Omar, "50");
        await Do(() => page.FindAll("button.link").First(button => button.TextContent.Contains("Edit the stages", StringComparison.Ordinal)).Click());
        page.FindAll(".stage-rows li").Count.ShouldBe(2);

        await Do(() => page.FindAll("button").First(button => button.TextContent.Contains("Add a stage", StringComparison.Ordinal)).Click());
        page.FindAll(".stage-rows li").Count.ShouldBe(3);
        await Do(() => page.FindAll(".stage-rows .icon-button")[0].Click());
        await Do(() => page.FindAll(".stage-rows input:not([type])")[0].Change("2 min"));
        var asked = Service.Previews.Count;
        Time.Advance(TimeSpan.FromMilliseconds(400));
        page.WaitForState(() => Service.Previews.Count > asked);

        var stages = Service.Previews[^1].Stages!.Value;
        stages.Length.ShouldBe(2);
        stages[0].Soak.ShouldBe(TimeSpan.FromMinutes(2));
        stages[1].CanaryPercent.ShouldBe(50);

        // In one turn of the circuit, so that no answer draws the page anew between finding and clicking.
        Task Do(Action act) => page.InvokeAsync(act);
    }

    [Fact]
    public void Editor_OfAViewer_ShowsThePlanAndAsksNothing()
    {
        var page = PageAs<Traffic>(SampleChanges.Vera, s_editor);
        page.FindAll("input[type=range]")[1].Input("50");
        Time.Advance(TimeSpan.FromSeconds(1));

        Service.Previews.ShouldBeEmpty("a refusal would be recorded against the reader for looking");
        Read(page.Find(".move .note").TextContent).ShouldStartWith("Operators of payments may do this; you read as viewer.");
        page.FindAll(".move-buttons button").ShouldAllBe(button => button.HasAttribute("disabled"));
        page.Find(".split[aria-label*='after: 50 / 50']");
        Read(page.Find(".preview").TextContent).ShouldContain("Guards, callers and the API server's answer Not shown: they are asked for a person who may propose this, an operator of payments");
    }

    [Fact]
    public void Editor_IsInTheRowThatGrewAndSpansTheTable()
    {
        var page = PageAs<Traffic>(SampleChanges.Omar, s_editor);

        var row = page.Find("tr.row-below");
        row.PreviousElementSibling!.ClassList.ShouldContain("selected");
        row.QuerySelector("td")!.GetAttribute("colspan").ShouldBe(page.FindAll("thead th").Count.ToString(System.Globalization.CultureInfo.InvariantCulture));
        row.QuerySelectorAll(".move, .stop").Length.ShouldBe(2);
        page.FindAll("aside.panel").ShouldBeEmpty("two panels would speak of one rule");
    }

    [Fact]
    public void Editor_StaysWhenAFilterWouldHideItsRow()
    {
        var page = PageAs<Traffic>(SampleChanges.Omar, s_editor + "&q=nothing-is-called-so");

        page.FindAll("tbody > tr:not(.row-below)").Count.ShouldBe(1);
        page.Find("tr.row-below .move");
    }

    [Fact]
    public void EmergencyStop_RepeatsItsEffectAndNeedsAReason()
    {
        var page = PageAs<Traffic>(SampleChanges.Omar, s_rule);
        var button = page.Find(".stop button");
        Read(button.TextContent).ShouldBe("Stop: all traffic to v1-stable");

        button.Click();
        Read(page.Find(".stop .confirm p").TextContent).ShouldStartWith("card-processor in payments goes from 90 / 10 to 100 / 0 (v1-stable / v2-new-provider) at once");
        page.Find(".stop .button-danger").Click();
        Service.Steps.ShouldBeEmpty("no reason was given");
        page.Find(".stop [role=alert]");

        page.Find(".stop textarea").Input("provider is down");
        page.Find(".stop .button-danger").Click();
        Service.Steps.ShouldBe([$"stop {SampleChanges.Route.Id} to v1-stable by omar: provider is down"]);
        Address.ShouldEndWith("changes/0192aa");
    }

    [Fact]
    public void EmergencyStop_WorksWhilePrometheusIsDown()
    {
        Views.OnRoutes = [.. SampleViews.Routes.Select(route => route with { Backends = [.. route.Backends.Select(backend => backend with { Live = null, ObservedShare = null })] })];

        PageAs<Traffic>(SampleChanges.Omar, s_rule).Find(".stop button").HasAttribute("disabled").ShouldBeFalse();
    }

    // ------------------------------------------------------------------ queue

    [Fact]
    public void Queue_SaysWhatWaitsForWhom()
    {
        Service.All = [SampleChanges.Awaiting, SampleChanges.Running with { Id = "0192bb" }];

        PageAs<ChangeQueue>(SampleChanges.Anna, "changes").Find("h1").TextContent.ShouldBe("1 change waits for you; 1 active");
        PageAs<ChangeQueue>(SampleChanges.Omar, "changes").Find("h1").TextContent.ShouldBe("1 change is active; none waits for you");
        PageAs<ChangeQueue>(SampleChanges.Anna, "changes?show=waiting").FindAll("tbody tr").Count.ShouldBe(1);
        var page = PageAs<ChangeQueue>(SampleChanges.Vera, "changes");
        page.FindAll("tbody tr").Count.ShouldBe(2);
        Read(page.Find("tbody tr").TextContent).ShouldContain("90 / 10 → 50 / 50");
        page.Find("tbody tr a.row-link").GetAttribute("href").ShouldBe("changes/0192aa");
    }

    [Fact]
    public void Queue_AsksForStateAndNamespacesOfItsAddress()
    {
        PageAs<ChangeQueue>(SampleChanges.Vera, "changes?state=Running&namespace=payments");

        Service.Filters[^1].States.ShouldBe([ChangeState.Running]);
        Service.Filters[^1].Namespaces.ShouldBe(["payments"]);
    }

    [Fact]
    public void Queue_Empty_SaysHowToMakeOne() =>
        Read(PageAs<ChangeQueue>(SampleChanges.Omar, "changes").Find(".state-empty").TextContent).ShouldContain("press “Move weight”");

    [Fact]
    public void Queue_WhoseStoreFails_SaysSo()
    {
        Service.OnList = () => throw new ChangeException(ChangeFault.Unavailable, "store-unavailable", "The store cannot be reached.");

        PageAs<ChangeQueue>(SampleChanges.Omar, "changes").Find("[role=alert]").TextContent.ShouldContain("The store cannot be reached.");
    }

    [Fact]
    public void Queue_FollowsWhatIsStored()
    {
        var page = PageAs<ChangeQueue>(SampleChanges.Omar, "changes");
        Service.All = [SampleChanges.Running];

        Service.Raise("0192aa");
        Time.Advance(TimeSpan.FromMilliseconds(200));

        page.WaitForAssertion(() => page.FindAll("tbody tr").Count.ShouldBe(1));
    }

    // ------------------------------------------------------------------ detail

    [Fact]
    public void Detail_OfAnUnknownChange_SaysSo() =>
        Detail(SampleChanges.Omar, "gone").Find("[role=alert]").TextContent.ShouldContain("There is no change gone");

    [Fact]
    public void Approver_DecidesOnThePlanThatIsShown()
    {
        Service.All = [SampleChanges.Awaiting];
        var page = Detail(SampleChanges.Anna);
        Read(page.Find(".change-head").TextContent).ShouldContain("An approver of payments, other than Omar, operator, has to decide");

        page.Find(".decide .button-primary").Click();
        Service.Steps.ShouldBeEmpty("a comment is required");
        page.Find(".decide [role=alert]");

        page.Find(".decide textarea").Input("Looks fine.");
        Service.OnStep = _ => SampleChanges.Approved with { Version = 4 };
        page.Find(".decide .button-primary").Click();

        Service.Steps.ShouldBe(["approve 0192aa by anna on plan-hash: Looks fine."]);
        Read(page.Find(".change-head").TextContent).ShouldContain("Approved");
    }

    [Fact]
    public void Requester_IsToldThatSomebodyElseDecides()
    {
        Service.All = [SampleChanges.Awaiting with { Requester = SampleChanges.Anna }];
        var page = Detail(SampleChanges.Anna);

        page.FindAll(".decide").ShouldBeEmpty();
        page.Markup.ShouldContain("You asked for this change: somebody else has to decide on it.");
    }

    [Fact]
    public void Decision_ThatTheServiceRefuses_StaysWithItsReason()
    {
        Service.All = [SampleChanges.Awaiting];
        Service.OnStep = _ => throw new ChangeException(ChangeFault.Conflict, "approval-void", "The object was changed since.");
        var page = Detail(SampleChanges.Anna);
        page.Find(".decide textarea").Input("Looks fine.");

        page.Find(".decide .button-primary").Click();

        Read(page.Find(".decide [role=alert]").TextContent).ShouldBe("Something else was faster. The object was changed since.");
    }

    [Fact]
    public void VoidApproval_IsMarkedAndDoesNotCount()
    {
        Service.All = [SampleChanges.Awaiting with { Approvals = [new Approval(SampleChanges.Anna, true, "Looked fine.", SampleViews.Now, "another-hash")] }];

        var text = Read(Detail(SampleChanges.Vera).Find("[aria-labelledby=approvals-title]").TextContent);

        text.ShouldContain("0 of 1 approval given.");
        text.ShouldContain("Void: given on what the plan, the object or the policy was before");
    }

    [Fact]
    public void ApprovalOfWhoLostTheRole_IsMarkedWithWhatTheyLost()
    {
        Service.All = [SampleChanges.Awaiting with { Approvals = [new Approval(SampleChanges.Anna, true, "Looked fine.", SampleViews.Now, "plan-hash") { Struck = "Anna is not an approver any more" }] }];

        var page = Detail(SampleChanges.Anna);
        var text = Read(page.Find("[aria-labelledby=approvals-title]").TextContent);

        text.ShouldContain("0 of 1 approval given.");
        text.ShouldContain("Does not count any more: Anna is not an approver any more");
        page.FindAll(".decide").Count.ShouldBe(1, "who is an approver again decides anew");
    }

    /// <summary>Started with an approval that does not count any more: another approver finds it, is told why, and approves it where it stands.</summary>
    [Fact]
    public void ChangeHeldForItsApprovals_IsApprovedWhereItStands()
    {
        var verdict = new GuardVerdict("approvals", "Enough people agree", GuardOutcome.Refuse, "", "0 of 1 people approved this plan as it is now. Anna's access was taken away: the approval does not count any more.", "Ask another approver.", []);
        var held = SampleChanges.Running with { State = ChangeState.Held, ResumesTo = ChangeState.Running, Hold = new Hold(HoldCodes.Guards, verdict.Found, SampleViews.Now, true), Guards = [verdict] };
        var ben = Personas.Find("ben")!.ToActor();
        ChangeWords.WaitsFor(held, ben).ShouldBeTrue("the rail counts it");
        ChangeWords.WaitsFor(held with { Guards = [verdict with { Code = "freeze" }] }, ben).ShouldBeFalse();
        Service.All = [held];

        var page = Detail(ben);
        var text = Read(page.Find("[aria-labelledby=approvals-title]").TextContent);
        text.ShouldContain("0 of 1 people approved this plan as it is now. Anna's access was taken away");
        text.ShouldNotContain("1 of 1");
        Read(page.Find(".change-head").TextContent).ShouldContain("An approver of payments, other than Omar, operator, has to approve it, or what was taken away is given back");
        page.FindAll(".decide button").Count.ShouldBe(1, "it runs: who does not want it rolls it back");

        page.Find(".decide textarea").Input("Stage 1 looks fine.");
        Service.OnStep = _ => held with { Version = 9 };
        page.Find(".decide .button-primary").Click();
        Service.Steps.ShouldBe(["approve 0192aa by ben on plan-hash: Stage 1 looks fine."]);
    }

    [Fact]
    public void Approver_IsToldWhatMovedSinceItWasAskedFor()
    {
        var route = SampleChanges.Route with { Backends = [SampleChanges.Route.Backends[0] with { Weight = 80 }, SampleChanges.Route.Backends[1] with { Weight = 20 }] };

        ApprovalPanel.Since(SampleChanges.Awaiting, route).ShouldBe((true, "The weights moved since this was asked for: 80 / 20 now, 90 / 10 then."));
        ApprovalPanel.Since(SampleChanges.Awaiting, SampleChanges.Route).Changed.ShouldBeFalse();
        ApprovalPanel.Since(SampleChanges.Awaiting, null).Changed.ShouldBeTrue();
        ApprovalPanel.Since(SampleChanges.Awaiting, SampleChanges.Route with { Object = SampleChanges.Route.Object with { Uid = "other" } }).Changed.ShouldBeTrue();
    }

    [Fact]
    public void Start_RepeatsItsEffectInNumbers()
    {
        Service.All = [SampleChanges.Approved];
        var page = Detail(SampleChanges.Omar);
        page.FindAll(".actions button").First(button => button.TextContent.Contains("Start stage 1", StringComparison.Ordinal)).Click();

        Read(page.Find(".confirm p").TextContent).ShouldStartWith("card-processor in payments goes from 90 / 10 to 75 / 25 (v1-stable / v2-new-provider)");
        page.Find(".confirm .button-primary").Click();
        Service.Steps.ShouldBe(["start 0192aa by omar"]);
    }

    [Theory]
    [InlineData(ChangeState.Draft, "Request approval", "Discard the draft")]
    [InlineData(ChangeState.AwaitingApproval, "Withdraw the request")]
    [InlineData(ChangeState.Approved, "Start stage 1: 75 / 25", "Withdraw the change")]
    [InlineData(ChangeState.Running, "Pause the plan", "Take it back to 90 / 10", "End it at 75 / 25", "Stop: all traffic to v1-stable")]
    [InlineData(ChangeState.Paused, "Resume the plan", "Take it back to 90 / 10", "End it at 75 / 25", "Stop: all traffic to v1-stable")]
    [InlineData(ChangeState.Held, "Resume the plan", "Take it back to 90 / 10", "End it at 75 / 25", "Stop: all traffic to v1-stable")]
    [InlineData(ChangeState.RollingBack, "Stop: all traffic to v1-stable")]
    [InlineData(ChangeState.Completed)]
    [InlineData(ChangeState.RolledBack)]
    [InlineData(ChangeState.Aborted)]
    [InlineData(ChangeState.Rejected)]
    [InlineData(ChangeState.Expired)]
    public void Actions_FitTheStateAndAreOffForAViewer(ChangeState state, params string[] actions)
    {
        Service.All = [(state is ChangeState.Draft or ChangeState.AwaitingApproval or ChangeState.Approved ? SampleChanges.Approved : SampleChanges.Running) with { State = state }];

        Detail(SampleChanges.Omar).FindAll(".actions button, .stop button").Select(button => Read(button.TextContent)).ShouldBe(actions);
        Detail(SampleChanges.Vera).FindAll(".actions button, .stop button").ShouldAllBe(button => button.HasAttribute("disabled"));
    }

    [Fact]
    public void Detail_ShowsStagesClockGatesAndWrites()
    {
        Service.All = [SampleChanges.Running];
        Audit.Records = [SampleChanges.Record(7)];
        var page = Detail(SampleChanges.Vera);

        Read(page.Find(".stage-current").TextContent).ShouldContain("soaked 20 s of 45 s, 25 s left");
        page.FindAll(".gate-chart svg[role=img]").Count.ShouldBe(1);
        page.Find(".gate-chart svg[role=img]").GetAttribute("aria-label")!.ShouldContain("gate");
        page.FindAll(".mini tbody tr").Count.ShouldBe(2, "the table twin has every look");
        Read(page.Find("[data-gate=errors]").TextContent).ShouldContain("2 of 900 requests failed");
        Read(page.Find(".writes").TextContent).ShouldContain("Applied 75 / 25");
        Read(page.Find(".trail").TextContent).ShouldContain("Stage 1 of card-processor is written.");
        Audit.Filters[^1].ChangeId.ShouldBe("0192aa");
    }

    [Fact]
    public void Detail_ShowsTheDifferenceThatWasDecidedOnAndWhatThePlanDoesOtherwise()
    {
        Service.All = [SampleChanges.Running with
        {
            Notes = ["33.3 % is rounded to 33 of 100."],
            Diff = "--- now\n+++ after\n-    weight: 90\n+    weight: 75\n",
            FinalDiff = "--- now\n+++ after\n-    weight: 90\n+    weight: 50\n",
            Writes = [SampleChanges.Running.Writes[0] with { Diff = "--- now\n+++ after\n-    weight: 90 # met\n+    weight: 75\n" }],
        }];
        var page = Render<ChangeDetail>(parameters => parameters.Add(detail => detail.Id, "0192aa").AddCascadingValue(SampleViews.Snapshot()));

        page.Find("ul.note li").TextContent.ShouldBe("33.3 % is rounded to 33 of 100.");
        var section = page.Find("section[aria-labelledby=diff-title]");
        Read(section.TextContent).ShouldContain("As it was shown when it was asked for");
        section.QuerySelectorAll(".diff-plus").Select(line => line.TextContent.Trim()).Take(2).ShouldBe(["+    weight: 75", "+    weight: 50"]);
        page.Find(".writes .diff-minus").TextContent.ShouldBe("-    weight: 90 # met");
    }

    [Fact]
    public void Detail_OfAnOldRecord_SaysThatNothingWasKept()
    {
        Service.All = [SampleChanges.Awaiting];
        var page = Render<ChangeDetail>(parameters => parameters.Add(detail => detail.Id, "0192aa").AddCascadingValue(SampleViews.Snapshot()));

        Read(page.Find("section[aria-labelledby=diff-title]").TextContent).ShouldContain("was not kept");
    }

    [Fact]
    public void Detail_ClockGoesOnByItselfAndStopsWithThePage()
    {
        Service.All = [SampleChanges.Running];
        var page = Detail(SampleChanges.Vera);

        Time.Advance(TimeSpan.FromSeconds(3));

        page.WaitForAssertion(() => Read(page.Find(".soak").TextContent).ShouldBe("soaked 23 s of 45 s, 22 s left"));
    }

    [Fact]
    public async Task Detail_FollowsItsChangeAndLetsGoWhenItIsLeft()
    {
        Service.All = [SampleChanges.Approved];
        var page = Detail(SampleChanges.Vera);
        Service.All = [SampleChanges.Running with { Version = 9 }];

        Service.Raise("0192aa");
        Time.Advance(TimeSpan.FromMilliseconds(200));

        page.WaitForAssertion(() => Read(page.Find(".change-head").TextContent).ShouldContain("Running"));
        await DisposeComponentsAsync();
        Service.Listeners.ShouldBe(0);
    }

    [Fact]
    public void GateChart_BreaksItsLineWhereNothingIsKnown()
    {
        GateLook At(int second, GateCounts? canary) => new(new GateEvidence(SampleViews.Now, SampleViews.Now.AddSeconds(second), canary, null, [], null), [], GateVerdict.Error, false);

        var chart = GateChart.Of([At(0, new(100, 1, null, null, null)), At(15, null), At(30, new(100, 2, null, null, null))], 0.02)!;

        chart.Canary.Count(letter => letter == 'M').ShouldBe(2);
        chart.Canary.ShouldNotContain("L");
        chart.Stable.ShouldBeEmpty();
        GateChart.Of([At(0, null)], 0.02).ShouldBeNull();
    }

    // ------------------------------------------------------------------ audit

    [Fact]
    public void Audit_StatesTheChainInItsFirstLine()
    {
        Audit.Records = [SampleChanges.Record(3), SampleChanges.Record(2)];
        Read(PageAs<AuditTrail>(SampleChanges.Vera, "audit").Find("h1").TextContent).ShouldBe($"Chain verified up to 1 204 at {SampleViews.Now.UtcDateTime:HH:mm:ss} UTC, last checkpoint at 1 200");

        Audit.State = Audit.State with { Chain = new AuditChainState(AuditChainStatus.Broken, 811, SampleViews.Now, new AuditFinding(AuditProblem.HashWrong, 812, "the record is not what its hash was made of")) };
        var bad = PageAs<AuditTrail>(SampleChanges.Vera, "audit").Find("h1");
        bad.TextContent.ShouldBe("Record 812 does not verify: the record is not what its hash was made of");
        bad.ClassList.ShouldContain("bad-text");
    }

    [Fact]
    public void Audit_SaysWhatWasDeletedAsOldAndWhatStandsForIt()
    {
        Read(PageAs<AuditTrail>(SampleChanges.Vera, "audit").Find(".headline").TextContent).ShouldNotContain("deleted");

        Audit.State = Audit.State with { DeletedTo = 1000, DeletedUntil = SampleViews.Now.AddDays(-400) };
        var head = Read(PageAs<AuditTrail>(SampleChanges.Vera, "audit").Find(".headline").TextContent);
        head.ShouldContain("204 records, each with the hash of the one before.");
        head.ShouldContain($"Records 1 to 1 000, the last of {Format.Instant(SampleViews.Now.AddDays(-400))}, were deleted as old: their sealed roots are kept");
    }

    [Fact]
    public void Audit_SearchesByItsAddressAndPages()
    {
        Audit.Records = [.. Enumerable.Range(0, 100).Select(index => SampleChanges.Record(300 - index))];
        var page = PageAs<AuditTrail>(SampleChanges.Vera, "audit?actor=omar&target=card&change=0192aa&action=change.write&outcome=ok&within=24h&below=400");

        Audit.Filters[^1].ShouldBe(new AuditFilter("omar", "card", "0192aa", "change.write", "ok", SampleViews.Now.AddHours(-24), null, 400, 100));
        page.FindAll(".pager a")[0].GetAttribute("href")!.ShouldContain("below=201");
    }

    [Fact]
    public void Audit_TakesASpanInTheReadersTimeAndKeepsItInUtc()
    {
        Audit.Records = [SampleChanges.Record(3)];
        Services.GetRequiredService<NavigationManager>().NavigateTo("audit?within=24h&below=400");
        var page = Render<AuditTrail>(parameters => parameters.AddCascadingValue(SampleViews.Snapshot()).AddCascadingValue(ReaderZone.Of("Europe/Berlin")));
        page.FindAll(".pick-zone").ShouldAllBe(zone => zone.TextContent == "(Europe/Berlin)");

        page.FindAll("input[type=datetime-local]")[0].Change("2026-03-02T09:00");
        page.WaitForAssertion(() => Address.ShouldEndWith("audit?from=2026-03-02T08%3A00Z", customMessage: "Berlin is an hour ahead in March, and the preset is gone"));
        page.FindAll("input[type=datetime-local]")[1].Change("2026-07-02T09:00");
        Time.Advance(TimeSpan.FromSeconds(1));

        page.WaitForAssertion(() => (Audit.Filters[^1].From, Audit.Filters[^1].To).ShouldBe((new DateTimeOffset(2026, 3, 2, 8, 0, 0, TimeSpan.Zero), new DateTimeOffset(2026, 7, 2, 7, 0, 0, TimeSpan.Zero))));
        page.FindAll("input[type=datetime-local]").Select(input => input.GetAttribute("value")).ShouldBe(["2026-03-02T09:00", "2026-07-02T09:00"]);

        page.FindAll("select")[^1].Change("1h");
        page.WaitForAssertion(() => Address.ShouldEndWith("audit?within=1h"));
    }

    [Fact]
    public void Audit_SpanThatCannotBeRead_IsSaidAndLeftOut()
    {
        Audit.Records = [SampleChanges.Record(3)];
        var page = PageAs<AuditTrail>(SampleChanges.Vera, "audit?from=yesterday&to=2026-03-02T08:00Z");

        page.Find(".note-warn").TextContent.ShouldContain("a from or to that is no time");
        (Audit.Filters[^1].From, Audit.Filters[^1].To).ShouldBe((null, new DateTimeOffset(2026, 3, 2, 8, 0, 0, TimeSpan.Zero)));
    }

    // In Berlin 02:30 does not exist on 29 March 2026 (the clock goes from 02:00 to 03:00), and comes twice on 25 October.
    [Theory]
    [InlineData("2026-03-29T02:30", false, "2026-03-29T01:00Z")]
    [InlineData("2026-10-25T02:30", false, "2026-10-25T00:30Z")]
    [InlineData("2026-10-25T02:30", true, "2026-10-25T01:30Z")]
    [InlineData("2026-01-15T12:00", true, "2026-01-15T11:00Z")]
    public void ReadersZone_ReadsTheWallAlsoWhereTheClockJumps(string wall, bool ends, string instant) =>
        ReaderZone.Of("Europe/Berlin").ToInstant(DateTime.Parse(wall, System.Globalization.CultureInfo.InvariantCulture), ends).ShouldBe(DateTimeOffset.Parse(instant, System.Globalization.CultureInfo.InvariantCulture));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("Mars/Olympus")]
    [InlineData("../../etc/passwd")]
    public void ReadersZone_ThatNobodyKnows_IsUtc(string? id) => ReaderZone.Of(id).ShouldBe(ReaderZone.Utc);

    [Fact]
    public void Audit_RecordOpensToItsEvidence()
    {
        Audit.Records = [SampleChanges.Record(3)];

        var panel = PageAs<AuditTrail>(SampleChanges.Vera, "audit?selected=3").Find("aside.panel");

        Read(panel.TextContent).ShouldContain("Weights before90 / 10");
        panel.QuerySelectorAll("[data-copy]").Select(copy => copy.GetAttribute("data-copy")).ShouldContain(new string('a', 64));
        panel.QuerySelector("pre.code")!.TextContent.ShouldContain("/spec/http/1/route/0/weight");
    }

    [Fact]
    public void Audit_ExportsAreForAdmins()
    {
        Audit.Records = [SampleChanges.Record(3)];
        PageAs<AuditTrail>(SampleChanges.Anna, "audit").FindAll("a[href*='audit/export']").ShouldBeEmpty();
        PageAs<AuditTrail>(SampleChanges.Ada, "audit").FindAll("a[href*='audit/export']").Count.ShouldBe(3);
    }

    [Fact]
    public void Audit_VerifyNow_SaysWhatItFound()
    {
        Audit.Records = [SampleChanges.Record(3)];
        Audit.Verification = Audit.Verification with { Findings = [new AuditFinding(AuditProblem.LinkBroken, 17, "It names another record as the one before it.")] };
        var page = PageAs<AuditTrail>(SampleChanges.Vera, "audit");

        page.FindAll("button").First(button => button.TextContent.Contains("Verify", StringComparison.Ordinal)).Click();

        Audit.Verifications.ShouldBe(1);
        Read(page.Find(".note-bad").TextContent).ShouldContain("Record 17: It names another record");
    }

    [Fact]
    public void Audit_EmptyAndUnreadable_SayWhy()
    {
        PageAs<AuditTrail>(SampleChanges.Vera, "audit").Find(".state-empty").TextContent.ShouldContain("Nothing is recorded yet");
        PageAs<AuditTrail>(SampleChanges.Vera, "audit?actor=nobody").Find(".state-empty").TextContent.ShouldContain("No record matches");
        Audit.OnSearch = _ => throw new Mesh.Storage.StorageException(Mesh.Storage.StorageFault.Unreachable, "The database cannot be opened.");
        PageAs<AuditTrail>(SampleChanges.Vera, "audit").Find("[role=alert]").TextContent.ShouldContain("The database cannot be opened.");
    }

    // ------------------------------------------------------------------ banners, rail, overview

    [Fact]
    public void Banners_SayReadOnlyAndFreeze()
    {
        Switches.Off = [new ReadOnlySwitch(null, "payments", "incident 12", "Ada, admin", SampleViews.Now.AddMinutes(-5))];
        Services.Replace(ServiceDescriptor.Singleton(UserInterfaceOptions.Default with { Policy = ChangePolicy.Default with { FreezeWindows = [new FreezeWindow("quarter end", "0 0 * * *", TimeSpan.FromHours(23), "UTC", ["risk"])] } }));

        var banners = PageAs<WriteBanners>(SampleChanges.Vera, "traffic").FindAll(".banner").Select(banner => Read(banner.TextContent)).ToList();

        banners.Count.ShouldBe(2);
        banners[0].ShouldStartWith("Ada, admin switched namespace payments to read-only 5 min ago: “incident 12” Nothing is started");
        banners[1].ShouldContain("Freeze quarter end is in force. It holds for risk until");
        PageAs<WriteBanners>(SampleChanges.Vera, "traffic?namespace=ledger").FindAll(".banner").ShouldBeEmpty();
    }

    [Fact]
    public void Rail_CountsWhatWaitsForTheReader()
    {
        Service.All = [SampleChanges.Awaiting];

        PageAs<Rail>(SampleChanges.Anna, "traffic").Find("a[data-go=h] .count").GetAttribute("title").ShouldBe("1 change waits for you");
        PageAs<Rail>(SampleChanges.Omar, "traffic").FindAll("a[data-go=h] .count").ShouldBeEmpty();
    }

    [Fact]
    public void Overview_ShowsStageAndGateOfAnActiveCanary()
    {
        Service.All = [SampleChanges.Running];

        Read(PageAs<Overview>(SampleChanges.Vera, "").Find(".canary-change").TextContent).ShouldBe("Running 90 / 10 → 50 / 50 stage 1 of 2 Gates: passes");
    }

    // ------------------------------------------------------------------ hostile

    [Fact]
    public void HostileText_IsTextOnEveryPageOfChanges()
    {
        const string Hostile = "\"><img src=x onerror=alert(1)>'{}\n<script>alert(2)</script>";
        var longName = Hostile + new string('x', 5000);
        var plan = SampleChanges.Plan with
        {
            Target = SampleChanges.Plan.Target with { Name = longName, Namespace = longName, Cluster = longName, Matches = [longName] },
            Backends = [.. SampleChanges.Plan.Backends.Select(backend => backend with { Host = longName, Subset = longName })],
            Reason = longName,
            Ticket = longName,
        };
        var omar = SampleChanges.Omar with { Name = longName };
        Service.All =
        [
            SampleChanges.Running with
            {
                Plan = plan,
                Requester = omar,
                Executor = omar,
                StateReason = longName,
                ApprovalReason = longName,
                Approvals = [new Approval(omar, true, longName, SampleViews.Now, longName)],
                Guards = [new GuardVerdict(longName, longName, GuardOutcome.Refuse, longName, longName, longName, [new GuardFact(longName, longName)])],
                Writes = [SampleChanges.Running.Writes[0] with { Message = longName, AuditId = longName, Patch = Hostile }],
            },
        ];
        Audit.Records = [SampleChanges.Record(3, hostile: longName)];

        string[] markups =
        [
            PageAs<ChangeQueue>(SampleChanges.Omar, "changes").Markup,
            Detail(SampleChanges.Omar).Markup,
            PageAs<AuditTrail>(SampleChanges.Omar, $"audit?selected=3&actor={Uri.EscapeDataString(Hostile)}").Markup,
        ];
        foreach (var markup in markups)
        {
            var document = new AngleSharp.Html.Parser.HtmlParser().ParseDocument(markup);
            document.QuerySelectorAll("img, script").ShouldBeEmpty();
            document.All.SelectMany(element => element.Attributes).ShouldAllBe(attribute => !attribute.Name.StartsWith("onerror", StringComparison.OrdinalIgnoreCase));
        }
    }

    // ------------------------------------------------------------------ pure

    [Theory]
    [InlineData("90,10", 1, 50, "50,50")]
    [InlineData("90,10", 0, 200, "100,0")]
    [InlineData("100,0", 0, 30, "30,70")]
    [InlineData("50,30,20", 0, 40, "40,36,24")]
    [InlineData("1,1", 1, 2, "0,2")]
    public void Sliders_KeepTheSum(string weights, int index, int value, string after) =>
        string.Join(',', WeightSliders.Move([.. weights.Split(',').Select(int.Parse)], index, value, 1)).ShouldBe(after);

    [Theory]
    [InlineData("45 s", 45)]
    [InlineData("5min", 300)]
    [InlineData("1 h 30 min", 5400)]
    [InlineData("90", 90)]
    [InlineData("soon", null)]
    [InlineData("5 parsecs", null)]
    [InlineData("-5 s", null)]
    [InlineData("", null)]
    public void Durations_AreReadAsPeopleTypeThem(string text, int? seconds) => (DurationText.Read(text)?.TotalSeconds).ShouldBe(seconds);

    private IRenderedComponent<Traffic> Asked(Actor actor, string canary)
    {
        var page = PageAs<Traffic>(actor, s_editor);
        page.FindAll("input[type=range]")[1].Input(canary);
        Time.Advance(TimeSpan.FromMilliseconds(400));
        page.WaitForAssertion(() => page.FindAll(".preview .guard").ShouldNotBeEmpty());
        return page;
    }

    private IRenderedComponent<ChangeDetail> Detail(Actor actor, string id = "0192aa")
    {
        Services.GetRequiredService<NavigationManager>().NavigateTo($"changes/{id}");
        return Render<ChangeDetail>(parameters => parameters
            .Add(page => page.Id, id)
            .AddCascadingValue(SampleViews.Snapshot())
            .AddCascadingValue(Task.FromResult(new Microsoft.AspNetCore.Components.Authorization.AuthenticationState(MeshConsole.Authentication.ActorClaims.ToPrincipal(actor)))));
    }
}
