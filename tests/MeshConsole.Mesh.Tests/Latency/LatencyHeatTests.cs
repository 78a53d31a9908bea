using System.Collections.Immutable;
using MeshConsole.Mesh.Latency;
using MeshConsole.Mesh.Topology;

namespace MeshConsole.Mesh.Tests.Latency;

public sealed class LatencyHeatTests
{
    [Fact]
    public void Build_Hops_HasACellForTrafficAndNoneElsewhere()
    {
        var heat = LatencyHeat.Build([Hop("a/api", "a/ledger", 1.2), Hop("a/api", "b/audit", 3)], HeatMeasure.Overhead);

        heat.ByNamespace.ShouldBeFalse();
        heat.Callers.ShouldBe(["c/a/workload/api"]);
        heat.Callees.ShouldBe(["c/a/workload/ledger", "c/b/workload/audit"]);
        heat.Cells[("c/a/workload/api", "c/a/workload/ledger")].ShouldBe(new HeatCell(1.2, true, null, 10, 1, "c/a/workload/api|c/a/workload/ledger|http"));
        heat.Cells.Count.ShouldBe(2);
    }

    [Fact]
    public void Build_UnreliableAndUnknown_AreNotColouredAndSayWhy()
    {
        var heat = LatencyHeat.Build(
            [Hop("a/x", "a/y", 7, reliable: false, reason: "retries"), Hop("a/x", "a/z", null, reliable: false, reason: null)],
            HeatMeasure.Overhead);

        heat.Cells[("c/a/workload/x", "c/a/workload/y")].Reason.ShouldBe("retries");
        heat.Cells[("c/a/workload/x", "c/a/workload/z")].ShouldSatisfyAllConditions(
            cell => cell.ValueMs.ShouldBeNull(), cell => cell.Reliable.ShouldBeFalse(), cell => cell.Reason.ShouldNotBeNullOrEmpty());
        heat.Bounds.ShouldBeEmpty();
    }

    [Fact]
    public void Build_ByNamespace_WeighsMeansByRequestsAndTakesTheSlowestPercentile()
    {
        var hops = new[] { Hop("a/x", "b/y", 1, rate: 30) with { Server = Server(10, 100) }, Hop("a/z", "b/y", 5, rate: 10) with { Server = Server(50, 20) } };

        HeatCell Cell(HeatMeasure measure) => LatencyHeat.Build([.. hops], measure, byNamespace: true).Cells[("c/a/namespace/a", "c/b/namespace/b")];

        Cell(HeatMeasure.Overhead).ValueMs.ShouldBe(2);
        Cell(HeatMeasure.ServerMean).ValueMs.ShouldBe(20);
        Cell(HeatMeasure.ServerP99).ValueMs.ShouldBe(100);
        Cell(HeatMeasure.ServerP99).Key.ShouldStartWith("c/a/workload/x|");
        Cell(HeatMeasure.ServerP99).Hops.ShouldBe(2);
        Cell(HeatMeasure.ServerP50).ValueMs.ShouldBeNull();
    }

    [Fact]
    public void Build_UnreliableBesideReliable_CountsTheReliableOnly() =>
        LatencyHeat.Build([Hop("a/x", "b/y", 1), Hop("a/z", "b/y", 99, reliable: false, reason: "few")], HeatMeasure.Overhead, byNamespace: true)
            .Cells.Values.ShouldHaveSingleItem().ValueMs.ShouldBe(1);

    [Fact]
    public void Build_MoreCallersThanFit_DrawsNamespaces()
    {
        var hops = Enumerable.Range(0, 40).Select(i => Hop($"n{i % 4}/w{i}", "b/y", 1)).ToImmutableArray();

        var heat = LatencyHeat.Build(hops, HeatMeasure.Overhead);

        heat.ByNamespace.ShouldBeTrue();
        heat.Callers.Length.ShouldBe(4);
        LatencyHeat.Build(hops, HeatMeasure.Overhead, byNamespace: false).Callers.Length.ShouldBe(40);
    }

    [Fact]
    public void NamespaceOf_WhatIsOutsideTheMesh_StaysItself()
    {
        LatencyHeat.NamespaceOf("c/a/workload/x").ShouldBe("c/a/namespace/a");
        LatencyHeat.NamespaceOf("c/a/gateway/x").ShouldBe("c/a/namespace/a");
        LatencyHeat.NamespaceOf("c/unknown/external/bank.example").ShouldBe("c/unknown/external/bank.example");
        LatencyHeat.NamespaceOf("no id").ShouldBe("no id");
    }

    [Fact]
    public void ClassOf_IsByRoundBoundsBetweenTheLeastAndTheLargest()
    {
        var heat = LatencyHeat.Build([Hop("a/x", "a/a", 0.4), Hop("a/x", "a/b", 90), Hop("a/x", "a/c", -2)], HeatMeasure.Overhead);

        heat.Bounds.Length.ShouldBe(LatencyHeat.Classes - 1);
        heat.Bounds.ShouldBe(heat.Bounds.Order());
        heat.Bounds.ShouldAllBe(bound => bound >= 0.4 && bound < 90);
        heat.ClassOf(-2).ShouldBe(0);
        heat.ClassOf(0.4).ShouldBe(0);
        heat.ClassOf(90).ShouldBe(LatencyHeat.Classes - 1);
    }

    [Fact]
    public void ClassOf_ValuesOfOneMagnitude_AreToldApartInEqualSteps()
    {
        var heat = LatencyHeat.Build([Hop("a/x", "a/a", 1.04), Hop("a/x", "a/b", 1.2), Hop("a/x", "a/c", 1.39)], HeatMeasure.Overhead);

        heat.Bounds.ShouldBe([1.1, 1.2, 1.3]);
        LatencyHeat.Build([Hop("a/x", "a/a", 1.2), Hop("a/x", "a/b", 1.2001)], HeatMeasure.Overhead).Bounds.ShouldBeEmpty();
    }

    private static HopLatency Hop(string source, string target, double? overhead, bool reliable = true, string? reason = null, double rate = 10) => new(
        $"c/{source.Replace("/", "/workload/", StringComparison.Ordinal)}",
        $"c/{target.Replace("/", "/workload/", StringComparison.Ordinal)}",
        "http", rate, null, null, new HopOverhead(overhead, reliable, reason, 1), null, null);

    private static LatencyMs Server(double mean, double p99) => new(mean, null, null, null, p99);
}
