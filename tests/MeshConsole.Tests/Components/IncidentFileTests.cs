using System.Text.RegularExpressions;
using Bunit;
using MeshConsole.Components.IncidentFiles;
using MeshConsole.Components.Pages;
using MeshConsole.Mesh.Incidents;
using MeshConsole.Mesh.Links;
using MeshConsole.Mesh.Overview;
using MeshConsole.Mesh.Storage;
using MeshConsole.Mesh.Timeline;
using MeshConsole.Mesh.Triage;
using MeshConsole.Testing;
using MeshConsole.Testing.Storage;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace MeshConsole.Tests.Components;

/// <summary>Incidents that were kept: list, form, page and both reports.</summary>
public sealed partial class IncidentFileTests : ComponentTest
{
    private const string Hostile = "<img src=x onerror=alert(1)> [x](javascript:a) `|`\n# *b* \u202e";

    private static readonly IncidentFile s_open = new(
        StoredIncidents.Open("i-1"),
        StoredIncidents.Evidence,
        [
            new IncidentNote(1, IncidentPerson.Of(SampleChanges.Omar), StoredChanges.At.AddMinutes(5), "It is the ledger.", null),
            new IncidentNote(2, IncidentPerson.Of(SampleChanges.Omar), StoredChanges.At.AddMinutes(6), "It is the provider.", 1),
        ]);

    public IncidentFileTests() => Time.AdvanceTo(StoredChanges.At.AddMinutes(10));

    [Fact]
    public void List_BesideTheProblems_HasStateTimePlaceAndAuthor()
    {
        Files.Files["i-1"] = s_open;
        Triage.Say(SampleTriage.Healthy);
        var page = PageAs<MeshConsole.Components.Pages.Incidents>(SampleChanges.Omar, "incidents?namespace=payments");
        var kept = page.Find(".kept li");
        kept.QuerySelector(".mark")!.TextContent.ShouldContain("Open");
        kept.QuerySelector("a")!.GetAttribute("href")!.ShouldStartWith("incidents/i-1?");
        Read(kept.QuerySelector(".problem-facts")!.TextContent).ShouldBe("10 min ago, goes on for 10 min · cluster demo, namespace payments · opened by Olga Operator");
        (Files.Asked!.State, Files.Asked.Namespaces.Single()).ShouldBe((IncidentState.Open, "payments"));
    }

    [Fact]
    public void List_EmptyOrUnreadable_SaysWhatToDo()
    {
        Triage.Say(SampleTriage.Healthy);
        PageAs<MeshConsole.Components.Pages.Incidents>(SampleChanges.Omar, "incidents").Markup.ShouldContain("None is open. Open a problem and keep it");
        Files.Fault = new StorageException(StorageFault.Unreachable, "The database is gone.");
        PageAs<MeshConsole.Components.Pages.Incidents>(SampleChanges.Omar, "incidents?kept=all").Markup.ShouldContain("Kept incidents cannot be read: The database is gone.");
    }

    [Fact]
    public void Problem_IsAddedToAnOpenIncident_ByWhoMayWriteIt()
    {
        Files.Files["i-1"] = s_open;
        var another = SampleTriage.Problem("latency:demo/payments/workload/ledger", "ledger is slow", "");
        Triage.Say(SampleTriage.View(another));
        Keep(SampleChanges.Vera, another).FindAll("button").ShouldBeEmpty();

        var kept = Keep(SampleChanges.Omar, another);
        kept.Find("a.button").TextContent.ShouldBe("Keep as an incident");
        var add = kept.Find("button");
        add.TextContent.ShouldBe("Add to “Card payments fail”");
        add.Click();

        kept.WaitForAssertion(() => kept.Find("a.button").TextContent.ShouldBe("Kept as “Card payments fail”"));
        kept.FindAll("button").ShouldBeEmpty();
        Files.Files["i-1"].Incident.Problems.Select(problem => problem.Id).ShouldBe([StoredIncidents.Problem.Id, another.Id]);
    }

    [Fact]
    public void Problem_ThatIsOverMeanwhile_IsNotAdded_AndThatIsSaid()
    {
        Files.Files["i-1"] = s_open;
        var over = SampleTriage.Problem("latency:demo/payments/workload/ledger", "ledger is slow", "");
        Triage.Say(SampleTriage.Healthy);
        var kept = Keep(SampleChanges.Omar, over);

        kept.Find("button").Click();

        kept.WaitForAssertion(() => kept.Find("[role=alert]").TextContent.ShouldContain("It was not added: "));
        Files.Files["i-1"].Incident.Problems.ShouldHaveSingleItem();
    }

    [Fact]
    public void Form_FromAProblem_KeepsItAndOpensThePage()
    {
        Triage.Say(SampleTriage.View(StoredIncidents.Problem, SampleTriage.Problem("source:prometheus", "Prometheus is silent", "")));
        var page = PageAs<IncidentNew>(SampleChanges.Omar, $"incidents/new?problem={Uri.EscapeDataString(StoredIncidents.Problem.Id)}");
        page.FindAll("input[type=checkbox]").Select(box => box.HasAttribute("checked")).ShouldBe([true, false]);
        page.Find("form").Submit();

        var (id, file) = Files.Files.ShouldHaveSingleItem();
        file.Incident.Problems.ShouldHaveSingleItem().Id.ShouldBe(StoredIncidents.Problem.Id);
        file.Incident.Title.ShouldBe(StoredIncidents.Problem.Title);
        new Uri(Services.GetRequiredService<NavigationManager>().Uri).AbsolutePath.ShouldBe($"/incidents/{id}");
    }

    [Fact]
    public void Form_OfATimeFromALink_KeepsThatTime()
    {
        Triage.Say(SampleTriage.Healthy);
        var page = PageAs<IncidentNew>(SampleChanges.Omar, "incidents/new?namespace=payments&from=2026-03-02T08:00Z&to=2026-03-02T08:30Z");
        page.Find("input.input").Input("Slow cards");
        page.Find("form").Submit();
        var incident = Files.Files.ShouldHaveSingleItem().Value.Incident;
        (incident.Title, incident.From, incident.To, incident.Namespaces.Single()).ShouldBe(("Slow cards", StoredChanges.At.AddHours(-1), StoredChanges.At.AddMinutes(-30), "payments"));
    }

    [Fact]
    public void Form_OfAViewer_SaysWhoWritesAndStoresNothing()
    {
        Triage.Say(SampleTriage.Healthy);
        var page = PageAs<IncidentNew>(SampleChanges.Vera, "incidents/new?from=2026-03-02T08:00Z");
        page.Markup.ShouldContain("Incidents are written by operators");
        page.Find("button[type=submit]").HasAttribute("disabled").ShouldBeTrue();
        page.Find("form").Submit();
        Files.Files.ShouldBeEmpty();
    }

    [Fact]
    public void Page_HasThenAndNowNumbersChartsChangesAndNotes()
    {
        Files.Files["i-1"] = s_open;
        var page = PageAs<IncidentDetail>(SampleChanges.Omar, "incidents/i-1", id: "i-1");
        page.Find("h1").TextContent.ShouldBe("Card payments fail");
        Read(page.Find(".incident-head [role=status]").TextContent).ShouldBe("Goes on for 10 min: 2026-03-02 09:00:00 UTC to now; cluster demo, namespace payments.");
        page.FindAll(".then-now > div").Select(half => Read(half.QuerySelectorAll("p")[0].TextContent)).ShouldBe(["5 % of 90 requests/s fail.", "34 % of 93 requests/s fail."]);
        page.FindAll(".report-chart").Count.ShouldBe(3);
        page.FindAll(".blast-box").Count.ShouldBe(3);
        page.Find(".incident-changes tbody").TextContent.ShouldContain("VirtualService payments/card-processor: 90 to 50.");
        page.FindAll("[aria-labelledby=notes-title] .notes > li").Select(note => note.ClassList.Contains("corrected")).ShouldBe([true, false]);
        page.Markup.ShouldContain("The p99 before 08:30 is not known.");
        page.FindAll(".incident-actions a").Select(link => link.GetAttribute("href")).ShouldBe(["api/v1/incidents/i-1/report?format=html", "api/v1/incidents/i-1/report?format=markdown", "audit?target=i-1"]);
        page.Find(".incident-pinned a").GetAttribute("href")!.ShouldContain("at=2026-03-02T09%3A00%3A00Z");
    }

    [Fact]
    public void Page_NoteIsAdded_AndThatOfAnotherComesWithoutLosingTheDraft()
    {
        Files.Files["i-1"] = s_open;
        var page = PageAs<IncidentDetail>(SampleChanges.Omar, "incidents/i-1", id: "i-1");
        page.Find(".note-form textarea").Input("Half of a thou");
        Files.Files["i-1"] = s_open with { Notes = s_open.Notes.Add(new IncidentNote(3, IncidentPerson.Of(SampleChanges.Anna), StoredChanges.At.AddMinutes(9), "Rolled back.", null)) };
        Time.Advance(TimeSpan.FromSeconds(11));
        Time.Advance(TimeSpan.FromSeconds(1));
        page.WaitForAssertion(() => page.FindAll("[aria-labelledby=notes-title] .notes > li").Count.ShouldBe(3));
        page.Find(".note-form textarea").GetAttribute("value").ShouldBe("Half of a thou", "what was typed stays");
        page.Find(".note-form textarea").Input("Half of a thought");
        page.Find(".note-form").Submit();
        page.WaitForAssertion(() => page.FindAll(".note-words").Select(words => words.TextContent).ShouldBe(["It is the ledger.", "It is the provider.", "Rolled back.", "Half of a thought"]));
        (page.Find(".note-form textarea").GetAttribute("value") ?? "").ShouldBeEmpty();
        Files.Files["i-1"].Notes[3].By.Name.ShouldBe(SampleChanges.Omar.Name);
    }

    [Fact]
    public void Page_OfAViewer_ReadsAndSaysWhoWrites()
    {
        Files.Files["i-1"] = s_open;
        var page = PageAs<IncidentDetail>(SampleChanges.Vera, "incidents/i-1", id: "i-1");
        page.Find(".note-form textarea").HasAttribute("disabled").ShouldBeTrue();
        page.Markup.ShouldContain("Incidents are written by operators of payments");
        page.FindAll(".link-button").ShouldBeEmpty();
    }

    [Fact]
    public void Page_OfNoIncident_SaysSo() =>
        PageAs<IncidentDetail>(SampleChanges.Omar, "incidents/i-9", id: "i-9").Find(".state-failed").TextContent.ShouldContain("There is no incident i-9");

    [Fact]
    public void Page_WhoseStoreFails_KeepsWhatWasReadAndSaysSo()
    {
        Files.Files["i-1"] = s_open;
        var page = PageAs<IncidentDetail>(SampleChanges.Omar, "incidents/i-1", id: "i-1");
        Files.Fault = new StorageException(StorageFault.Unreachable, "The database is gone.");
        Time.Advance(TimeSpan.FromSeconds(11));
        Time.Advance(TimeSpan.FromSeconds(1));
        page.WaitForAssertion(() => page.Find(".stale").TextContent.ShouldContain("The database is gone."));
        page.Find("h1").TextContent.ShouldBe("Card payments fail");
    }

    [Fact]
    public void Markdown_OfHostileText_HasNoMarkupOfItsOwn()
    {
        var markdown = IncidentMarkdown.Of(HostileFile(), Time.GetUtcNow(), Hostile, null);
        Unescaped().IsMatch(markdown.Replace("**Note", "").Replace("**,", "")).ShouldBeFalse(Unescaped().Match(markdown).Value);
        markdown.Split('\n').Where(line => line.StartsWith('#')).ShouldAllBe(line => line.TrimStart('#').StartsWith(' '));
        markdown.Split('\n').Count(line => line.StartsWith("# ", StringComparison.Ordinal)).ShouldBe(1, "what was written begins no heading");
        markdown.ShouldContain("\\<img src=x onerror=alert(1)\\>");
    }

    [Fact]
    public void Markdown_HasEverythingThatIsKept()
    {
        var markdown = IncidentMarkdown.Of(s_open, Time.GetUtcNow(), "Omar", "https://console.example");
        foreach (var part in new[]
        {
            "# Card payments fail", "Open. 2026-03-02 09:00:00 UTC to now, it goes on (10 min); cluster demo, namespace payments.", "| Failing requests | 0 % | 34 % | 34 % | — |",
            "- payments/payment-api", "users at istio-ingress/istio-ingressgateway: 2.3 % of their requests fail", "1. 2026-03-02 08:59:00 UTC, weight: VirtualService payments/card-processor: 90 to 50.",
            "**Note 2**", "> It is the provider.", "opened by Olga Operator", "- The p99 before 08:30 is not known.", "(<https://console.example/topology?",
        })
        {
            markdown.ShouldContain(part);
        }
    }

    [Fact]
    public void Report_IsAWholePageWithPicturesAndNothingFromElsewhere()
    {
        var report = Render<ReportDocument>(parameters => parameters.Add(p => p.File, HostileFile()).Add(p => p.Now, Time.GetUtcNow()).Add(p => p.ExportedBy, Hostile));
        report.FindAll("svg").Count.ShouldBe(4);
        report.FindAll("script, img, link, iframe").ShouldBeEmpty();
        report.FindAll("a[href^='javascript']").ShouldBeEmpty();
        report.Markup.ShouldContain("&lt;img src=x onerror=alert(1)&gt;");
        report.FindAll("svg[role=img]").ShouldAllBe(picture => picture.GetAttribute("aria-label")!.Length > 20);
    }

    [Fact]
    public void Chart_IsBrokenWhereNothingIsKnown_AndScaledToARoundTop()
    {
        var at = StoredChanges.At;
        var chart = ReportChart.Of(new Trend(at, TimeSpan.FromMinutes(1), [0, 37, null, 10, 20], null), false, at.AddMinutes(1), at.AddMinutes(4), [at.AddMinutes(1), at.AddMinutes(1).AddSeconds(2), at.AddHours(9)]).ShouldNotBeNull();

        // 62 to 690 for four steps: 157 each; 112 is zero and 24 is 50: 37 is at 112 - 88 x 37/50.
        chart.Top.ShouldBe(50);
        chart.Line.ShouldBe("M62 112L219 46.9M533 94.4L690 76.8");
        chart.Gaps.ShouldHaveSingleItem().ShouldBe((219, 314));
        (chart.OnsetX, chart.EndX).ShouldBe((219, 690));
        chart.Marks.ShouldHaveSingleItem().ShouldBe((219, 1, 2));
        ReportChart.Of(new Trend(at, TimeSpan.FromMinutes(1), [null, null], null), false, at, null, []).ShouldBeNull();
    }

    [Fact]
    public void Links_OfTheConfiguration_OpenOutside_AndAHostileNameGivesNone()
    {
        LinkTemplate.TryParse("Grafana", LinkKind.Dashboard, LinkSubject.Workload, "https://g.example/?w={workload}", out var template, out _).ShouldBeTrue();
        Services.Replace(ServiceDescriptor.Singleton(new LinkSet([template!])));
        var link = Render<OutwardLinks>(parameters => parameters.Add(p => p.Node, "demo/payments/workload/card-processor-v2")).Find("a");
        link.GetAttribute("href").ShouldBe("https://g.example/?w=card-processor-v2");
        link.GetAttribute("rel").ShouldBe("noopener noreferrer");
        link.GetAttribute("target").ShouldBe("_blank");
        Render<OutwardLinks>(parameters => parameters.Add(p => p.Node, "demo/payments/workload/\"onclick=x")).FindAll("a").ShouldBeEmpty();
    }

    private static IncidentFile HostileFile()
    {
        var problem = StoredIncidents.Problem with
        {
            Title = Hostile,
            Detail = Hostile,
            Evidence = [new TriageEvidence(Hostile, Hostile, Hostile)],
            Suspects = [new TriageSuspect(Hostile, 1, [Hostile], [Hostile], null, null, null)],
            BlastRadius = new TriageBlastRadius([$"demo/payments/workload/{Hostile}"], [$"demo/payments/gateway/{Hostile}"], 0.1),
            NextSteps = [new TriageStep(Hostile, "javascript:alert(1)")],
        };
        var judged = new JudgedProblem(problem, StoredChanges.At, s_open.Evidence.Problems[0].WhenAdded.Graph);
        return new IncidentFile(
            s_open.Incident with { Title = Hostile, Namespaces = [Hostile], Cluster = Hostile, Steps = [new IncidentStep(IncidentVerb.Opened, new IncidentPerson("i", "s", Hostile), StoredChanges.At, Hostile)] },
            s_open.Evidence with
            {
                Problems = [new ProblemEvidence(problem.Id, judged, judged, null, null)],
                Changes = [new TimelineEntry { Id = "x", Cluster = "demo", At = StoredChanges.At, Kind = TimelineKind.Config, ObjectKind = Hostile, Namespace = Hostile, Name = Hostile, By = Hostile, Summary = Hostile }],
                Unknown = [Hostile],
            },
            [new IncidentNote(1, new IncidentPerson("i", "s", Hostile), StoredChanges.At, Hostile + "\n- x\n1. y\n---\n| a | b |\n    code", null)]);
    }

    private IRenderedComponent<KeepProblem> Keep(MeshConsole.Mesh.Access.Actor actor, TriageProblem problem) => Render<KeepProblem>(parameters => parameters
        .Add(part => part.Problem, problem)
        .AddCascadingValue(SampleViews.Snapshot())
        .AddCascadingValue(Task.FromResult(new Microsoft.AspNetCore.Components.Authorization.AuthenticationState(MeshConsole.Authentication.ActorClaims.ToPrincipal(actor)))));

    private IRenderedComponent<IncidentDetail> PageAs<TPage>(MeshConsole.Mesh.Access.Actor actor, string address, string id)
        where TPage : IncidentDetail
    {
        Services.GetRequiredService<NavigationManager>().NavigateTo(address);
        return Render<IncidentDetail>(parameters => parameters
            .Add(page => page.Id, id)
            .AddCascadingValue(SampleViews.Snapshot())
            .AddCascadingValue(Task.FromResult(new Microsoft.AspNetCore.Components.Authorization.AuthenticationState(MeshConsole.Authentication.ActorClaims.ToPrincipal(actor)))));
    }

    /// <summary>Signs that would be markup and are not escaped: tags, links, code, emphasis.</summary>
    [GeneratedRegex(@"(?<!\\)(<img|\[x|`|\*b|_)", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Unescaped();
}
