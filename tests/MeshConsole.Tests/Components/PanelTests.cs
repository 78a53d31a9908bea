using Bunit;
using MeshConsole.Components.Pages;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Overview;
using MeshConsole.Mesh.Panels;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Storage;
using MeshConsole.Mesh.Timeline;
using MeshConsole.Testing;

namespace MeshConsole.Tests.Components;

public sealed class PanelTests : ComponentTest
{
    private static readonly string s_api = SampleViews.Workload("payments", "payment-api");

    [Fact]
    public void Panel_OfANode_ShowsBothReportersSideBySide()
    {
        var panel = Panel(s_api, "&flow=out");

        // 155/s are sent; the host outside reports nothing of its 5/s.
        var rows = panel.QuerySelectorAll("table.sides tr").Select(row => Read(row.TextContent)).ToList();
        rows[1].ShouldBe("Requests155 /s150 /s");
        rows[2].ShouldBe("Success99.4 %99.3 %");
        Read(panel.TextContent).ShouldContain("Callees report 3 of 4 pairs of workloads");
    }

    [Fact]
    public void Panel_EachResponseFlag_HasItsMeaningAndItsNextStep()
    {
        var edge = SampleMesh.Edge(SampleMesh.Peer("payments", "payment-api"), SampleMesh.Peer("payments", "ledger"), fromSource: SampleMesh.Requests(8, others: [new ResponseRate(503, null, "UH", 1), new ResponseRate(504, null, "UT,URX", 1)]));

        var panel = Panel(s_api, "&flow=out", SampleMesh.Snapshot(SampleMesh.PaymentsCluster() with { Edges = [edge] }));

        Read(panel.QuerySelectorAll(".flag")[0].TextContent).ShouldBe("UH no healthy instance to send to.No healthy instance: look whether its pods are ready, and whether outlier detection has ejected them.");
        panel.QuerySelectorAll(".flag abbr").Select(flag => flag.TextContent).ShouldBe(["UH", "UT", "URX"]);
    }

    [Fact]
    public void Panel_FlagThatNobodyKnows_StandsForItself()
    {
        ResponseFlags.Of("XYZ,UF").Select(flag => (flag.Flag, flag.Meaning)).ShouldBe([("XYZ", "a flag this console has no words for"), ("UF", "the connection to the callee failed")]);
        ResponseFlags.Of("-").ShouldBeEmpty();
        ResponseFlags.Of(null).ShouldBeEmpty();
    }

    [Fact]
    public void Panel_WithoutReporters_SaysWhatIsMissing()
    {
        var panel = Panel("main/unknown/unknown/unknown", "");

        panel.QuerySelector("table.sides .missing")!.GetAttribute("title").ShouldBe("No caller's proxy reports.");
        Read(panel.TextContent).ShouldContain("No caller's proxy reports, so requests cannot be told from tries.");
        Read(panel.TextContent).ShouldContain("No histogram has been read of these calls");
    }

    [Fact]
    public void Panel_OfANamespaceThatIsOpen_IsABox()
    {
        var panel = Panel("main/payments/namespace/payments", "");

        Read(panel.QuerySelector(".panel-title")!.TextContent).ShouldBe("payments namespace");
        Read(panel.TextContent).ShouldContain("6 workloads, 10 pods.");
        panel.QuerySelectorAll(".panel-flow a").Select(choice => choice.TextContent).ShouldBe(["From outside", "To outside", "Among themselves"]);
    }

    [Fact]
    public void Panel_OfEverything_OpensWhereNothingIsSelected()
    {
        var page = Page<Topology>("topology?summary=mesh");

        Read(page.Find("aside.panel .panel-title").TextContent).ShouldBe("The mesh nothing selected");
        Read(page.Find("aside.panel table.sides").TextContent).ShouldContain("Requests255 /s252 /s", Case.Sensitive, "2/s of 257 come from a caller without proxy, 5/s go to a host outside");
        Page<Topology>("topology").FindAll("aside.panel").ShouldBeEmpty();
    }

    [Fact]
    public void Panel_Charts_ReadTheChosenRangeUpToThePinnedInstant()
    {
        Panel(s_api, "&chart=6h&at=2026-03-02T07:00:00Z");

        PanelTrends.Reads[^1].ShouldBe((PanelDirection.In, "6h", TimeSpan.FromMinutes(5), new DateTimeOffset(2026, 3, 2, 7, 0, 0, TimeSpan.Zero)));
    }

    [Fact]
    public void Panel_Zoomed_ReadsThatStretchInFinerSteps_AndOffersTheWayBack()
    {
        var panel = Panel(s_api, "&chart=24h&zoom=2026-03-02T08:10:00Z~2026-03-02T08:30:00Z");

        PanelTrends.Reads[^1].ShouldBe((PanelDirection.In, "PT20M", TimeSpan.FromSeconds(15), new DateTimeOffset(2026, 3, 2, 8, 30, 0, TimeSpan.Zero)));
        var reset = panel.QuerySelector(".chart-tools a.button")!;
        (reset.TextContent, reset.GetAttribute("href")!.Contains("zoom", StringComparison.Ordinal)).ShouldBe(("Reset zoom", false));
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("2026-03-02T08:10:00Z")]
    [InlineData("2026-03-02T08:30:00Z~2026-03-02T08:10:00Z")]
    [InlineData("2026-03-02T08:30:00Z~2026-03-02T08:30:20Z")]
    [InlineData("2036-03-02T08:10:00Z~2036-03-02T08:30:00Z")]
    public void Panel_ZoomThatMeansNothing_ShowsTheRange(string zoom)
    {
        Panel(s_api, "&zoom=" + Uri.EscapeDataString(zoom));

        PanelTrends.Reads[^1].Range.ShouldBe("1h");
    }

    [Fact]
    public void Panel_Changes_AreThoseThatConcernIt()
    {
        Triage.Kept =
        [
            Entry("weight", 5, "VirtualService", "payments", "card-processor", "payments/card-processor-v1"),
            Entry("mesh", 10, "PeerAuthentication", "istio-system", "default", "*"),
            Entry("own", 20, "Deployment", "payments", "payment-api"),
            Entry("other", 25, "Deployment", "finance", "payment-api"),
        ];
        PanelTrends.Answer = Flat();

        var panel = Panel(s_api, "");

        panel.QuerySelectorAll(".chart-changes a").Select(link => link.TextContent).ShouldBe(["Changed mesh", "Changed own"]);
        panel.QuerySelectorAll(".chart-changes a")[0].GetAttribute("href").ShouldBe("incidents?change=mesh");
        panel.QuerySelectorAll("figure.chart")[0].QuerySelectorAll("a.chart-change").Length.ShouldBe(2);
    }

    [Fact]
    public void Panel_WhoseTimelineFails_KeepsItsCharts()
    {
        Triage.Fault = new StorageException(StorageFault.Unreachable, "The database is gone.");
        PanelTrends.Answer = Flat();

        var panel = Panel(s_api, "");

        Read(panel.TextContent).ShouldContain("What changed cannot be read: The database is gone.");
        panel.QuerySelectorAll("figure.chart").Length.ShouldBe(3);
    }

    [Fact]
    public void Panel_OfEachNewSnapshot_AsksForHistoryOnlyNowAndThen()
    {
        var page = Page<Topology>("topology?selected=" + Uri.EscapeDataString(s_api));
        for (var i = 0; i < 10; i++)
        {
            page.Render(_ => { });
        }

        PanelTrends.Reads.Count.ShouldBe(1);
        Time.Advance(TimeSpan.FromSeconds(15));
        page.Render(_ => { });
        PanelTrends.Reads.Count.ShouldBe(2);
    }

    [Fact]
    public void Panel_OfAWorkload_LeadsToItsPolicyRoutesAndPods()
    {
        var panel = Panel(SampleViews.Workload("payments", "card-processor-v1"), "");

        panel.QuerySelectorAll("a").Select(link => link.GetAttribute("href")).ShouldContain("mtls?show=policies&selected=" + Uri.EscapeDataString(SampleViews.Workload("payments", "card-processor-v1") + ":"));
        panel.QuerySelectorAll("table.pods tbody tr").Length.ShouldBe(3);
        Read(panel.QuerySelector("table.pods tbody tr")!.TextContent).ShouldContain("v1 · proxy 1.30.3 · started");
    }

    private AngleSharp.Dom.IElement Panel(string id, string more, MeshSnapshot? snapshot = null)
    {
        if (snapshot is not null)
        {
            Views.OnTopology = level => Mesh.Topology.TopologyBuilder.Build(snapshot, MeshQuery.All, level);
        }

        return Page<Topology>("topology?selected=" + Uri.EscapeDataString(id) + more, snapshot).Find("aside.panel");
    }

    private static TimelineEntry Entry(string id, int minutesAgo, string kind, string @namespace, string name, params string[] touches) => new()
    {
        Id = id,
        Cluster = SampleMesh.Cluster,
        At = SampleViews.Now.AddMinutes(-minutesAgo),
        Kind = TimelineKind.Config,
        ObjectKind = kind,
        Namespace = @namespace,
        Name = name,
        Summary = $"Changed {id}",
        Touches = [.. touches],
    };

    private static PanelTrends Flat()
    {
        var trend = new Trend(SampleViews.Now.AddHours(-1), TimeSpan.FromMinutes(1), [.. Enumerable.Repeat((double?)0.5, 61)], null);
        return new PanelTrends(trend, trend, trend, trend, trend, trend, trend, trend);
    }
}
