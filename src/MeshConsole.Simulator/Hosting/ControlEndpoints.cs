using System.Collections.Immutable;
using System.Text.Json.Serialization;
using MeshConsole.Simulator.Scenarios;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace MeshConsole.Simulator.Hosting;

/// <summary>
/// The switch over HTTP, on both servers and beyond the reach of every fault: <c>GET /simulator/scenarios</c> lists them and says
/// which is on, <c>PUT /simulator/scenarios/{id}</c> switches (404 for an unknown one). No token is asked for: the servers listen
/// on loopback, and a web page of another origin may not send a PUT. <c>DELETE /simulator/scrapes/{namespace}/{name}</c> takes a
/// workload or a pod out of the scrape, <c>PUT</c> takes it back in.
/// </summary>
internal static class ControlEndpoints
{
    public static void Map(IEndpointRouteBuilder endpoints, ScenarioSwitch scenarios, Func<string, string, bool, bool> setScraped)
    {
        endpoints.MapDelete("/simulator/scrapes/{namespace}/{name}", (string @namespace, string name) => Scrape(@namespace, name, false));
        endpoints.MapPut("/simulator/scrapes/{namespace}/{name}", (string @namespace, string name) => Scrape(@namespace, name, true));
        IResult Scrape(string @namespace, string name, bool scraped) => setScraped(@namespace, name, scraped)
            ? TypedResults.NoContent()
            : TypedResults.Json(new ControlError("unknown-target", $"There is no workload or pod {@namespace}/{name}."), ControlJson.Default.ControlError, statusCode: StatusCodes.Status404NotFound);


        endpoints.MapGet("/simulator/scenarios", () => TypedResults.Json(ScenarioList.Of(scenarios), ControlJson.Default.ScenarioList));
        endpoints.MapPut("/simulator/scenarios/{id}", async (string id, CancellationToken cancellationToken) =>
        {
            if (!scenarios.All.Any(scenario => scenario.Id == id))
                return (IResult)TypedResults.Json(new ControlError("unknown-scenario", $"There is no scenario '{id}'; there are {string.Join(", ", scenarios.All.Select(scenario => scenario.Id))}."), ControlJson.Default.ControlError, statusCode: StatusCodes.Status404NotFound);
            await scenarios.ActivateAsync(id, cancellationToken).ConfigureAwait(false);
            return TypedResults.Json(ScenarioList.Of(scenarios), ControlJson.Default.ScenarioList);
        });
    }
}

internal sealed record ScenarioList(string Active, ImmutableArray<Scenario> Scenarios)
{
    public static ScenarioList Of(ScenarioSwitch scenarios) => new(scenarios.Active.Id, scenarios.All);
}

internal sealed record ControlError(string Code, string Message);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ScenarioList))]
[JsonSerializable(typeof(ControlError))]
internal sealed partial class ControlJson : JsonSerializerContext;
