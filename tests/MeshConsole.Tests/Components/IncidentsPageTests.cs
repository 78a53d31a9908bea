using Bunit;
using MeshConsole.Components.Pages;
using MeshConsole.Components.Problems;
using MeshConsole.Mesh.Storage;
using MeshConsole.Mesh.Timeline;
using MeshConsole.Mesh.Triage;
using MeshConsole.Testing;

namespace MeshConsole.Tests.Components;

public sealed class IncidentsPageTests : ComponentTest
{
    private const string Hostile = "<img src=x onerror=alert(1)>\u202e*evil*|`";

    private static readonly TimelineEntry s_edit = new()
    {
        Id = "edit",
        Cluster = SampleMesh.Cluster,
        At = SampleViews.Now.AddMinutes(-6),
        Kind = TimelineKind.Config,
        ObjectKind = "VirtualService",
        Namespace = "finance",
        Name = "ledger",
        By = "kubectl-edit",
        Summary = "VirtualService finance/ledger was changed.",
        Diff = "--- before\n+++ after\n@@ -1,1 +1,1 @@\n-attempts: 0\n+attempts: 5\n",
        Touches = ["finance/ledger"],
    };

    private static TriageProblem Problem(string title = "finance/ledger is failing") => new()
    {
        Id = "errors:demo/finance/workload/ledger",
        Code = "errors",
        Severity = TriageSeverity.Critical,
        Title = title,
        Detail = "34 % of 93 tries/s fail.",
        Since = SampleViews.Now.AddMinutes(-5),
        Node = $"{SampleMesh.Cluster}/finance/workload/ledger",
        Page = "topology?selected=x",
        Evidence = [new("Failing tries", "34 %", "0 %")],
        Suspects = [new(s_edit.Summary, 0.9, ["It happened 60 s before."], ["It is elsewhere."], "edit", s_edit.At, "traffic?q=ledger")],
        BlastRadius = new([$"{SampleMesh.Cluster}/payments/workload/payment-api"], [$"{SampleMesh.Cluster}/istio-ingress/gateway/istio-ingressgateway"], 0.023),
        NextSteps = [new("Look at the retries.", "traffic"), new("Call the owner.")],
    };

    [Fact]
    public void BeforeTheFirstLook_SaysWhatIsAwaited() => Page<Incidents>("incidents").Find(".state").TextContent.ShouldContain("once every source has answered");

    [Fact]
    public void NothingWrong_SaysSo_AndWhatWasNotWatched()
    {
        Triage.Say(View());
        var page = Page<Incidents>("incidents");
        page.Find("h1").TextContent.ShouldBe("Nothing is wrong");
        page.Markup.ShouldContain("Nothing changed in this time.");
        page.Markup.ShouldContain("Changes are followed since 2");
    }

    [Fact]
    public void NothingSeen_WithoutHistory_IsNotCalledHealthy()
    {
        Triage.Say(View() with { Notes = ["What is usual is not known."] });
        var page = Page<Incidents>("incidents");
        page.Markup.ShouldContain("What is usual is not known.");
        page.Markup.ShouldContain("None that can be seen from what is known.");
        page.Find("header .mark-unknown").ShouldNotBeNull();
    }

    [Fact]
    public void Problem_IsListedWithSinceHitAndSuspect_AndOpens()
    {
        Triage.Kept = [s_edit];
        Triage.Say(View(Problem()));
        var page = Page<Incidents>("incidents");
        page.Find("h1").TextContent.ShouldBe("finance/ledger is failing");
        var facts = page.Find(".problem-facts").TextContent;
        facts.ShouldContain("5\u202fmin ago");
        facts.ShouldContain("1 workload follows");
        facts.ShouldContain("users see 2.3\u202f% fail");
        page.Find(".problem-title").GetAttribute("href")!.ShouldContain("selected=errors");

        var open = Page<Incidents>("incidents?selected=errors%3Ademo%2Ffinance%2Fworkload%2Fledger");
        var panel = open.Find("aside.panel").TextContent;
        panel.ShouldContain("Against: It is elsewhere.");
        panel.ShouldContain("Call the owner.");
        panel.ShouldContain("payment-api");
        var report = Uri.UnescapeDataString(open.Find("a[download]").GetAttribute("href")!);
        report.ShouldContain("# finance/ledger is failing");
        report.ShouldContain("VirtualService finance/ledger was changed.");
    }

    [Fact]
    public void Change_Opens_WithItsDifference()
    {
        Triage.Kept = [s_edit];
        Triage.Say(View());
        var page = Page<Incidents>("incidents?change=edit");
        page.Find("aside.panel").TextContent.ShouldContain("kubectl-edit");
        page.FindAll(".diff-plus").ShouldHaveSingleItem().TextContent.ShouldBe("+attempts: 5");
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("?within=24h", 24)]
    [InlineData("?within=7d", 168)]
    [InlineData("?within=nonsense", 1)]
    public void Span_IsThatOfTheAddress(string query, int hours)
    {
        Triage.Say(View());
        Page<Incidents>($"incidents{query}");
        Triage.Asked!.From.ShouldBe(SampleViews.Now.AddHours(-hours));
    }

    [Fact]
    public void StoreAway_ShowsWhatThisProcessSaw()
    {
        Triage.Fault = new StorageException(StorageFault.Busy, "The database is busy.");
        Triage.Say(View() with { Changes = [s_edit] });
        var page = Page<Incidents>("incidents");
        page.Markup.ShouldContain("The database is busy.");
        page.Markup.ShouldContain(s_edit.Summary);
    }

    [Fact]
    public void HostileText_IsTextOnThePage_AndNoMarkupInTheReport()
    {
        Triage.Kept = [s_edit with { Summary = Hostile, Name = Hostile }];
        Triage.Say(View(Problem(Hostile)));
        var page = Page<Incidents>("incidents?selected=errors%3Ademo%2Ffinance%2Fworkload%2Fledger");
        page.FindAll("img").ShouldBeEmpty();
        var report = IncidentReport.Markdown(Problem(Hostile), Triage.Kept, SampleViews.Now);
        report.ShouldContain("\\<img src=x onerror=alert(1)\\>");
        report.ShouldContain("\\*evil\\*\\|\\`");
    }

    [Fact]
    public void NewLook_IsDrawnByItself()
    {
        Triage.Say(View());
        var page = Page<Incidents>("incidents");
        Triage.Say(View(Problem()));
        page.WaitForAssertion(() => page.Find("h1").TextContent.ShouldBe("finance/ledger is failing"));
    }

    private static TriageView View(params TriageProblem[] problems) => new(SampleViews.Now, SampleViews.Now.AddMinutes(-30), [.. problems], [], []);
}
