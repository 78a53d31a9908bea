using Bunit;
using MeshConsole.Components;
using MeshConsole.Components.Pages;
using MeshConsole.Components.Past;
using MeshConsole.Mesh.Prometheus;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Topology;
using MeshConsole.Mesh.Topology.Compare;
using MeshConsole.Testing;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;

namespace MeshConsole.Tests.Components;

/// <summary>Two instants beside each other on the page of the topology.</summary>
public sealed class CompareTests : ComponentTest
{
    private const int Before = 77;

    private static readonly string s_then = Uri.EscapeDataString(PastWords.Address(SampleViews.Now.AddMinutes(-10)));

    /// <summary>Of the first edge with requests ten times as many were there then.</summary>
    private TopologyEdge Edge
    {
        get
        {
            var edge = SampleViews.Topology.Edges.First(one => one.RequestsPerSecond > 1);
            Views.OnSnapshotTopology = snapshot => snapshot.Revision != Before ? null
                : SampleViews.Topology with { Edges = SampleViews.Topology.Edges.Replace(edge, edge with { RequestsPerSecond = edge.RequestsPerSecond * 10 }) };
            Past.Answer = _ => Task.FromResult(SampleViews.Snapshot(Before));
            return edge;
        }
    }

    [Fact]
    public void LessTraffic_IsSaidInWords_AndListedWithBothNumbers()
    {
        var edge = Edge;
        var page = Page<Topology>($"topology?view=workload&compare={s_then}&show=differences");

        page.WaitForAssertion(() => Read(page.Find(".compare-bar").TextContent).ShouldContain("1 less traffic"));
        Past.Asked.ShouldBe([(null, SampleViews.Now.AddMinutes(-10))]);
        var row = page.FindAll("tbody tr").ShouldHaveSingleItem();
        Read(row.TextContent).ShouldContain("less traffic");
        var cells = row.QuerySelectorAll("td.right").Select(cell => Read(cell.TextContent)).ToList();
        cells[..2].ShouldBe([Read(Format.Rate(edge.RequestsPerSecond * 10)), Read(Format.Rate(edge.RequestsPerSecond))]);
        cells[2].ShouldBe("× 0.10");
        Uri.UnescapeDataString(page.FindAll(".compare-bar a").Single(link => link.TextContent == "Swap").GetAttribute("href")!).ShouldContain($"at={PastWords.Address(SampleViews.Now.AddMinutes(-10))}");
    }

    [Fact]
    public void Canvas_GetsTheLines_AndLetsWhatDiffersStandOut()
    {
        var edge = Edge;
        var page = Page<Topology>($"topology?view=workload&compare={s_then}");
        page.WaitForAssertion(() => page.FindComponent<MeshConsole.Components.Controls.GraphCanvas>().Instance.Comparison.ShouldNotBeNull());
        var canvas = page.FindComponent<MeshConsole.Components.Controls.GraphCanvas>().Instance;
        canvas.Found.ShouldBe([edge.Key]);
        CompareWords.Graph(canvas.Comparison!).Lines[edge.Key].ShouldBe($"▼ less {Format.Rate(edge.RequestsPerSecond * 10)} → {Format.Rate(edge.RequestsPerSecond)}");

        Services.GetRequiredService<NavigationManager>().NavigateTo("topology?view=workload");
        page.WaitForAssertion(() => canvas.Comparison.ShouldBeNull());
        canvas.Found.ShouldBeNull();
        page.FindAll(".compare-bar").ShouldBeEmpty();
    }

    [Fact]
    public void InstantThatCannotBeRead_IsSaid_AndNothingIsCalledTheSame()
    {
        Past.Answer = _ => Task.FromException<MeshSnapshot>(new PrometheusException(PrometheusFault.Timeout, "Prometheus did not answer within 10 s."));
        var page = Page<Topology>($"topology?view=workload&compare={s_then}&show=differences");
        page.WaitForAssertion(() => page.Find(".compare-bar").TextContent.ShouldContain("Prometheus did not answer within 10 s."));
        page.Find(".state").TextContent.ShouldNotContain("Nothing differs");

        _ = Edge;
        page.Find(".compare-bar button").Click();
        page.WaitForAssertion(() => Read(page.Find(".compare-bar").TextContent).ShouldContain("1 less traffic"));
    }

    [Theory]
    [InlineData("yesterday", "is no instant")]
    [InlineData("2099-01-01T00:00:00Z", "has not come yet")]
    public void InstantThatCannotBe_IsSaid_AndNothingIsAsked(string text, string words)
    {
        Page<Topology>($"topology?view=workload&compare={text}").Find(".compare-bar").TextContent.ShouldContain(words);
        Past.Asked.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(DifferenceKind.MoreErrors, "errors", "share", 0.005, 0.03, "! errors 0.5 % → 3 %", "+2.50 points")]
    [InlineData(DifferenceKind.Slowed, "latency", "milliseconds", 5, 50, "◑ slower 5.00 ms → 50.0 ms", "× 10.0")]
    [InlineData(DifferenceKind.Appeared, "connections", "perSecond", 0, 2, "+ appeared, 2.00 /s conn.", null)]
    [InlineData(DifferenceKind.Vanished, "requests", "perSecond", 3, 0, "× vanished, was 3.00 /s", null)]
    [InlineData(DifferenceKind.LostMtls, "mtls", "share", 1, 0.9, "◇ lost mTLS 100 % → 90 %", "−10.0 points")]
    public void Difference_InWords(DifferenceKind kind, string measure, string unit, double from, double to, string line, string? moved)
    {
        var difference = new TopologyDifference { Kind = kind, Id = "a|b|http", Source = "a", Target = "b", Protocol = "http", Measure = measure, Unit = unit, From = from, To = to };
        Read(CompareWords.Line(difference)).ShouldBe(line);
        (CompareWords.Moved(difference) is { } text ? Read(text) : null).ShouldBe(moved);
    }

    [Fact]
    public void EveryKind_HasASignAndAWordOfItsOwn()
    {
        var kinds = Enum.GetValues<DifferenceKind>();
        kinds.Select(CompareWords.Sign).Distinct().Count().ShouldBe(kinds.Length);
        kinds.Select(CompareWords.Word).Distinct().Count().ShouldBe(kinds.Length);
    }
}
