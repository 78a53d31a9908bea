using Bunit;
using MeshConsole.Components;
using MeshConsole.Components.Controls;
using MeshConsole.Components.Pages;
using MeshConsole.Mesh.Overview;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Testing;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;

namespace MeshConsole.Tests.Components;

public sealed class TrendTests : ComponentTest
{
    private static readonly DateTimeOffset s_start = SampleViews.Now.AddHours(-1);

    [Fact]
    public void Sparkline_GapsAreGaps()
    {
        var spark = Draw(Of(1, 2, null, null, 5, null, 7));

        var lines = spark.FindAll(".spark-line").Select(line => line.GetAttribute("d")!).ToList();
        lines.Count.ShouldBe(3);
        lines[0].Split('L').Length.ShouldBe(2);
        spark.FindAll(".spark-area").Count.ShouldBe(1);
        Read(spark.Find("svg").GetAttribute("aria-label")!).ShouldBe("Requests over the last 6 min: 1.00 /s to 7.00 /s in 6 min, 1.00 /s at first, 7.00 /s at last; not known for 3 min of it");
    }

    [Fact]
    public void Sparkline_FromZero_StandsOnZeroAndElseOnTheLeast()
    {
        string Line(bool fromZero) => Render<Sparkline>(p => p.Add(s => s.Trend, Of(90, 100)).Add(s => s.Label, "x").Add(s => s.Text, Format.Rate).Add(s => s.FromZero, fromZero)).Find(".spark-line").GetAttribute("d")!;

        Line(fromZero: true).ShouldBe("M0 4.8L240 2");
        Line(fromZero: false).ShouldBe("M0 30L240 2");
    }

    [Fact]
    public void Sparkline_OfNoiseInTheLastDigit_IsCalm()
    {
        var spark = Render<Sparkline>(p => p.Add(s => s.Trend, Of(0.9999, 1)).Add(s => s.Label, "x").Add(s => s.Text, Format.Percent).Add(s => s.LeastRange, 0.01));

        spark.Find(".spark-line").GetAttribute("d").ShouldBe("M0 2.28L240 2");
    }

    [Fact]
    public void Sparkline_WithoutAnyPoint_IsWordsAndNoLine()
    {
        Draw(Of(null, null)).FindAll("svg").ShouldBeEmpty();
        Draw(Of(null, null)).Find(".spark-none").TextContent.ShouldBe("No history yet");
        var failed = Draw(Of(null, null) with { Fault = "Prometheus at prom:9090 cannot be reached." });
        failed.Find(".spark-none").TextContent.ShouldBe("History cannot be read");
        failed.Find(".spark-note").TextContent.ShouldBe("Prometheus at prom:9090 cannot be reached.");
    }

    [Fact]
    public void Sparkline_ThatFailedSince_KeepsItsLineAndSaysWhenItEnds()
    {
        var spark = Draw(Of(1, 2, null) with { Start = new(2026, 3, 2, 8, 0, 0, TimeSpan.Zero), Fault = "Timeout." });

        spark.FindAll(".spark-line").Count.ShouldBe(1);
        spark.Find(".spark-note").TextContent.ShouldBe("known until 08:01 UTC; no answer since");
        spark.Find(".spark-note").GetAttribute("title").ShouldBe("Timeout.");
    }

    [Fact]
    public void Overview_DrawsTheHistoryOfItsFourNumbers()
    {
        Trends.OnRead = _ => Task.FromResult<SignalTrends?>(new(Of(0.99, 1), Of(10, 20), Of(100, 480), Of(0.01, 0.02)));

        var page = Page<Overview>();

        page.FindAll(".tile svg.spark").Select(svg => svg.GetAttribute("aria-label")!.Split(' ')[0]).ShouldBe(["Success", "Requests", "p99", "Plaintext"]);
        Read(page.FindAll(".spark-note")[2].TextContent).ShouldBe("100 ms to 480 ms in 60 s");
    }

    [Fact]
    public void Overview_WhileHistoryIsAwaited_ShowsItsNumbersAndKeepsTheRoom()
    {
        var reading = new TaskCompletionSource<SignalTrends?>();
        Trends.OnRead = _ => reading.Task;

        var page = Page<Overview>();

        Read(page.Find(".tile").TextContent).ShouldStartWith("Success 98.7 %");
        page.FindAll(".tile-trend").Count.ShouldBe(4);
        reading.SetResult(new(Of(0.99, 1), Of(10, 20), Of(100, 480), Of(0.01, 0.02)));
        page.WaitForAssertion(() => page.FindAll(".tile svg.spark").Count.ShouldBe(4));
        page.FindAll(".tile-trend").Count.ShouldBe(4);
    }

    [Fact]
    public void Overview_WhoseHistoryFails_KeepsItsNumbersAndSaysSo()
    {
        var failed = Of(null, null) with { Fault = "Prometheus at prom:9090 cannot be reached." };
        Trends.OnRead = _ => Task.FromResult<SignalTrends?>(new(failed, failed, failed, failed));

        var page = Page<Overview>();

        Read(page.FindAll(".tile")[1].TextContent).ShouldStartWith("Requests 100 /s");
        Read(page.Find(".tiles-stale").TextContent).ShouldBe("The history cannot be read, the numbers are live: Prometheus at prom:9090 cannot be reached.");
        page.FindAll(".spark-none").Select(none => (none.TextContent, none.GetAttribute("title"))).ShouldBe(Enumerable.Repeat(("No history", (string?)"Prometheus at prom:9090 cannot be reached."), 4));
        page.FindAll(".tiles").Count(tiles => tiles.TextContent.Contains("cannot be reached", StringComparison.Ordinal)).ShouldBe(0, "once for the row is enough");
    }

    [Fact]
    public void Overview_WhoseHistoriesFailForDifferentReasons_LeavesEachToItsTile()
    {
        Trend Failed(string fault) => Of(null, null) with { Fault = fault };
        Trends.OnRead = _ => Task.FromResult<SignalTrends?>(new(Failed("Timeout."), Failed("Timeout."), Failed("Too many samples."), Failed("Timeout.")));

        var page = Page<Overview>();

        page.FindAll(".tiles-stale").ShouldBeEmpty();
        page.FindAll(".spark-note").Select(note => note.TextContent).ShouldBe(["Timeout.", "Timeout.", "Too many samples.", "Timeout."]);
    }

    [Fact]
    public void Overview_WithoutPrometheus_SaysItOnceAndGivesEachTileItsAge()
    {
        var until = Of(0.99, null) with { Fault = "Prometheus at prom:9090 cannot be reached." };
        Trends.OnRead = _ => Task.FromResult<SignalTrends?>(new(until, until, until, until));
        Views.OnOverview = SampleViews.Overview with { Signals = SampleViews.Overview.Signals with { P99Ms = null } };

        var page = Page<Overview>(snapshot: SampleViews.Snapshot(7, SampleViews.Source("kubernetes/pods"), SampleViews.Source("prometheus/requests", SourceState.Stale, 95, "Timeout.")));

        Read(page.Find(".tiles-stale").TextContent).ShouldBe("Prometheus does not answer: these are its last good numbers, of 2026-03-02 08:58:25 UTC.");
        page.FindAll(".tile").Select(tile => tile.QuerySelector("dt .age") is not null).ShouldBe([true, true, false, true], "a dash has no age");
        page.FindAll(".tile")[2].QuerySelector(".missing")!.GetAttribute("title")!.ShouldStartWith("Prometheus does not answer");
        page.Find(".tiles").TextContent.ShouldNotContain("no answer since");
    }

    [Fact]
    public void Overview_OfEachNewSnapshot_AsksForHistoryOnlyNowAndThen()
    {
        var page = Page<Overview>();
        for (var i = 0; i < 10; i++)
        {
            page.Render(_ => { });
        }

        Trends.Reads.ShouldBe(1);
        Time.Advance(TimeSpan.FromSeconds(15));
        page.Render(_ => { });
        Trends.Reads.ShouldBe(2);
    }

    [Fact]
    public void Overview_OfOtherNamespaces_ForgetsTheHistoryBefore()
    {
        Trends.OnRead = query => query.Namespaces.IsEmpty ? Task.FromResult<SignalTrends?>(new(Of(0.99, 1), Of(10, 20), Of(100, 480), Of(0.01, 0.02))) : new TaskCompletionSource<SignalTrends?>().Task;
        var page = Page<Overview>();
        page.FindAll(".tile svg.spark").Count.ShouldBe(4);

        Services.GetRequiredService<NavigationManager>().NavigateTo("?namespace=payments");

        page.WaitForAssertion(() => page.FindAll(".tile svg.spark").ShouldBeEmpty());
    }

    private IRenderedComponent<Sparkline> Draw(Trend trend) => Render<Sparkline>(p => p.Add(s => s.Trend, trend).Add(s => s.Label, "Requests").Add(s => s.Text, Format.Rate));

    private static Trend Of(params double?[] points) => new(s_start, TimeSpan.FromMinutes(1), [.. points], null);
}
