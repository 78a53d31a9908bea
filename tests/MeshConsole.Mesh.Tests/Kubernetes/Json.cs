using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MeshConsole.Mesh.Tests.Kubernetes;

/// <summary>Objects as an API server writes them.</summary>
internal static class Json
{
    public static string List(string resourceVersion, string? next, params string[] items)
    {
        var metadata = new JsonObject { ["resourceVersion"] = resourceVersion };
        if (next is not null)
        {
            metadata["continue"] = next;
        }

        return $$"""{"kind":"List","apiVersion":"v1","metadata":{{metadata.ToJsonString()}},"items":[{{string.Join(',', items)}}]}""";
    }

    public static string Status(int code, string reason, string message, int? retryAfterSeconds = null)
    {
        var status = new JsonObject
        {
            ["kind"] = "Status",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject(),
            ["status"] = "Failure",
            ["message"] = message,
            ["reason"] = reason,
            ["code"] = code,
        };
        if (retryAfterSeconds is { } seconds)
        {
            status["details"] = new JsonObject { ["retryAfterSeconds"] = seconds };
        }

        return status.ToJsonString();
    }

    public static string Pod(string @namespace, string name, string resourceVersion = "1", string image = "ledger:1.4") =>
        $$"""
        {"metadata":{"name":{{Text(name)}},"namespace":{{Text(@namespace)}},"uid":{{Text("uid-" + name)}},"resourceVersion":"{{resourceVersion}}",
        "creationTimestamp":"2026-03-01T10:00:00Z","labels":{"app":"ledger"} },
        "spec":{"nodeName":"node-1","serviceAccountName":"ledger","containers":[{"name":"app","image":"{{image}}"}]},
        "status":{"phase":"Running","podIP":"10.0.0.7","conditions":[{"type":"Ready","status":"True"}]} }
        """;

    /// <summary>The API groups and resources of a server, by <c>group/version</c>.</summary>
    public static string Groups(params string[] groupVersions)
    {
        var groups = new JsonArray();
        foreach (var group in groupVersions.GroupBy(text => text.Split('/')[0], StringComparer.Ordinal))
        {
            groups.Add(new JsonObject
            {
                ["name"] = group.Key,
                ["versions"] = new JsonArray([.. group.Select(text => new JsonObject { ["groupVersion"] = text, ["version"] = text.Split('/')[1] })]),
            });
        }

        return new JsonObject { ["kind"] = "APIGroupList", ["groups"] = groups }.ToJsonString();
    }

    public static string Resources(string groupVersion, params string[] plurals) =>
        new JsonObject
        {
            ["kind"] = "APIResourceList",
            ["groupVersion"] = groupVersion,
            ["resources"] = new JsonArray([.. plurals.Select(plural => new JsonObject { ["name"] = plural, ["namespaced"] = true })]),
        }.ToJsonString();

    public static string Text(string text) => JsonSerializer.Serialize(text);

    public static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
