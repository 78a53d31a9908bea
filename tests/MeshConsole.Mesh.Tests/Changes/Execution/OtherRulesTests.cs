using MeshConsole.Mesh.Changes;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Testing;

namespace MeshConsole.Mesh.Tests.Changes.Execution;

public sealed class OtherRulesTests
{
    private static readonly RouteView s_enterprise = SampleViews.Routes[0];
    private static readonly RouteView s_own = SampleViews.Routes[1];

    /// <summary>What the rule gives the canary now and gave it before, what was seen before, what others give it: what is due. By hand, f the others' part.</summary>
    [Theory]
    [InlineData(0.0, 0.1, 0.28, 1.0, 1.0, 0.2)] // f = 0.18/0.9 = 0.2; 0.2 × 1
    [InlineData(0.0, 0.5, 0.57, 1.0, 1.0, 0.14)] // f = 0.07/0.5 = 0.14
    [InlineData(0.5, 0.5, 0.57, 1.0, 1.0, 0.57)] // back to what was: as seen then
    [InlineData(0.0, 0.5, 0.4, 0.0, 0.0, 0.0)] // f = 0.1/0.5 = 0.2, all of it at stable
    [InlineData(0.25, 0.5, 0.4, 0.0, 0.0, 0.2)] // 0.2 × 0 + 0.8 × 0.25 = 0.2, and the rule's own 0.25 is allowed
    [InlineData(0.0, 0.1, 0.28, 0.5, 1.0, 0.225)] // most for o = 0.5: f = 0.18/0.4 = 0.45; × 0.5
    [InlineData(0.0, 0.1, 0.28, 0.0, 1.0, null)] // they might send 28 % of everything themselves
    [InlineData(0.0, 0.1, 0.1, 1.0, 1.0, 0.0)] // as the rule gave it: the others send nothing
    [InlineData(0.0, 0.1, 0.1, 0.1, 0.1, null)] // or as much as they like, in the same proportion
    [InlineData(0.0, 0.1, null, 1.0, 1.0, null)]
    [InlineData(0.0, null, 0.28, 1.0, 1.0, null)]
    [InlineData(1.0, 0.1, 0.28, 1.0, 1.0, 1.0)]
    public void Due_IsWhatTheOthersMakeOfIt(double planned, double? before, double? seen, double least, double most, double? due)
    {
        var found = OtherRules.Due(planned, before, seen, new OtherRules(["others"], least, most));
        (found is null).ShouldBe(due is null);
        (found ?? 0).ShouldBe(Math.Max(due ?? 0, due is null ? 0 : planned), 1e-12);
    }

    [Fact]
    public void Due_WithoutOthers_IsThePlannedShare()
    {
        OtherRules.Due(0, 0.1, 0.28, null).ShouldBe(0);
        OtherRules.Due(0.1, 0.1, 0.12, null).ShouldBe(0.12);
        OtherRules.Due(0.1, 0.1, null, null).ShouldBe(0.1);
    }

    [Fact]
    public void Of_FindsRulesThatSendToTheSameBackends()
    {
        var found = OtherRules.Of(GivenChange.Plan, [s_enterprise, s_own]).ShouldNotBeNull();
        (found.Least, found.Most).ShouldBe((1.0, 1.0));
        found.Names.ShouldHaveSingleItem().ShouldBe("VirtualService payments/card-processor (header x-merchant-tier is enterprise)");
        OtherRules.Of(GivenChange.Plan, [s_own]).ShouldBeNull();
        OtherRules.Of(GivenChange.Plan, [s_own, s_enterprise with { Cluster = "west" }]).ShouldBeNull();
        OtherRules.Of(GivenChange.Plan, [s_own, s_enterprise with { Protocol = "tcp" }]).ShouldBeNull("connections are counted by themselves");
        OtherRules.Of(GivenChange.Plan, [s_own, SampleViews.Routes[2]]).ShouldBeNull("another host");
        OtherRules.Of(GivenChange.Plan, [s_enterprise with { Backends = [s_enterprise.Backends[0] with { Share = 0 }] }]).ShouldBeNull("it sends nothing there");
    }

    [Fact]
    public void Of_TakesTheRangeOfSeveral_AndAllOfItWhereOneCannotBeTold()
    {
        var third = s_enterprise with { Id = "other", Backends = [s_own.Backends[0] with { Share = 0.75 }, s_own.Backends[1] with { Share = 0.25 }] };
        OtherRules.Of(GivenChange.Plan, [s_enterprise, third])!.ShouldSatisfyAllConditions(o => o.Least.ShouldBe(0.25), o => o.Most.ShouldBe(1));

        // Without a subset it goes to the pods of both.
        var whole = s_enterprise with { Id = "whole", Backends = [s_enterprise.Backends[0] with { Subset = null }] };
        OtherRules.Of(GivenChange.Plan, [s_enterprise, whole])!.ShouldSatisfyAllConditions(o => o.Least.ShouldBe(0), o => o.Most.ShouldBe(1));
        OtherRules.Of(GivenChange.Plan, [s_enterprise with { Backends = [s_enterprise.Backends[0] with { Share = null }] }])!.Least.ShouldBe(0);
    }
}
