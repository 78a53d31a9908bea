using MeshConsole.Mesh.Certificates;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Topology;

namespace MeshConsole.Mesh.Tests.Topology;

public sealed class TopologyExportTests
{
    [Fact]
    public void Csv_HasALinePerEdge_WithNumbersAsTheyAre_AndNothingForWhatIsNotKnown()
    {
        var lines = TopologyExport.Csv(View(Given.Edge("web", "api", Given.Http(ok: 7.5, failed: 2.5, mutual: 10)))).Split("\r\n");
        lines.Length.ShouldBe(3);
        lines[2].ShouldBe("");
        var cells = lines[0].Split(',').Zip(lines[1].Split(',')).ToDictionary(p => p.First, p => p.Second);
        cells["source"].ShouldBe("\"test/payments/workload/web\"");
        cells["requestsPerSecond"].ShouldBe("10");
        cells["errorRatio"].ShouldBe("0.25");
        cells["serverP99Ms"].ShouldBe("");
        cells["mtls"].ShouldBe("\"unknown\"", "only the callee tells, and it does not report");
    }

    [Fact]
    public void Csv_HostileNames_AreNoFormula() =>
        TopologyExport.Csv(View(Given.Edge("web", "api", Given.Http(ok: 1), host: "=cmd|' /C calc'!A0"))).ShouldContain("\"'=cmd|' /C calc'!A0\"");

    [Fact]
    public void Dot_QuotesWhatIsInNames()
    {
        var dot = TopologyExport.Dot(View(Given.Edge("we\"b\\", "a\npi", Given.Http(ok: 1))));
        dot.ShouldContain("\"test/payments/workload/we\\\"b\\\\\" -> \"test/payments/workload/a\npi\"");
        dot.ShouldStartWith("digraph mesh {\n");
        dot.ShouldEndWith("}\n");

        // Outside of escapes, quotes come in pairs.
        (dot.Replace("\\\\", "", StringComparison.Ordinal).Replace("\\\"", "", StringComparison.Ordinal).Count(c => c == '"') % 2).ShouldBe(0);
    }

    private static TopologyView View(params MeshConsole.Mesh.Model.Edge[] edges) =>
        new MeshViews(CertificateThresholds.Default).Topology(Given.Snapshot(Given.ClusterOf(edges: edges)), MeshQuery.All, TopologyLevel.Workload);
}
