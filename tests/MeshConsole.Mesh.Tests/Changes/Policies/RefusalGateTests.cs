using System.Text.Json;
using MeshConsole.Mesh.Changes.Gates;

namespace MeshConsole.Mesh.Tests.Changes.Policies;

/// <summary>The tripwire of policies: what counts as turned away, what may be chance, and what nobody counts.</summary>
public sealed class RefusalGateTests
{
    [Fact]
    public void Quiet_Passes_AndSaysWhatWasSeen()
    {
        var result = Gate(Counts());
        (result.Verdict, result.Message).ShouldBe((GateVerdict.Pass, "0 requests or connections of 1 caller with a proxy failed to connect, no more than before; 0 connections were turned away by listeners."));
    }

    [Theory]
    [InlineData(1, 0.0, true)]
    [InlineData(1, null, true)]
    [InlineData(0.4, 0.0, false)]
    [InlineData(12, 10.0, false)]
    [InlineData(100, 10.0, true)]
    [InlineData(10, 100.0, false)]
    public void Listener_TripsAtTheFirstWhereNothingWasTurnedAwayBefore_ElseAtMoreThanChance(double since, double? before, bool trips)
    {
        var look = Look(Counts() with { Listener = new RefusalCount(since, before) });
        (look.Trips, look.Verdict == GateVerdict.Fail).ShouldBe((trips, trips));
    }

    [Fact]
    public void Denials_Trip() => Look(Counts() with { Denied = new RefusalCount(3, 0) }).Trips.ShouldBeTrue();

    [Theory]
    [InlineData(1000, 0, 1000.0, 0.0, false)]
    [InlineData(1000, 2, 1000.0, 0.0, false)] // Fewer than any mesh has.
    [InlineData(1000, 30, 1000.0, 0.0, true)]
    [InlineData(1000, 30, 1000.0, 28.0, false)] // They failed before, too.
    [InlineData(12, 12, null, null, true)] // Nobody before, and nothing gets through.
    [InlineData(1000, 4, null, null, false)]
    public void Caller_WithAProxy_TripsWhenItFailsToConnectMoreThanBefore(double requests, double failed, double? before, double? failedBefore, bool trips) =>
        Look(Counts() with { Callers = [new CallerRefusals("payments/checkout", requests, failed, before, failedBefore)] }).Trips.ShouldBe(trips);

    [Fact]
    public void WhatIsNotCounted_IsSaid_AndWhatIsMissingIsAnError()
    {
        Gate(Counts() with { Listener = null, Sight = new RefusalSight(0, 2) }).Message.ShouldContain("not counted here");
        Gate(Counts() with { Sight = new RefusalSight(1, 2) }).Message.ShouldContain("1 of 2 proxies");
        Gate(Counts() with { Problem = "Pod a counted before." }).Verdict.ShouldBe(GateVerdict.Error);
        Gate(Counts() with { Listener = new RefusalCount(double.NaN, 0) }).Verdict.ShouldBe(GateVerdict.Error);
    }

    [Fact]
    public void Weights_HaveNoSuchGate() =>
        GateEvaluator.Look(Evidence(null), GateSettings.Default, []).Results.ShouldAllBe(r => r.Code != GateCodes.PlaintextRefused);

    [Fact]
    public void Verdict_IsComputedAgainFromTheRecordedEvidence()
    {
        var look = Look(Counts() with { Listener = new RefusalCount(55, 0) });
        var recorded = JsonSerializer.Deserialize<GateEvidence>(JsonSerializer.Serialize(look.Evidence))!;
        GateEvaluator.Look(recorded, GateSettings.Default, []).Results.Select(r => (r.Code, r.Verdict, r.Message)).ShouldBe(look.Results.Select(r => (r.Code, r.Verdict, r.Message)));
    }

    private static GateResult Gate(RefusalCounts counts) => Look(counts).Results.Single(r => r.Code == GateCodes.PlaintextRefused);

    private static GateLook Look(RefusalCounts counts) => GateEvaluator.Look(Evidence(counts), GateSettings.Default, []);

    private static GateEvidence Evidence(RefusalCounts? counts) =>
        new(Given.Now, Given.Now.AddMinutes(5), new GateCounts(1000, 0, 1000, 0, 500), new GateCounts(1000, 0, 1000, 0, 500), [], null) { Refusals = counts };

    private static RefusalCounts Counts() => new([new CallerRefusals("payments/checkout", 1000, 0, 1000, 0)], new RefusalCount(0, 0), null, new RefusalSight(2, 2), null);
}
