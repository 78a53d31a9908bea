using MeshConsole.Mesh.Incidents;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Overview;
using MeshConsole.Mesh.Timeline;
using MeshConsole.Mesh.Triage;

namespace MeshConsole.Testing.Storage;

/// <summary>Incidents to store, with every field set to something.</summary>
public static class StoredIncidents
{
    private const string Cause = "demo/payments/workload/card-processor-v2";
    private const string Caller = "demo/payments/workload/payment-api";
    private const string Gateway = "demo/istio-ingress/gateway/istio-ingressgateway";

    public static IncidentPerson Person { get; } = IncidentPerson.Of(StoredChanges.Operator);

    public static TriageProblem Problem { get; } = new()
    {
        Id = $"errors:{Cause}",
        Code = "errors",
        Severity = TriageSeverity.Critical,
        Title = "payments/card-processor-v2 is failing",
        Detail = "34 % of 93 requests/s fail.",
        Since = StoredChanges.At,
        Node = Cause,
        Concerns = ["demo/payments"],
        Page = "topology?selected=x",
        Evidence = [new TriageEvidence("Failing requests", "34 %", "0 %"), new TriageEvidence("Requests", "93 /s")],
        Suspects = [new TriageSuspect("VirtualService payments/card-processor: 90 to 50.", 0.9, ["It happened 60 s before."], ["It is elsewhere."], "e-1", StoredChanges.At.AddMinutes(-1), "traffic")],
        BlastRadius = new TriageBlastRadius([Caller], [Gateway], 0.023),
        NextSteps = [new TriageStep("Look at the retries.", "traffic"), new TriageStep("Call the owner.")],
    };

    public static IncidentEvidence Evidence { get; } = new(
        StoredChanges.At.AddMinutes(4),
        [
            new ProblemEvidence(
                Problem.Id,
                new JudgedProblem(Problem with { Detail = "5 % of 90 requests/s fail." }, StoredChanges.At, BlastGraph.None),
                new JudgedProblem(
                    Problem,
                    StoredChanges.At.AddMinutes(4),
                    new BlastGraph(
                        [new BlastNode(Cause, BlastRole.Cause, Health.Failing, 0), new BlastNode(Caller, BlastRole.Symptom, Health.Degraded, 1), new BlastNode(Gateway, BlastRole.Gateway, Health.Healthy, 2)],
                        [new BlastEdge(Gateway, Caller, 20, 0.1), new BlastEdge(Caller, Cause, 10, null)],
                        1)),
                null,
                StoredChanges.At.AddMinutes(9)),
        ],
        [
            new IncidentTrends(
                Cause,
                new Trend(StoredChanges.At.AddMinutes(-2), TimeSpan.FromMinutes(1), [90, null, 93], null),
                new Trend(StoredChanges.At.AddMinutes(-2), TimeSpan.FromMinutes(1), [0, null, 0.34], "Prometheus did not answer."),
                new Trend(StoredChanges.At.AddMinutes(-2), TimeSpan.FromMinutes(1), [20, 21, 250], null)),
        ],
        [
            new TimelineEntry
            {
                Id = "e-1",
                Cluster = "demo",
                At = StoredChanges.At.AddMinutes(-1),
                Kind = TimelineKind.Weight,
                ObjectKind = "VirtualService",
                Namespace = "payments",
                Name = "card-processor",
                By = "kubectl-edit",
                Summary = "VirtualService payments/card-processor: 90 to 50.",
                Touches = ["payments/card-processor-v2"],
            },
        ],
        ["The p99 before 08:30 is not known."]);

    public static Incident Open(string id) => new()
    {
        Id = id,
        Title = "Card payments fail",
        State = IncidentState.Open,
        From = StoredChanges.At,
        Cluster = "demo",
        Namespaces = ["payments"],
        Problems = [new IncidentSubject(Problem.Id, Problem.Title, Problem.Severity, Problem.Since)],
        Steps = [new IncidentStep(IncidentVerb.Opened, Person, StoredChanges.At.AddMinutes(4), "")],
    };

    public static Incident Closed(string id, DateTimeOffset at) => Open(id) with
    {
        State = IncidentState.Closed,
        To = at,
        Steps = [.. Open(id).Steps, new IncidentStep(IncidentVerb.Closed, Person, at, "Rolled back.")],
    };

    public static IncidentNote Note(string text, int? corrects = null) => new(0, Person, StoredChanges.At.AddMinutes(5), text, corrects);
}
