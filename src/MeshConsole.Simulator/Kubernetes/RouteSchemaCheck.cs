using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MeshConsole.Simulator.Kubernetes;

/// <summary>
/// What the schemas of the definitions say about the parts of routes that are patched: the type and range of weights, and that a
/// backend has a name. Answers as the API server does (422).
/// </summary>
internal sealed class RouteSchemaCheck : IAdmissionCheck
{
    public ApiStatus? Review(AdmissionRequest request)
    {
        if (request.Operation == "DELETE") return null;
        var causes = ImmutableArray.CreateBuilder<ApiStatusCause>();
        if (request.Type == ResourceTypes.VirtualServices)
        {
            foreach (var kind in (ReadOnlySpan<string>)["http", "tcp", "tls"])
                Check(request.Object["spec"], kind, "route", minimum: int.MinValue, maximum: int.MaxValue, required: "destination", causes);
        }
        else if (request.Type == ResourceTypes.HttpRoutes || request.Type == ResourceTypes.GrpcRoutes)
        {
            Check(request.Object["spec"], "rules", "backendRefs", minimum: 0, maximum: 1_000_000, required: "name", causes);
        }
        else if (request.Type == ResourceTypes.TrafficSplits)
        {
            CheckSplit(request.Object["spec"], quantities: (request.Object.Text("apiVersion") ?? "").EndsWith("/v1alpha1", StringComparison.Ordinal), causes);
        }
        return causes.Count == 0 ? null : ApiStatus.Invalid(request.Type, (request.Object["metadata"] as JsonObject)?.Text("name") ?? "", causes.ToImmutable());
    }

    private static void Check(
        JsonNode? spec, string rules, string targets, long minimum, long maximum, string required, ImmutableArray<ApiStatusCause>.Builder causes)
    {
        if (!IsObject(spec, "spec", causes, out var json)) return;
        foreach (var (rule, path) in Elements(json[rules], "spec." + rules, causes))
        {
            foreach (var (target, targetPath) in Elements(rule[targets], $"{path}.{targets}", causes))
            {
                if (target[required] is null) causes.Add(ApiStatusCause.Required($"{targetPath}.{required}", ""));
                if (target.ContainsKey("weight")) CheckWeight(target["weight"], targetPath + ".weight", minimum, maximum, causes);
            }
        }
    }

    private static void CheckSplit(JsonNode? spec, bool quantities, ImmutableArray<ApiStatusCause>.Builder causes)
    {
        if (!IsObject(spec, "spec", causes, out var json)) return;
        if (json["service"] is null) causes.Add(ApiStatusCause.Required("spec.service", ""));
        if (json["backends"] is null) causes.Add(ApiStatusCause.Required("spec.backends", ""));
        foreach (var (backend, path) in Elements(json["backends"], "spec.backends", causes))
        {
            if (backend["service"] is null) causes.Add(ApiStatusCause.Required($"{path}.service", ""));
            if (backend["weight"] is not { } weight) causes.Add(ApiStatusCause.Required($"{path}.weight", ""));
            else if (weight.GetValueKind() != JsonValueKind.Number && !(quantities && weight.GetValueKind() == JsonValueKind.String))
                causes.Add(WrongType($"{path}.weight", quantities ? "integer,string" : "number", weight));
        }
    }

    private static void CheckWeight(JsonNode? weight, string path, long minimum, long maximum, ImmutableArray<ApiStatusCause>.Builder causes)
    {
        if (weight is not JsonValue value || value.GetValueKind() != JsonValueKind.Number || !value.TryGetValue<long>(out var number))
        {
            var kind = TypeName(weight);
            causes.Add(new ApiStatusCause("FieldValueTypeInvalid", $"Invalid value: \"{kind}\": {path} in body must be of type integer: \"{kind}\"", path));
        }
        else if (number < minimum)
        {
            causes.Add(ApiStatusCause.InvalidValue(path, Text(number), $"{path} in body should be greater than or equal to {Text(minimum)}"));
        }
        else if (number > maximum)
        {
            causes.Add(ApiStatusCause.InvalidValue(path, Text(number), $"{path} in body should be less than or equal to {Text(maximum)}"));
        }
    }

    private static IEnumerable<(JsonObject Element, string Path)> Elements(JsonNode? node, string path, ImmutableArray<ApiStatusCause>.Builder causes)
    {
        if (node is null) yield break;
        if (node is not JsonArray list)
        {
            causes.Add(WrongType(path, "array", node));
            yield break;
        }
        for (var index = 0; index < list.Count; index++)
        {
            var elementPath = string.Create(CultureInfo.InvariantCulture, $"{path}[{index}]");
            if (IsObject(list[index], elementPath, causes, out var element)) yield return (element, elementPath);
        }
    }

    private static bool IsObject(JsonNode? node, string path, ImmutableArray<ApiStatusCause>.Builder causes, out JsonObject json)
    {
        json = node as JsonObject ?? [];
        if (node is not null and not JsonObject) causes.Add(WrongType(path, "object", node));
        return node is JsonObject;
    }

    private static ApiStatusCause WrongType(string path, string wanted, JsonNode? node) =>
        new("FieldValueTypeInvalid", $"Invalid value: \"{TypeName(node)}\": {path} in body must be of type {wanted}: \"{TypeName(node)}\"", path);

    private static string TypeName(JsonNode? node) => node?.GetValueKind() switch
    {
        JsonValueKind.String => "string",
        JsonValueKind.Number => "number",
        JsonValueKind.True or JsonValueKind.False => "boolean",
        JsonValueKind.Array => "array",
        JsonValueKind.Object => "object",
        _ => "null",
    };

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
