using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using MeshConsole.Simulator.Kubernetes;
using MeshConsole.Testing;
using MeshConsole.Testing.RealServices;

namespace MeshConsole.System.Tests.Parity;

/// <summary>The simulated API server and a real kube-apiserver get the same requests and have to answer alike.</summary>
[Collection(SharedKubernetes.Collection)]
public sealed class KubernetesApiParityTests(SharedKubernetes shared)
{
    public static TheoryData<string> Scenarios => [.. ParityScenarios.All.Keys];

    [SkippableTheory]
    [MemberData(nameof(Scenarios))]
    public async Task Server_SimulatedAndReal_AnswerTheSame(string scenario)
    {
        if (scenario == ParityScenarios.NeedsUpstreamSchemas) Requires.UpstreamData();
        var cluster = await shared.GetAsync();
        var namespaceName = "parity-" + scenario.Replace(' ', '-') + "-" + Guid.NewGuid().ToString("N")[..6];
        await cluster.Admin.CreateNamespaceAsync(namespaceName);
        await cluster.AllowAsync("console", namespaceName, "", ["configmaps"], ["get", "list", "watch"]);

        await using var simulated = await SimulatedKubernetesApi.StartAsync();
        var role = new ApiRole("reader", PolicyRule.For(["get", "list", "watch"], ResourceTypes.ConfigMaps));
        simulated.Options.Tokens["reader"] = new TokenIdentity("console") { Roles = [new RoleGrant(role, namespaceName)] };
        simulated.Options.Tokens["limited"] = new TokenIdentity("limited");
        simulated.Store.Create(ResourceTypes.Namespaces, new JsonObject { ["metadata"] = new JsonObject { ["name"] = namespaceName } });

        var real = new ParityServer(namespaceName, user => user switch
        {
            "unknown" => Unknown(cluster.ClientFor("nobody").Http),
            "reader" => cluster.ClientFor("console").Http,
            _ => cluster.ClientFor(user).Http,
        });
        var ours = new ParityServer(namespaceName, user => simulated.Client(user == "admin" ? SimulatedKubernetesApi.AdminToken : user));

        var differences = new StringBuilder();
        foreach (var step in ParityScenarios.All[scenario])
        {
            var expected = await real.SendAsync(step);
            var actual = await ours.SendAsync(step);
            if (Essence(expected, step.Compare) is var wanted && Essence(actual, step.Compare) is var got && wanted != got)
                differences.AppendLine(step.ToString()).Append("  real: ").AppendLine(wanted).Append("  ours: ").AppendLine(got);
        }
        differences.ToString().ShouldBeEmpty();
    }

    private static HttpClient Unknown(HttpClient client)
    {
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "nobody-knows-this-token");
        return client;
    }

    /// <summary>What has to be equal, as text.</summary>
    private static string Essence(ParityAnswer answer, Compare compare)
    {
        JsonNode? json;
        try
        {
            json = JsonNode.Parse(answer.Text);
        }
        catch (global::System.Text.Json.JsonException)
        {
            json = null;
        }
        var reason = json is JsonObject body && body["kind"]?.GetValue<string>() == "Status" ? body["reason"]?.GetValue<string>() ?? "" : "";
        return compare switch
        {
            Compare.Code => $"{answer.Code}",
            Compare.CodeAndReason => $"{answer.Code} {reason}",
            Compare.Answer when answer.Code < 300 => $"{answer.Code}",
            _ => $"{answer.Code} {Sorted(json)?.ToJsonString() ?? answer.Text}",
        };
    }

    /// <summary>The JSON in one order of members, without versions, managers and continuations, which differ between any two servers.</summary>
    private static JsonNode? Sorted(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject json:
                var sorted = new JsonObject();
                foreach (var (name, value) in json.OrderBy(member => member.Key, StringComparer.Ordinal))
                {
                    if (name is "managedFields" or "selfLink" or "resourceVersion") continue;
                    sorted[name] = name switch
                    {
                        "continue" => "{continue}",
                        // Some versions of Kubernetes name a fault once for each time that they look.
                        "causes" => new JsonArray([.. value!.AsArray().Select(Sorted).DistinctBy(cause => cause!.ToJsonString())]),
                        _ => Sorted(value),
                    };
                }
                return sorted;
            case JsonArray list:
                return new JsonArray([.. list.Select(Sorted)]);
            default:
                return node?.DeepClone();
        }
    }
}
