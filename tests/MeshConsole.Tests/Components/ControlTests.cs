using System.Collections.Immutable;
using Bunit;
using MeshConsole.Components;
using MeshConsole.Components.Controls;
using MeshConsole.Components.States;
using MeshConsole.Mesh.Certificates;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Testing;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;

namespace MeshConsole.Tests.Components;

public sealed class ControlTests : ComponentTest
{
    [Theory]
    [InlineData(Health.Healthy)]
    [InlineData(Health.Degraded)]
    [InlineData(Health.Failing)]
    [InlineData(Health.Idle)]
    [InlineData(Health.Unknown)]
    public void HealthMark_IsAShapeAndAWordNeverOnlyAColour(Health health)
    {
        var shapes = Enum.GetValues<Health>().ToDictionary(other => other, other => Render<HealthMark>(p => p.Add(mark => mark.Health, other)).Find("svg").InnerHtml.Trim());

        shapes.Values.Distinct(StringComparer.Ordinal).Count().ShouldBe(shapes.Count);
        var mark = Render<HealthMark>(p => p.Add(m => m.Health, health).Add(m => m.Reasons, ["because"]));
        mark.Find("span > span").TextContent.ShouldBe(Format.Word(health));
        mark.Find(".mark").GetAttribute("title").ShouldEndWith(": because");
    }

    [Fact]
    public void MtlsLock_HasAShapeForEachStateAndNoneWithoutTraffic()
    {
        var shapes = Enum.GetValues<MutualTlsState>().Select(state => Render<MtlsLock>(p => p.Add(mark => mark.State, state)).FindAll("svg").Select(svg => svg.InnerHtml.Trim()).SingleOrDefault()).ToList();

        shapes.Distinct(StringComparer.Ordinal).Count().ShouldBe(shapes.Count);
        Render<MtlsLock>(p => p.Add(mark => mark.State, MutualTlsState.Idle)).FindAll("svg").ShouldBeEmpty();
        Read(Render<MtlsLock>(p => p.Add(mark => mark.State, MutualTlsState.Mixed).Add(mark => mark.Ratio, 0.25)).Find(".mark").TextContent).ShouldBe("25 % mutual");
    }

    [Fact]
    public void Age_TurnsAmberPastTwoRefreshesAndRedPastFour()
    {
        string? At(double seconds) => Render<Age>(p => p.Add(age => age.At, SampleViews.Now.AddSeconds(-seconds)).Add(age => age.Judge, true)).Find("time").GetAttribute("data-freshness");

        At(30).ShouldBe("fresh");
        At(30.1).ShouldBe("aging");
        At(60.1).ShouldBe("old");
        Render<Age>(p => p.Add(age => age.At, SampleViews.Now.AddDays(-9))).Find("time").HasAttribute("data-freshness").ShouldBeFalse();
    }

    [Fact]
    public void CopyName_CopiesTheWholeNameAndShowsItsEnds()
    {
        var name = new string('a', 100) + "-end";
        var copy = Render<CopyName>(p => p.Add(c => c.Text, name).Add(c => c.Length, 21));

        copy.Find("button").GetAttribute("data-copy").ShouldBe(name);
        copy.Find(".name").TextContent.ShouldBe("aaaaaaaaaa…aaaaaa-end");
        copy.Find(".name").GetAttribute("title").ShouldBe(name);
    }

    [Fact]
    public void Coverage_OfNothing_IsAWordAndNoBar()
    {
        Render<Coverage>(p => p.Add(c => c.Ratio, 0.5)).FindAll(".coverage-bar").Count.ShouldBe(1);
        var none = Render<Coverage>(p => p.Add(c => c.Ratio, null).Add(c => c.Reason, "no traffic since noon"));
        none.FindAll(".coverage-bar").ShouldBeEmpty();
        none.Find(".missing").GetAttribute("title").ShouldBe("no traffic since noon");
    }

    [Fact]
    public void LifeBar_PutsNowAndTheRotationPointWhereTheyAre()
    {
        var certificate = SampleViews.Certificates[1] with { NotBefore = SampleViews.Now.AddHours(-18), NotAfter = SampleViews.Now.AddHours(6), LifeLeft = 0.25, RenewsAtLifeLeft = 0.5 };

        var bar = Render<LifeBar>(p => p.Add(b => b.Certificate, certificate).Add(b => b.Now, SampleViews.Now));

        bar.Find(".life-needle").GetAttribute("style").ShouldBe("left:75%");
        bar.Find(".life-tick").GetAttribute("style").ShouldBe("left:50%");
        Render<LifeBar>(p => p.Add(b => b.Certificate, certificate with { NotBefore = null, LifeLeft = null }).Add(b => b.Now, SampleViews.Now)).FindAll(".life").ShouldBeEmpty();

        // Agents tell only how much is left: the beginning is worked out, and said to be.
        var inferred = Render<LifeBar>(p => p.Add(b => b.Certificate, certificate with { NotBefore = null, RemainingSeconds = 6 * 3600 }).Add(b => b.Now, SampleViews.Now)).Find(".life");
        inferred.GetAttribute("title")!.ShouldContain("worked out");
        inferred.QuerySelector(".life-needle")!.GetAttribute("style").ShouldBe("left:75%");
    }

    [Fact]
    public void CertificateWords_SayWhatHappensNext()
    {
        string Words(CertificateState state, double hoursSpent, double hoursLeft, double? renewsAt) => Read(CertificateWords.Of(
            SampleViews.Certificates[0] with { State = state, NotBefore = SampleViews.Now.AddHours(-hoursSpent), NotAfter = SampleViews.Now.AddHours(hoursLeft), RenewsAtLifeLeft = renewsAt },
            SampleViews.Now));

        Words(CertificateState.Valid, 1, 23, 0.5).ShouldBe("renews in 11 h");
        Words(CertificateState.Late, 15, 9, 0.5).ShouldBe("late by 3 h");
        Words(CertificateState.Expiring, 85 * 24, 5 * 24, null).ShouldBe("expires in 5 d");
        Words(CertificateState.Expired, 24, -1.0 / 60, 0.5).ShouldBe("expired 60 s ago");
        Words(CertificateState.Valid, 1, 23, null).ShouldBe("expires in 23 h");
    }

    [Theory]
    [InlineData("CN=pay.example", "pay.example")]
    [InlineData("CN=Root CA, O=Payments Platform", "Root CA")]
    [InlineData("CN=Payments\\, Ltd, O=x", "CN=Payments\\, Ltd, O=x")]
    [InlineData("O=cluster.local", "O=cluster.local")]
    [InlineData("spiffe://cluster.local/ns/payments/sa/checkout", "payments/checkout")]
    [InlineData("spiffe://cluster.local/something/else", "spiffe://cluster.local/something/else")]
    [InlineData("CN=", "CN=")]
    public void CertificateName_IsWhatAReaderCallsIt(string subject, string name) => CertificateWords.NameOf(subject).ShouldBe(name);

    [Fact]
    public void LogScale_SpansWholeDecadesAndPutsValuesOnThem()
    {
        var scale = new LogScale([3, 480, null, double.NaN, 0, -1]);

        scale.Ticks.ShouldBe([1, 10, 100, 1000]);
        scale.Position(1).ShouldBe(0);
        scale.Position(1000).ShouldBe(1);
        scale.Position(31.6227766).ShouldBe(0.5, 1e-6);
        scale.Position(0).ShouldBe(0);
        scale.Position(5000).ShouldBe(1);
        new LogScale([]).Ticks.Count().ShouldBeGreaterThanOrEqualTo(3);
    }

    [Fact]
    public void TableSort_KeepsWhatIsNotKnownAtTheEndInBothDirections()
    {
        TableColumn<double?>[] columns = [new("value", "Value", _ => _ => { }) { Compare = TableOrder.By<double?>(value => value) }];
        ImmutableArray<double?> items = [null, 2, 1, null, 3];

        new TableSort("value", false).Apply(items, columns).ShouldBe([1, 2, 3, null, null]);
        new TableSort("value", true).Apply(items, columns).ShouldBe([3, 2, 1, null, null]);
        new TableSort("no such column", false).Apply(items, columns).ShouldBe(items);
        TableSort.Parse("-value", default).ShouldBe(new TableSort("value", true));
        TableSort.Parse("-", new("x", true)).ShouldBe(new TableSort("x", true));
    }

    [Fact]
    public void DataTable_WithThousandsOfRows_DrawsOnlyThoseInSight()
    {
        JSInterop.Mode = JSRuntimeMode.Loose;
        ImmutableArray<int> items = [.. Enumerable.Range(0, 5000)];

        var table = Render<DataTable<int>>(p => p
            .Add(t => t.Label, "numbers").Add(t => t.Items, items).Add(t => t.Key, item => item.ToString(System.Globalization.CultureInfo.InvariantCulture))
            .Add(t => t.Columns, [new TableColumn<int>("n", "N", item => builder => builder.AddContent(0, item))]));

        table.FindAll("tbody tr").Count.ShouldBeLessThan(200);
    }

    [Fact]
    public void Addresses_AreReadAndWrittenAlike()
    {
        var query = PageAddress.ReadQuery(" main ", "b, a,,b");
        query.ShouldBe(MeshQuery.For("main", ["a", "b"]));
        PageAddress.To("mtls", query, ("q", "x y&z")).ShouldBe("mtls?cluster=main&namespace=a%2Cb&q=x%20y%26z");
        PageAddress.To("", MeshQuery.All).ShouldBe("./");
        PageAddress.ReadQuery("", null).ShouldBe(MeshQuery.All);
        PageAddress.PageOf("/mtls?selected=x").ShouldBe("mtls");
    }

    [Theory]
    [InlineData("topology?selected=a%2Fb", "topology?selected=a%2Fb")]
    [InlineData("/mtls", "mtls")]
    [InlineData("/", "./")]
    [InlineData("https://evil.example", null)]
    [InlineData("//evil.example", null)]
    [InlineData("javascript:alert(1)", null)]
    [InlineData("/\\evil.example", null)]
    [InlineData(null, null)]
    public void LocalAddress_NeverLeavesTheConsole(string? page, string? expected) => PageAddress.Local(page).ShouldBe(expected);

    [Fact]
    public void FilterBox_KeepsWhatIsTypedWhileTheAddressFollowsLater()
    {
        var filter = Render<FilterBox>(p => p.Add(box => box.Label, "Find").Add(box => box.Text, null));
        void InAddress(string? text) => filter.Render(p => p.Add(box => box.Text, text));
        string? Shown() => filter.Find("input").GetAttribute("value");

        filter.Find("input").Input("l");
        filter.Find("input").Input("le");
        InAddress("l");
        Shown().ShouldBe("le");
        filter.Find("input").Input("led");
        InAddress("led");
        Shown().ShouldBe("led");
        InAddress("led");
        Shown().ShouldBe("led");

        // Cleared or gone back from elsewhere.
        InAddress(null);
        Shown().ShouldBe("");
        InAddress("ledger");
        Shown().ShouldBe("ledger");
    }

    [Fact]
    public void FilterBox_TooLongForAnAddress_SaysSoAndFiltersNothing()
    {
        var filter = Render<FilterBox>(p => p.Add(box => box.Label, "Find").Add(box => box.Text, null));
        filter.Find("input").Input("led");
        filter.Find("input").Input(new string('x', 10_000));

        Read(filter.Find("[role=status]").TextContent).ShouldBe("At most 1 000 characters can be looked for, and these are 10 000. Nothing is filtered.");
        filter.Find("input").GetAttribute("aria-invalid").ShouldBe("true");
        filter.Find("input").GetAttribute("aria-describedby").ShouldBe(filter.Find("[role=status]").Id);
        Services.GetRequiredService<NavigationManager>().Uri.Length.ShouldBeLessThan(200);

        filter.Find("input").Input("ledger");
        filter.FindAll("[role=status]").ShouldBeEmpty();
        Services.GetRequiredService<NavigationManager>().Uri.ShouldEndWith("q=ledger");
    }

    [Fact]
    public void LiveContent_PicksByTheSourcesItNeeds()
    {
        LiveState State(bool empty, params SourceStatus[] sources) => LiveContent.Pick(Bare(sources), MeshQuery.All, ["kubernetes/pods", "prometheus/"], empty).State;
        var pods = SampleViews.Source("kubernetes/pods");

        State(false, pods).ShouldBe(LiveState.Content);
        State(true, pods).ShouldBe(LiveState.Empty);
        State(true, SampleViews.Source("kubernetes/other")).ShouldBe(LiveState.Loading);
        State(true, SampleViews.Source("prometheus/requests", SourceState.Starting)).ShouldBe(LiveState.Loading);
        State(true, SampleViews.Source("prometheus/requests", SourceState.Failed)).ShouldBe(LiveState.Failed);
        State(true, SampleViews.Source("prometheus/requests", SourceState.Failed), pods).ShouldBe(LiveState.Empty);
        State(true, SampleViews.Source("prometheus/requests", SourceState.Failed), SampleViews.Source("kubernetes/pods", SourceState.Starting)).ShouldBe(LiveState.Loading);
        State(true, SampleViews.Source("prometheus/requests", SourceState.Disabled)).ShouldBe(LiveState.SwitchedOff);
    }
}
