using System.Globalization;
using System.Text.Json.Nodes;

namespace MeshConsole.Simulator.Kubernetes;

/// <summary>
/// What Istio's validating webhook refuses of a VirtualService, as far as routes go: no host, no rules, rules without a destination,
/// negative weights, several destinations whose weights add up to zero, and retries and timeouts that Envoy could not take.
/// </summary>
internal sealed class VirtualServiceWebhook : IAdmissionCheck
{
    public ApiStatus? Review(AdmissionRequest request)
    {
        if (request.Type != ResourceTypes.VirtualServices || request.Operation == "DELETE") return null;
        var faults = Faults(request.Object["spec"] as JsonObject ?? []).ToArray();
        if (faults.Length == 0) return null;
        var text = faults.Length == 1
            ? faults[0]
            : string.Create(CultureInfo.InvariantCulture, $"{faults.Length} errors occurred:\n\t* {string.Join("\n\t* ", faults)}\n\n");
        return AdmissionRequest.DeniedBy("validation.istio.io", "configuration is invalid: " + text);
    }

    private static IEnumerable<string> Faults(JsonObject spec)
    {
        var gateways = spec["gateways"] as JsonArray;
        // A delegate has no hosts: the VirtualService that names it does.
        var delegated = spec["hosts"] is not JsonArray { Count: > 0 };
        if (delegated && gateways is { Count: > 0 }) yield return "delegate virtual service must have no gateways specified";

        var rules = (string[])["http", "tls", "tcp"];
        if (rules.All(kind => spec[kind] is not JsonArray { Count: > 0 })) yield return "http, tcp or tls must be provided in virtual service";
        foreach (var kind in rules)
            foreach (var rule in Objects(spec[kind]))
                foreach (var fault in kind == "http" ? HttpFaults(rule) : DestinationFaults(rule["route"]))
                    yield return fault;
    }

    private static IEnumerable<string> HttpFaults(JsonObject rule)
    {
        var hasRoute = rule["route"] is JsonArray { Count: > 0 };
        if (rule["delegate"] is JsonObject)
        {
            if (hasRoute) yield return $"root HTTP route {rule.Text("name")} must not specify route";
        }
        else if (rule["redirect"] is JsonObject)
        {
            if (hasRoute) yield return "HTTP route cannot contain both route and redirect";
        }
        else if (!hasRoute && rule["directResponse"] is not JsonObject)
        {
            yield return "HTTP route, redirect or direct_response is required";
        }
        if (rule["retries"] is JsonObject retries && Number(retries["attempts"]) < 0) yield return "attempts cannot be negative";
        foreach (var fault in DestinationFaults(rule["route"]))
            yield return fault;
    }

    private static IEnumerable<string> DestinationFaults(JsonNode? route)
    {
        var (count, total) = (0, 0L);
        foreach (var destination in Objects(route))
        {
            count++;
            if (destination["destination"] is not JsonObject target) yield return "destination is required";
            else if (target.Text("host") is not { Length: > 0 }) yield return "destination host must be specified";
            var weight = Number(destination["weight"]);
            if (weight < 0) yield return string.Create(CultureInfo.InvariantCulture, $"weight {weight} < 0");
            total += weight;
        }
        if (count > 1 && total == 0) yield return "total destination weight = 0";
    }

    private static IEnumerable<JsonObject> Objects(JsonNode? list) => (list as JsonArray)?.OfType<JsonObject>() ?? [];

    private static long Number(JsonNode? node) => node is JsonValue value && value.TryGetValue<long>(out var number) ? number : 0;
}
