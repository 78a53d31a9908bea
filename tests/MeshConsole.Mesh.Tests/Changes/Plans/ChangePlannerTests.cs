using System.Collections.Immutable;
using System.Globalization;
using MeshConsole.Mesh.Changes;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Changes.Gates;
using MeshConsole.Mesh.Changes.Plans;
using static MeshConsole.Mesh.Tests.Changes.RouteObjects;

namespace MeshConsole.Mesh.Tests.Changes.Plans;

public sealed class ChangePlannerTests
{
    private static readonly RouteView s_card = Route(CardProcessor, 1);

    [Fact]
    public void Nothing_Said_IsTheUsualStepsFromWhereTheCanaryIs()
    {
        var plan = Planned(new ChangeRequest(s_card.Id, Reason: "new provider", Ticket: " "));

        plan.Target.ShouldBe(new ChangeTarget("test", Istio, "VirtualService", "payments", "card-processor", "4f1c", "http", 1, null, []) with { Matches = plan.Target.Matches });
        plan.Target.RouteId.ShouldBe(s_card.Id);
        plan.Backends.ShouldBe([new PlanBackend("card-processor.payments.svc.cluster.local", "v1", null, 90), new PlanBackend("card-processor.payments.svc.cluster.local", "v2", null, 10)]);
        (plan.Canary, plan.Stable).ShouldBe((1, 0));
        plan.Stages.Select(Weights).ShouldBe(["75,25", "50,50", "0,100"]);
        plan.Stages.ShouldAllBe(s => s.Soak == TimeSpan.FromMinutes(5) && s.NotBefore == null);
        plan.Gates.ShouldBe(GateSettings.Default);
        (plan.Reason, plan.Ticket).ShouldBe(("new provider", null));
    }

    [Theory]
    [InlineData(50, "75,25|50,50")]
    [InlineData(30, "75,25|70,30")]
    [InlineData(5, "95,5")]
    [InlineData(0, "100,0")]
    [InlineData(100, "75,25|50,50|0,100")]
    [InlineData(10.4, null)]
    [InlineData(10.6, "89,11")]
    public void TargetPercent_EndsThere_DownInOneStep(double target, string? expected)
    {
        var outcome = Plan(new ChangeRequest(s_card.Id, TargetPercent: target));
        if (expected is null)
        {
            outcome.Faults.ShouldHaveSingleItem().Code.ShouldBe("no-change");
        }
        else
        {
            string.Join('|', outcome.Plan!.Stages.Select(Weights)).ShouldBe(expected);
        }
    }

    [Theory]
    [InlineData("[10,0]", "8,2|5,5|0,10", "1 % comes to 0 of 10, which is 0 %.", "The step to 1 % is left out")]
    [InlineData("[1000,0]", "990,10|950,50|750,250|500,500|0,1000")]
    [InlineData("[1,0]", "0,1", "The step to 25 % is left out")]
    [InlineData("[3,0]", "2,1|0,3", "25 % comes to 1 of 3, which is 33.3333 %.", "The step to 50 % is left out")]
    [InlineData("[100,0]", "99,1|95,5|75,25|50,50|0,100")]
    [InlineData("[33,0,67]", "33,1,66|31,5,64|25,25,50|17,50,33|0,100,0")]
    public void Sums_OtherThanAHundred_AreKeptAndTheRealShareIsSaid(string weights, string expected, params string[] notes)
    {
        var outcome = ChangePlanner.Plan(new ChangeRequest("x", Canary: "b1"), Split(weights), ChangePolicy.Default);
        string.Join('|', outcome.Plan!.Stages.Select(Weights)).ShouldBe(expected);
        foreach (var note in notes)
        {
            outcome.Notes.ShouldContain(n => n.StartsWith(note, StringComparison.Ordinal), string.Join('\n', outcome.Notes));
        }
    }

    [Fact]
    public void Others_WithoutWeight_LeaveWhatTheCanaryGivesUpToTheStableOne()
    {
        var plan = ChangePlanner.Plan(new ChangeRequest("x", Canary: "b1", Stable: "b2", TargetPercent: 40), Split("[0,100,0]"), ChangePolicy.Default).Plan!;
        plan.Stages.Select(Weights).ShouldBe(["0,40,60"]);
    }

    [Theory]
    [InlineData("[50,50]", 1, 0)]
    [InlineData("[10,90]", 0, 1)]
    [InlineData("[40,20,40]", 1, 0)]
    [InlineData("[0,100,0]", 2, 1)]
    public void Roles_NotNamed_AreTheSmallestAndTheLargestShare(string weights, int canary, int stable)
    {
        var plan = ChangePlanner.Plan(new ChangeRequest("x"), Split(weights), ChangePolicy.Default).Plan!;
        (plan.Canary, plan.Stable).ShouldBe((canary, stable));
    }

    [Fact]
    public void Roles_Named_AreTaken()
    {
        var plan = Planned(new ChangeRequest(s_card.Id, Canary: "v1"));
        (plan.Canary, plan.Stable).ShouldBe((0, 1));
        plan = Planned(new ChangeRequest(s_card.Id, Stable: "v2"));
        (plan.Canary, plan.Stable).ShouldBe((0, 1));
        plan = Planned(new ChangeRequest(s_card.Id, Stable: "card-processor.payments.svc.cluster.local/v1"));
        (plan.Canary, plan.Stable).ShouldBe((1, 0));
        plan = ChangePlanner.Plan(new ChangeRequest("x", Canary: "b1.payments.svc.cluster.local"), Split("[90,10]"), ChangePolicy.Default).Plan!;
        plan.Canary.ShouldBe(1);
    }

    [Theory]
    [InlineData("v3", null, "The rule has no backend v3. It has v1, v2.")]
    [InlineData(null, "v\n\u202e9", "The rule has no backend v  9. It has v1, v2.")]
    [InlineData("v1", "v1", "v1 cannot be both the canary and the stable backend.")]
    public void Roles_Unknown_AreRefusedInWords(string? canary, string? stable, string message) =>
        Plan(new ChangeRequest(s_card.Id, canary, stable)).Faults.ShouldHaveSingleItem().Message.ShouldBe(message);

    [Fact]
    public void Roles_NamedAlike_AreToldApartByHost()
    {
        var route = s_card with { Backends = [s_card.Backends[0], s_card.Backends[0] with { Host = "other.example.com", Weight = 10 }] };
        ChangePlanner.Plan(new ChangeRequest("x", Canary: "v1"), route, ChangePolicy.Default).Faults.ShouldHaveSingleItem().Message.ShouldContain("Name one as host/subset");
        ChangePlanner.Plan(new ChangeRequest("x", Canary: "other.example.com/v1"), route, ChangePolicy.Default).Plan!.Canary.ShouldBe(1);
    }

    [Fact]
    public void Rules_WithNothingToMove_AreRefused()
    {
        Fault(Route(CardProcessor)).Code.ShouldBe("one-backend");
        Fault(Route(CardProcessor) with { Backends = [] }).Code.ShouldBe("one-backend");
        Fault(Split("[0,0]")).Message.ShouldContain("add up to 0");
        Fault(Split("[-1,101]")).Message.ShouldContain("negative weight");
        Fault(Split("[2147483647,1]")).Message.ShouldContain("at most 2147483647");
        Fault(HttpRouteOf("[600000,600000]")).Message.ShouldContain("at most 1000000");
        Fault(Route(TrafficSplit("""{"service":"a","backends":[{"service":"b","weight":"x"},{"service":"c","weight":1}]}"""))).Message.ShouldContain("cannot be read as a number");

        static PlanFault Fault(RouteView route) => ChangePlanner.Plan(new ChangeRequest(route.Id), route, ChangePolicy.Default).Faults.ShouldHaveSingleItem();
    }

    [Fact]
    public void Weights_OmittedInTheGatewayApi_StandForOne()
    {
        var plan = ChangePlanner.Plan(new ChangeRequest("x"), HttpRouteOf("[null,null]"), ChangePolicy.Default).Plan!;
        plan.BaseWeights.ShouldBe([1, 1]);
        plan.Stages.Select(Weights).ShouldBe(["0,2"]);
    }

    [Fact]
    public void Quantities_AreThousandths()
    {
        var plan = ChangePlanner.Plan(new ChangeRequest("x", TargetPercent: 50), Route(TrafficSplit("""{"service":"a","backends":[{"service":"b","weight":"900m"},{"service":"c","weight":"100m"}]}""", "v1alpha1")), ChangePolicy.Default).Plan!;
        plan.BaseWeights.ShouldBe([900, 100]);
        plan.Stages.Select(Weights).ShouldBe(["750,250", "500,500"]);
    }

    [Fact]
    public void Stages_Requested_AreTakenWithTheirSoakAndTime()
    {
        var at = Given.Now.AddHours(1);
        var plan = Planned(new ChangeRequest(
            s_card.Id,
            Stages: [new RequestedStage(CanaryPercent: 20), new RequestedStage(Weights: [60, 40], Soak: TimeSpan.FromMinutes(9), NotBefore: at)],
            Soak: TimeSpan.FromMinutes(7)));
        plan.Stages.ShouldBe([new PlanStage([80, 20], TimeSpan.FromMinutes(7)), new PlanStage([60, 40], TimeSpan.FromMinutes(9), at)]);
    }

    public static TheoryData<RequestedStage, string> Impossible => new()
    {
        { new RequestedStage(Weights: [100]), "The rule has 2 backends (v1, v2), and the stage has 1 weights" },
        { new RequestedStage(Weights: [50, 25, 25]), "the stage has 3 weights" },
        { new RequestedStage(Weights: default(ImmutableArray<int>)), "the stage has 0 weights" },
        { new RequestedStage(Weights: [110, -10]), "A weight is 0 or more, and the stage has -10" },
        { new RequestedStage(Weights: [0, 0]), "add up to 100, and those of the stage to 0" },
        { new RequestedStage(Weights: [int.MaxValue, int.MaxValue]), "those of the stage to 4294967294" },
        { new RequestedStage(Weights: [90, 10]), "Stage 1 changes nothing" },
        { new RequestedStage(CanaryPercent: 10.2), "allow no nearer share" },
        { new RequestedStage(CanaryPercent: double.NaN), "is between 0 and 100, and stage 1 has NaN" },
        { new RequestedStage(CanaryPercent: 1e308), "is between 0 and 100" },
        { new RequestedStage(CanaryPercent: -1), "is between 0 and 100" },
        { new RequestedStage(CanaryPercent: double.NegativeInfinity), "is between 0 and 100" },
        { new RequestedStage(), "neither weights nor a percentage" },
        { new RequestedStage(Weights: [80, 20], CanaryPercent: 20), "both weights and a percentage" },
        { new RequestedStage(CanaryPercent: 20, Soak: TimeSpan.FromSeconds(-1)), "A soak is between 0 and 30 days" },
        { new RequestedStage(CanaryPercent: 20, Soak: TimeSpan.MaxValue), "A soak is between 0 and 30 days" },
    };

    [Theory]
    [MemberData(nameof(Impossible))]
    public void Stages_ThatCannotBe_AreRefusedInWords(RequestedStage stage, string message)
    {
        var outcome = Plan(new ChangeRequest(s_card.Id, Stages: [stage]));
        outcome.Plan.ShouldBeNull();
        var fault = outcome.Faults.ShouldHaveSingleItem();
        fault.Message.ShouldContain(message);
        fault.Field.ShouldStartWith("stages[0]");
        outcome.Problem.ShouldBe(fault.Message);
    }

    [Fact]
    public void Requests_ThatCannotBe_AreRefused()
    {
        Code(new ChangeRequest(s_card.Id, TargetPercent: double.NaN)).ShouldBe("percent");
        Code(new ChangeRequest(s_card.Id, TargetPercent: 100.0001)).ShouldBe("percent");
        Code(new ChangeRequest(s_card.Id, TargetPercent: 10)).ShouldBe("no-change");
        Code(new ChangeRequest(s_card.Id, Stages: [])).ShouldBe("stages");
        Code(new ChangeRequest(s_card.Id, Stages: default(ImmutableArray<RequestedStage>))).ShouldBe("stages");
        Code(new ChangeRequest(s_card.Id, Stages: [null!])).ShouldBe("stages");
        Code(new ChangeRequest(s_card.Id, Stages: [.. Enumerable.Range(0, 51).Select(i => new RequestedStage(CanaryPercent: i))])).ShouldBe("stages");
        Code(new ChangeRequest(s_card.Id, Soak: TimeSpan.MinValue)).ShouldBe("soak");
        Code(new ChangeRequest(s_card.Id, Reason: "half \ud800 of it")).ShouldBe("text");
        Code(new ChangeRequest(s_card.Id, Reason: new string('x', 4001))).ShouldBe("text");
        Code(new ChangeRequest(s_card.Id, Ticket: new string('x', 201))).ShouldBe("text");
        Code(new ChangeRequest(s_card.Id, Gates: new GateSettings { MaxErrorRatio = double.NaN })).ShouldBe("gates");
        Code(new ChangeRequest(s_card.Id, Gates: new GateSettings { Alpha = 0 })).ShouldBe("gates");
        Code(new ChangeRequest(s_card.Id, Stages: [new RequestedStage(CanaryPercent: 20, NotBefore: Given.Now), new RequestedStage(CanaryPercent: 30, NotBefore: Given.Now.AddMinutes(-1))])).ShouldBe("schedule");

        static string Code(ChangeRequest request) => Plan(request).Faults.ShouldHaveSingleItem().Code;
    }

    [Fact]
    public void Policy_SetsStepsAndSoak()
    {
        var policy = ChangePolicy.Default with { DefaultSteps = [60, 20, 20, -5, 400], MinSoak = TimeSpan.FromHours(2) };
        var plan = ChangePlanner.Plan(new ChangeRequest("x"), s_card, policy).Plan!;
        plan.Stages.Select(Weights).ShouldBe(["80,20", "40,60", "0,100"]);
        plan.Stages.ShouldAllBe(s => s.Soak == TimeSpan.FromHours(2));
    }

    private static RouteView Split(string weights) => Route(VirtualService($$"""{"hosts":["x"],"http":[{"route":[{{string.Join(',', Given.Json(weights).EnumerateArray().Select((w, i) => $$"""{"destination":{"host":"b{{i}}"},"weight":{{w.GetRawText()}}}"""))}}]}]}"""));

    private static RouteView HttpRouteOf(string weights) => Route(HttpRoute($$"""{"rules":[{"backendRefs":[{{string.Join(',', Given.Json(weights).EnumerateArray().Select((w, i) => $$"""{"name":"b{{i}}","port":80,"weight":{{w.GetRawText()}}}"""))}}]}]}"""));

    private static PlanOutcome Plan(ChangeRequest request) => ChangePlanner.Plan(request, s_card, ChangePolicy.Default);

    private static ChangePlan Planned(ChangeRequest request)
    {
        var outcome = Plan(request);
        outcome.Faults.ShouldBeEmpty();
        return outcome.Plan!;
    }

    private static string Weights(PlanStage stage) => string.Join(',', stage.Weights.Select(w => w.ToString(CultureInfo.InvariantCulture)));
}
