using System.Collections.Immutable;
using MeshConsole.Mesh.Timeline;
using MeshConsole.Mesh.Triage;
using MeshConsole.Testing;

namespace MeshConsole.Tests.Components;

/// <summary>Looks of the triage at the sample mesh.</summary>
internal static class SampleTriage
{
    /// <summary>Two critical problems and a warning, the worst first.</summary>
    public static TriageView Troubled { get; } = View(
        Problem("errors:card-processor-v2", "payments/card-processor-v2 is failing", "topology?selected=x") with { Since = SampleViews.Now.AddMinutes(-4) },
        Problem("certificate:istiod", "Certificate istiod.istio-system.svc (webhook) has expired", "certificates?state=expired"),
        Problem("plaintext:ledger", "An unknown caller sends plaintext to finance/ledger", "mtls", TriageSeverity.Warning));

    public static TriageView Healthy { get; } = View();

    public static TriageView View(params ImmutableArray<TriageProblem> problems) => new(SampleViews.Now, SampleViews.Now.AddMinutes(-30), problems, [], []);

    public static TriageProblem Problem(string id, string title, string page, TriageSeverity severity = TriageSeverity.Critical) => new()
    {
        Id = id,
        Code = id.Split(':')[0],
        Severity = severity,
        Title = title,
        Detail = "10 % of 10 requests/s fail.",
        Since = SampleViews.Now.AddMinutes(-9),
        Page = page,
        BlastRadius = TriageBlastRadius.None,
    };

    public static TimelineEntry Change(string id, string summary, TimeSpan ago) => new()
    {
        Id = id,
        Cluster = SampleMesh.Cluster,
        At = SampleViews.Now - ago,
        Kind = TimelineKind.Weight,
        ObjectKind = "VirtualService",
        Namespace = "payments",
        Name = "card-processor",
        By = "kubectl-edit",
        Summary = summary,
    };
}
