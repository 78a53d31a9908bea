using Bunit;
using MeshConsole.Components.Controls;
using MeshConsole.Components.Pages;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Mtls;
using MeshConsole.Mesh.Overview;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Topology;
using MeshConsole.Testing;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web.Virtualization;
using Microsoft.Extensions.DependencyInjection;

namespace MeshConsole.Tests.Components;

public sealed class PageTests : ComponentTest
{
    private NavigationManager Navigation => Services.GetRequiredService<NavigationManager>();

    // ------------------------------------------------------------------ full

    [Fact]
    public void Overview_NamesTheWorstProblemInItsFirstLine()
    {
        Triage.Say(SampleTriage.Troubled);

        var page = Page<Overview>();

        Read(page.Find("h1").TextContent).ShouldBe($"3 problems: payments/card-processor-v2 is failing since {SampleViews.Now.AddMinutes(-4).UtcDateTime:HH:mm} (4 min)");
        page.FindAll(".problems li").Count.ShouldBe(3);
        var tiles = page.FindAll(".tile").Select(tile => Read(tile.TextContent)).ToList();
        tiles[0].ShouldStartWith("Success 98.7 %");
        tiles[1].ShouldStartWith("Requests 100 /s");
        tiles[2].ShouldStartWith("p99 480 ms");
        tiles[3].ShouldStartWith("Plaintext 1.6 %");
    }

    [Fact]
    public void Overview_WithoutProblemsAndWithAllSourcesLive_IsHealthy()
    {
        Triage.Say(SampleTriage.Healthy);

        Page<Overview>().Find("h1").TextContent.ShouldBe("All healthy");
    }

    [Fact]
    public void Overview_NothingIsHealthy_ThatWasNotJudgedWithAllItTakes()
    {
        Page<Overview>().Find("h1").TextContent.ShouldBe("Nothing has been judged yet");

        Triage.Say(SampleTriage.Healthy with { Notes = ["What is usual is not known."] });
        var noted = Page<Overview>();
        noted.Find("h1").TextContent.ShouldBe("No problem known, but not everything can be seen");
        noted.Markup.ShouldContain("What is usual is not known.");

        // Four refreshes without a look: it stands still.
        Triage.Say(SampleTriage.Healthy with { ObservedAt = SampleViews.Now - (5 * MeshConsole.Components.UserInterfaceOptions.Default.RefreshInterval) });
        Page<Overview>().Find("h1").TextContent.ShouldBe("No problem known, but not everything can be seen");
    }

    [Fact]
    public void Overview_OfANewLook_DrawsItself()
    {
        Triage.Say(SampleTriage.Healthy);
        var page = Page<Overview>();
        Triage.Say(SampleTriage.Troubled);
        page.WaitForAssertion(() => page.Find("h1").TextContent.ShouldStartWith("3 problems"));
    }

    [Fact]
    public void Overview_ShowsTheLastFiveChanges_AndMarksThoseOfTheHour()
    {
        Triage.Say(SampleTriage.Healthy with { Changes = [.. Enumerable.Range(1, 7).Select(i => SampleTriage.Change($"c{i}", $"Change {i}", TimeSpan.FromMinutes(i * 10)))] });
        var hour = new Trend(SampleViews.Now.AddHours(-1), TimeSpan.FromMinutes(1), [.. Enumerable.Repeat((double?)1, 61)], null);
        Trends.OnRead = _ => Task.FromResult<SignalTrends?>(new(hour, hour, hour, hour));
        var page = Page<Overview>();
        page.FindAll(".recent li").Count.ShouldBe(5);
        page.Find(".recent a").GetAttribute("href").ShouldBe("incidents?change=c1");

        // Ten to fifty minutes ago; an hour ago and more is outside of what is drawn.
        page.FindAll(".tile")[1].QuerySelectorAll(".spark-mark").Length.ShouldBe(5);
        page.FindAll(".tile")[1].QuerySelector(".spark")!.GetAttribute("aria-label")!.ShouldContain("5 changes in it: ");
    }

    [Fact]
    public void Overview_WithoutProblemsButWithASilentSource_DoesNotSayHealthy()
    {
        Triage.Say(SampleTriage.Healthy);
        var snapshot = SampleViews.Snapshot(7, SampleViews.Source("kubernetes/pods"), SampleViews.Source("prometheus/requests", SourceState.Stale, 90, "Timeout."));

        var page = Page<Overview>(snapshot: snapshot);

        page.Find("h1").TextContent.ShouldBe("No problem known, but not everything can be seen");
        page.Markup.ShouldContain("Prometheus does not answer");
    }

    [Fact]
    public void Overview_OfNumbersThatAreNotKnown_DrawsExplainedDashesAndNoZero()
    {
        Views.OnOverview = SampleViews.Overview with { Signals = new(null, null, null, null, null, "not measured") };

        var tiles = Page<Overview>().FindAll(".tile dd:not(.tile-note, .tile-trend)");

        tiles.Count.ShouldBe(4);
        foreach (var tile in tiles)
        {
            tile.QuerySelector(".missing")!.GetAttribute("title").ShouldNotBeNullOrEmpty();
            tile.TextContent.ShouldNotContain("0");
        }
    }

    [Fact]
    public void Problems_LinkOnlyToOurOwnPages()
    {
        string?[] pages = ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/mtls?namespace=payments"];
        Triage.Say(SampleTriage.View([.. pages.Select((page, i) => SampleTriage.Problem($"p{i}", "one", page!))]));

        Page<Overview>().FindAll(".problem-title").Select(title => title.GetAttribute("href")).ShouldBe(["incidents?selected=p0", "incidents?selected=p1", "incidents?selected=p2", "incidents?selected=p3"]);
        pages.Select((_, i) => Page<Incidents>($"incidents?selected=p{i}").FindAll("aside.panel a").FirstOrDefault(a => a.TextContent == "Show it where it is")?.GetAttribute("href")).ShouldBe([null, null, null, "mtls?namespace=payments"]);
    }

    [Fact]
    public void Certificates_AreOrderedByUrgencyAndSayItInWords()
    {
        var page = Page<Certificates>("certificates");

        Read(page.Find("h1").TextContent).ShouldBe("Next: gateway pay.example in 5 days; 1 webhook expired, 1 workload late, 1 gateway expiring");
        var rows = page.FindAll("tbody tr").Select(row => Read(row.TextContent)).ToList();
        rows.Count.ShouldBe(6);
        rows[0].ShouldContain("expired 60 s ago");
        rows[1].ShouldContain("late by 4 h");
        rows[2].ShouldContain("expires in 5 d");
        rows[3].ShouldContain("expiry not known");
        rows[4].ShouldContain("expires in 8 years");
        rows[5].ShouldContain("renews in 7 h", customMessage: "what renews itself within the day is the least urgent");
    }

    [Fact]
    public void Certificates_AreFilteredByTheAddress()
    {
        Page<Certificates>("certificates?state=late").FindAll("tbody tr").Count.ShouldBe(1);
        Page<Certificates>("certificates?q=PAY.EXAMPLE").FindAll("tbody tr").Count.ShouldBe(1);
        Page<Certificates>("certificates?kind=workload").FindAll("tbody tr").Count.ShouldBe(3);
    }

    [Fact]
    public void Certificates_ThatTheFilterHidesAll_OfferToClearIt()
    {
        var page = Page<Certificates>("certificates?q=nothing-is-called-so&namespace=payments");

        page.FindAll("table.table").ShouldBeEmpty();
        page.Find(".state a").GetAttribute("href").ShouldBe("http://localhost/certificates?namespace=payments");
    }

    [Fact]
    public void Certificates_SelectedByTheAddress_OpenTheirDetails()
    {
        var page = Page<Certificates>("certificates?selected=main%2Fgateway%2Fpay.example");

        var panel = page.Find("aside.panel");
        Read(panel.TextContent).ShouldContain("R11, Let's Encrypt");
        panel.TextContent.ShouldContain("www.pay.example");
        page.Find("tr.selected .row-link").GetAttribute("href").ShouldBe("http://localhost/certificates");
    }

    [Fact]
    public void Latency_StatesTheMedianOfReliableHopsOnly()
    {
        var page = Page<Latency>("latency");

        Read(page.Find("h1").TextContent).ShouldBe("A hop costs 1.20 ms of proxy and network (median of 1 hop)");
        Read(page.Find(".headline p").TextContent).ShouldStartWith("Slowest: payment-api → card-processor-v2, p99 490 ms.");
    }

    [Fact]
    public void Latency_ThatIsNotReliable_IsMarkedAndExplained()
    {
        var page = Page<Latency>("latency?sort=overhead");

        var unreliable = page.FindAll(".unreliable").ToList();
        unreliable.Count.ShouldBe(2);
        unreliable.ShouldAllBe(cell => cell.GetAttribute("title")!.StartsWith("Not reliable: ", StringComparison.Ordinal));
        Read(page.FindAll("tbody tr")[0].TextContent).ShouldContain("-0.10 ms");
        Read(page.FindAll("tbody tr")[^1].TextContent).ShouldContain("unknown caller");
    }

    [Fact]
    public void Mtls_NamesCoverageAndCallersInItsFirstLine()
    {
        var page = Page<Mtls>("mtls");

        Read(page.Find("h1").TextContent).ShouldBe("98.4 % of requests are encrypted; 2 callers still speak plaintext");
        page.FindAll("tbody tr").Count.ShouldBe(2);
    }

    [Fact]
    public void Mtls_WhilePrometheusIsSilent_TellsOfWhatWasReadLast_AndIsNotMarkedAsEncrypted()
    {
        var silent = SampleViews.Snapshot(7, SampleViews.Source("kubernetes/pods"), SampleViews.Source("prometheus/requests", SourceState.Stale, 95, "Timeout."));
        Views.OnMtls = SampleViews.Mtls with { Plaintext = [] };
        Page<Mtls>("mtls").FindComponent<MtlsLock>().Instance.State.ShouldBe(MutualTlsState.Mutual);

        var page = Page<Mtls>("mtls", silent);

        Read(page.Find("h1").TextContent).ShouldBe("98.4 % of requests are encrypted; no caller speaks plaintext, when last read");
        page.FindComponent<MtlsLock>().Instance.State.ShouldBe(MutualTlsState.Unknown);
    }

    [Fact]
    public void Mtls_WithoutTraffic_IsNotCalledEncrypted()
    {
        Views.OnMtls = SampleViews.Mtls with { Plaintext = [], Coverage = new MtlsCoverage { Message = "No traffic in the window." } };

        var page = Page<Mtls>("mtls");

        page.Find("h1").TextContent.ShouldBe("Whether requests are encrypted is not known");
        page.Find(".state").TextContent.ShouldContain("this proves nothing");
        page.FindAll(".tile .missing").Count.ShouldBe(4);
    }

    [Theory]
    [InlineData("mtls?show=namespaces", 2)]
    [InlineData("mtls?show=policies", 4)]
    [InlineData("mtls?show=policies&q=ledger", 1)]
    public void Mtls_ListsWhatTheAddressAsksFor(string address, int rows) => Page<Mtls>(address).FindAll("table.table tbody tr").Count.ShouldBe(rows);

    [Fact]
    public void Mtls_PolicySelected_ShowsAllPortsOfTheWorkloadAndTheirConflicts()
    {
        var selected = Uri.EscapeDataString(SampleViews.Workload("payments", "card-processor-v1") + ":");

        var panel = Page<Mtls>($"mtls?show=policies&selected={selected}").Find("aside.panel");

        panel.TextContent.ShouldContain("Port 9091");
        panel.TextContent.ShouldContain("Port 9091 is not a port of any pod.");
    }

    [Fact]
    public void Traffic_CallsOutALiveSplitThatOnlyItsRuleCanExplain()
    {
        // The enterprise rule sends to the same subset, so the difference of the other rule is not its own.
        var shared = Page<Traffic>("traffic");
        shared.FindAll(".split-gap").ShouldBeEmpty();
        shared.Find(".split-note").TextContent.ShouldBe("Live counts all rules: others also send to v2-new-provider.");

        Views.OnRoutes = [SampleViews.Routes[1]];
        var alone = Page<Traffic>("traffic");
        Read(alone.Find(".split-gap").TextContent).ShouldBe("v1-stable takes 82 % instead of 90 %");
        Read(alone.Find("h1").TextContent).ShouldBe("1 rule divides traffic: card-processor is set to 90 % / 10 %, live 82 % / 18 %");
    }

    [Fact]
    public void Traffic_WhilePrometheusIsSilent_CallsNothingLive()
    {
        Views.OnRoutes = [SampleViews.Routes[1]];
        var page = Page<Traffic>("traffic", SampleViews.Snapshot(7, SampleViews.Source("kubernetes/virtualservices"), SampleViews.Source("prometheus/requests", SourceState.Stale, 95, "Timeout.")));

        Read(page.Find(".split-box").TextContent).ShouldEndWith("Not live: last good answer 1 min ago");
        page.FindAll(".split-what").Select(what => what.TextContent).ShouldBe(["set", "last"]);
        page.FindAll(".split-old").Count.ShouldBe(1);
        page.FindAll(".split-gap").ShouldBeEmpty("a difference to what is past is no news");
        page.Find(".split").GetAttribute("aria-label")!.ShouldEndWith("last good answer at 2026-03-02 08:58:25 UTC");
        Read(page.Find("h1").TextContent).ShouldEndWith("last seen 82 % / 18 %");
        page.FindAll(".last-good .num").ShouldAllBe(number => number.GetAttribute("title")!.Contains("not live: last good answer at 2026-03-02 08:58:25 UTC", StringComparison.Ordinal));
        page.FindAll(".last-good .num").ShouldNotBeEmpty();
    }

    [Fact]
    public void Split_LabelsTheSmallPartBesideItsBarAndNeverTwice()
    {
        Views.OnRoutes = [SampleViews.Routes[1]];
        var lines = Page<Traffic>("traffic").FindAll(".split-line").Select(line => (Part: line.QuerySelector(".part-small")?.TextContent, Beside: Read(line.QuerySelector(".split-out")!.TextContent))).ToList();

        lines.Select(line => line.Beside).ShouldBe(["10 %", "18 %"]);
        lines.Select(line => Read(line.Part!)).ShouldBe(["v2-new-provider 10 %", "v2-new-provider 18 %"], "the label that style hides where the other is shown");
    }

    [Theory]
    [InlineData(30, 30)]
    [InlineData(31, 0)]
    public void HeavyRows_AreDrawnOnlyInSightFromFewerRowsOn(int rules, int drawn)
    {
        Views.OnRoutes = [.. Enumerable.Range(0, rules).Select(index => SampleViews.Routes[1] with { Id = $"main/payments/VirtualService/r{index:D3}/http/0" })];
        var page = Page<Traffic>("traffic");

        page.FindComponents<Virtualize<Mesh.Changes.RouteView>>().Count.ShouldBe(drawn == 0 ? 1 : 0);
        if (drawn > 0)
        {
            page.FindAll("tbody > tr").Count.ShouldBe(drawn);
        }
    }

    [Fact]
    public void HeavyRows_WhileOneIsWrittenIn_AreAllThere()
    {
        Views.OnRoutes = [.. Enumerable.Range(0, 44).Select(index => SampleViews.Routes[1] with { Id = $"main/payments/VirtualService/r{index:D3}/http/0" })];

        var page = PageAs<Traffic>(SampleChanges.Omar, "traffic?edit=weight&selected=" + Uri.EscapeDataString("main/payments/VirtualService/r030/http/0"));

        page.FindAll("tbody > tr:not(.row-below)").Count.ShouldBe(44, "what is being written must not scroll away");
    }

    [Fact]
    public void RowsOfTraffic_KeepNoComponentButTheirBars()
    {
        // 30 rules of two backends kept 270 components before (a name, bars, and a number per backend in each of three columns, and marks).
        Views.OnRoutes = [.. Enumerable.Range(0, 30).Select(index => SampleViews.Routes[1] with { Id = $"main/payments/VirtualService/r{index:D3}/http/0" })];
        var page = Page<Traffic>("traffic");
        var table = page.FindComponent<DataTable<Mesh.Changes.RouteView>>();

        table.FindComponents<SplitBars>().Count.ShouldBe(30);
        table.FindComponents<Missing>().ShouldBeEmpty();
        table.FindAll("tbody .num").Count.ShouldBeGreaterThanOrEqualTo(30 * 2);
    }

    [Fact]
    public void Traffic_ShowsRulesInTheOrderInWhichTheyApply()
    {
        var rows = Page<Traffic>("traffic").FindAll("tbody tr").Select(row => Read(row.TextContent)).ToList();

        rows[0].ShouldContain("Header x-merchant-tier is enterprise");
        rows[1].ShouldContain("All other requests");
        rows[2].ShouldContain("Argo CD payments-prod");
    }

    [Fact]
    public void Topology_OpensAtWorkloadsWhenTheMeshIsSmallAndAtNamespacesWhenItIsLarge()
    {
        var asked = new List<TopologyForm>();
        Views.OnTopology = level =>
        {
            asked.Add(level);
            return SampleViews.Topology;
        };
        Page<Topology>("topology");
        asked.ShouldBe([TopologyLevel.Workload]);

        var cluster = SampleViews.Snapshot().Clusters[0];
        var many = cluster with { Workloads = [.. Enumerable.Range(0, TopologySize.WorkloadsAtOnce + 1).Select(index => cluster.Workloads[0] with { Id = cluster.Workloads[0].Id with { Name = $"w{index}" } })] };
        Page<Topology>("topology", new MeshSnapshot(8, SampleViews.Now, [many]));
        asked[^1].ShouldBe(TopologyLevel.Namespace);

        Page<Topology>("topology?view=service", new MeshSnapshot(8, SampleViews.Now, [many]));
        asked[^1].ShouldBe(TopologyLevel.Service);
    }

    [Fact]
    public void Topology_WhileASourceIsSilent_IsNotHealthy()
    {
        Views.OnTopology = _ => SampleViews.Topology with { Nodes = [.. SampleViews.Topology.Nodes.Select(node => node with { Health = Health.Healthy })] };
        Page<Topology>("topology").Find(".headline .mark").ClassList.ShouldContain("mark-good");

        var headline = Page<Topology>("topology", SampleViews.Snapshot(7, SampleViews.Source("kubernetes/pods", SourceState.Failed), SampleViews.Source("prometheus/requests"))).Find(".headline");

        headline.QuerySelector(".mark")!.ClassList.ShouldContain("mark-unknown");
        headline.TextContent.ShouldContain("Kubernetes does not answer");
    }

    [Fact]
    public void Topology_WithoutCalls_SaysSoInPlaceOfAnEmptyTable()
    {
        Views.OnTopology = _ => SampleViews.Topology with { Edges = [] };

        var page = Page<Topology>("topology?show=edges");

        page.FindAll("table").ShouldBeEmpty();
        page.Find(".state-empty h2").TextContent.ShouldBe("No calls are known");
    }

    [Theory]
    [InlineData("topology?show=edges", 5)]
    [InlineData("topology?show=nodes", 7)]
    [InlineData("topology?show=nodes&q=card", 2)]
    public void Topology_HasATableTwin(string address, int rows)
    {
        var page = Page<Topology>(address);

        page.FindAll(".graph").ShouldBeEmpty();
        page.FindAll("table.table tbody tr").Count.ShouldBe(rows);
    }

    [Fact]
    public void Topology_NodeSelected_ShowsWhoCallsItAndWhomItCalls()
    {
        var panel = Page<Topology>("topology?selected=" + Uri.EscapeDataString(SampleViews.Workload("payments", "payment-api"))).Find("aside.panel");

        panel.QuerySelectorAll("h2.sub").Select(title => Read(title.TextContent)).TakeLast(2).ShouldBe(["Called by 1", "Calls 3"]);
    }

    [Fact]
    public void Topology_EdgeSelected_ShowsItsNumbersAndItsLock()
    {
        var key = SampleViews.Topology.Edges[^1].Key;

        var panel = Page<Topology>("topology?selected=" + Uri.EscapeDataString(key)).Find("aside.panel");

        Read(panel.TextContent).ShouldContain("Plaintext");
        Read(panel.TextContent).ShouldContain("The caller has no proxy.");
    }

    [Fact]
    public void Topology_SelectionThatIsGone_SaysSo() =>
        Page<Topology>("topology?selected=main%2Fpayments%2Fworkload%2Fgone").Find("aside.panel").TextContent.ShouldContain("not in this picture now");

    [Theory]
    [InlineData("topology", "Labels: rate", "rate")]
    [InlineData("topology?label=p95", "Labels: p95", "p95")]
    [InlineData("topology?label=none", "Labels: none", "")]
    [InlineData("topology?label=mtls,%20rate,nonsense", "Labels: 2", "rate mtls")]
    [InlineData("topology?label=server-p99", "Labels: callee p99", "server-p99")]
    public void Topology_Labels_AreAListInTheAddress(string address, string button, string on)
    {
        var page = Page<Topology>(address);

        page.Find("[popovertarget=topology-labels]").TextContent.ShouldBe(button);
        page.FindAll("#topology-labels input").Count(box => box.HasAttribute("checked")).ShouldBe(on.Length == 0 ? 0 : on.Split(' ').Length);
    }

    [Fact]
    public void Topology_LabelChosen_GoesIntoTheAddress_AndTheLastOneAwayMeansNone()
    {
        var page = Page<Topology>("topology");

        page.FindAll("#topology-labels label").Single(label => label.TextContent.Trim() == "Errors").QuerySelector("input")!.Change(true);
        Navigation.Uri.ShouldContain("label=rate%2Cerrors");

        page = Page<Topology>("topology");
        page.FindAll("#topology-labels label").Single(label => label.TextContent.Trim() == "Rate").QuerySelector("input")!.Change(false);
        Navigation.Uri.ShouldContain("label=none");
    }

    [Theory]
    [InlineData("topology?show=nodes&without=gateways,unknown", 5)]
    [InlineData("topology?show=edges&without=gateways,unknown", 3)]
    [InlineData("topology?show=nodes&without=idle", 6)]
    [InlineData("topology?show=nodes&idle=hide", 6)]
    [InlineData("topology?show=nodes&focus=main%2Fpayments%2Fworkload%2Fcard-processor-v2", 2)]
    [InlineData("topology?show=nodes&focus=main%2Fpayments%2Fworkload%2Fcard-processor-v2&hops=2", 5)]
    public void Topology_TableFollowsWhatTheGraphLeavesOut(string address, int rows) =>
        Page<Topology>(address).FindAll("table.table tbody tr").Count.ShouldBe(rows);

    [Fact]
    public void Topology_Focus_SaysWhatIsLeftOut_AndHowToShowAll()
    {
        var bar = Page<Topology>("topology?hops=2&focus=" + Uri.EscapeDataString(SampleViews.Workload("payments", "card-processor-v2"))).Find(".focus-bar");

        Read(bar.TextContent).ShouldContain("5 of 7 nodes; 2 nodes are left out.");
        var all = bar.QuerySelector("a.button")!;
        all.TextContent.ShouldBe("Show all");
        all.GetAttribute("href")!.ShouldNotContain("focus");
        Page<Topology>("topology?focus=gone").Find(".focus-bar").TextContent.ShouldContain("is not in this picture now, so all is shown");
    }

    [Fact]
    public void Topology_HideIdle_IsOneOfWhatIsLeftOut()
    {
        var page = Page<Topology>("topology?without=external,idle");

        var button = page.FindAll(".toolbar a.button").Single(link => link.TextContent == "Hide idle");
        button.GetAttribute("aria-pressed").ShouldBe("true");
        button.GetAttribute("href")!.ShouldEndWith("without=external");
        page.FindAll(".toolbar a.button").Count.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Topology_ClosedBox_OpensToWhatItStandsFor()
    {
        var panel = Page<Topology>("topology?closed=main%2Fpayments&selected=main%2Fpayments%2Fnamespace%2Fpayments").Find("aside.panel");

        Read(panel.TextContent).ShouldContain("Stands for 5 nodes.");
        panel.QuerySelectorAll("tbody a")[0].TextContent.ShouldBe("card-processor-v2");
        panel.QuerySelector("a.button-primary")!.GetAttribute("href")!.ShouldNotContain("closed");
    }

    [Fact]
    public void Topology_BoxesOfAppsAndClusters_AreClosedAndOpenedLikeThoseOfNamespaces()
    {
        // Two versions of one app, and a node of another cluster.
        var versions = SampleViews.Topology.Nodes.Where(node => node.Namespace == "payments" && node.Kind == NodeKind.Workload).Take(2).Select(node => node with { App = "card-processor" }).ToArray();
        var far = SampleViews.Topology.Nodes[0] with { Id = "west/far/workload/far", Cluster = "west", Namespace = "far", Name = "far", App = "far" };
        Views.OnTopology = _ => SampleViews.Topology with { Nodes = [.. versions, far], Edges = [] };

        Page<Topology>("topology").FindAll("#topology-display .menu-actions a").Select(link => (link.TextContent, Uri.UnescapeDataString(new Uri(new Uri("http://localhost/"), link.GetAttribute("href")).Query)))
            .ShouldBe([("Close namespaces", "?closed=main/payments,west/far"), ("Close apps", "?closed=main/payments/card-processor"), ("Close clusters", "?closed=main,west"), ("Open all", "")]);
        var node = Page<Topology>("topology?closed=west&selected=" + Uri.EscapeDataString(versions[0].Id)).Find("aside.panel");
        node.QuerySelectorAll("a.button").Select(link => link.TextContent).ShouldBe(["Look around it", "Close its box", "Close its app"]);

        foreach (var (closed, selected, members) in new[] { ("main/payments/card-processor", "main/payments/app/card-processor", 2), ("main", "cluster/main", 2) })
        {
            var box = Page<Topology>($"topology?closed=main/none,{Uri.EscapeDataString(closed)}&selected={Uri.EscapeDataString(selected)}").Find("aside.panel");
            Read(box.TextContent).ShouldContain($"Stands for {members} node");
            Uri.UnescapeDataString(box.QuerySelector("a.button-primary")!.GetAttribute("href")!).ShouldEndWith("closed=main/none");
        }
    }

    [Fact]
    public void Topology_WhatStandsBetween_IsInTheAddressAndTurnedOnAndOff()
    {
        var asked = new List<TopologyForm>();
        Views.OnTopology = form =>
        {
            asked.Add(form);
            return SampleViews.Topology;
        };
        var page = Page<Topology>("topology?between=services");
        asked[^1].ToString().ShouldBe("workload,services");
        Check(page, "Services that are called").HasAttribute("checked").ShouldBeTrue();
        Check(page, "Operations of gateways").Change(true);
        Services.GetRequiredService<NavigationManager>().Uri.ShouldEndWith("topology?between=services%2Coperations");
        page.FindAll("#topology-export a").ShouldAllBe(link => link.GetAttribute("href")!.Contains("view=workload%2Cservices", StringComparison.Ordinal));

        // What no gateway classifies cannot be drawn, and that is said.
        var without = Page<Topology>("topology?between=operations,nonsense");
        asked[^1].ToString().ShouldBe("workload,operations");
        Read(without.Find(".focus-bar").TextContent).ShouldContain("no gateway here counts its requests by request_operation");
        without.Find(".focus-bar a").GetAttribute("href").ShouldBe("http://localhost/topology");

        // Nor is it said of gateways whose traffic nobody knows.
        Views.OnTopology = _ => SampleViews.Topology with { Edges = [] };
        Read(Page<Topology>("topology?between=operations").Find(".focus-bar").TextContent).ShouldStartWith("No operation is drawn: no request that a gateway sends is known here.");
        Views.OnTopology = form =>
        {
            asked.Add(form);
            return SampleViews.Topology;
        };

        // Services among services stand for themselves; namespaces have nothing between them.
        Page<Topology>("topology?view=service&between=services,operations").FindAll("#topology-display label").Select(label => label.TextContent.Trim()).ShouldNotContain("Services that are called");
        asked[^1].ToString().ShouldBe("service,operations");
        Page<Topology>("topology?view=namespace&between=services,operations").FindAll("#topology-display label").Select(label => label.TextContent.Trim()).ShouldNotContain("Operations of gateways");
        asked[^1].ToString().ShouldBe("namespace");

        static AngleSharp.Dom.IElement Check(IRenderedComponent<Topology> page, string title) =>
            page.FindAll("#topology-display label").Single(label => label.TextContent.Trim() == title).QuerySelector("input")!;
    }

    [Fact]
    public void Topology_WhatStandsBetween_IsNotCountedBesideWhomItLeadsTo()
    {
        var failing = SampleViews.Topology.Nodes.First(node => node.Kind == NodeKind.Workload) with { Health = Health.Failing };
        var service = failing with { Id = "main/payments/service/ledger", Kind = NodeKind.Service, Name = "ledger" };
        var lost = failing with { Id = "main/payments/service/lost", Kind = NodeKind.Service, Name = "lost" };
        var operation = failing with { Id = "main/istio-system/operation/POST /", Kind = NodeKind.Operation, Name = "POST /" };
        Views.OnTopology = _ => SampleViews.Topology with { Nodes = [failing, service, lost, operation], Edges = [SampleViews.Topology.Edges[0] with { Source = service.Id, Target = failing.Id }] };

        Read(Page<Topology>("topology?between=services,operations").Find("h1").TextContent).ShouldBe("1 workload, 2 failing", "the workload, and the service that nobody answers for");
    }

    [Fact]
    public void Topology_AnOperation_IsSaidToBeOne()
    {
        var id = "main/istio-system/operation/POST /v1/payments";
        Views.OnTopology = _ => SampleViews.Topology with { Nodes = [.. SampleViews.Topology.Nodes, SampleViews.Topology.Nodes[0] with { Id = id, Kind = NodeKind.Operation, Name = "POST /v1/payments", Mesh = null }] };

        var page = Page<Topology>("topology?between=operations&selected=" + Uri.EscapeDataString(id));

        page.FindAll(".focus-bar").ShouldBeEmpty();
        Read(page.Find("aside.panel").TextContent).ShouldContain("operation of a gateway");
        page.Find("aside.panel").TextContent.ShouldNotContain("Data plane");
    }

    [Fact]
    public void Topology_Badges_AreInWordsInThePanelAndExplainedInTheLegend()
    {
        Views.OnTopology = _ => SampleViews.Topology with { Nodes = [.. SampleViews.Topology.Nodes.Select(node => node with { Badges = [NodeBadge.CanarySplit, NodeBadge.Strict] })] };

        var page = Page<Topology>("topology?selected=" + Uri.EscapeDataString(SampleViews.Workload("payments", "ledger")));

        Read(page.Find("aside.panel").TextContent).ShouldContain("split by weight mutual TLS only");
        page.FindAll(".graph-legend .mark-badge").Count.ShouldBe(Enum.GetValues<NodeBadge>().Length);
    }

    // ------------------------------------------------------------------ narrowed

    [Fact]
    public void Pages_AskForTheClusterAndNamespacesOfTheirAddress()
    {
        Page<Certificates>("certificates?cluster=main&namespace=b,a,b");

        Views.Queries.ShouldAllBe(query => query.Equals(MeshQuery.For("main", new[] { "a", "b" })));
        Views.Queries.ShouldNotBeEmpty();
    }

    [Fact]
    public void SortLinks_TurnAroundOnTheSecondClickAndKeepTheRestOfTheAddress()
    {
        var page = Page<Latency>("latency?namespace=payments&sort=-p99");

        page.Find("th[aria-sort]").GetAttribute("aria-sort").ShouldBe("descending");
        page.Find("th[aria-sort] a").GetAttribute("href").ShouldBe("http://localhost/latency?namespace=payments&sort=p99");
    }

    [Fact]
    public void FilterBox_WritesTheAddressWithoutAnEntryInTheHistory()
    {
        var page = Page<Certificates>("certificates");

        page.Find(".filter input").Input("ledger");

        Navigation.Uri.ShouldBe("http://localhost/certificates?q=ledger");
    }

    // ------------------------------------------------------------------ empty and failing

    [Fact]
    public void Pages_WithNothingToShow_SayWhyInWords()
    {
        NothingInAnyView();
        var live = Bare(SampleViews.Source("kubernetes/pods"), SampleViews.Source("kubernetes/secrets"), SampleViews.Source("kubernetes/virtualservices"), SampleViews.Source("prometheus/requests"));

        foreach (var text in EachPage(live))
        {
            text.ShouldContain("state-empty");
        }
    }

    [Fact]
    public void Pages_BeforeTheFirstAnswer_Wait()
    {
        NothingInAnyView();
        foreach (var text in EachPage(MeshSnapshot.Empty))
        {
            text.ShouldContain("state-loading");
        }
    }

    [Fact]
    public void Pages_WhoseSourcesNeverAnswered_NameTheSourceAndItsMessage()
    {
        NothingInAnyView();
        var dead = Bare(
            SampleViews.Source("kubernetes/pods", SourceState.Failed, 0, "Connection refused at 10.0.0.1:6443."),
            SampleViews.Source("kubernetes/virtualservices", SourceState.Failed, 0, "Connection refused at 10.0.0.1:6443."),
            SampleViews.Source("prometheus/requests", SourceState.Failed, 0, "No such host prometheus."));

        foreach (var text in EachPage(dead))
        {
            text.ShouldContain("state-failed");
            (text.Contains("Connection refused", StringComparison.Ordinal) || text.Contains("No such host", StringComparison.Ordinal)).ShouldBeTrue(text);
        }
    }

    [Fact]
    public void Traffic_WhoseKindsAreSwitchedOff_SaysWhatIsMissing()
    {
        NothingInAnyView();
        var disabled = Bare(SampleViews.Source("kubernetes/pods"), SampleViews.Source("kubernetes/virtualservices", SourceState.Disabled, 0, "The cluster has no kind VirtualService."));

        var page = Page<Traffic>("traffic", disabled);

        page.Find(".state-failed").TextContent.ShouldContain("The cluster has no kind VirtualService.");
    }

    [Fact]
    public void Pages_OverOldData_SayHowOldItIs()
    {
        var stale = SampleViews.Snapshot(7, SampleViews.Source("kubernetes/pods", SourceState.Stale, 300, "Gone."), SampleViews.Source("prometheus/requests", SourceState.Stale, 95, "Timeout."));

        Read(Page<Latency>("latency", stale).Find(".stale").TextContent).ShouldContain("1 min ago");
    }

    [Theory]
    [InlineData("a", "No hop has traffic in a")]
    [InlineData("a,b,c,d,e", "No hop has traffic in a, b, c and 2 more")]
    [InlineData("", "No hop has traffic")]
    public void Latency_WithoutHops_SaysWhichNamespacesItLookedAt(string namespaces, string title)
    {
        NothingInAnyView();

        Page<Latency>($"latency?namespace={namespaces}", Bare(SampleViews.Source("prometheus/requests"))).Find(".state h1").TextContent.ShouldBe(title);
    }

    // ------------------------------------------------------------------ hostile

    [Fact]
    public void HostileNames_AreTextOnEveryPage()
    {
        const string Hostile = "\"><img src=x onerror=alert(1)>'{}\n<script>alert(2)</script>";
        var longName = Hostile + new string('x', 5000);

        // Ids are unique, also of those who mean harm; the first is the one that is selected.
        string Id(int index) => index == 0 ? longName : longName + index.ToString(System.Globalization.CultureInfo.InvariantCulture);
        Views.OnCertificates = [.. SampleViews.Certificates.Select((certificate, index) => certificate with { Id = Id(index), Subject = longName, Message = longName, PresentedBy = longName, RenewedBy = longName, Issuer = longName, Namespace = longName, SubjectAlternativeNames = [longName] })];
        Views.OnHops = [.. SampleViews.Hops.Select((hop, index) => hop with { Source = Id(index), Target = $"main/{longName.Replace('/', '_')}/workload/{longName}", Overhead = hop.Overhead with { Reason = longName } })];
        Views.OnRoutes = [.. SampleViews.Routes.Select((route, index) => route with { Id = Id(index), Object = route.Object with { Name = longName, Namespace = longName }, Summary = longName, Hosts = [longName], Rule = route.Rule with { Matches = [longName] }, Owner = new("argocd", longName, false, longName), Backends = [.. route.Backends.Select(backend => backend with { Host = longName, Subset = longName })] })];
        Views.OnTopology = _ => SampleViews.Topology with { Nodes = [.. SampleViews.Topology.Nodes.Select((node, index) => node with { Id = Id(index), Name = longName, Namespace = longName, Reasons = [longName], Version = longName })], Edges = [.. SampleViews.Topology.Edges.Select((edge, index) => edge with { Source = Id(index), Target = longName, Service = longName, SourcePrincipal = longName, Mtls = edge.Mtls with { Reason = longName }, Responses = [new(longName, longName, 1)] })] };
        Views.OnMtls = SampleViews.Mtls with { Namespaces = [.. SampleViews.Mtls.Namespaces.Select(space => space with { Namespace = longName, Mode = longName })], Plaintext = [.. SampleViews.Mtls.Plaintext.Select((edge, index) => edge with { Source = Id(index), Target = longName, Reason = longName, Fix = longName })] };
        Triage.Say(SampleTriage.View(SampleTriage.Problem(longName, longName, longName) with { Detail = longName }) with { Notes = [longName], Changes = [SampleTriage.Change(longName, longName, TimeSpan.FromMinutes(5)) with { By = longName }] });
        Views.OnOverview = SampleViews.Overview with { Canaries = Views.OnRoutes!.Value, NextExpiries = Views.OnCertificates!.Value };

        var selected = Uri.EscapeDataString(longName);
        string[] addresses = [$"?selected={selected}&q=x", $"?selected={selected}&show=edges", $"?selected={selected}&show=nodes", $"?selected={selected}&show=policies", $"?selected={selected}&show=namespaces", $"?namespace={selected}"];
        foreach (var address in addresses)
        {
            foreach (var markup in EachPage(SampleViews.Snapshot(), address).Append(Page<Incidents>("incidents" + address).Markup))
            {
                var document = new AngleSharp.Html.Parser.HtmlParser().ParseDocument(markup);
                document.QuerySelectorAll("img, script").ShouldBeEmpty();
                document.All.SelectMany(element => element.Attributes).ShouldAllBe(attribute => !attribute.Name.StartsWith("onerror", StringComparison.OrdinalIgnoreCase));
                // Whole only where it is hidden behind a hover, a copy button or an address; what is drawn is cut.
                document.Body!.TextContent.ShouldNotContain(new string('x', 1000));
            }
        }
    }

    private IEnumerable<string> EachPage(MeshSnapshot snapshot, string query = "")
    {
        yield return Page<Overview>(query, snapshot).Markup;
        yield return Page<Topology>("topology" + query, snapshot).Markup;
        yield return Page<Mtls>("mtls" + query, snapshot).Markup;
        yield return Page<Certificates>("certificates" + query, snapshot).Markup;
        yield return Page<Latency>("latency" + query, snapshot).Markup;
        yield return Page<Traffic>("traffic" + query, snapshot).Markup;
    }
}
