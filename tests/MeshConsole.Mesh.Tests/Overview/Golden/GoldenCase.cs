using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Testing.RealServices;

namespace MeshConsole.Mesh.Tests.Overview.Golden;

/// <summary>
/// A folder with <c>objects.yaml</c> (what the cluster holds), <c>traffic.yaml</c> (what proxies report, in requests per
/// second) and one JSON file per view with what it must come to. A new case is a new folder; its expectations are written by
/// hand. What a view says beyond the file's members is not held against it, so a file states only what its case is about.
/// </summary>
internal sealed class GoldenCase
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    private GoldenCase(string folder) => Folder = folder;

    public string Folder { get; }

    public string Name => Path.GetFileName(Folder);

    private static string Root { get; } = Path.Combine(RepositoryPaths.Root, "tests", "MeshConsole.Mesh.Tests", "Overview", "Golden", "Cases");

    /// <summary>Names of the cases that state what a view comes to.</summary>
    public static TheoryData<string> With(string view) =>
        [.. Directory.EnumerateDirectories(Root).Where(f => File.Exists(Path.Combine(f, view + ".json"))).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];

    public static GoldenCase Named(string name) => new(Path.Combine(Root, name));

    public MeshSnapshot Snapshot()
    {
        var traffic = Path.Combine(Folder, "traffic.yaml");
        var edges = File.Exists(traffic) ? Edges((JsonArray)ManifestReader.ToJson(File.ReadAllText(traffic))!) : null;
        var telemetry = edges is null ? null : new TelemetryFrame { At = Given.Now, Window = TimeSpan.FromSeconds(60), Edges = [.. edges] };
        return Given.Snapshot(SnapshotBuilder.Build(Given.Cluster, ManifestReader.Read(Path.Combine(Folder, "objects.yaml")), [], telemetry));
    }

    /// <summary>Compares a view with the case's file.</summary>
    public void Check<T>(string view, T actual)
    {
        var expected = JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, view + ".json")));
        var differences = new List<string>();
        Compare(view, expected, JsonSerializer.SerializeToNode(actual, s_json), differences);
        differences.ShouldBeEmpty($"{Name}/{view}.json");
    }

    private static void Compare(string path, JsonNode? expected, JsonNode? actual, List<string> differences)
    {
        switch (expected, actual)
        {
            case (JsonObject wanted, JsonObject found):
                foreach (var (name, value) in wanted)
                {
                    Compare($"{path}.{name}", value, found.ContainsKey(name) ? found[name] : JsonValue.Create("(no such member)"), differences);
                }

                break;
            case (JsonArray wanted, JsonArray found) when wanted.Count == found.Count:
                for (var i = 0; i < wanted.Count; i++)
                {
                    Compare($"{path}[{i}]", wanted[i], found[i], differences);
                }

                break;
            case (JsonValue wanted, JsonValue found) when wanted.GetValueKind() == JsonValueKind.Number && found.GetValueKind() == JsonValueKind.Number:
                if (Math.Abs(wanted.GetValue<double>() - found.GetValue<double>()) > 1e-9)
                {
                    differences.Add($"{path}: {found} instead of {wanted}");
                }

                break;
            default:
                if (!JsonNode.DeepEquals(expected, actual))
                {
                    differences.Add($"{path}: {actual?.ToJsonString(s_json) ?? "null"} instead of {expected?.ToJsonString(s_json) ?? "null"}");
                }

                break;
        }
    }

    private static IEnumerable<Edge> Edges(JsonArray rows)
    {
        foreach (var row in rows.OfType<JsonObject>())
        {
            var protocol = (string?)row["protocol"] ?? "http";
            yield return new Edge
            {
                Source = Peer((string)row["from"]!),
                Target = Peer((string)row["to"]!),
                ServiceHost = (string)row["host"]!,
                ServiceNamespace = ((string)row["host"]!).Split('.') is [_, var name, "svc", ..] ? name : WorkloadId.UnknownName,
                Protocol = protocol,
                FromSource = Report(row["caller"] as JsonObject, protocol),
                FromDestination = Report(row["callee"] as JsonObject, protocol),
                FromWaypoint = Report(row["waypoint"] as JsonObject, protocol),
            };
        }
    }

    private static Peer Peer(string name) => name.Split('/') is [var ns, var workload]
        ? new Peer(Given.Id(workload, ns), null, null)
        : new Peer(Given.Id(WorkloadId.UnknownName, WorkloadId.UnknownName), null, null);

    private static ReporterTraffic? Report(JsonObject? row, string protocol)
    {
        if (row is null)
        {
            return null;
        }

        double Value(string name) => row[name] is JsonValue value ? double.Parse(value.ToJsonString(), CultureInfo.InvariantCulture) : 0;
        return protocol == "tcp"
            ? Given.Tcp(Value("mutual"), Value("plaintext"), Value("unknown"))
            : Given.Http(Value("ok"), Value("failed"), Value("refused"), Value("mutual"), Value("plaintext"), Value("unknown"));
    }
}
