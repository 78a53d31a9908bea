using Bunit;
using MeshConsole.Components.Controls;
using MeshConsole.Components.Pages;
using MeshConsole.Mesh.Latency;

namespace MeshConsole.Tests.Components;

public sealed class HeatMapTests : ComponentTest
{
    private static readonly HopLatency s_reliable = new("main/pay/workload/api", "main/pay/workload/ledger", "http", 12, new(8, 7, 9, 10, 20), new(9.2, 8, 10, 11, 22), new(1.2, true, null, 1), 5, null);
    private static readonly HopLatency s_unreliable = new("main/pay/workload/api", "main/risk/workload/fraud", "http", 3, null, null, new(-4, false, "The caller retried.", 0.5), null, null);

    [Fact]
    public void HeatMap_HasATitleAndALinkPerCellWithTraffic()
    {
        var map = Draw(s_reliable, s_unreliable, s_reliable with { Source = "main/risk/workload/fraud" });

        var links = map.FindAll("td a");
        links.Count.ShouldBe(3);
        Read(links[0].GetAttribute("title")!).ShouldBe("api → ledger: Overhead, mean +1.20 ms, 12.0 /s");
        links[0].GetAttribute("href")!.ShouldContain("selected=main%2Fpay%2Fworkload%2Fapi%7C");
        links[0].TextContent.ShouldBe("1.2");
    }

    [Fact]
    public void HeatMap_TellsNoTrafficFromUnreliableByShapeAndWord()
    {
        var map = Draw(s_reliable, s_unreliable, s_reliable with { Source = "main/risk/workload/fraud" });

        var none = map.FindAll("td.heat-none").ShouldHaveSingleItem();
        none.GetAttribute("title").ShouldBe("fraud → fraud: no traffic");
        none.TextContent.ShouldBe("no traffic");
        var hollow = map.FindAll("td.heat-hollow").ShouldHaveSingleItem();
        Read(hollow.QuerySelector("a")!.GetAttribute("title")!).ShouldBe("api → fraud: Overhead, mean -4.00 ms, 3.00 /s, not reliable: The caller retried.");
        map.FindAll(".heat-legend .heat-none, .heat-legend .heat-hollow").Count.ShouldBe(2);
    }

    [Fact]
    public void HeatMap_OfAnUnknownNumber_IsADashAndNotZero()
    {
        var map = Draw(HeatMeasure.ServerP99, s_unreliable);

        map.Find("td a").TextContent.ShouldBe("—");
        map.Find("td").ClassList.ShouldContain("heat-corner");
        map.Find("td a").GetAttribute("title")!.ShouldContain("p99 not known, 3.00\u202f/s: The callee does not report it.");
    }

    [Fact]
    public void HeatMap_LegendHasTheUnitOfItsClasses()
    {
        var map = Draw(s_reliable, s_reliable with { Target = "main/pay/workload/b", Overhead = new(40, true, null, 1) });

        var keys = map.FindAll(".heat-legend .key").Select(key => Read(key.TextContent)).ToList();
        keys[0].ShouldStartWith("up to ");
        keys.Take(2).ShouldAllBe(key => key.EndsWith(" ms"));
        map.FindAll("td.heat-0").Count.ShouldBe(1);
        map.FindAll("td.heat-4").Count.ShouldBe(1);
    }

    [Fact]
    public void Latency_AsHeatMap_DrawsTheSameHopsAsItsTable()
    {
        Views.OnHops = [s_reliable, s_unreliable];

        var page = Page<Latency>("latency?show=map&measure=p99");

        page.FindAll("table.table").ShouldBeEmpty();
        page.FindAll(".heat td a").Count.ShouldBe(2);
        page.Find(".heat-legend span").TextContent.ShouldStartWith("Callee's p99");
        Page<Latency>("latency").FindAll("table.table tbody tr").Count.ShouldBe(2);
    }

    [Fact]
    public void Latency_CellOfSeveralHops_OpensTheirRows()
    {
        Views.OnHops = [s_reliable, s_reliable with { Target = "main/pay/workload/b" }, s_unreliable];
        var page = Page<Latency>("latency?show=map&by=namespace");

        var cell = page.FindAll(".heat td a").Single(link => link.GetAttribute("title")!.Contains("2 hops"));
        var rows = Page<Latency>(cell.GetAttribute("href")!);

        rows.FindAll("table.table tbody tr").Count.ShouldBe(2);
        rows.Find(".chip").TextContent.ShouldContain("pay → pay");
        rows.Find(".chip a").GetAttribute("href")!.ShouldNotContain("from=");
    }

    private IRenderedComponent<HeatMap> Draw(params HopLatency[] hops) => Draw(HeatMeasure.Overhead, hops);

    private IRenderedComponent<HeatMap> Draw(HeatMeasure measure, params HopLatency[] hops) =>
        Render<HeatMap>(p => p.Add(map => map.Heat, LatencyHeat.Build([.. hops], measure)).Add(map => map.Label, "Overhead"));
}
