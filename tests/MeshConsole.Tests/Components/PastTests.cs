using Bunit;
using MeshConsole.Components.Changes;
using MeshConsole.Components.Layout;
using MeshConsole.Components.Pages;
using MeshConsole.Components.Past;
using MeshConsole.Mesh.Prometheus;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Testing;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;

namespace MeshConsole.Tests.Components;

/// <summary>A pinned instant: what is read, what is said, what is not offered.</summary>
public sealed class PastTests : ComponentTest
{
    private static readonly DateTimeOffset s_then = SampleViews.Now.AddHours(-2);

    public PastTests() => AddAuthorization();

    private static string At(DateTimeOffset at) => Uri.EscapeDataString(PastWords.Address(at));

    private IRenderedComponent<PastBody> Body(string address, RenderFragment? page = null)
    {
        Services.GetRequiredService<NavigationManager>().NavigateTo(address);
        return Render<PastBody>(parameters => parameters.AddCascadingValue(SampleViews.Snapshot()).Add(body => body.ChildContent, page ?? (builder =>
        {
            builder.OpenComponent<Revision>(0);
            builder.CloseComponent();
        })));
    }

    [Fact]
    public void Page_GetsTheSnapshotOfThen_AndIsToldWhatIsOfNow()
    {
        Past.Answer = _ => Task.FromResult(SampleViews.Snapshot(99));

        var body = Body($"topology?cluster={SampleMesh.Cluster}&at={At(s_then)}");

        body.WaitForAssertion(() => body.Find("i").TextContent.ShouldBe("99"));
        Past.Asked.ShouldBe([(SampleMesh.Cluster, s_then)]);
        body.Find(".banner-past time").GetAttribute("title").ShouldBe(MeshConsole.Components.Format.Instant(s_then));
        body.Find(".banner-past").TextContent.ShouldContain("Objects, policies and certificates are of now");
        body.Find(".banner-past a").GetAttribute("href")!.ShouldNotContain("at=");
    }

    [Fact]
    public void Present_IsLeftAlone()
    {
        var body = Body("topology");
        body.Find("i").TextContent.ShouldBe(SampleViews.Snapshot().Revision.ToString(System.Globalization.CultureInfo.InvariantCulture));
        body.FindAll(".banner").ShouldBeEmpty();
        Past.Asked.ShouldBeEmpty();
    }

    [Fact]
    public void PageWithoutTraffic_ShowsThePresent_AndSaysSo()
    {
        var body = Body($"certificates?at={At(s_then)}");
        body.Find(".banner-past").TextContent.ShouldContain("This page shows the present.");
        body.Find("i").ShouldNotBeNull();
        Past.Asked.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("yesterday", "“yesterday” is no instant")]
    [InlineData("2099-01-01T00:00:00Z", "has not come yet")]
    public void InstantThatCannotBe_IsSaidInWords_AndNothingIsAsked(string at, string words)
    {
        var body = Body($"topology?at={at}");
        body.Find(".state-failed h1").TextContent.ShouldContain(words);
        body.FindAll("i").ShouldBeEmpty("neither then nor now may stand there");
        Past.Asked.ShouldBeEmpty();
    }

    [Fact]
    public void BeyondRetention_IsNotDrawnAsQuiet()
    {
        Past.Answer = _ => Task.FromResult(Bare(SampleViews.Source("prometheus/requests")));
        var body = Body($"latency?at={At(s_then)}");
        body.WaitForAssertion(() => body.Find(".state-failed h1").TextContent.ShouldStartWith("No traffic of"));
        body.Find(".state-failed").TextContent.ShouldContain("--storage.tsdb.retention.time");
        body.FindAll("i").ShouldBeEmpty();
    }

    [Fact]
    public void SilentPrometheus_IsSaid_AndAskedAgain()
    {
        Past.Answer = _ => Task.FromException<MeshSnapshot>(new PrometheusException(PrometheusFault.Unreachable, "Prometheus at prometheus:9090 does not answer."));
        var body = Body($"?at={At(s_then)}");
        body.WaitForAssertion(() => body.Find(".state-failed").TextContent.ShouldContain("Prometheus at prometheus:9090 does not answer."));

        Past.Answer = _ => Task.FromResult(SampleViews.Snapshot(99));
        body.Find(".state-failed button").Click();
        body.WaitForAssertion(() => body.Find("i").TextContent.ShouldBe("99"));
    }

    [Fact]
    public void Step_KeepsWhatIsDrawn_UntilTheOtherInstantIsRead()
    {
        var other = new TaskCompletionSource<MeshSnapshot>();
        Past.Answer = at => at == s_then ? Task.FromResult(SampleViews.Snapshot(98)) : other.Task;
        var body = Body($"topology?at={At(s_then)}");
        body.WaitForAssertion(() => body.Find("i").TextContent.ShouldBe("98"));

        Services.GetRequiredService<NavigationManager>().NavigateTo($"topology?at={At(s_then.AddMinutes(5))}");
        body.WaitForAssertion(() => body.Find(".banner-past").TextContent.ShouldContain("Below is still"));
        body.Find("i").TextContent.ShouldBe("98");

        other.SetResult(SampleViews.Snapshot(99));
        body.WaitForAssertion(() => body.Find("i").TextContent.ShouldBe("99"));
    }

    [Fact]
    public void Control_StepsBackAndForth_NotAheadOfNow()
    {
        Services.GetRequiredService<NavigationManager>().NavigateTo($"mtls?namespace=payments&at={At(SampleViews.Now.AddMinutes(-3))}");
        var bar = Render<TopBar>(parameters => parameters.AddCascadingValue(SampleViews.Snapshot()));
        bar.Find(".time-button").GetAttribute("title").ShouldBe(MeshConsole.Components.Format.Instant(SampleViews.Now.AddMinutes(-3)));
        var steps = bar.FindAll(".instant-steps a").Select(a => Uri.UnescapeDataString(a.GetAttribute("href")!)).ToList();
        steps.Count.ShouldBe(5, "four back, and a minute forth");
        steps.ShouldAllBe(step => step.Contains("namespace=payments"));
        steps[^1].ShouldContain($"at={PastWords.Address(SampleViews.Now.AddMinutes(-2))}");
        bar.FindAll(".instant-steps [aria-disabled]").Count.ShouldBe(3);

        Services.GetRequiredService<NavigationManager>().NavigateTo("mtls");
        var live = Render<TopBar>(parameters => parameters.AddCascadingValue(SampleViews.Snapshot()));
        live.Find(".time-word").TextContent.ShouldBe("Live");
        Uri.UnescapeDataString(live.Find(".instant-ends a").GetAttribute("href")!).ShouldEndWith($"at={PastWords.Address(SampleViews.Now)}");
    }

    [Fact]
    public void Links_KeepTheInstant()
    {
        Services.GetRequiredService<NavigationManager>().NavigateTo($"mtls?namespace=payments&at={At(s_then)}");
        var rail = Render<Rail>(parameters => parameters.AddCascadingValue(SampleViews.Snapshot()));
        rail.Find("a[data-go=t]").GetAttribute("href").ShouldBe($"topology?namespace=payments&at={At(s_then)}");
        SearchHit.Find(SampleViews.Snapshot(), MeshQuery.All, [], PastWords.Address(s_then), "ledger").Hits.ShouldAllBe(hit => hit.Href.EndsWith($"at={At(s_then)}", StringComparison.Ordinal));
    }

    [Fact]
    public void PinnedTraffic_OffersNoPlanAndNoStop()
    {
        var route = SampleViews.Routes[1];
        var address = $"traffic?selected={Uri.EscapeDataString(route.Id)}";
        PageAs<Traffic>(SampleChanges.Omar, address).Markup.ShouldContain("Move weight");

        foreach (var pinned in new[] { "", "&edit=weight" })
        {
            var page = PageAs<Traffic>(SampleChanges.Omar, $"{address}{pinned}&at={At(s_then)}");
            page.FindComponents<MoveWeight>().ShouldBeEmpty();
            page.FindComponents<EmergencyStop>().ShouldBeEmpty();
            page.Markup.ShouldContain("Plans and the stop are not offered while an instant of the past is shown.");
        }
    }

    [Fact]
    public void ConfirmedActs_AreOffWhilePinned_AndSayWhy()
    {
        Services.GetRequiredService<NavigationManager>().NavigateTo($"safety?at={At(s_then)}");
        var acted = false;
        var button = Render<ConfirmButton>(parameters => parameters.Add(b => b.Text, "Stop").Add(b => b.Effect, "It stops.").Add(b => b.Act, _ =>
        {
            acted = true;
            return Task.CompletedTask;
        })).Find("button");
        button.HasAttribute("disabled").ShouldBeTrue();
        button.GetAttribute("title")!.ShouldContain("go back to live");
        acted.ShouldBeFalse();
    }

    [Fact]
    public void PinnedOverview_CallsNothingHealthy_AndDrawsNoHistoryOfNow()
    {
        Triage.Say(SampleTriage.Troubled);
        var page = Page<Overview>($"?at={At(SampleViews.Now.AddMinutes(-5))}");
        page.Find("h1").TextContent.ShouldStartWith("The mesh at ");
        page.FindAll(".spark").ShouldBeEmpty();

        // Of the three, one began four minutes ago and the others nine.
        page.FindAll(".problems li").Count.ShouldBe(2);
        Triage.Asked!.To.ShouldBe(SampleViews.Now.AddMinutes(-5));
    }

    /// <summary>Says which snapshot it got.</summary>
    private sealed class Revision : ComponentBase
    {
        [CascadingParameter] public MeshSnapshot Snapshot { get; set; } = MeshSnapshot.Empty;

        protected override void BuildRenderTree(Microsoft.AspNetCore.Components.Rendering.RenderTreeBuilder builder)
        {
            builder.OpenElement(0, "i");
            builder.AddContent(1, Snapshot.Revision);
            builder.CloseElement();
        }
    }
}
