using System.Collections.Immutable;
using MeshConsole.Mesh.Timeline;
using MeshConsole.Mesh.Triage;
using MeshConsole.Simulator.Kubernetes;
using Xunit.Abstractions;

namespace MeshConsole.Mesh.Tests.Triage;

/// <summary>Each scenario of the payments mesh, from its onset to its end: the right problem first, the right suspect first, and soon.</summary>
public sealed class ScenarioTriageTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("provider-failing", "errors:demo/payments/workload/card-processor-v2", "v2-new-provider", 2)]
    [InlineData("plaintext-caller", "plaintext:", "report-export", 2)]
    [InlineData("leaf-not-renewing", "certificate:", "agents of", 2)]
    [InlineData("gateway-expiring", "certificate:", "cert-manager", 2)]
    [InlineData("retry-storm", "errors:demo/finance/workload/ledger", "VirtualService finance/ledger", 2)]
    [InlineData("istiod-down", "control-plane", "istiod", 2)]
    [InlineData("prometheus-down", "source:demo/prometheus", null, 2)]
    public async Task Scenario_IsFirstInTheListWithTheRightSuspect(string scenario, string problem, string? suspect, int refreshes)
    {
        await using var rig = await TriageRig.StartAsync();
        (await rig.NextAsync()).ShouldBeEmpty("nothing is wrong before it begins");
        await rig.ActivateAsync(scenario);

        var seen = ImmutableArray<TriageProblem>.Empty;
        for (var i = 0; i < refreshes; i++)
        {
            seen = await rig.NextAsync();
            Say(seen);
        }

        seen.ShouldNotBeEmpty();
        seen[0].Id.ShouldStartWith(problem);
        if (suspect is not null)
        {
            seen[0].Suspects.ShouldNotBeEmpty();
            seen[0].Suspects[0].Title.ShouldContain(suspect);
        }

        seen[0].NextSteps.ShouldNotBeEmpty();
        await rig.ActivateAsync("healthy");
        for (var i = 0; i < 9 && !seen.IsEmpty; i++)
        {
            seen = await rig.NextAsync();
        }

        Say(seen);
        seen.ShouldBeEmpty("what is over is closed");
    }

    [Fact]
    public async Task GitOpsRevert_NamesWhoPutsTheRouteBack()
    {
        await using var rig = await TriageRig.StartAsync();
        await rig.ActivateAsync("gitops-revert");
        (await rig.NextAsync()).ShouldBeEmpty("an owner alone is no trouble");
        rig.Mesh.Objects.Update(ResourceTypes.VirtualServices, "payments", "card-processor", json =>
        {
            var route = json["spec"]!["http"]!.AsArray()[^1]!["route"]!.AsArray();
            (route[0]!["weight"], route[1]!["weight"]) = (50, 50);
        }, new WriteOptions { FieldManager = "kubectl-edit" });

        // The one in between is seen only if somebody looks: Argo CD waits five seconds.
        await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System);
        await rig.LookAsync();
        var seen = await rig.NextAsync();
        Say(seen);
        seen.ShouldContain(p => p.Code == "reverted");
        seen.First(p => p.Code == "reverted").Suspects[0].Title.ShouldContain("argocd-controller");
        rig.Timeline.Where(e => e.Object == "VirtualService payments/card-processor" && e.Kind == TimelineKind.Weight).Select(e => (e.By, e.Summary)).ShouldBe(
        [
            ("argocd-controller", "VirtualService payments/card-processor: v1-stable 50 → 90, v2-new-provider 50 → 10."),
            ("kubectl-edit", "VirtualService payments/card-processor: v1-stable 90 → 50, v2-new-provider 10 → 50."),
        ]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Healthy_ForHalfAnHour_RaisesNothing(int seed)
    {
        await using var rig = await TriageRig.StartAsync(seed);
        for (var i = 0; i < 120; i++)
        {
            var seen = await rig.NextAsync();
            Say(seen);
            seen.ShouldBeEmpty($"refresh {i}");
        }
    }

    private void Say(ImmutableArray<TriageProblem> problems)
    {
        foreach (var problem in problems)
        {
            output.WriteLine($"{problem.Severity} {problem.Id}: {problem.Title}. {problem.Detail} since {problem.Since:T} symptoms [{string.Join(", ", problem.BlastRadius.Symptoms)}] gateways [{string.Join(", ", problem.BlastRadius.Gateways)}]");
            foreach (var suspect in problem.Suspects)
            {
                output.WriteLine($"   {suspect.Score:0.00} {suspect.Title} | {string.Join(' ', suspect.For)} | {string.Join(' ', suspect.Against)}");
            }
        }

        output.WriteLine("--");
    }
}
