using MeshConsole.Mesh.Certificates;
using MeshConsole.Mesh.Changes;
using MeshConsole.Mesh.Mtls;
using MeshConsole.Mesh.Overview;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Testing.RealServices;

namespace MeshConsole.Mesh.Tests.Overview.Golden;

/// <summary>The projects' own samples, where they lie beside the repository: objects as people really write them.</summary>
public sealed class UpstreamSampleTests
{
    [SkippableFact]
    public void Bookinfo_ReviewsSplit_IsReadAsWritten()
    {
        var routes = Routes("networking_virtual-service-reviews-90-10.yaml", "networking_destination-rule-all.yaml", "platform_kube_bookinfo.yaml");
        var rule = routes.ShouldHaveSingleItem();
        rule.Hosts.ShouldBe(["reviews.default.svc.cluster.local"]);
        rule.Backends.Select(b => (b.Host, b.Subset, b.Share)).ShouldBe(
            [("reviews.default.svc.cluster.local", "v1", 0.9), ("reviews.default.svc.cluster.local", "v2", 0.1)]);
    }

    [SkippableFact]
    public void Bookinfo_RouteByUser_IsSaidInWords()
    {
        var rules = Routes("networking_virtual-service-reviews-jason-v2-v3.yaml", "networking_destination-rule-all.yaml", "platform_kube_bookinfo.yaml");
        rules.Select(r => (r.Summary, r.Backends[0].Subset)).ShouldBe([("header end-user is jason", "v2"), ("all other requests", "v3")]);
    }

    [SkippableFact]
    public void GatewayApi_ReviewsSplit_IsReadAsWritten()
    {
        var rule = Routes("gateway-api_route-reviews-90-10.yaml", "platform_kube_bookinfo.yaml").ShouldHaveSingleItem();
        rule.Hosts.ShouldBe(["reviews.default.svc.cluster.local"]);
        rule.Backends.Select(b => b.Share).ShouldBe([0.9, 0.1]);
    }

    [SkippableFact]
    public void EverySample_AndEveryLintInput_IsShownWithoutFault()
    {
        var files = new[] { "samples", "lint/inputs" }.SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Requires.UpstreamData(), folder), "*.yaml")).Order(StringComparer.Ordinal).ToList();
        files.Count.ShouldBeGreaterThan(20);
        foreach (var file in files)
        {
            var snapshot = Snapshot(file);
            var routes = RouteInventory.Build(snapshot, MeshQuery.All);
            routes.Select(r => r.Id).ShouldBeUnique();
            routes.ShouldAllBe(r => r.Summary.Length > 0 && r.Backends.All(b => b.Share == null || (b.Share >= 0 && b.Share <= 1)));
            EffectivePolicies.Build(snapshot, MeshQuery.All).ShouldAllBe(p => p.Mode.Length > 0);
            CertificateInventory.Build(snapshot, MeshQuery.All, CertificateThresholds.Default).Select(c => c.Id).ShouldBeUnique();
            OverviewBuilder.Build(snapshot, MeshQuery.All, CertificateThresholds.Default).Signals.Scope.ShouldNotBeEmpty();
        }
    }

    [SkippableFact]
    public void LintInput_HostsAndSubsetsThatDoNotExist_AreSaid()
    {
        var folder = Path.Combine(Requires.UpstreamData(), "lint", "inputs");
        var notes = RouteInventory.Build(Snapshot(Path.Combine(folder, "virtualservice_destinationhosts.yaml")), MeshQuery.All)
            // The sample's objects name no hosts of their own, which is said of each and is not what they are there for.
            .ToLookup(r => r.Object.Name, r => string.Join(' ', r.Notes.Where(note => !note.StartsWith("It has no hosts", StringComparison.Ordinal))), StringComparer.Ordinal);
        notes["reviews-bogushost"].ShouldHaveSingleItem().ShouldContain("A destination has no host that can be read. ");
        notes["reviews-bogushost"].ShouldHaveSingleItem().ShouldEndWith("No Service or ServiceEntry has host reviews-bogus.default.svc.cluster.local.");
        notes["reviews-external"].ShouldHaveSingleItem().ShouldBeEmpty();
        notes["reviews-bookinfo-other"].ShouldHaveSingleItem().ShouldBe("No Service or ServiceEntry has host other.bookinfo.com.");
        notes["vs-to-extporto-serviceentry"].ShouldHaveSingleItem().ShouldBeEmpty();
        notes["reviews-bookinfo-eu"].ShouldHaveSingleItem().ShouldBeEmpty();
    }

    private static List<RouteView> Routes(params string[] samples)
    {
        var folder = Path.Combine(Requires.UpstreamData(), "samples");
        return [.. RouteInventory.Build(Snapshot([.. samples.Select(s => Path.Combine(folder, s))]), MeshQuery.All)];
    }

    private static MeshSnapshot Snapshot(params string[] files) =>
        Given.Snapshot(SnapshotBuilder.Build(Given.Cluster, ManifestReader.Read(files), [], null));
}
