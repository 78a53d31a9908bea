using System.Collections.Immutable;
using Bunit;
using MeshConsole.Components.Encryption;
using MeshConsole.Components.Pages;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Mtls;
using MeshConsole.Mesh.Mtls.History;
using MeshConsole.Mesh.Mtls.Readiness;
using MeshConsole.Testing;

namespace MeshConsole.Tests.Components;

/// <summary>What the mTLS page adds to its lists: definitions, classes, history, deciding objects, readiness.</summary>
public sealed class EncryptionTests : ComponentTest
{
    private static readonly ImmutableArray<SecuritySplit?> s_points = [new(95, 5, 0), null, new(0, 0, 0), new(90, 4, 6)];

    // ------------------------------------------------------------------ shares

    [Fact]
    public void Tiles_DefineThemselvesAndKeepUnknownApart()
    {
        Views.OnMtls = SampleViews.Mtls with
        {
            Coverage = new MtlsCoverage
            {
                Requests = 0.9,
                Connections = null,
                Bytes = 0.5,
                Workloads = 0.5,
                Edges = 0.25,
                LongLivedEdges = 2,
                RequestClasses = new(90, 4, 6),
                ConnectionClasses = SecuritySplit.None,
                ByteClasses = new(1, 1, 0),
                WorkloadClasses = new(2, 1, 1),
                EdgeClasses = new(1, 2, 1),
                Message = "No TCP connections were opened in the window; bytes flow over older ones.",
            },
        };

        var tiles = Page<Mtls>("mtls").FindAll(".tile");

        Read(tiles[0].QuerySelector(".tile-note")!.TextContent).ShouldBe("4.00 /s plaintext, 6.00 /s not known");
        Read(tiles[1].TextContent).ShouldContain("2 edges use older connections only: by bytes, 50 % are encrypted");
        tiles[1].QuerySelector(".missing")!.GetAttribute("title")!.ShouldContain("bytes flow over older ones");
        Read(tiles[2].QuerySelector(".tile-note")!.TextContent).ShouldBe("1 plaintext, 1 not known");
        Read(tiles[3].QuerySelector(".tile-note")!.TextContent).ShouldBe("2 plaintext, 1 not known");
        foreach (var tile in tiles)
        {
            var term = tile.QuerySelector("dt button")!;
            tile.QuerySelector($"#{term.GetAttribute("aria-describedby")}")!.TextContent.Length.ShouldBeGreaterThan(60, "the definition is read with the term");
        }
    }

    [Fact]
    public void Tiles_WithoutTraffic_SayNoTraffic()
    {
        Views.OnMtls = SampleViews.Mtls with { Coverage = new MtlsCoverage { RequestClasses = SecuritySplit.None, Message = "No requests arrived." } };
        Read(Page<Mtls>("mtls").Find(".tile .tile-note").TextContent).ShouldBe("no traffic");
    }

    [Fact]
    public void Unknown_IsAListOfItsOwn()
    {
        Views.OnMtls = SampleViews.Mtls with
        {
            Unknown = [new PlaintextEdge(SampleViews.Workload("payments", "ledger"), SampleViews.Workload("payments", "postgres"), "tcp", null, 0.5, "Only the caller reports.", "Let the callee report.") { Cause = "not-reported", BytesPerSecond = 2048 }],
        };
        var key = Uri.EscapeDataString($"{SampleViews.Workload("payments", "ledger")}|{SampleViews.Workload("payments", "postgres")}|tcp");

        var page = Page<Mtls>($"mtls?show=unknown&selected={key}");

        page.FindAll("table.table tbody tr").Count.ShouldBe(1);
        page.Find("aside.panel").TextContent.ShouldContain("Let the callee report.");
        page.Find("aside.panel").TextContent.ShouldNotContain("plaintext requests");
    }

    // ------------------------------------------------------------------ over time

    [Fact]
    public void Chart_OfPoints_StacksClassesAndLeavesGapsOpen()
    {
        var chart = CoverageChart.Of(new CoverageTrend(SampleViews.Now, TimeSpan.FromMinutes(1), s_points, null, []));

        // 90 % is the least, so the foot is 80 %: 5 % of plaintext is a quarter of 140, from above.
        chart.Bottom.ShouldBe(0.8);
        chart.Plaintext.ShouldBe("M0 0h150V35h-150zM450 0h150V28h-150z");
        chart.Unknown.ShouldBe("M450 28h150V70h-150z");
        chart.Mutual.ShouldBe("M0 35h150V140h-150zM450 70h150V140h-150z");
        chart.Idle.ShouldBe("M300 138h150V140h-150z", "a time without traffic is neither encrypted nor a gap");
        chart.Bars.Length.ShouldBe(4);
    }

    [Fact]
    public void Chart_AllEncrypted_HasNoOtherColour()
    {
        var chart = CoverageChart.Of(new CoverageTrend(SampleViews.Now, TimeSpan.FromMinutes(1), [new(5, 0, 0), new(7, 0, 0)], null, []));
        (chart.Bottom, chart.Plaintext, chart.Unknown).ShouldBe((0.95, "", ""));
    }

    [Fact]
    public void Chart_Marks_StandInTheBarWhoseWindowHoldsThem()
    {
        var policy = new ObjectReference("PeerAuthentication", "payments", "default");
        PolicyMark At(double minutes) => new(SampleViews.Now.AddMinutes(minutes), "main", policy, false, null);

        // A bar stands for the step that ends at its time: -1..0 is the first, 2..3 the last.
        var chart = CoverageChart.Of(new CoverageTrend(SampleViews.Now, TimeSpan.FromMinutes(1), s_points, null, [At(-0.5), At(2.2), At(2.9)]));

        chart.Marks.Select(mark => (mark.Place, mark.Text)).ShouldBe([(0.125, "1"), (0.875, "2–3")]);
    }

    [Fact]
    public void OverTime_DrawsTableTwinGapsAndChangesOfPolicy()
    {
        Coverage.Answer = new CoverageTrend(SampleViews.Now.AddMinutes(-3), TimeSpan.FromMinutes(1), s_points, null,
            [new PolicyMark(SampleViews.Now.AddMinutes(-1), "main", new ObjectReference("PeerAuthentication", "payments", "<img src=x>"), true, "argocd-controller")]);

        var page = Page<Mtls>("mtls?of=connections&range=7d");

        Coverage.Reads.ShouldHaveSingleItem().ShouldBe((null, CoverageMeasure.Connections, "7d"));
        page.Find(".coverage-plot svg").GetAttribute("aria-label")!.ShouldContain("no data for 60");
        Read(page.Find(".coverage-time").TextContent).ShouldContain("1 change of policy in this time");
        page.Find(".policy-marks").TextContent.ShouldContain("<img src=x>");
        page.FindAll("img").ShouldBeEmpty();
        var rows = page.FindAll(".coverage-time table tbody tr").Select(row => Read(row.TextContent)).ToList();
        rows.Count.ShouldBe(4);
        rows[0].ShouldEndWith("90 %4.00 /s6.00 /s");
        rows[1].ShouldEndWith("no traffic");
        rows[2].ShouldEndWith("no data");
    }

    [Fact]
    public void OverTime_PrometheusDoesNotAnswer_SaysSo()
    {
        Coverage.Answer = new CoverageTrend(SampleViews.Now.AddMinutes(-3), TimeSpan.FromMinutes(1), [null, null], "Prometheus at p did not answer within 10 s.", []);
        var page = Page<Mtls>("mtls");
        page.Find(".coverage-time .note-warn").TextContent.ShouldContain("did not answer within 10 s");
        page.Find(".coverage-empty").TextContent.ShouldContain("Nothing is known of this time.");
        page.FindAll(".coverage-plot").ShouldBeEmpty();
    }

    [Fact]
    public void OverTime_OfOneWorkload_IsAskedForIt()
    {
        var page = Page<Mtls>($"mtls?callee={Uri.EscapeDataString(SampleViews.Workload("payments", "ledger"))}");
        Coverage.Reads.ShouldHaveSingleItem().Callee.ShouldBe(new WorkloadId(SampleMesh.Cluster, "payments", "ledger"));
        page.Find(".coverage-time h2").TextContent.ShouldBe("Encrypted share of requests to payments/ledger");
    }

    // ------------------------------------------------------------------ the deciding object

    [Fact]
    public void PolicySelected_ShowsTheDecidingObjectAsText()
    {
        var snapshot = SampleViews.Snapshot();
        var spec = SampleMesh.Json("""{"mtls":{"mode":"STRICT"},"selector":{"matchLabels":{"app":"<script>alert(1)</script>"}}}""");
        var policy = new MeshObject(new ObjectMeta { Name = "card-processor", Namespace = "payments", ResourceVersion = "7", CreatedAt = SampleViews.Now.AddDays(-1) }, "security.istio.io/v1", "PeerAuthentication", spec, default);
        var cluster = snapshot.Clusters[0];
        snapshot = snapshot with { Clusters = [cluster with { Objects = cluster.Objects with { PeerAuthentications = [policy] } }] };
        var selected = Uri.EscapeDataString(SampleViews.Workload("payments", "card-processor-v1") + ":");

        var panel = Page<Mtls>($"mtls?show=policies&selected={selected}", snapshot).Find("aside.panel");

        var yaml = panel.QuerySelector(".yaml pre")!.TextContent;
        yaml.ShouldStartWith("apiVersion: security.istio.io/v1\nkind: PeerAuthentication\n");
        yaml.ShouldContain("<script>alert(1)</script>");
        panel.QuerySelectorAll("script").ShouldBeEmpty();
        panel.QuerySelector(".yaml .copy")!.GetAttribute("data-copy").ShouldBe(yaml);
    }

    [Fact]
    public void PolicySelected_ObjectIsGone_SaysSo()
    {
        var selected = Uri.EscapeDataString(SampleViews.Workload("payments", "card-processor-v1") + ":");
        Page<Mtls>($"mtls?show=policies&selected={selected}").Find("aside.panel").TextContent.ShouldContain("is not there any more");
    }

    // ------------------------------------------------------------------ ready for STRICT?

    [Theory]
    [InlineData("mtls", 0)]
    [InlineData("mtls?show=policies", 0)]
    [InlineData("mtls?show=unknown&scope=payments", 0)]
    [InlineData("mtls?show=namespaces&scope=payments", 1)]
    public void Readiness_IsNotAskedUnlessSomebodyLooks(string address, int asked)
    {
        Page<Mtls>(address);
        Readiness.Asked.Count.ShouldBe(asked);
        Readiness.Asked.ShouldAllBe(one => one.Scope == new StrictScope(SampleMesh.Cluster, null, null, null), "the list of namespaces is of the mesh");
    }

    [Theory]
    [InlineData("mtls?show=readiness", null, null, "24:00:00")]
    [InlineData("mtls?show=readiness&namespace=payments", "payments", null, "24:00:00")]
    [InlineData("mtls?show=readiness&namespace=payments&scope=mesh", null, null, "24:00:00")]
    [InlineData("mtls?show=readiness&scope=payments%2Fledger&lookback=2m", "payments", "ledger", "00:02:00")]
    [InlineData("mtls?show=readiness&scope=payments&lookback=7d", "payments", null, "168:00:00")]
    [InlineData("mtls?show=readiness&lookback=nonsense", null, null, "24:00:00")]
    public void Readiness_AddressSaysScopeAndLookback(string address, string? @namespace, string? workload, string lookback)
    {
        Page<Mtls>(address);
        var hours = int.Parse(lookback.Split(':')[0], System.Globalization.CultureInfo.InvariantCulture);
        var minutes = int.Parse(lookback.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture);
        Readiness.Asked.ShouldHaveSingleItem().ShouldBe((new StrictScope(SampleMesh.Cluster, @namespace, workload), new TimeSpan(hours, minutes, 0)));
    }

    [Fact]
    public void Readiness_Blocked_SaysTheVerdictFirstThenEvidenceAndFix()
    {
        Readiness.OnAsk = (scope, lookback) => new ReadinessBreakdown(
            Answer(scope, lookback, blockers: [new("plaintext-requests", "payments/ledger received 5 plaintext requests.", "Give <b>it</b> a proxy.", "payments/ledger", [new("requests in plaintext", "5"), new("query", "sum(increase(x[1h]))")])]),
            [
                Answer(scope with { Namespace = "payments" }, lookback, blockers: [new("plaintext-requests", "x", null, null, [])]),
                Answer(scope with { Namespace = "risk" }, lookback),
                Answer(scope with { Namespace = "batch" }, lookback, unproven: [new("no-traffic", "x", null, null, [])]),
            ]);

        var page = Page<Mtls>("mtls?show=readiness&lookback=1h");

        Read(page.Find(".verdict h2").TextContent).ShouldBe("Blocked: 1 thing speaks against STRICT for the mesh");
        page.Find(".verdict").GetAttribute("data-verdict").ShouldBe("blocked");
        var finding = page.Find("[data-finding=plaintext-requests]");
        finding.TextContent.ShouldContain("Give <b>it</b> a proxy.");
        finding.QuerySelectorAll("b").ShouldBeEmpty();
        finding.QuerySelector("code")!.TextContent.ShouldBe("sum(increase(x[1h]))");
        page.FindAll(".readiness tbody tr[class], .readiness table.table tbody tr").Select(row => Read(row.TextContent)).ShouldBe(["payments blockedplaintext requests0", "batch unprovenno traffic0", "risk ready0"]);

        // Each part leads to itself, with the look-back that was chosen.
        page.Find(".readiness table.table a.row-link").GetAttribute("href")!.ShouldContain("lookback=1h");
        page.Find(".readiness table.table a.row-link").GetAttribute("href")!.ShouldContain("scope=payments");
    }

    [Fact]
    public void Readiness_Unproven_IsNeverCalledReady()
    {
        Readiness.OnAsk = (scope, lookback) => new ReadinessBreakdown(Answer(scope, lookback, unproven: [new("short-history", "Prometheus has samples for 20 min only.", null, null, [])]), []);
        var page = Page<Mtls>("mtls?show=readiness&scope=payments");
        Read(page.Find(".verdict h2").TextContent).ShouldBe("Unproven: nothing speaks against STRICT for namespace payments, but 1 thing is not known");
        page.Find(".readiness").TextContent.ShouldNotContain("Ready:");
    }

    [Fact]
    public void Namespaces_ShowReadinessAtAGlance()
    {
        Readiness.OnAsk = (scope, lookback) => new ReadinessBreakdown(Answer(scope, lookback), [Answer(scope with { Namespace = "payments" }, lookback, blockers: [new("client-tls", "x", null, null, [])])]);
        var rows = Page<Mtls>("mtls?show=namespaces").FindAll("table.table tbody tr");
        rows.Single(row => row.TextContent.Contains("payments", StringComparison.Ordinal)).TextContent.ShouldContain("blocked");
        rows.Single(row => row.TextContent.Contains("batch", StringComparison.Ordinal)).QuerySelectorAll(".mark").ShouldBeEmpty("nobody has said that batch is ready");
    }

    private static StrictReadiness Answer(StrictScope scope, TimeSpan lookback, ImmutableArray<ReadinessFinding>? blockers = null, ImmutableArray<ReadinessFinding>? unproven = null) =>
        new(scope, lookback, SampleViews.Now.AddSeconds(-3), blockers ?? [], unproven ?? [], []);
}
