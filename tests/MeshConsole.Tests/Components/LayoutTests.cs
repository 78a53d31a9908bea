using Bunit;
using MeshConsole.Components.Changes;
using MeshConsole.Components.Controls;
using MeshConsole.Components.Layout;
using MeshConsole.Mesh.Changes.Guards;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Testing;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;

namespace MeshConsole.Tests.Components;

public sealed class LayoutTests : ComponentTest
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    public LayoutTests() => AddAuthorization();

    private IRenderedComponent<MainLayout> Layout(RenderFragment? body = null) =>
        Render<MainLayout>(parameters => parameters.Add(layout => layout.Body, body ?? (builder => builder.AddContent(0, "the page"))));

    [Fact]
    public void Layout_LinksOnlyPagesThatExist()
    {
        var pages = typeof(MainLayout).Assembly.GetTypes()
            .SelectMany(type => type.GetCustomAttributes(typeof(RouteAttribute), inherit: false).Cast<RouteAttribute>())
            .Select(route => route.Template.TrimStart('/'))
            .ToHashSet(StringComparer.Ordinal);

        var links = Layout().FindAll("nav.rail li a").Select(link => link.GetAttribute("href")!.TrimStart('.', '/')).ToList();

        links.Count.ShouldBe(10);
        links.ShouldAllBe(link => pages.Contains(link));
    }

    [Fact]
    public void Layout_CountsProblemsBesideThePageThatShowsThem()
    {
        Triage.Say(SampleTriage.Troubled);
        var counts = Layout().FindAll("nav.rail li a").ToDictionary(link => link.QuerySelector(".rail-text")!.TextContent, link => link.QuerySelector(".count")?.GetAttribute("title"));

        counts["Incidents"].ShouldBe("2 critical problems and 1 warning");
        counts["Overview"].ShouldBeNull();
        counts["Topology"].ShouldBe("1 critical problem");
        counts["mTLS"].ShouldBe("1 warning");
        counts["Certificates"].ShouldBe("1 critical problem");
        counts["Latency"].ShouldBeNull();
        counts["Traffic"].ShouldBeNull();
        counts["Changes"].ShouldBeNull();
    }

    [Fact]
    public void MoreOfAPhone_CountsWhatThePagesUnderItCallFor()
    {
        // Ada may start Omar's approved change no more than anybody, but decides on the one that waits; and the broken glass of Omar is over.
        Service.All = [SampleChanges.Awaiting with { Requester = SampleChanges.Vera }];
        Switches.Grants = [new BreakGlass("g1", SampleChanges.Omar, "main/payments/VirtualService/card-processor", "incident", null, SampleViews.Now.AddHours(-2), SampleViews.Now.AddHours(-1))];
        var anna = Render<Rail>(parameters => parameters
            .AddCascadingValue(SampleViews.Snapshot())
            .AddCascadingValue(new OpenChanges(Service.All, SampleChanges.Anna, null) { Unreviewed = Switches.Grants }));

        anna.Find(".only-on-phone button .count").GetAttribute("title").ShouldBe("1 change waits for you and 1 use of broken glass to review");
        anna.FindAll("#more-pages a .count").Select(count => count.FirstElementChild!.TextContent).ShouldBe(["1", "1"], "the changes and the safety page");
        anna.Find("a[data-go=s] .count").GetAttribute("title").ShouldBe("1 use of broken glass to review");
        Layout().FindAll(".only-on-phone button .count").ShouldBeEmpty("a viewer has nothing to do under More");
    }

    [Fact]
    public void ReadersZone_IsAskedOfTheBrowserAndGivenToThePages()
    {
        JSInterop.SetupModule(_ => true).Setup<string?>("start", _ => true).SetResult("Asia/Kolkata");
        var layout = Layout(builder =>
        {
            builder.OpenComponent<InstantBox>(0);
            builder.AddComponentParameter(1, nameof(InstantBox.Label), "From");
            builder.AddComponentParameter(2, nameof(InstantBox.Name), "from");
            builder.AddComponentParameter(3, nameof(InstantBox.Value), (DateTimeOffset?)new DateTimeOffset(2026, 3, 2, 9, 0, 0, TimeSpan.Zero));
            builder.CloseComponent();
        });

        layout.WaitForAssertion(() => layout.Find("main .pick-zone").TextContent.ShouldBe("(Asia/Kolkata)"));
        layout.Find("main input").GetAttribute("value").ShouldBe("2026-03-02T14:30");
    }

    [Fact]
    public void SilentSources_AreCountedInFewWordsOnAPhone()
    {
        var bar = Render<TopBar>(parameters => parameters.AddCascadingValue(
            SampleViews.Snapshot(7, SampleViews.Source("kubernetes/pods"), SampleViews.Source("prometheus/requests", SourceState.Stale, 95, "Timeout."), SampleViews.Source("prometheus/latency", SourceState.Stale, 95, "Timeout."))));

        var word = bar.Find(".sources-word");
        Read(word.TextContent).ShouldBe("2 sources silent");
        word.QuerySelector(".not-on-phone")!.TextContent.Trim().ShouldBe("sources");
        bar.Find(".sources-button > .not-on-phone .age").TextContent.ShouldNotBeEmpty("the banner has the age on a phone");
        bar.Find(".icon-button[popovertarget=theme-menu]").ClassList.ShouldContain("not-on-phone");
    }

    [Fact]
    public void Layout_KeepsClusterAndNamespacesInItsLinks()
    {
        Services.GetRequiredService<NavigationManager>().NavigateTo("mtls?cluster=main&namespace=payments&q=x");

        Layout().Find("a[data-go=t]").GetAttribute("href").ShouldBe("topology?cluster=main&namespace=payments");
    }

    [Fact]
    public async Task Layout_FollowsSnapshotsAndLetsGoWhenTheCircuitEnds()
    {
        var layout = Layout();
        layout.WaitForState(() => Snapshots.Watchers == 1, s_patience);

        Snapshots.Publish(SampleViews.Snapshot(8, SampleViews.Source("prometheus/requests", SourceState.Stale, 95, "Timeout after 10 s at prometheus:9090.")));
        for (var turn = 0; turn < 50 && layout.FindAll(".banner-bad").Count == 0; turn++)
        {
            // The layout draws at most every 250 ms of its clock, which only moves here.
            Time.Advance(TimeSpan.FromMilliseconds(250));
            await Task.Yield();
        }

        layout.WaitForElement(".banner-bad", s_patience);
        await DisposeComponentsAsync();
        Snapshots.Watchers.ShouldBe(0);
        Demo.Listeners.ShouldBe(0);
    }

    [Fact]
    public void DeadSource_IsSaidWithItsTimeItsReasonAndWhatTheNumbersAreThen()
    {
        var banners = Render<SourceBanners>(parameters => parameters.AddCascadingValue(
            SampleViews.Snapshot(7, SampleViews.Source("kubernetes/pods"), SampleViews.Source("prometheus/requests", SourceState.Stale, 95, "Timeout after 10 s at prometheus:9090."))));

        Read(banners.Find("p").TextContent).ShouldBe("Prometheus has not answered since 08:58:25 UTC. Timeout after 10 s at prometheus:9090. Rates and latencies below are from then (1 min ago).");
    }

    [Fact]
    public void SourceThatIsSwitchedOff_IsNoBanner()
    {
        var banners = Render<SourceBanners>(parameters => parameters.AddCascadingValue(
            SampleViews.Snapshot(7, SampleViews.Source("kubernetes/pods"), SampleViews.Source("kubernetes/httproutes", SourceState.Disabled, 0, "No such kind."))));

        banners.FindAll(".banner").ShouldBeEmpty();
    }

    [Fact]
    public void OneSourceOfMany_LeavesTheRestLive()
    {
        var banners = Render<SourceBanners>(parameters => parameters.AddCascadingValue(
            SampleViews.Snapshot(7, SampleViews.Source("kubernetes/pods"), SampleViews.Source("kubernetes/secrets", SourceState.Failed, 0, "403: grant list on secrets."))));

        Read(banners.Find(".banner-warn p").TextContent).ShouldBe("1 source of Kubernetes does not answer: secrets. 403: grant list on secrets. The rest is live.");
    }

    [Fact]
    public async Task DemoBanner_SwitchesTheScenario_AndStaysOpenMeanwhile_SoThatTheLastChoiceCounts()
    {
        Demo.Enabled = true;
        Demo.Hold = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var banner = Render<DemoBanner>();

        var change = banner.Find("select").ChangeAsync(new ChangeEventArgs { Value = "istiod-down" });
        banner.Find("select").GetAttribute("aria-busy").ShouldBe("true");
        banner.Find(".scenario-text").TextContent.ShouldBe("Switching the mesh over …");
        await banner.Find("select").ChangeAsync(new ChangeEventArgs { Value = "healthy" }).WaitAsync(s_patience);
        await banner.Find("select").ChangeAsync(new ChangeEventArgs { Value = "istiod-down" }).WaitAsync(s_patience);
        banner.Find("select").HasAttribute("disabled").ShouldBeFalse("what is off loses the focus");

        Demo.Hold.SetResult();
        await change.WaitAsync(s_patience);
        banner.Find("select").HasAttribute("aria-busy").ShouldBeFalse();
        banner.Find(".scenario-text").TextContent.ShouldBe("The control plane is gone.");
    }

    [Fact]
    public async Task DemoBanner_WhoseSwitchFails_SaysThatNothingChanged()
    {
        Demo.Enabled = true;
        Demo.Fault = new InvalidOperationException("x");
        var banner = Render<DemoBanner>();

        await banner.Find("select").ChangeAsync(new ChangeEventArgs { Value = "istiod-down" }).WaitAsync(s_patience);

        banner.Find(".scenario-text").TextContent.ShouldContain("still in force");
    }

    [Fact]
    public void DemoBanner_AgainstARealCluster_IsNotThere() => Render<DemoBanner>().Markup.Trim().ShouldBeEmpty();

    [Fact]
    public void PageThatFails_LeavesTheFrameAndOffersToDrawAgain()
    {
        Views.OnCertificates = null;

        var layout = Layout(builder =>
        {
            builder.OpenComponent<MeshConsole.Components.Pages.Certificates>(0);
            builder.CloseComponent();
        });

        layout.Find("[role=alert] h1").TextContent.ShouldBe("This page could not be drawn");
        layout.Find("[role=alert]").TextContent.ShouldNotContain("view");
        Views.OnCertificates = SampleViews.Certificates;
        layout.Find("[role=alert] button").Click();
        layout.FindAll("tbody tr").Count.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Search_FindsObjectsByTheirNameAndPutsExactOnesFirst()
    {
        var snapshot = SampleViews.Snapshot();

        var (hits, total) = SearchHit.Find(snapshot, MeshQuery.All, [], null, "LEDGER");

        total.ShouldBe(hits.Length);
        hits[0].Name.ShouldBe("ledger");
        hits.Select(hit => hit.Kind).ShouldContain("Service");
        hits.Select(hit => hit.Kind).ShouldContain("Workload");
        SearchHit.Find(snapshot, MeshQuery.All, [], null, "mtl").Hits.ShouldContain(hit => hit.Kind == "Page" && hit.Name == "mTLS");
        SearchHit.Find(snapshot, MeshQuery.All, [], null, " ").Hits.Length.ShouldBe(10);
        var problems = SampleTriage.Troubled.Problems;
        SearchHit.Find(snapshot, MeshQuery.All, problems, null, "").Hits.TakeLast(3).Select(hit => hit.Kind).ShouldBe(["Problem", "Problem", "Problem"]);
        SearchHit.Find(snapshot, MeshQuery.All, problems, null, "plaintext to").Hits.ShouldContain(hit => hit.Kind == "Problem" && hit.Href == "incidents?selected=plaintext%3Aledger");
        SearchHit.Find(snapshot, MeshQuery.All, [], null, "nothing is called so").Total.ShouldBe(0);
    }

    [Fact]
    public void Search_OfAnObjectOutsideTheChosenNamespaces_LeadsToAPageThatShowsIt()
    {
        var (hits, _) = SearchHit.Find(SampleViews.Snapshot(), MeshQuery.For(null, ["batch"]), [], null, "ledger");

        hits.First(hit => hit.Kind == "Workload").Href.ShouldBe("topology?view=workload&selected=main%2Fpayments%2Fworkload%2Fledger");
    }

    [Fact]
    public void ScopePicker_ListsNamespacesAndTogglesThemInTheAddress()
    {
        Services.GetRequiredService<NavigationManager>().NavigateTo("mtls?namespace=payments");
        var picker = Render<ScopePicker>(parameters => parameters.AddCascadingValue(SampleViews.Snapshot()));

        picker.FindAll("li").ShouldBeEmpty("a page holds no line for each namespace before somebody looks at them");
        picker.Find("#namespaces").TriggerEvent("ontoggle", EventArgs.Empty);
        picker.FindAll("li").Select(item => item.TextContent.Trim()).ShouldBe(["batch", "istio-system", "payments"]);
        picker.FindAll("input[type=checkbox]")[0].Change(true);

        Services.GetRequiredService<NavigationManager>().Uri.ShouldBe("http://localhost/mtls?namespace=batch%2Cpayments");
    }
}
