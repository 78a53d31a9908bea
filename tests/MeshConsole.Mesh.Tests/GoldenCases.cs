using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Kubernetes.Parsing;
using MeshConsole.Mesh.Prometheus;
using MeshConsole.Mesh.Prometheus.Istio;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Testing;

namespace MeshConsole.Mesh.Tests;

/// <summary>
/// Cases in folders of <c>Golden</c>: <c>objects.json</c> as the API server sends them, <c>telemetry.json</c> as Prometheus
/// answers, and what the builders must make of them. Adding a case is adding a folder; its README says what was worked out by
/// hand. With <c>MESHCONSOLE_WRITE_GOLDEN=1</c> the expected files are written anew, to be read before they are committed.
/// </summary>
internal static class GoldenCases
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public static string Root([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "Golden");

    public static IEnumerable<string> Names() => Directory.GetDirectories(Root()).Select(folder => Path.GetFileName(folder)!).Order(StringComparer.Ordinal);

    public static MeshSnapshot Snapshot(string name)
    {
        var folder = Path.Combine(Root(), name);
        var sources = SampleMesh.LiveSources();
        return SampleMesh.Snapshot(SnapshotBuilder.Build("main", Objects(folder), sources, Telemetry(folder)));
    }

    /// <summary>Compares what a builder made with the file of the case.</summary>
    public static void ShouldMatch<T>(string name, string file, T actual)
    {
        var path = Path.Combine(Root(), name, file);
        var text = JsonSerializer.Serialize(actual, s_json).ReplaceLineEndings("\n") + "\n";
        if (Environment.GetEnvironmentVariable("MESHCONSOLE_WRITE_GOLDEN") == "1")
        {
            File.WriteAllText(path, text);
        }

        File.Exists(path).ShouldBeTrue($"{name} has no {file}");
        text.ShouldBe(File.ReadAllText(path), $"{name}/{file}");
    }

    private static ClusterObjects Objects(string folder)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "objects.json")));
        var (pods, services, namespaces, deployments, replicaSets) = (new PodParser(), new ServiceParser(), new NamespaceParser([]), new ControllerParser("Deployment"), new ControllerParser("ReplicaSet"));
        var objects = new List<IKubernetesObject>();
        foreach (var item in document.RootElement.GetProperty("items").EnumerateArray())
        {
            var bytes = Encoding.UTF8.GetBytes(item.GetRawText());
            IKubernetesObject? parsed = item.GetProperty("kind").GetString() switch
            {
                "Pod" => pods.Parse(bytes),
                "Service" => services.Parse(bytes),
                "Namespace" => namespaces.Parse(bytes),
                "Deployment" => deployments.Parse(bytes),
                "ReplicaSet" => replicaSets.Parse(bytes),
                var kind => throw new InvalidDataException($"Golden cases know no {kind}."),
            };
            objects.Add(parsed ?? throw new InvalidDataException($"{folder}: {item} is not read."));
        }

        return SampleMesh.Objects(
            objects.OfType<Pod>(),
            objects.OfType<Controller>().Where(controller => controller.Kind == "Deployment"),
            objects.OfType<Controller>().Where(controller => controller.Kind == "ReplicaSet"),
            objects.OfType<KubernetesService>(),
            objects.OfType<Namespace>());
    }

    private static TelemetryFrame Telemetry(string folder)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "telemetry.json")));
        var dialect = new IstioDialect();
        var symbols = new SymbolTable();
        var answers = new TelemetryAnswers();
        foreach (var query in document.RootElement.EnumerateObject())
        {
            var answer = dialect.NewAnswer(query.Name, symbols, severalClusters: false);
            var body = $$$"""{"status":"success","data":{"resultType":"vector","result":{{{query.Value.GetRawText()}}}}}""";
            new AnswerReader(answer.Symbols, answer).Read(Encoding.UTF8.GetBytes(body), last: true);
            answer.At = SampleMesh.Now;
            answer.Complete();
            answers.Set(query.Name, answer);
        }

        return dialect.Frame("main", symbols, answers, TimeSpan.FromMinutes(1));
    }
}
