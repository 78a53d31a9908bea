using System.Collections.Frozen;
using System.Collections.Immutable;
using MeshConsole.Mesh.Certificates;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Timeline;
using MeshConsole.Mesh.Triage;

namespace MeshConsole.Mesh.Tests.Triage;

/// <summary>Cause and symptom over small call graphs; every number is said in the test.</summary>
public sealed class TriageEngineTests
{
    private readonly TriageEngine _engine = new();

    [Fact]
    public void FailuresOfACallee_ExplainThoseOfItsCallers_UpToTheGateway()
    {
        // gateway → api → ledger: ledger fails half, api passes that on.
        var problem = Look(
            Graph(Edge("gateway", "api", ok: 50, failed: 50), Edge("api", "ledger", ok: 50, failed: 50)),
            gateways: "gateway").ShouldHaveSingleItem();
        problem.Id.ShouldBe("errors:test/payments/workload/ledger");
        problem.BlastRadius.Symptoms.ShouldBe(["test/payments/workload/api"]);
        problem.BlastRadius.Gateways.ShouldBe(["test/payments/gateway/gateway"]);
        problem.BlastRadius.GatewayErrorRatio.ShouldBe(0.5);
    }

    [Fact]
    public void FailuresOfItsOwn_AreNotBlamedOnACalleeThatFailsALittle()
    {
        // api fails 50 of 100; of its calls to ledger 5 of 100 fail: a tenth of its own is no explanation.
        var problems = Look(Graph(Edge("gateway", "api", ok: 50, failed: 50), Edge("api", "ledger", ok: 95, failed: 5)), gateways: "gateway");
        problems.Select(p => p.Id).ShouldBe(["errors:test/payments/workload/api", "errors:test/payments/workload/ledger"]);
        problems[0].BlastRadius.Symptoms.ShouldBeEmpty();
    }

    [Fact]
    public void TwoThatFailInACircle_AreEachTheirOwn()
    {
        var problems = Look(Graph(Edge("web", "a", ok: 50, failed: 50), Edge("a", "b", ok: 50, failed: 50), Edge("b", "a", ok: 50, failed: 50)));
        problems.Select(p => p.Node).Order(StringComparer.Ordinal).ShouldBe(["test/payments/workload/a", "test/payments/workload/b"]);
    }

    [Fact]
    public void CallsToItself_DoNotExplainIt() =>
        Look(Graph(Edge("web", "a", ok: 50, failed: 50), Edge("a", "a", ok: 50, failed: 50))).ShouldHaveSingleItem().BlastRadius.Symptoms.ShouldBeEmpty();

    [Theory]
    [InlineData(99.9, 0.1, false)] // One in a thousand.
    [InlineData(0.4, 0.1, false)] // One in five, and six in the minute.
    [InlineData(9.5, 0.5, true)] // One in twenty, and thirty in the minute.
    public void Failures_CountFromANumberOn_ThatChanceDoesNotReach(double ok, double failed, bool seen) =>
        Look(Graph(Edge("web", "api", ok, failed))).IsEmpty.ShouldBe(!seen);

    [Fact]
    public void WhatHasAlwaysFailed_IsNoNews_UntilItDoubles()
    {
        var usual = Usual(("api", new UsualTraffic(100, 0.02, null, null)));
        Look(Graph(Edge("web", "api", ok: 97, failed: 3)), usual).ShouldBeEmpty();
        Look(Graph(Edge("web", "api", ok: 96, failed: 4)), usual).ShouldHaveSingleItem().Evidence[0].ShouldBe(new TriageEvidence("Error ratio", "4\u2009%", "2\u2009%"));
    }

    [Fact]
    public void AnHourOfTrouble_DoesNotBecomeTheUsual()
    {
        var before = Usual(("api", new UsualTraffic(100, 0, null, null)));
        var graph = Graph(Edge("web", "api", ok: 80, failed: 20));
        Look(graph, before).ShouldHaveSingleItem();

        // The hour before has become an hour of failures.
        Look(graph, Usual(("api", new UsualTraffic(100, 0.2, null, null)))).ShouldHaveSingleItem("it fails as ever");
    }

    [Fact]
    public void Retries_ThatHideFailures_AreSeenAtTheCallee()
    {
        // Callers see 1 of 100 fail; the callee itself failed 60 of the 160 tries.
        var edge = Edge("web", "api", ok: 99, failed: 1) with { FromDestination = Given.Http(ok: 100, failed: 60) };
        var problem = Look(Graph(edge)).ShouldHaveSingleItem();
        problem.Title.ShouldBe("payments/api is failing, and retries hide it");
        problem.Evidence.ShouldContain(new TriageEvidence("Tries per request", "1.6"));
        problem.Evidence.ShouldContain(e => e.Name == "Failing tries" && e.Value == "37.5\u2009%");
    }

    [Fact]
    public void Suspects_NearInTimeAndPlace_ComeFirst()
    {
        var timeline = ImmutableArray.Create(
            Entry("elsewhere", TimelineKind.Deploy, seconds: 10, "shop/cart"),
            Entry("caller", TimelineKind.Config, seconds: 60, "payments/web"),
            Entry("itself", TimelineKind.Config, seconds: 120, "payments/api"),
            Entry("long ago", TimelineKind.Config, seconds: 3300, "payments/api"),
            Entry("too long ago", TimelineKind.Config, seconds: 3700, "payments/api"),
            Entry("afterwards", TimelineKind.Config, seconds: -60, "payments/api"),
            Entry("note", TimelineKind.Mark, seconds: 5, "payments/api"));
        var suspects = Look(Graph(Edge("web", "api", ok: 50, failed: 50)), timeline: timeline).ShouldHaveSingleItem().Suspects;

        // e^(-120/900) · 0.95 = 0.83 for itself; e^(-60/900) · 0.95 · 0.5 = 0.44 for the caller; the others are below one in twenty-five.
        suspects.Select(s => s.Title).ShouldBe(["itself", "caller", "elsewhere"]);
        suspects[0].Score.ShouldBe(0.95 * Math.Exp(-120.0 / 900), 1e-9);
        suspects[1].Score.ShouldBe(0.95 * 0.5 * Math.Exp(-60.0 / 900), 1e-9);
    }

    [Fact]
    public void Suspects_ThatSendLessToWhatFails_AreTheLast()
    {
        // What takes the failing version out of the traffic, seen before the problem and just after its first sight.
        var timeline = ImmutableArray.Create(
            Entry("more", TimelineKind.Weight, seconds: 120, "payments/api"),
            Entry("less", TimelineKind.Weight, seconds: 60, "payments/api") with { Relieves = ["payments/api"] },
            Entry("back", TimelineKind.Weight, seconds: -20, "payments/api") with { Relieves = ["payments/api"] },
            Entry("at once", TimelineKind.Weight, seconds: -10, "payments/api"),
            Entry("of another", TimelineKind.Weight, seconds: 180, "payments/api") with { Relieves = ["payments/other"] });
        var suspects = Look(Graph(Edge("web", "api", ok: 50, failed: 50)), timeline: timeline).ShouldHaveSingleItem().Suspects;

        // e^(-120/900) = 0.88, e^(-180/900) = 0.82, e^(-10/20) = 0.61, a tenth of e^(-60/900) = 0.09; a tenth of e^(-20/20) is too little.
        suspects.Select(s => s.Title).ShouldBe(["more", "of another", "at once", "less"]);
        suspects[3].Against.ShouldBe(["It sends less to payments/api than before."]);
        suspects[2].Against.ShouldBe(["It was seen 10 s after the first sight of the problem."]);
        suspects[0].Against.ShouldBeEmpty();
    }

    [Fact]
    public void NumbersThatAreNone_SayNothing()
    {
        var edge = Given.Edge("web", "api", new ReporterTraffic { RequestsPerSecond = double.NaN, Responses = [new ResponseRate(503, null, "UF", double.NaN)], DurationSum = double.NaN, DurationCount = double.PositiveInfinity });
        Look(Graph(edge, Given.Edge("web", "nowhere"))).ShouldBeEmpty();
    }

    [Fact]
    public void LargeGraph_OfFailures_IsWorkedThrough()
    {
        // A chain of 2,000, all failing: one cause, and no stack to overflow.
        var edges = Enumerable.Range(0, 2000).Select(i => Edge($"s{i:0000}", $"s{i + 1:0000}", ok: 50, failed: 50)).ToArray();
        var problem = Look(Graph(edges)).ShouldHaveSingleItem();
        problem.Node.ShouldBe("test/payments/workload/s2000");
        problem.BlastRadius.Symptoms.Length.ShouldBe(1999);
    }

    private ImmutableArray<TriageProblem> Look(ClusterSnapshot cluster, TrafficBaseline? usual = null, ImmutableArray<TimelineEntry> timeline = default, string? gateways = null)
    {
        cluster = gateways is null ? cluster : cluster with { Workloads = [.. cluster.Workloads.Select(w => w with { IsGateway = w.Id.Name == gateways })] };
        var snapshot = Given.Snapshot(cluster);
        return _engine.Look(TriageInput.Of(snapshot, new MeshViews(CertificateThresholds.Default), CertificateThresholds.Default, usual ?? TrafficBaseline.None, timeline.IsDefault ? [] : timeline));
    }

    private static ClusterSnapshot Graph(params Edge[] edges) => Given.ClusterOf(
        workloads: edges.SelectMany(e => new[] { e.Source.Workload.Name, e.Target.Workload.Name }).Distinct(StringComparer.Ordinal).Select(name => Given.Workload(name)),
        edges: edges);

    private static Edge Edge(string source, string target, double ok, double failed) => Given.Edge(source, target, Given.Http(ok: ok, failed: failed, mutual: ok + failed));

    private static TrafficBaseline Usual(params (string Name, UsualTraffic Traffic)[] nodes) => TrafficBaseline.None with
    {
        At = Given.Now.AddMinutes(-10),
        Nodes = nodes.ToFrozenDictionary(n => $"test/payments/workload/{n.Name}", n => n.Traffic, StringComparer.Ordinal),
    };

    private static TimelineEntry Entry(string summary, TimelineKind kind, int seconds, string touches) => new()
    {
        Id = summary,
        Cluster = Given.Cluster,
        At = Given.Now.AddSeconds(-seconds),
        Kind = kind,
        ObjectKind = "VirtualService",
        Namespace = touches.Split('/')[0],
        Name = summary,
        Summary = summary,
        Touches = [touches],
    };
}
