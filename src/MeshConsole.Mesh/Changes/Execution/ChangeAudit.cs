using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using MeshConsole.Mesh.Access;
using MeshConsole.Mesh.Audit;
using MeshConsole.Mesh.Changes.Gates;
using MeshConsole.Mesh.Changes.Guards;
using MeshConsole.Mesh.Changes.Plans;

namespace MeshConsole.Mesh.Changes.Execution;

/// <summary>What is recorded of changes.</summary>
internal static class ChangeAudit
{
    private static readonly JsonSerializerOptions s_evidence = new(JsonSerializerDefaults.Web) { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    public const string Create = "change.create";
    public const string Preview = "change.preview";
    public const string Submit = "change.submit";
    public const string Approve = "change.approve";
    public const string Reject = "change.reject";
    public const string Start = "change.start";
    public const string Pause = "change.pause";
    public const string Resume = "change.resume";
    public const string Abort = "change.abort";
    public const string Rollback = "change.rollback";
    public const string Stop = "route.stop";
    public const string Write = "change.write";
    public const string Gate = "change.gate";
    public const string State = "change.state";

    /// <summary>An entry about a change as it is after what happened.</summary>
    public static AuditEntry Of(ChangeRecord change, Actor actor, string action, string phase, string outcome, string summary, string? reason = null, JsonObject? details = null) => new()
    {
        Actor = actor,
        Action = action,
        Phase = phase,
        Outcome = outcome,
        Summary = summary,
        Target = Target(change.Plan.Target),
        ChangeId = change.Id,
        Reason = reason ?? change.Plan.Reason,
        Ticket = change.Plan.Ticket,
        PlanHash = change.PlanHash,
        PolicyHash = change.PolicyHash,
        Details = details,
    };

    public static AuditTarget Target(ChangeTarget target) => new(target.Cluster, target.ApiVersion, target.Kind, target.Namespace, target.Name, target.Uid);

    /// <summary>Everything that proves a write: patch, weights, preconditions, guards, approvals.</summary>
    public static JsonObject Intent(ChangeRecord change, ChangeWrite write, ImmutableArray<int> before, Actor actingAs)
    {
        var details = OfWrite(change, write, before, actingAs);
        if (change.Plan.Target.Policy is { } policy)
        {
            // Modes instead of the vector that stands for them; with the specs, from which the object can be put back by hand.
            details.Remove("weightsBefore");
            details.Remove("weightsAfter");
            details["verb"] = write.Verb;
            details["stateBefore"] = policy.Word(before);
            details["stateAfter"] = policy.Word(write.Weights);
            details["specAsItWas"] = policy.Before is { } was ? Parsed(was) : null;
            details["specAsPlanned"] = policy.After is { } planned ? Parsed(planned) : null;
        }

        return details;
    }

    private static JsonObject OfWrite(ChangeRecord change, ChangeWrite write, ImmutableArray<int> before, Actor actingAs) => new()
    {
        ["writeId"] = write.Id,
        ["purpose"] = write.Purpose,
        ["stage"] = change.Stage,
        ["weightsBefore"] = Numbers(before),
        ["weightsAfter"] = Numbers(write.Weights),
        ["patch"] = Parsed(write.Patch),
        ["resourceVersionBefore"] = write.ResourceVersionBefore,
        ["specHashBefore"] = write.SpecHashBefore,
        ["actingAs"] = actingAs.ClusterIdentity?.User,
        ["guards"] = Guards(change.Guards),
        ["approvals"] = new JsonArray([.. change.Approvals.Select(a => (JsonNode)new JsonObject
        {
            ["by"] = a.By.Person.ToString(),
            ["approved"] = a.Approved,
            ["at"] = a.At.ToString("O", System.Globalization.CultureInfo.InvariantCulture),
            ["planHash"] = a.PlanHash,
        })]),
        ["breakGlass"] = change.BreakGlassId,
    };

    public static JsonObject Outcome(ChangeRecord change, ChangeWrite write) => new()
    {
        ["writeId"] = write.Id,
        ["purpose"] = write.Purpose,
        ["result"] = write.Outcome.ToString(),
        [change.Plan.Target.Policy is null ? "weights" : "state"] = change.Plan.Target.Policy is { } policy ? policy.Word(write.Weights) : Numbers(write.Weights),
        ["resourceVersionAfter"] = write.ResourceVersionAfter,
        ["specHashAfter"] = write.Outcome == WriteOutcome.Applied ? change.ExpectedSpecHash : null,
        ["auditId"] = write.AuditId,
        ["message"] = write.Message,
    };

    /// <summary>One look with everything that its verdict was computed from: whoever has the record can compute it again.</summary>
    public static JsonObject Look(int stage, GateLook look, GateSettings settings) => new()
    {
        ["stage"] = stage,
        ["verdict"] = look.Verdict.ToString(),
        ["trips"] = look.Trips,
        ["evidence"] = JsonSerializer.SerializeToNode(look.Evidence, s_evidence),
        ["settings"] = JsonSerializer.SerializeToNode(settings, s_evidence),
        ["results"] = new JsonArray([.. look.Results.Select(r => (JsonNode)new JsonObject { ["code"] = r.Code, ["verdict"] = r.Verdict.ToString(), ["message"] = r.Message })]),
    };

    public static JsonArray Guards(ImmutableArray<GuardVerdict> verdicts) =>
        new([.. verdicts.Select(v => (JsonNode)new JsonObject { ["code"] = v.Code, ["outcome"] = v.Outcome.ToString(), ["found"] = v.Found })]);

    private static JsonArray Numbers(ImmutableArray<int> numbers) => new([.. numbers.Select(n => (JsonNode)n)]);

    private static JsonNode? Parsed(string json)
    {
        try
        {
            return JsonNode.Parse(json);
        }
        catch (System.Text.Json.JsonException)
        {
            return JsonValue.Create(json);
        }
    }
}
