using System.Collections.Immutable;
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
using MeshConsole.Mesh.Changes.Guards;
using MeshConsole.Mesh.Changes.Plans;
using MeshConsole.Mesh.Mtls.Readiness;
using MeshConsole.Mesh.Notifications;
using MeshConsole.Testing;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace MeshConsole.Tests.Components;

/// <summary>The page of switches, broken glass, freezes and dead letters, over the real services on stores in memory.</summary>
public sealed class SafetyPageTests : ComponentTest
{
    private const string Route = "main/payments/VirtualService/card-processor";
    private const string Payments = "safety?selected=writes%2Fmain%2Fpayments";

    private static readonly BreakGlass s_over = new("g1", SampleChanges.Ada, Route, "Cards are declined.", "INC-7", SampleViews.Now.AddHours(-3), SampleViews.Now.AddHours(-2));

    private string Address => Services.GetRequiredService<NavigationManager>().Uri;

    [Fact]
    public void SwitchedOffByConfiguration_IsSaidFirst() =>
        Read(PageAs<Safety>(SampleChanges.Ada, "safety").Find("h1").TextContent).ShouldBe("Nothing is written: changes are switched off in the configuration", "as it is by default for a real cluster");

    [Fact]
    public void OrdinaryDay_IsSaidInOneLineAndEmptyPartsSayWhatTheyAreFor()
    {
        Allow();
        var page = PageAs<Safety>(SampleChanges.Ada, "safety");
        Read(page.Find("h1").TextContent).ShouldBe("Writes are on everywhere");
        var text = Read(page.Find("main, .safety").TextContent);
        text.ShouldContain("The glass was never broken.");
        text.ShouldContain("No window is configured");
        text.ShouldContain("None. A message is tried again with growing pauses");
        text.ShouldContain("Largest step of a share50 pointsMaxStepPercent");
        Read(PageAs<Safety>(SampleChanges.Ada, "safety?show=off").Find(".state-empty").TextContent).ShouldStartWith("Writes are switched off nowhere");
    }

    [Fact]
    public void Operator_SwitchesWritesOffAfterReadingTheEffectAndGivingAReason()
    {
        Allow();
        Service.All = [SampleChanges.Running];
        var page = PageAs<Safety>(SampleChanges.Omar, Payments);

        Button(page, "Switch writes off in payments").Click();
        Read(page.Find(".confirm p").TextContent).ShouldBe("Nothing is started or moved on in namespace payments of main until an admin switches writes on again. 1 change that runs stays at the weights in force. Going back to safe weights and the emergency stop work.");
        page.Find(".confirm textarea").Input("day");
        Button(page, "Switch writes off in payments").Click();
        page.Find(".confirm [role=alert]").TextContent.ShouldBe("Say why in 5 characters or more: it is what others read later.");
        Switches.Off.ShouldBeEmpty();

        page.Find(".confirm textarea").Input("month end");
        Button(page, "Switch writes off in payments").Click();

        page.WaitForAssertion(() => Switches.Off.ShouldHaveSingleItem().ShouldBe(new ReadOnlySwitch("main", "payments", "month end", SampleChanges.Omar.Name, SampleViews.Now)));
        Read(page.Find("h1").TextContent).ShouldBe("Writes are off in namespace payments of main");
        Read(page.Find("tr.selected").TextContent).ShouldContain("Off");
        Button(page, "Switch writes on in payments").HasAttribute("disabled").ShouldBeTrue();
        Read(page.Find("aside.panel").TextContent).ShouldContain("Admins of payments may switch writes on again; you are an operator.");
    }

    [Fact]
    public void Admin_SwitchesWritesOnAndIsToldWhatStillHoldsThem()
    {
        Allow();
        Switches.Off = [new ReadOnlySwitch("main", "payments", "month end", "Omar, operator", SampleViews.Now.AddMinutes(-5)), new ReadOnlySwitch(null, null, "incident 12", "Ada, admin", SampleViews.Now.AddMinutes(-2))];
        Service.All = [SampleChanges.Running with { State = ChangeState.Held, Hold = new Hold(HoldCodes.Guards, "read-only", SampleViews.Now, true) }];
        var page = PageAs<Safety>(SampleChanges.Ada, Payments);
        Read(page.Find("h1").TextContent).ShouldBe("Writes are off everywhere");

        Button(page, "Switch writes on in payments").Click();
        Read(page.Find(".confirm p").TextContent).ShouldBe("Changes may be started and moved on in namespace payments of main again. 1 change that is held goes on by itself if nothing else holds it. There they stay off all the same, since Ada, admin switched everything off.");
        Button(page, "Switch writes on in payments").Click();

        page.WaitForAssertion(() => Switches.Off.ShouldHaveSingleItem().Namespace.ShouldBeNull());
        Read(page.Find("tr.selected").TextContent).ShouldContain("Off, as everywhere");
    }

    [Fact]
    public void Viewer_SeesEverythingAndIsOfferedNothing()
    {
        Allow();
        Switches.Grants = [s_over];
        Outbox.Dead = [Letter("n1")];
        var page = PageAs<Safety>(SampleChanges.Vera, Payments);

        page.FindAll(".confirm").ShouldBeEmpty();
        page.FindAll("button.button:not([disabled])").ShouldBeEmpty();
        Read(page.Find("aside.panel").TextContent).ShouldContain("Operators of payments may switch writes off here; you read as viewer.");
        Read(page.Find(".safety").TextContent).ShouldContain("Admins may break the glass; you read as viewer.");
        Read(page.Find(".safety").TextContent).ShouldContain("Shown to operators of all namespaces");
        page.FindAll(".letters").ShouldBeEmpty();
        Recorded.Recorded.ShouldBeEmpty("looking at the page is no refusal");

        // A link that somebody sent does not give a right either.
        Read(PageAs<Safety>(SampleChanges.Vera, "safety?selected=glass%2Fnew").Find("aside.panel").TextContent).ShouldContain("Admins may break the glass");
        Read(PageAs<Safety>(SampleChanges.Vera, "safety?selected=glass%2Fg1").Find("aside.panel").TextContent).ShouldContain("Approvers and admins of payments review it; you read as viewer.");
    }

    [Fact]
    public void OperatorOfOneNamespace_IsOfferedThatOneOnly()
    {
        Allow();
        var limited = SampleChanges.Omar with { Namespaces = ["payments"] };

        Button(PageAs<Safety>(limited, Payments), "Switch writes off in payments").HasAttribute("disabled").ShouldBeFalse();
        var everywhere = PageAs<Safety>(limited, "safety?selected=writes%2F*");
        Button(everywhere, "Switch writes off everywhere").HasAttribute("disabled").ShouldBeTrue();
        Read(everywhere.Find("aside.panel").TextContent).ShouldContain("Operators of all namespaces may switch writes off here; you are an operator of payments.");
    }

    [Fact]
    public void Admin_BreaksTheGlassForOneRouteAndAShortTime()
    {
        Allow();
        var page = PageAs<Safety>(SampleChanges.Ada, "safety?selected=glass%2Fnew&minutes=30&target=" + Uri.EscapeDataString(Route));
        page.Find("aside.panel input.input").Input("INC-8");

        Button(page, "Break the glass for card-processor").Click();
        Read(page.Find(".confirm p").TextContent).ShouldStartWith($"For 30 min, until 2026-03-02 09:30:00 UTC, nothing but gates, exactness and the cluster's rights holds up changes of {Route}.");
        page.Find(".confirm textarea").Input("Cards are declined.");
        Button(page, "Break the glass for card-processor").Click();

        page.WaitForAssertion(() => Switches.Grants.ShouldHaveSingleItem());
        var grant = Switches.Grants[0];
        (grant.TargetKey, grant.Ticket, grant.Reason, grant.ExpiresAt - grant.At).ShouldBe((Route, "INC-8", "Cards are declined.", TimeSpan.FromMinutes(30)));
        Address.ShouldEndWith($"safety?selected=glass%2F{grant.Id}");
        Read(page.Find("h1").TextContent).ShouldBe("Writes are on everywhere; the glass is broken for 1 route or policy");
    }

    [Fact]
    public void Admin_BreaksTheGlassForAPolicyThatIsThereOrAboutToBe()
    {
        Allow();
        var snapshot = SampleViews.Snapshot();
        var cluster = snapshot.Clusters[0];
        snapshot = snapshot with
        {
            Clusters =
            [
                cluster with { Objects = cluster.Objects with { PeerAuthentications = [SampleMesh.PeerAuthentication("payments", "default", "STRICT"), SampleMesh.PeerAuthentication("istio-system", "default", "PERMISSIVE")] } },
                .. snapshot.Clusters.Skip(1),
            ],
        };
        var target = SampleChanges.Plan.Target with { Kind = "PeerAuthentication", Name = "ledger-strict", Policy = new PolicyEdit(new StrictScope("main", "payments"), PolicyEdit.None, "STRICT", null, "{}", ImmutableSortedDictionary<string, string>.Empty, ImmutableSortedDictionary<string, string>.Empty) };
        Service.All = [SampleChanges.Awaiting with { Plan = SampleChanges.Plan with { Target = target } }];
        var page = PageAs<Safety>(SampleChanges.Ada, "safety?selected=glass%2Fnew", snapshot);

        var offered = page.FindAll("aside.panel select")[0].QuerySelectorAll("option").Select(option => option.GetAttribute("value")).ToList();
        offered.ShouldContain("main/payments/PeerAuthentication/default");
        offered.ShouldContain("main/istio-system/PeerAuthentication/default");
        offered.ShouldContain("main/payments/PeerAuthentication/ledger-strict");
        offered.ShouldContain(Route);
        offered.ShouldBeUnique();
        offered.Select(key => SafetyWords.IsPolicy(key!)).ShouldBeInOrder(SortDirection.Ascending, "routes first: no policy is chosen by doing nothing");
        Read(PageAs<Safety>(SampleChanges.Ada, "safety?selected=glass%2Fnew&target=" + Uri.EscapeDataString("main/istio-system/PeerAuthentication/default"), snapshot).Find("aside.panel .button-stop").TextContent)
            .ShouldBe("Break the glass for PeerAuthentication istio-system/default", "nearly every policy is called default");

        // Admins of one namespace are offered that one's only.
        var limited = SampleChanges.Ada with { Namespaces = ["payments"] };
        PageAs<Safety>(limited, "safety?selected=glass%2Fnew", snapshot).FindAll("aside.panel option").Select(option => option.GetAttribute("value"))
            .ShouldNotContain("main/istio-system/PeerAuthentication/default");
    }

    [Theory]
    [InlineData("600")]
    [InlineData("-5")]
    [InlineData("never")]
    public void BrokenGlass_OfAnOddAddress_LastsTheUsualTime(string minutes)
    {
        Allow();
        PageAs<Safety>(SampleChanges.Ada, $"safety?selected=glass%2Fnew&minutes={minutes}").FindAll("aside.panel select")[1].GetAttribute("value").ShouldBe("15");
    }

    [Fact]
    public void Grant_TellsWhatWasStartedUnderIt()
    {
        Allow();
        Switches.Grants = [s_over];
        Service.All = [SampleChanges.Running with { BreakGlassId = "g1" }, SampleChanges.Approved with { Id = "other" }];

        var page = PageAs<Safety>(SampleChanges.Anna, "safety?selected=glass%2Fg1");

        Read(page.Find(".grants tbody tr").TextContent).ShouldContain("1 change");
        page.FindAll("aside.panel .plain a").Select(link => link.GetAttribute("href")).ShouldBe(["changes/0192aa"]);
    }

    [Fact]
    public void Grant_WhoseTimeIsOlderThanWhatWasRead_IsNotCalledUnused()
    {
        Allow();
        Switches.Grants = [s_over];
        Service.All = [.. Enumerable.Range(0, 200).Select(index => SampleChanges.Approved with { Id = $"c{index}", CreatedAt = SampleViews.Now.AddMinutes(-index / 10) })];

        var page = PageAs<Safety>(SampleChanges.Anna, "safety?selected=glass%2Fg1");

        page.Find(".grants .missing").GetAttribute("title").ShouldBe("There are newer changes than this page reads.");
        Read(page.Find("aside.panel").TextContent).ShouldContain("Not known: there are newer changes than this page reads.");
    }

    [Fact]
    public void Approver_ClosesTheReviewWithAComment()
    {
        Allow();
        Switches.Grants = [s_over];
        var page = PageAs<Safety>(SampleChanges.Anna, "safety?selected=glass%2Fg1");
        Read(page.Find("h1").TextContent).ShouldEndWith("1 use of broken glass waits for a review");
        Read(page.Find(".grants tbody tr").TextContent).ShouldContain("Due within 21 h");

        Button(page, "Close the review").Click();
        page.Find(".confirm textarea").Input("One change to 50 percent, taken back; fine.");
        Button(page, "Close the review").Click();

        page.WaitForAssertion(() => Switches.Grants[0].Review!.By.Subject.ShouldBe("anna"));
        Read(page.Find("aside.panel").TextContent).ShouldContain("Reviewed by Anna, approver");
        Read(page.Find("h1").TextContent).ShouldBe("Writes are on everywhere");
    }

    [Fact]
    public void Review_IsNotForWhoBrokeItNorWhileItHolds()
    {
        Allow();
        var holds = s_over with { Id = "g2", At = SampleViews.Now.AddMinutes(-1), ExpiresAt = SampleViews.Now.AddMinutes(9) };
        Switches.Grants = [holds, s_over, s_over with { Id = "g3", At = SampleViews.Now.AddHours(-30), ExpiresAt = SampleViews.Now.AddHours(-29) }];

        Read(PageAs<Safety>(SampleChanges.Ada, "safety?selected=glass%2Fg1").Find("aside.panel").TextContent).ShouldContain("You broke this glass: somebody else has to look at what came of it.");
        var running = PageAs<Safety>(SampleChanges.Anna, "safety?selected=glass%2Fg2");
        Read(running.Find("aside.panel").TextContent).ShouldContain("It can be reviewed once it has run out or was ended");
        Button(running, "End it now").HasAttribute("disabled").ShouldBeTrue("an approver is no admin");
        Read(running.FindAll(".grants tbody tr")[2].TextContent).ShouldContain("Overdue by 6 h");

        var admin = PageAs<Safety>(SampleChanges.Ada, "safety?selected=glass%2Fg2");
        Button(admin, "End it now").Click();
        Read(admin.Find(".confirm p").TextContent).ShouldContain("9 min before they would by themselves");
        Button(admin, "End it now").Click();
        admin.WaitForAssertion(() => Switches.Grants[0].ExpiresAt.ShouldBe(SampleViews.Now));
    }

    [Fact]
    public void ServiceThatRefuses_IsShownWhereItWasAsked()
    {
        Allow();
        Switches.Off = [new ReadOnlySwitch("main", "payments", "month end", "Omar, operator", SampleViews.Now)];
        var page = PageAs<Safety>(SampleChanges.Ada, Payments);
        Switches.Off = [];

        Button(page, "Switch writes on in payments").Click();
        Button(page, "Switch writes on in payments").Click();

        page.WaitForAssertion(() => Read(page.Find(".confirm [role=alert]").TextContent).ShouldContain("namespace payments of main is not switched to read-only."));
    }

    [Fact]
    public void Freezes_AreShownInTheirZoneAndTheReaders()
    {
        // Monday 2 March 2026, 09:00 UTC: in Tokyo 18:00. The nightly window of Tokyo began at 17:00 there for two hours.
        Allow(
            new FreezeWindow("tokyo close", "0 17 * * *", TimeSpan.FromHours(2), "Asia/Tokyo", ["payments"]),
            new FreezeWindow("office hours", "0 8 * * 1-5", TimeSpan.FromHours(9), "Europe/Berlin", [], Allow: true),
            new FreezeWindow("broken", "every day", TimeSpan.FromHours(2), "UTC", []));
        Services.GetRequiredService<NavigationManager>().NavigateTo("safety");
        var page = Render<Safety>(parameters => parameters.AddCascadingValue(SampleViews.Snapshot()).AddCascadingValue(ReaderZone.Of("America/New_York")));

        var rows = page.FindAll(".freezes tbody tr").Select(row => Read(row.TextContent)).ToList();
        rows[0].ShouldContain("Frozen for 60 min more");
        rows[0].ShouldContain("Mon 2 Mar 17:00 –Mon 2 Mar 19:00Asia/Tokyo");
        rows[0].ShouldContain("Mon 2 Mar 03:00 –Mon 2 Mar 05:00America/New_York");
        rows[1].ShouldContain("changes only in it");
        rows[1].ShouldContain("Open for 7 h more");
        rows[2].ShouldContain("In force: it cannot be read");
        Read(page.Find("h1").TextContent).ShouldContain("2 freezes are in force", customMessage: "one is open, one unreadable; the allowing window is open and so freezes nothing");
    }

    [Fact]
    public void DeadLetters_AreSentAgainByAnOperator()
    {
        Allow();
        Outbox.Dead = [Letter("n1"), Letter("n2")];
        var page = PageAs<Safety>(SampleChanges.Omar, "safety");
        var row = Read(page.FindAll(".letters tbody tr")[0].TextContent);
        row.ShouldContain("pager");
        row.ShouldContain("503 Service Unavailable");
        row.ShouldContain("12");

        page.FindAll(".letters button")[0].Click();
        Read(page.Find(".letters .confirm p").TextContent).ShouldContain("once more, at once and after 12 tries");
        page.Find(".letters .confirm .button-primary").Click();

        page.WaitForAssertion(() => Outbox.Retried.ShouldBe(["n1"]));
        page.FindAll(".letters tbody tr").Count.ShouldBe(1);
    }

    [Fact]
    public void HostileText_IsText()
    {
        const string Hostile = "<img src=x onerror=alert(1)>";
        Allow();
        Switches.Off = [new ReadOnlySwitch("main", "payments", Hostile, Hostile, SampleViews.Now)];
        Switches.Grants = [s_over with { Reason = Hostile, Ticket = Hostile, TargetKey = $"main/payments/{Hostile}/x", By = SampleChanges.Ada with { Name = Hostile } }];
        Outbox.Dead = [Letter("n1") with { LastError = Hostile }];

        foreach (var address in new[] { Payments, "safety?selected=glass%2Fg1", "safety?show=all&selected=" + Uri.EscapeDataString(Hostile) })
        {
            var page = PageAs<Safety>(SampleChanges.Anna with { Roles = [Role.Approver, Role.Operator] }, address);
            page.FindAll("img").ShouldBeEmpty();
            page.Markup.ShouldContain("&lt;img");
        }
    }

    // ------------------------------------------------------------------ the shared read

    [Fact]
    public async Task OpenChanges_AreReadOnceForAllCircuits()
    {
        Service.All = [SampleChanges.Awaiting];
        var circuits = Enumerable.Range(0, 20).Select(_ => Render<OpenChangesSource>(parameters => parameters.Add(source => source.ChildContent, builder => { }))).ToList();
        Service.Filters.Count.ShouldBe(1);
        Switches.UnreviewedReads.ShouldBe(1);

        // All twenty are told at once, wait for calm, and ask together.
        Service.Raise("0192aa");
        Time.Advance(TimeSpan.FromMilliseconds(250));
        await Task.WhenAll(circuits.Select(circuit => circuit.InvokeAsync(() => { })));
        circuits[0].WaitForAssertion(() => Service.Filters.Count.ShouldBe(2));
        Service.Filters.Count.ShouldBe(2);
    }

    [Fact]
    public async Task OpenChanges_ThatFailedOrAreOld_AreReadAnew()
    {
        var feed = Services.GetRequiredService<OpenChangesFeed>();
        Service.OnList = () => throw new ChangeException(ChangeFault.Unavailable, "store-unavailable", "gone");
        await Should.ThrowAsync<ChangeException>(() => feed.ReadAsync(SampleChanges.Vera, CancellationToken.None));
        Service.OnList = () => [SampleChanges.Awaiting];
        (await feed.ReadAsync(SampleChanges.Vera, CancellationToken.None)).Changes.ShouldHaveSingleItem();
        Time.Advance(OpenChangesFeed.Lifetime);
        await feed.ReadAsync(SampleChanges.Omar, CancellationToken.None);
        Service.Filters.Count.ShouldBe(2, "still young enough");
        Time.Advance(TimeSpan.FromMilliseconds(1));
        await feed.ReadAsync(SampleChanges.Omar, CancellationToken.None);
        Service.Filters.Count.ShouldBe(3);
        (await feed.ReadAsync(SampleChanges.Vera with { Roles = [] }, CancellationToken.None)).Changes.ShouldBeEmpty("who may read nothing gets nothing, shared or not");
    }

    /// <summary>Nothing is stored of a change when a glass is ended or a switch set: whoever waits for the next question sees it late.</summary>
    [Fact]
    public async Task BrokenGlassThatEnds_IsCountedByTheRailOfOthersAtOnce()
    {
        Allow();
        Switches.Grants = [s_over with { ExpiresAt = SampleViews.Now.AddMinutes(10) }];
        var rail = Render<OpenChangesSource>(parameters => parameters
            .AddCascadingValue(SampleViews.Snapshot())
            .AddCascadingValue(Task.FromResult(new AuthenticationState(ActorClaims.ToPrincipal(SampleChanges.Anna))))
            .AddChildContent<Rail>());
        rail.FindAll(".only-on-phone .count").ShouldBeEmpty("while it is in force nobody can tell what comes of it");

        await Services.GetRequiredService<SwitchService>().EndBreakGlassAsync(s_over.Id, SampleChanges.Ada, CancellationToken.None);
        Time.Advance(TimeSpan.FromMilliseconds(250));

        rail.WaitForAssertion(() => Read(rail.Find(".only-on-phone .count").TextContent).ShouldBe("1, 1 use of broken glass to review"));
        Read(rail.Find("a[data-go=s] .count").TextContent).ShouldBe("1, 1 use of broken glass to review");
    }

    [Fact]
    public void BrokenAudit_IsSaidOnEveryPage_AndSafetyCallsNothingOn()
    {
        Allow();
        Audit.State = Audit.State with { Chain = new AuditChainState(AuditChainStatus.Broken, 11, SampleViews.Now, new AuditFinding(AuditProblem.OutOfOrder, 12, "record 12 is missing")) };

        var banner = Read(PageAs<WriteBanners>(SampleChanges.Anna, "traffic").Find(".banner-bad").TextContent);
        banner.ShouldContain("Nothing can be changed: the audit log does not verify.");
        banner.ShouldContain("Record 12: record 12 is missing.");
        PageAs<Safety>(SampleChanges.Anna, "safety").Find("h1").TextContent.ShouldBe("Nothing can be changed: the audit log does not verify");
    }

    [Fact]
    public async Task SwitchOfAnother_IsOnTheBannerOfAllAtOnce()
    {
        Allow();
        var banners = PageAs<WriteBanners>(SampleChanges.Anna, "traffic");
        banners.FindAll(".banner").ShouldBeEmpty();

        await Services.GetRequiredService<SwitchService>().SetReadOnlyAsync("main", null, "Month end.", SampleChanges.Ada, CancellationToken.None);
        Time.Advance(TimeSpan.FromMilliseconds(250));

        banners.WaitForAssertion(() => Read(banners.Find(".banner").TextContent).ShouldContain("Month end."));
    }

    [Fact]
    public void OwnDraft_WaitsForItsAuthorAndHasNotTheObject()
    {
        var open = new OpenChanges([SampleChanges.Awaiting with { State = ChangeState.Draft }], SampleChanges.Omar, null);

        open.Waiting.ShouldBe(1, "the queue counts it, and so does the rail");
        open.On(SampleChanges.Plan.Target.Key).ShouldBeNull();
    }

    private void Allow(params ImmutableArray<FreezeWindow> windows) =>
        Services.Replace(ServiceDescriptor.Singleton(UserInterfaceOptions.Default with { Policy = ChangePolicy.Default with { Enabled = true, FreezeWindows = windows } }));

    private static QueuedNotification Letter(string id) =>
        new(new Notification(id, "pager", "0192aa", "{}"), NotificationState.Dead, 12, SampleViews.Now.AddHours(-4), SampleViews.Now.AddHours(-1), "503 Service Unavailable from pager.example");

    private static AngleSharp.Dom.IElement Button(IRenderedComponent<Safety> page, string text) =>
        page.FindAll("button").First(button => Read(button.TextContent) == text);
}
