using System.Text;
using MeshConsole.Mesh.Prometheus;
using MeshConsole.Mesh.Prometheus.Istio;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Tests.Prometheus;

/// <summary>Turns series written by hand into a frame, on the way that answers of a real Prometheus take.</summary>
internal sealed class IstioAnswers
{
    public static readonly DateTimeOffset At = DateTimeOffset.FromUnixTimeSeconds(1772442000);

    private readonly SymbolTable _symbols = new();
    private readonly TelemetryAnswers _answers = new();
    private readonly IstioDialect _dialect = new();

    /// <summary>Whether the queries asked for cluster labels.</summary>
    public bool SeveralClusters { get; init; }

    public string Cluster { get; init; } = "main";

    /// <summary>Labels of a hop as both HTTP and TCP series carry them; what is given in <paramref name="more"/> comes after.</summary>
    public static string[] Hop(string reporter, string source, string target, string protocol = "http", params string[] more) =>
    [
        $"reporter={reporter}",
        $"source_workload={source}",
        $"source_workload_namespace={(source == "unknown" ? "unknown" : "payments")}",
        $"destination_workload={target}",
        $"destination_workload_namespace={(target == "unknown" ? "unknown" : "payments")}",
        $"destination_service={(target == "unknown" ? "unknown" : target + ".payments.svc.cluster.local")}",
        $"request_protocol={protocol}",
        .. more,
    ];

    public static string Series(string value, string[] labels, params string[] more)
    {
        // Later labels replace earlier ones of the same name.
        var merged = labels.Concat(more).GroupBy(label => label.Split('=')[0]).Select(group => group.Last()).ToArray();
        return ScriptedPrometheus.Series(value, merged);
    }

    public IstioAnswers With(string query, params string[] series)
    {
        var answer = _dialect.NewAnswer(query, _symbols, SeveralClusters);
        var reader = new AnswerReader(answer.Symbols, answer);
        reader.Read(Encoding.UTF8.GetBytes(ScriptedPrometheus.EmptyVector.Replace("[]", $"[{string.Join(',', series)}]", StringComparison.Ordinal)), last: true);
        answer.At = At;
        answer.Series = reader.Series;
        answer.Complete();
        _answers.Set(query, answer);
        return this;
    }

    public TelemetryFrame Frame() => _dialect.Frame(Cluster, _symbols, _answers, TimeSpan.FromMinutes(1));

    /// <summary>The frame after all answers have moved to a fresh symbol table.</summary>
    public TelemetryFrame FrameAfterMove()
    {
        var fresh = new SymbolTable();
        foreach (var filler in Enumerable.Range(0, 100))
        {
            fresh.Intern($"filler-{filler}");
        }

        foreach (var answer in _answers.All)
        {
            if (ReferenceEquals(answer.Symbols, _symbols))
            {
                answer.MoveTo(fresh);
            }
        }

        return _dialect.Frame(Cluster, fresh, _answers, TimeSpan.FromMinutes(1));
    }
}
