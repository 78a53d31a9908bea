using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using MeshConsole.Mesh.Audit;
using MeshConsole.Mesh.Changes.Gates;

namespace MeshConsole.Mesh.Changes.Plans;

/// <summary>
/// What approvals are bound to: SHA-256, in lower-case hexadecimal, of the canonical JSON of the plan, the base object and the
/// policy. Whoever changes any of them after an approval has another hash.
/// </summary>
/// <remarks>
/// Every member is named here by hand: a member that is added to a record is not part of the hash until somebody decides that
/// approvers decide on it (a test counts the members). The resource version is left out, since a status update moves it.
/// </remarks>
public static class PlanHash
{
    /// <summary>Hash of plan, base and policy.</summary>
    public static string Of(ChangePlan plan, ChangeBase @base, ChangePolicy policy)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(@base);
        ArgumentNullException.ThrowIfNull(policy);
        return Hash(new JsonObject
        {
            ["plan"] = Plan(plan),
            ["base"] = new JsonObject { ["uid"] = @base.Uid, ["specHash"] = @base.SpecHash },
            ["policy"] = Policy(policy),
        });
    }

    /// <summary>Hash of the policy alone.</summary>
    public static string OfPolicy(ChangePolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return Hash(Policy(policy));
    }

    private static string Hash(JsonObject json) => Convert.ToHexStringLower(SHA256.HashData(CanonicalJson.Utf8(CanonicalJson.Write(json))));

    private static JsonObject Plan(ChangePlan plan) => new()
    {
        ["target"] = Target(plan.Target),
        ["backends"] = Array(plan.Backends, b => new JsonObject { ["host"] = b.Host, ["subset"] = b.Subset, ["port"] = b.Port, ["baseWeight"] = b.BaseWeight }),
        ["canary"] = plan.Canary,
        ["stable"] = plan.Stable,
        ["stages"] = Array(plan.Stages, s => new JsonObject { ["weights"] = Array(s.Weights, w => JsonValue.Create(w)), ["soak"] = Span(s.Soak), ["notBefore"] = Instant(s.NotBefore) }),
        ["gates"] = Gates(plan.Gates),
        ["reason"] = plan.Reason,
        ["ticket"] = plan.Ticket,
    };

    private static JsonObject Target(ChangeTarget target)
    {
        var json = Rule(target);
        if (target.Policy is { } policy)
        {
            // Absent for routes, so that what was approved of them before there were policies stays approved.
            json["policy"] = new JsonObject
            {
                ["cluster"] = policy.Scope.Cluster,
                ["namespace"] = policy.Scope.Namespace,
                ["workload"] = policy.Scope.Workload,
                ["port"] = policy.Scope.Port,
                ["from"] = policy.From,
                ["to"] = policy.To,
                ["before"] = policy.Before,
                ["after"] = policy.After,
                ["labels"] = Pairs(policy.Labels),
                ["annotations"] = Pairs(policy.Annotations),
            };
        }

        return json;
    }

    private static JsonObject Rule(ChangeTarget target) => new()
    {
        ["cluster"] = target.Cluster,
        ["apiVersion"] = target.ApiVersion,
        ["kind"] = target.Kind,
        ["namespace"] = target.Namespace,
        ["name"] = target.Name,
        ["uid"] = target.Uid,
        ["protocol"] = target.Protocol,
        ["ruleIndex"] = target.RuleIndex,
        ["ruleName"] = target.RuleName,
        ["matches"] = Texts(target.Matches),
    };

    private static JsonObject Gates(GateSettings gates)
    {
        var json = Numbers(gates);
        if (gates.ObserveOnly)
        {
            // Left out where it is off, so that approvals of before there was such a thing stay what they are.
            json["observeOnly"] = true;
        }

        return json;
    }

    private static JsonObject Numbers(GateSettings gates) => new()
    {
        ["minimumRequests"] = gates.MinimumRequests,
        ["maxErrorRatio"] = gates.MaxErrorRatio,
        ["minErrorDifference"] = gates.MinErrorDifference,
        ["minErrorFactor"] = gates.MinErrorFactor,
        ["slowerThanMs"] = gates.SlowerThanMs,
        ["minSlowDifference"] = gates.MinSlowDifference,
        ["alpha"] = gates.Alpha,
        ["tripwireRequests"] = gates.TripwireRequests,
        ["tripwireErrorRatio"] = gates.TripwireErrorRatio,
        ["maxHold"] = Span(gates.MaxHold),
        ["rollBackAfterMaxHold"] = gates.RollBackAfterMaxHold,
    };

    private static JsonObject Policy(ChangePolicy policy) => new()
    {
        ["enabled"] = policy.Enabled,
        ["maxStepPercent"] = policy.MaxStepPercent,
        ["defaultSteps"] = Array(policy.DefaultSteps, s => JsonValue.Create(s)),
        ["minSoak"] = Span(policy.MinSoak),
        ["requiredApprovals"] = policy.RequiredApprovals,
        ["highRiskApprovals"] = policy.HighRiskApprovals,
        ["highRiskStepPercent"] = policy.HighRiskStepPercent,
        ["criticalNamespaces"] = Texts(policy.CriticalNamespaces),
        ["noApprovalUpToPercent"] = policy.NoApprovalUpToPercent,
        ["approvalLifetime"] = Span(policy.ApprovalLifetime),
        ["readOnlyNamespaces"] = Texts(policy.ReadOnlyNamespaces),
        ["maxStartsPerHour"] = policy.MaxStartsPerHour,
        ["strictLookback"] = Span(policy.StrictLookback),
        ["freezeWindows"] = Array(policy.FreezeWindows, w => new JsonObject
        {
            ["name"] = w.Name,
            ["schedule"] = w.Schedule,
            ["duration"] = Span(w.Duration),
            ["timeZone"] = w.TimeZone,
            ["namespaces"] = Texts(w.Namespaces),
            ["allow"] = w.Allow,
        }),
    };

    private static JsonObject Pairs(ImmutableSortedDictionary<string, string> pairs) => new(pairs.Select(p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value)));

    private static JsonArray Texts(ImmutableArray<string> texts) => Array(texts, t => JsonValue.Create(t));

    private static JsonArray Array<T>(ImmutableArray<T> items, Func<T, JsonNode?> write) => new([.. (items.IsDefault ? [] : items).Select(write)]);

    private static string Span(TimeSpan span) => span.ToString("c", CultureInfo.InvariantCulture);

    private static string? Instant(DateTimeOffset? instant) => instant?.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);
}
