using System.Collections.Immutable;
using MeshConsole.Mesh.Triage;

namespace MeshConsole.Mesh.Tests.Triage;

public sealed class ProblemTrackerTests
{
    private static readonly HashSet<string> s_current = ["demo"];

    private readonly ProblemTracker _tracker = new();
    private DateTimeOffset _now = Given.Now;

    [Fact]
    public void Certain_OpensAtOnce_AndKeepsItsFirstSight()
    {
        var first = _now;
        Look(Seen("errors")).ShouldHaveSingleItem().Since.ShouldBe(first);
        Look(Seen("errors")).ShouldHaveSingleItem().Since.ShouldBe(first);
    }

    [Fact]
    public void Trend_OpensAtTheSecondSightInARow()
    {
        var first = _now;
        Look(Seen("latency", looks: 2)).ShouldBeEmpty();
        Look(Seen("latency", looks: 2)).ShouldHaveSingleItem().Since.ShouldBe(first);
    }

    [Fact]
    public void Trend_WithAGapBetweenItsSights_DoesNotOpen()
    {
        Look(Seen("latency", looks: 2));
        Look();
        Look(Seen("latency", looks: 2)).ShouldBeEmpty();
    }

    [Fact]
    public void Open_ClosesAfterThreeLooksWithoutIt_AndIsOneProblemWhileItFlickers()
    {
        var first = _now;
        Look(Seen("errors"));
        Look().ShouldHaveSingleItem();
        Look(Seen("errors")).ShouldHaveSingleItem().Since.ShouldBe(first);
        Look().ShouldHaveSingleItem();
        Look().ShouldHaveSingleItem();
        Look().ShouldBeEmpty();
    }

    [Fact]
    public void Source_ThatAnswers_IsOverAtOnce()
    {
        Look(Seen("source", node: null)).ShouldHaveSingleItem();
        Look().ShouldBeEmpty();
    }

    [Fact]
    public void Traffic_ThatCannotBeJudged_IsNotOver()
    {
        Look(Seen("errors"));
        for (var i = 0; i < 10; i++)
        {
            _tracker.Look([], _now += TimeSpan.FromSeconds(15), new HashSet<string>()).ShouldHaveSingleItem("Prometheus is silent: nobody knows");
        }

        Look();
        Look();
        Look().ShouldBeEmpty();
    }

    private ImmutableArray<(Observation Observation, DateTimeOffset Since)> Look(params Observation[] seen)
    {
        var open = _tracker.Look(seen, _now, s_current);
        _now += TimeSpan.FromSeconds(15);
        return open;
    }

    private static Observation Seen(string code, int looks = 1, string? node = "demo/payments/workload/api") => new()
    {
        Id = $"{code}:x",
        Code = code,
        Severity = TriageSeverity.Critical,
        Title = "x",
        Detail = "x",
        Page = "x",
        Node = node,
        Looks = looks,
    };
}
