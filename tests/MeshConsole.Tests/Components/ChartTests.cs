using System.Text.Json;
using Bunit;
using MeshConsole.Components;
using MeshConsole.Components.Charts;
using MeshConsole.Mesh.Overview;
using MeshConsole.Mesh.Timeline;
using MeshConsole.Testing;

namespace MeshConsole.Tests.Components;

public sealed class ChartTests : ComponentTest
{
    private static readonly DateTimeOffset s_start = new(2026, 3, 2, 8, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Drawing_GapsAreNoPartOfALine_AndAreHatched()
    {
        var drawing = new ChartDrawing([new("x", Of(0, 5, null, null, 10, null, 5), "line-0")], 1);

        drawing.Top.ShouldBe(10);

        // Seven points over 600: 100 apart. 0 is at the bottom (100), 5 in the middle, 10 at the top.
        drawing.Paths(0).ShouldBe(["M0 100L100 50", "M400 0h0.01", "M600 50h0.01"]);
        drawing.Blanks().ShouldBe([("100", "300"), ("400", "200")]);
        drawing.Gaps.ShouldBe(3);
    }

    [Fact]
    public void Drawing_ValuesThatAreNoNumbers_AreGaps()
    {
        var drawing = new ChartDrawing([new("x", Of(1, double.NaN, double.PositiveInfinity, 2), "line-0")], 1);

        drawing.Top.ShouldBe(2);
        drawing.Paths(0).Count().ShouldBe(2);
        drawing.Value(0, 1).ShouldBeNull();
    }

    [Fact]
    public void Drawing_LinesThatBeginAStepApart_ShareTheirInstants()
    {
        var later = new Trend(s_start.AddMinutes(1), TimeSpan.FromMinutes(1), [20, 30, 40], null);
        var drawing = new ChartDrawing([new("x", Of(1, 2, 3), "line-0"), new("y", later, "line-1")], 1);

        (drawing.Start, drawing.Count).ShouldBe((s_start.AddMinutes(1), 2));
        (drawing.Value(0, 0), drawing.Value(1, 0), drawing.Value(0, 1), drawing.Value(1, 1)).ShouldBe((2, 20, 3, 30));
    }

    [Fact]
    public void Drawing_OfNothing_IsNotKnown()
    {
        new ChartDrawing([new("x", Of(null, null), "line-0")], 1).IsKnown.ShouldBeFalse();
        new ChartDrawing([new("x", Of(), "line-0")], 1).IsKnown.ShouldBeFalse();
        new ChartDrawing([], 1).IsKnown.ShouldBeFalse();
    }

    [Theory]
    [InlineData(0, 1, 1)]
    [InlineData(double.NaN, 1, 1)]
    [InlineData(104, 1, 120)]
    [InlineData(0.0113, 0.01, 0.012)]
    [InlineData(500, 1, 500)]
    [InlineData(501, 1, 600)]
    [InlineData(9_999, 1, 10_000)]
    public void Axis_Top_IsTheNextRoundNumber(double value, double least, double top) => ChartAxis.Top(value, least).ShouldBe(top, 1e-9);

    [Fact]
    public void Axis_Relative_CountsFromNow()
    {
        var ticks = ChartAxis.Relative(s_start, s_start.AddMinutes(60), s_start.AddMinutes(60), "now");

        ticks.Select(tick => (tick.Place, tick.Text.Replace(Format.Thin, ' '))).ShouldBe([(0, "−1 h"), (0.25, "−45 min"), (0.5, "−30 min"), (0.75, "−15 min"), (1, "now")]);

        // The newest point is a little before now; of a part of the past there is no "now".
        ChartAxis.Relative(s_start, s_start.AddMinutes(60), s_start.AddMinutes(61), "now")[^1].ShouldBe(new ChartTick(1, "now"));
        ChartAxis.Relative(s_start, s_start.AddMinutes(20), s_start.AddMinutes(60), "now").Select(tick => tick.Text.Replace(Format.Thin, ' ')).ShouldBe(["−1 h", "−55 min", "−50 min", "−45 min", "−40 min"]);
    }

    [Fact]
    public void Axis_Absolute_IsTheReadersClock()
    {
        // 08:00 to 14:00 UTC is 09:00 to 15:00 in Berlin in winter: whole two hours of that clock.
        var berlin = ReaderZone.Of("Europe/Berlin");
        var ticks = ChartAxis.Absolute(s_start, s_start.AddHours(6), berlin);

        ticks.Select(tick => tick.Text).ShouldBe(["10:00", "12:00", "14:00"]);
        ticks[0].Place.ShouldBe(1 / 6.0, 1e-9);
        ChartAxis.Absolute(s_start, s_start.AddDays(3), ReaderZone.Utc).Select(tick => tick.Text).ShouldBe(["3 Mar", "4 Mar", "5 Mar"]);
    }

    [Fact]
    public void Drawing_ChangesThatLieTogether_AreOneMark()
    {
        var drawing = new ChartDrawing([new("x", new Trend(s_start, TimeSpan.FromMinutes(1), [.. Enumerable.Repeat((double?)1, 61)], null), "line-0")], 1);

        var marks = drawing.Changes([Change("c", 30.5), Change("a", 15), Change("b", 30), Change("old", -1), Change("late", 62)]);

        marks.Select(mark => (mark.Place, string.Join(',', mark.Entries.Select(entry => entry.Id)))).ShouldBe([(0.25, "a"), (0.5, "b,c")]);
    }

    [Fact]
    public void TimeChart_SaysWhatItShows_AndHasATableTwin()
    {
        var chart = Draw(Of(1, null, 3));

        Read(chart.Find("[data-chart]").GetAttribute("aria-label")!).ShouldBe("Requests per second, 08:00 UTC to 08:02 UTC: all 1.00 /s to 3.00 /s, 3.00 /s at last; not known for 60 s of it; 1 change in it.");
        chart.Find("[data-chart]").GetAttribute("role").ShouldBe("slider");
        Read(chart.Find("[data-chart]").GetAttribute("aria-valuetext")!).ShouldBe("08:02 UTC, now: all 3.00 /s");
        chart.FindAll("tbody tr").Select(row => Read(row.TextContent)).ShouldBe(["08:02 UTC3.00 /s", "08:01 UTCnot known", "08:00 UTC1.00 /s"]);
        chart.FindAll(".chart-line").Count.ShouldBe(2);
        chart.FindAll("pattern").Count.ShouldBe(1);
    }

    [Fact]
    public void TimeChart_GivesTheBrowserTheWordsOfEveryInstant()
    {
        var plot = Draw(Of(1, null, 3)).Find("[data-chart]");

        JsonSerializer.Deserialize<string[][]>(plot.GetAttribute("data-readings")!)!.Select(reading => string.Join('|', reading.Select(Read))).ShouldBe(
            ["08:00 UTC, 2 min ago|1.00 /s", "08:01 UTC, now|—", "08:02 UTC, now|3.00 /s"]);
        (plot.GetAttribute("data-from"), plot.GetAttribute("data-step")).ShouldBe(("1772438400000", "60000"));
    }

    [Fact]
    public void TimeChart_MarkOfAChange_IsALinkToItsDifference()
    {
        var mark = Draw(Of(1, 2, 3)).Find("a.chart-change");

        mark.GetAttribute("href").ShouldBe("incidents?change=weight");
        Read(mark.GetAttribute("aria-label")!).ShouldBe("08:01 UTC Changed weight");
    }

    [Fact]
    public void TimeChart_HostileTextOfAChange_StaysText()
    {
        var hostile = Change("x", 1) with { Summary = "<script>alert(1)</script>\u202e" + new string('n', 5_000) };
        var chart = Render<TimeChart>(p => p.Add(c => c.Title, "t").Add(c => c.Series, [new("all", Of(1, 2, 3), "line-0")]).Add(c => c.Text, Format.Rate).Add(c => c.Origin, s_start).Add(c => c.Changes, [hostile]));

        chart.FindAll("script").ShouldBeEmpty();
        chart.Find("a.chart-change").GetAttribute("title")!.Length.ShouldBeLessThan(200);
    }

    [Fact]
    public void TimeChart_WhoseHistoryFails_SaysWhy()
    {
        Draw(Of(null, null) with { Fault = "Prometheus cannot be reached." }).Find(".chart-none").TextContent.ShouldBe("Cannot be read: Prometheus cannot be reached.");
        Draw(Of(null, null)).Find(".chart-none").TextContent.ShouldBe("Prometheus holds nothing of this time.");
        Draw(Of(1, 2) with { Fault = "Timeout." }).Find(".chart-note").TextContent.ShouldBe("The newest points are missing: Timeout.");
    }

    private IRenderedComponent<TimeChart> Draw(Trend trend) => Render<TimeChart>(p => p
        .Add(c => c.Title, "Requests per second").Add(c => c.Series, [new("all", trend, "line-0")]).Add(c => c.Text, Format.Rate)
        .Add(c => c.Origin, s_start.AddMinutes(2).AddSeconds(20)).Add(c => c.Changes, [Change("weight", 1)]).Add(c => c.ChangeAddress, entry => $"incidents?change={entry.Id}"));

    private static TimelineEntry Change(string id, double minutes) => new()
    {
        Id = id,
        Cluster = SampleMesh.Cluster,
        At = s_start.AddMinutes(minutes),
        Kind = TimelineKind.Weight,
        ObjectKind = "VirtualService",
        Namespace = "payments",
        Name = "card-processor",
        Summary = $"Changed {id}",
    };

    private static Trend Of(params double?[] points) => new(s_start, TimeSpan.FromMinutes(1), [.. points], null);
}
