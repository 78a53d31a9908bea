using System.Collections.Immutable;
using Bunit;
using MeshConsole.Components;
using MeshConsole.Components.Controls;
using MeshConsole.Components.Pages;
using MeshConsole.Mesh.Certificates;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Testing;

namespace MeshConsole.Tests.Components;

/// <summary>The page of certificates: line 1, timeline, forecast, roots, rights, details.</summary>
public sealed class CertificatePageTests : ComponentTest
{
    [Fact]
    public void Headline_WithNothingWrong_SaysSo()
    {
        Views.OnCertificates = [.. SampleViews.Certificates.Where(row => row.State == CertificateState.Valid)];
        Read(Page<Certificates>("certificates").Find("h1").TextContent).ShouldBe("Next: root O=cluster.local in 8 years; all in order");
    }

    [Theory]
    [InlineData(SourceNames.Certificates, "; all in order when last read")]
    [InlineData("kubernetes/secrets", "; all in order when last read")]
    [InlineData(SourceNames.DurationSums, "; all in order")]
    public void Headline_OfASourceThatIsSilent_SaysThatItIsOld(string source, string end)
    {
        Views.OnCertificates = [.. SampleViews.Certificates.Where(row => row.State == CertificateState.Valid)];
        var snapshot = SampleViews.Snapshot();
        var silent = SampleMesh.Live(source, SampleViews.Now) with { State = SourceState.Stale };
        snapshot = snapshot with { Clusters = [snapshot.Clusters[0] with { Sources = [.. snapshot.Clusters[0].Sources, silent] }] };
        Read(Page<Certificates>("certificates", snapshot).Find("h1").TextContent).ShouldEndWith(end);
    }

    [Fact]
    public void Headline_WhenSomeAreNotKnown_DoesNotSayAll()
    {
        Views.OnCertificates = [.. SampleViews.Certificates.Where(row => row.State is CertificateState.Valid or CertificateState.Unknown)];
        Read(Page<Certificates>("certificates").Find("h1").TextContent).ShouldBe("Next: root O=cluster.local in 8 years; the known ones in order; 1 not known");
    }

    [Fact]
    public void Timeline_ShowsEachKindWithItsBarsAndCutsLongOnes()
    {
        var leaf = SampleViews.Certificates.First(row => row.Kind == CertificateKind.Workload && row.State == CertificateState.Valid);
        Views.OnCertificates = [.. SampleViews.Certificates, .. Enumerable.Range(0, 10).Select(i => leaf with { Id = $"{leaf.Id}-{i}" })];
        var page = Page<Certificates>("certificates");

        page.FindAll(".timeline-group h3").Select(head => Read(head.TextContent)).ShouldContain("Workload 13");
        page.FindAll(".timeline-group").Single(group => Read(group.TextContent).StartsWith("Workload", StringComparison.Ordinal)).QuerySelectorAll(".timeline-row").Length.ShouldBe(4);
        var more = page.Find(".timeline-more a");
        Read(more.TextContent).ShouldBe("9 more, less urgent");
        more.GetAttribute("href").ShouldBe("http://localhost/certificates?kind=workload");
        Page<Certificates>("certificates?kind=workload").FindAll(".timeline-row").Count.ShouldBe(13);
    }

    [Theory]
    [InlineData(-100_000.0, 0)]
    [InlineData(0.0, TimeAxis.Now)]
    [InlineData(100_000.0, 1)]
    public void Axis_EndsAtTenYearsToBothSides(double days, double position) => TimeAxis.Position(TimeSpan.FromDays(days)).ShouldBe(position, 1e-9);

    [Fact]
    public void Axis_KeepsADayAndTenYearsReadable()
    {
        var ticks = TimeAxis.Ticks.Select(tick => TimeAxis.Position(tick.From)).ToList();
        ticks.ShouldBe(ticks.Order());

        // No two labels closer than a twentieth of the axis: a day is as legible as a decade.
        ticks.Zip(ticks.Skip(1), (left, right) => right - left).ShouldAllBe(gap => gap > 0.05);
    }

    [Fact]
    public void Forecast_SaysBothFuturesAndWhatIsAssumed()
    {
        var page = Page<Certificates>("certificates");
        var tiles = page.FindAll(".tiles-three .tile").Select(tile => Read(tile.TextContent)).ToList();
        tiles.Count.ShouldBe(3);
        tiles[0].ShouldStartWith("Within 24 hours 3 if renewal works;", customMessage: "expired, late and expiring ask now");
        Read(page.Markup).ShouldContain("a workload is then late under 40 % of its life");
        Read(page.Markup).ShouldContain("1 certificate whose end is not known is in no figure");
    }

    [Fact]
    public void Roots_ThatDiffer_AreListedWithWhatBreaks()
    {
        // Any two real certificates will do: what is drawn is what RootTrust says of them.
        var (old, fresh) = (Der("CN=old"), Der("CN=new"));
        var page = Page<Certificates>("certificates", With(objects => objects with { RootConfigMaps = [Map("batch", old), Map("payments", old, fresh)] }));

        Read(page.Find("#trust-main").ParentElement!.TextContent).ShouldContain("A root rotation is half done: 1 namespace lacks a root of 2 that are known.");
        var row = page.FindAll("#trust-main ~ .table-frame tbody tr").ShouldHaveSingleItem();
        Read(row.TextContent).ShouldStartWith("batch");
        Read(row.TextContent).ShouldContain("which other namespaces trust");
    }

    [Fact]
    public void Rights_ThatAreMissing_AreNamedWithTheRule()
    {
        var refused = SampleViews.Source("kubernetes/secrets", SourceState.Disabled, message: "The console's account may not list and watch secrets in all namespaces: certificates are not shown. Grant it. The server said: User \"eve\" cannot list resource \"secrets\"");
        var page = Page<Certificates>("certificates", SampleViews.Snapshot(7, SampleViews.Source("kubernetes/pods"), refused));

        Read(page.Find(".unseen-note").TextContent).ShouldStartWith("Not seen for want of rights: Certificates of gateways and webhooks");
        page.Find(".unseen-note a").GetAttribute("href")!.ShouldEndWith("#unseen");
        var yaml = page.Find("pre.yaml").TextContent;
        yaml.ShouldContain("kind: ClusterRole\n");
        page.Find(".yaml-head .copy").GetAttribute("data-copy").ShouldBe(yaml);
        page.FindAll("tbody tr").Count.ShouldBe(6, "the rest is there");
    }

    [Fact]
    public void Clocks_ThatDiffer_AreStatedAndThoseThatDoNotAreNot()
    {
        MeshSnapshot Skewed(double seconds) => SampleViews.Snapshot() is var snapshot ? snapshot with
        {
            Clusters = [snapshot.Clusters[0] with { Clocks = [new ClockSkew("API server", TimeSpan.FromSeconds(seconds), TimeSpan.FromSeconds(0.6), SampleViews.Now)] }],
        } : null!;
        Read(Page<Certificates>("certificates", Skewed(-42)).Find(".clock-note").TextContent).ShouldContain("The clock of the API server is 42 seconds behind the console's");
        Page<Certificates>("certificates", Skewed(1.2)).FindAll(".clock-note").ShouldBeEmpty();
    }

    [Fact]
    public void Details_ShowChainNotesNextStepAndEvidence()
    {
        var link = new CertificateLink("CN=issuer", "CN=root", SampleViews.Now.AddDays(-9), SampleViews.Now.AddDays(90), new string('b', 64), "RSA", 2048, "sha256RSA", true, "beside it", true);
        Views.OnCertificates = [.. SampleViews.Certificates.Select(row => row.Id == "main/gateway/pay.example" ? row with
        {
            NextStep = "Do this.",
            Notes = [new CertificateNote("weak", "Weak: something.")],
            RenewalEvidence = "an annotation says so",
            SpiffeIds = ["spiffe://cluster.local/ns/a/sa/b"],
            Chain = [link with { Subject = "CN=pay.example", From = "itself", SignsPrevious = null }, link],
        } : row)];
        var panel = Read(Page<Certificates>("certificates?selected=main%2Fgateway%2Fpay.example").Find("aside.panel").TextContent);
        panel.ShouldContain("Next: Do this.");
        panel.ShouldContain("Weak: something.");
        panel.ShouldContain("an annotation says so");
        panel.ShouldContain("spiffe://cluster.local/ns/a/sa/b");
        panel.ShouldContain("signed the one above; read from beside it");
        panel.ShouldContain("The chain goes on with CN=root, which lies nowhere that the console reads.");
    }

    [Fact]
    public void Calendar_IsLinkedWithWhatIsShown()
    {
        var link = Page<Certificates>("certificates?namespace=payments&kind=workload").Find(".calendar-link");
        link.GetAttribute("href").ShouldBe("api/v1/certificates.ics?namespace=payments&kind=workload");
        link.HasAttribute("download").ShouldBeTrue();
    }

    [Theory]
    [InlineData(90, "90 seconds")]
    [InlineData(7000, "116 minutes")]
    [InlineData(64_800, "18 hours")]
    [InlineData(432_000, "5 days")]
    [InlineData(252_460_800, "8 years")]
    public void Words_ForAHeadline(double seconds, string words) => Read(CertificateWords.Long(TimeSpan.FromSeconds(seconds))).ShouldBe(words);

    private static MeshSnapshot With(Func<ClusterObjects, ClusterObjects> change)
    {
        var snapshot = SampleViews.Snapshot();
        return snapshot with { Clusters = [snapshot.Clusters[0] with { Objects = change(snapshot.Clusters[0].Objects) }] };
    }

    private static CertificateBundle Map(string @namespace, params ImmutableArray<byte>[] certificates) =>
        new(SampleMesh.Meta(@namespace, "istio-ca-root-cert"), "ConfigMap", null, [new CertificateEntry("root-cert.pem", [.. certificates], null)]);

    private static ImmutableArray<byte> Der(string subject)
    {
        using var key = System.Security.Cryptography.ECDsa.Create();
        using var certificate = new System.Security.Cryptography.X509Certificates.CertificateRequest(subject, key, System.Security.Cryptography.HashAlgorithmName.SHA256)
            .CreateSelfSigned(SampleViews.Now.AddDays(-1), SampleViews.Now.AddDays(900));
        return [.. certificate.RawData];
    }
}
