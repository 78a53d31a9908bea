using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MeshConsole.Mesh.Changes;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Changes.Gates;
using MeshConsole.Mesh.Changes.Plans;
using MeshConsole.Mesh.Changes.Writes;

namespace MeshConsole.Mesh.Tests.Changes.Execution;

/// <summary>A plan for rule 1 of <see cref="FakeTarget"/>: stages as requested, in the object's two destinations.</summary>
internal sealed class FakeWorkshop : IPlanWorkshop
{
    /// <summary>A diff to give whatever is asked.</summary>
    public string? Text { get; init; }

    public ChangePlan Plan(ChangeRequest request, RouteView route, ChangePolicy policy) => new()
    {
        Target = ChangeTarget.Of(route),
        Backends = [.. route.Backends.Select(b => new PlanBackend(b.Host, b.Subset, b.Port, b.Weight ?? 0))],
        Canary = 1,
        Stable = 0,
        Stages = [.. (request.Stages ?? [new RequestedStage([50, 50])]).Select(s => new PlanStage(s.Weights!.Value, s.Soak ?? request.Soak ?? policy.MinSoak, s.NotBefore))],
        Gates = request.Gates ?? GateSettings.Default,
        Reason = request.Reason,
        Ticket = request.Ticket,
    };

    public TargetWrite BuildPatch(ChangeTarget target, ImmutableArray<PlanBackend> backends, LiveTarget live, ImmutableArray<int> weights, string writeId)
    {
        if (target.Policy is not null)
        {
            return PolicyWrite.Build(live, target, weights, writeId);
        }

        var patch = new JsonArray(
            Operation("test", "/metadata/uid", live.Uid),
            Operation("test", "/metadata/resourceVersion", live.ResourceVersion));
        for (var i = 0; i < weights.Length; i++)
        {
            patch.Add((JsonNode)Operation("test", $"/spec/http/1/route/{i}/weight", live.Weights[i]));
            patch.Add((JsonNode)Operation("replace", $"/spec/http/1/route/{i}/weight", weights[i]));
        }

        patch.Add((JsonNode)Operation("add", "/metadata/annotations/meshconsole.io~1last-change", writeId));
        return new WeightPatch(patch.ToJsonString(), writeId, weights, live.ResourceVersion);
    }

    public string Diff(ChangeTarget target, ImmutableArray<PlanBackend> backends, LiveTarget live, ImmutableArray<int> weights) =>
        target.Policy is not null ? UnifiedDiff.OfPolicy(live, target, weights) : Text ?? $"-{string.Join('/', live.Weights)}\n+{string.Join('/', weights)}\n";

    public ImmutableArray<string> Notes(ChangeRequest request, RouteView route, ChangePolicy policy) => [$"{request.Stages?.Length ?? 1} stages were asked for."];

    public string HashPlan(ChangePlan plan, ChangeBase @base, ChangePolicy policy) => Hash(JsonSerializer.Serialize(plan) + @base.Uid + @base.SpecHash + HashPolicy(policy));

    public string HashPolicy(ChangePolicy policy) => Hash(JsonSerializer.Serialize(policy));

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static JsonObject Operation(string op, string path, JsonNode value) => new() { ["op"] = op, ["path"] = path, ["value"] = value };
}
