using Bunit;
using MeshConsole.Components.Past;
using MeshConsole.Mesh.Prometheus;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Storage;
using MeshConsole.Testing;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;

namespace MeshConsole.Tests.Components;

/// <summary>The slider under the picture, what stands on it, and the replay. It is 09:00:00 UTC; telemetry comes every 15 s.</summary>
public sealed class TimeSliderTests : ComponentTest
{
    private static readonly TimeSpan s_refresh = TimeSpan.FromSeconds(15);

    private NavigationManager Browser => Services.GetRequiredService<NavigationManager>();

    private static DateTimeOffset Clock(string text) => DateTimeOffset.Parse($"{SampleViews.Now:yyyy-MM-dd}T{text}Z", System.Globalization.CultureInfo.InvariantCulture);

    private static string At(string text) => Uri.EscapeDataString(PastWords.Address(Clock(text)));

    private IRenderedComponent<TimeSlider> Slider(string address)
    {
        Browser.NavigateTo(address);
        return Render<TimeSlider>(parameters => parameters.AddCascadingValue(SampleViews.Snapshot()).Add(slider => slider.Compares, true));
    }

    private string? Pinned => System.Web.HttpUtility.ParseQueryString(new Uri(Browser.Uri).Query)["at"];

    [Theory]

    // Live, and within the last span: the right end is the step after the newest instant that is over.
    [InlineData("1h", null, "08:00:15", "09:00:15", 15)]
    [InlineData("1h", "08:10:00", "08:00:15", "09:00:15", 15)]
    [InlineData("6h", null, "03:01:00", "09:01:00", 60)]
    [InlineData("nonsense", null, "08:00:15", "09:00:15", 15)]

    // Farther back it stands in halves of itself: 07:40 is in the half hour from 07:30, which is the middle of 07:15 to 08:15.
    [InlineData("1h", "07:40:00", "07:15:00", "08:15:00", 15)]
    [InlineData("1h", "07:59:59", "07:15:00", "08:15:00", 15)]
    [InlineData("1h", "07:30:00", "07:15:00", "08:15:00", 15)]
    public void Span_HoldsTheInstant_AndStandsStill(string name, string? at, string from, string to, int step)
    {
        var span = SliderSpan.Of(name, at is null ? null : Clock(at), Clock("09:00:07"), s_refresh);
        (span.From, span.To, span.Step).ShouldBe((Clock(from), Clock(to), TimeSpan.FromSeconds(step)));
        if (at is not null)
        {
            span.Percent(Clock(at)).ShouldBeInRange(1, 99);
        }
    }

    [Fact]
    public void Span_OfADay_GoesByFiveMinutes_AndAPageByTwoHours()
    {
        var span = SliderSpan.Of("24h", null, Clock("09:00:07"), s_refresh);
        (span.To, span.Step, span.Page).ShouldBe((Clock("09:05:00"), TimeSpan.FromMinutes(5), TimeSpan.FromHours(2)));
        SliderSpan.Of("1h", null, Clock("09:00:07"), s_refresh).Page.ShouldBe(TimeSpan.FromMinutes(5));

        // A refresh of 40 s has no minute: the step is the next multiple of it.
        SliderSpan.Of("6h", null, Clock("09:00:07"), TimeSpan.FromSeconds(40)).Step.ShouldBe(TimeSpan.FromSeconds(80));
    }

    [Fact]
    public void Slider_TellsTheInstant_InWordsAndNumbers()
    {
        var thumb = Slider($"topology?at={At("08:30:15")}").Find("[role=slider]");
        thumb.GetAttribute("aria-valuetext").ShouldBe($"{Clock("08:30:15").ToString("ddd d MMM", System.Globalization.CultureInfo.InvariantCulture)} 08:30:15 UTC");
        thumb.GetAttribute("aria-valuenow").ShouldBe(Clock("08:30:15").ToUnixTimeMilliseconds().ToString(System.Globalization.CultureInfo.InvariantCulture));
        thumb.GetAttribute("style").ShouldBe("left:50%");

        var live = Slider("topology");
        live.Find("[role=slider]").GetAttribute("aria-valuetext").ShouldBe("Live");
        live.Find("[role=slider]").GetAttribute("style").ShouldBe("left:100%");
        live.FindAll("a").ShouldAllBe(link => link.TextContent != "Back to live");
    }

    [Fact]
    public void Marks_StandWhereItChanged_AndThoseTooCloseAreOne()
    {
        Triage.Say(SampleTriage.View(SampleTriage.Problem("errors:v2", "card-processor-v2 is failing", "topology") with { Since = Clock("08:30:20") }));
        Triage.Kept = [SampleTriage.Change("c2", "Weight 90 to 50.", TimeSpan.FromMinutes(29.75)), SampleTriage.Change("c1", "Weight 100 to 90.", TimeSpan.FromMinutes(50))];
        var slider = Slider("topology");

        // 08:10:00 is 585 of 3,600 s after 08:00:15; the other two are five seconds apart.
        var marks = slider.FindAll("[data-mark]");
        marks.Select(mark => mark.GetAttribute("style")).ShouldBe(["left:16.25%", "left:50%"]);
        marks[0].GetAttribute("aria-label")!.ShouldEndWith("weight: Weight 100 to 90.");
        marks[0].ClassList.ShouldContain("slider-kind-weight");
        marks[1].ClassList.ShouldContain("slider-kind-onset", "a problem that began stands out");
        marks[1].QuerySelector(".slider-count")!.TextContent.ShouldBe("2");
        marks.Select(mark => mark.GetAttribute("tabindex")).ShouldBe(["0", "-1"], "one stop of the Tab key");
        Read(slider.Find(".slider-list").TextContent).ShouldBe("2 changes, 1 onset");

        var links = slider.Find("#slider-mark-1").QuerySelectorAll("li:last-child a").Select(link => Uri.UnescapeDataString(link.GetAttribute("href")!)).ToList();
        links[0].ShouldContain("incidents?change=c2&within=1h");
        links[1].ShouldContain("at=" + PastWords.Address(Clock("08:30:15")));

        // Rates look back over a window of 60 s: the first that is all of after 08:30:15 is at 08:31:30.
        links[3].ShouldContain("at=" + PastWords.Address(Clock("08:31:30")));
        links[3].ShouldContain("compare=" + PastWords.Address(Clock("08:30:15")));
    }

    [Fact]
    public void StoreThatCannotBeRead_IsSaid_NotDrawnAsQuiet()
    {
        Triage.Fault = new StorageException(StorageFault.Busy, "The database is locked.");
        var slider = Slider("topology");
        slider.Find(".slider-list").TextContent.ShouldBe("Changes not known");
        slider.Find("#slider-changes").TextContent.ShouldContain("The database is locked.");
    }

    [Fact]
    public void HostileSummaries_AreText()
    {
        Triage.Kept = [SampleTriage.Change("x", "<img src=x onerror=alert(1)>", TimeSpan.FromMinutes(5))];
        Slider("topology").FindAll("img").ShouldBeEmpty();
    }

    [Fact]
    public void Replay_ReadsEachFrameOnce_AheadAndOneAtATime_UpToThePresent()
    {
        var slider = Slider($"topology?namespace=payments&at={At("08:59:15")}");
        slider.Find("[data-replay-play]").Click();

        foreach (var frame in new[] { "08:59:30", "08:59:45", "09:00:00" })
        {
            slider.WaitForAssertion(() => Past.Asked[^1].At.ShouldBe(Clock(frame), "the next frame is read while this one is shown"));
            Pinned.ShouldNotBe(PastWords.Address(Clock(frame)), "and shown no sooner than a second later");
            Time.Advance(Replay.Pace);
            slider.WaitForAssertion(() => Pinned.ShouldBe(PastWords.Address(Clock(frame))));
        }

        // It is 09:00:03 now: the next frame is ahead, so the present takes over a second later and the replay ends.
        SpinWait.SpinUntil(
            () =>
            {
                Time.Advance(TimeSpan.FromSeconds(0.1));
                return Pinned is null;
            },
            TimeSpan.FromSeconds(2)).ShouldBeTrue();
        slider.WaitForAssertion(() => slider.FindAll("[data-replay-play]").ShouldNotBeEmpty());
        Past.Asked.Select(asked => asked.At).ShouldBe([Clock("08:59:30"), Clock("08:59:45"), Clock("09:00:00")]);
        Browser.Uri.ShouldContain("namespace=payments");
    }

    [Fact]
    public void Replay_WhereReadingIsSlow_WaitsAndAsksForNothingElse()
    {
        var answer = new TaskCompletionSource<MeshSnapshot>();
        Past.Answer = _ => answer.Task;
        var slider = Slider($"topology?at={At("08:50:00")}");
        slider.Find("[data-replay-play]").Click();
        for (var second = 0; second < 20; second++)
        {
            Time.Advance(Replay.Pace);
        }

        slider.WaitForAssertion(() => slider.Find(".replay-state").TextContent.ShouldStartWith("Reading "));
        Past.Asked.Count.ShouldBe(1);
        Pinned.ShouldBe(PastWords.Address(Clock("08:50:00")));
        answer.SetResult(SampleViews.Snapshot());
        slider.WaitForAssertion(() => Pinned.ShouldBe(PastWords.Address(Clock("08:50:15"))));
    }

    [Fact]
    public void Replay_OfASilentPrometheus_Stops_AndSaysWhy()
    {
        Past.Answer = _ => Task.FromException<MeshSnapshot>(new PrometheusException(PrometheusFault.Unreachable, "Prometheus at prometheus:9090 does not answer."));
        var slider = Slider($"topology?at={At("08:50:00")}");
        slider.Find("[data-replay-play]").Click();
        slider.WaitForAssertion(() => slider.Find(".replay-state").TextContent.ShouldContain("Prometheus at prometheus:9090 does not answer."));
        slider.FindAll("[data-replay-play]").ShouldNotBeEmpty();
        Time.Advance(TimeSpan.FromMinutes(1));
        Past.Asked.Count.ShouldBe(1, "nothing is asked again and again of who does not answer");
    }

    [Fact]
    public void Replay_Paused_AsksForNothingMore()
    {
        var slider = Slider($"topology?at={At("08:50:00")}");
        slider.Find("[data-replay-play]").Click();
        slider.Find("[data-replay-pause]").Click();
        var asked = Past.Asked.Count;
        Time.Advance(TimeSpan.FromMinutes(1));
        Past.Asked.Count.ShouldBe(asked);
        Pinned.ShouldBe(PastWords.Address(Clock("08:50:00")));
    }

    [Fact]
    public void Replay_GoesByItsSpeed_AndEndsWhereItWasTold()
    {
        var slider = Slider($"topology?at={At("08:50:07")}&until={At("08:52:30")}");
        slider.Find(".replay-speed select").Change("1");
        slider.Find("[data-replay-play]").Click();

        // Four refreshes are a minute: frames at whole ones, the last before the end.
        foreach (var frame in new[] { "08:51:00", "08:52:00" })
        {
            slider.WaitForAssertion(() => Past.Asked[^1].At.ShouldBe(Clock(frame)));
            Time.Advance(Replay.Pace);
            slider.WaitForAssertion(() => Pinned.ShouldBe(PastWords.Address(Clock(frame))));
        }

        slider.WaitForAssertion(() => slider.FindAll("[data-replay-play]").ShouldNotBeEmpty());
        Past.Asked.Count.ShouldBe(2);
    }

    [Fact]
    public void Replay_FollowsWhoTakesTheSliderElsewhere_AndEndsWhenThePresentIsChosen()
    {
        var slider = Slider($"topology?at={At("08:50:00")}");
        slider.Find("[data-replay-play]").Click();
        slider.WaitForAssertion(() => Past.Asked.Count.ShouldBe(1));
        Browser.NavigateTo($"topology?at={At("08:20:00")}");
        Time.Advance(Replay.Pace);
        slider.WaitForAssertion(() => Past.Asked[^1].At.ShouldBe(Clock("08:20:15")));

        Browser.NavigateTo("topology");
        Time.Advance(Replay.Pace);
        slider.WaitForAssertion(() => slider.FindAll("[data-replay-play]").ShouldNotBeEmpty());
        Pinned.ShouldBeNull();
    }

    [Fact]
    public void Replay_FromThePresent_BeginsAtTheLeftEnd()
    {
        var slider = Slider("topology");
        slider.Find("[data-replay-play]").GetAttribute("aria-label").ShouldBe("Replay from 08:00");
        slider.Find("[data-replay-play]").Click();
        slider.WaitForAssertion(() => Pinned.ShouldBe(PastWords.Address(Clock("08:00:15"))));
    }

    [Fact]
    public async Task Replay_OfAReaderWhoLeft_Ends()
    {
        var slider = Slider($"topology?at={At("08:50:00")}");
        slider.Find("[data-replay-play]").Click();
        slider.WaitForAssertion(() => Past.Asked.Count.ShouldBe(1));
        await DisposeComponentsAsync();
        Time.Advance(TimeSpan.FromMinutes(1));
        Past.Asked.Count.ShouldBe(1);
        Time.PendingTimers.ShouldBe(0);
    }
}
