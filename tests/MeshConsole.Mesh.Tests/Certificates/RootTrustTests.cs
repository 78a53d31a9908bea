using System.Collections.Immutable;
using MeshConsole.Mesh.Certificates;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Tests.Certificates;

public sealed class RootTrustTests
{
    private readonly SigningAuthority _old = SigningAuthority.Root("O=cluster.local", behind: 3000, left: 100);
    private readonly SigningAuthority _new = SigningAuthority.Root("O=cluster.local");

    [Fact]
    public void Trust_SameEverywhere_BreaksNothing()
    {
        var view = Of([Issued.RootMap("a", _new.Der), Issued.RootMap("b", _new.Der)], Authority());
        view.Namespaces.ShouldAllBe(one => one.TrustsAuthority == true && one.Breaks == null && one.Missing.IsEmpty);
        view.Authority.ShouldBe([_new.Fingerprint]);
        view.AuthoritySource.ShouldBe("secret istio-system/cacerts");
        view.Roots.ShouldHaveSingleItem().IsAuthority.ShouldBeTrue();
    }

    [Fact]
    public void Trust_HalfRotated_IsNamedPerNamespaceWithWhatBreaks()
    {
        // istiod signs under the new root: a has both, b was left out, c dropped the old one too early.
        var view = Of([Issued.RootMap("a", _old.Der, _new.Der), Issued.RootMap("b", _old.Der), Issued.RootMap("c", _new.Der)], Authority());

        view.Namespaces.Select(one => (one.Namespace, one.TrustsAuthority, one.Missing.Length)).ShouldBe([("a", true, 0), ("b", false, 1), ("c", true, 1)]);
        view.Namespaces[0].Breaks.ShouldBeNull();
        view.Namespaces[1].Breaks!.ShouldContain($"Agents there refuse istiod once it presents a certificate under O=cluster.local ({_new.Fingerprint[..12]}…)");
        view.Namespaces[1].NextStep!.ShouldContain("discoverySelectors leave the namespace out");
        view.Namespaces[2].Breaks!.ShouldContain($"Proxies there refuse peers whose certificates still lead to O=cluster.local ({_old.Fingerprint[..12]}…)");
        view.Broken.Select(one => one.Namespace).ShouldBe(["b", "c"]);
    }

    [Fact]
    public void Trust_RotationInTheSecret_CountsTheRootAboveTheSigner()
    {
        // root-cert.pem holds both during a rotation; the signing certificate leads to the old one.
        var signer = _old.Below("CN=istiod");
        var secret = Issued.Secret("cacerts", "istio-system", null, ("ca-cert.pem", [signer.Der]), ("cert-chain.pem", [signer.Der]), ("root-cert.pem", [_new.Der, _old.Der]));
        var view = Of([Issued.RootMap("a", _old.Der, _new.Der), Issued.RootMap("b", _old.Der)], secret);
        view.Authority.ShouldBe([_old.Fingerprint]);
        view.Namespaces.Select(one => one.TrustsAuthority).ShouldBe([true, true]);
    }

    [Fact]
    public void Trust_NextRootThatSomeLack_BreaksNothingYet()
    {
        // istiod still signs under the old root; the new one is being handed out, and b has not got it.
        var signer = _old.Below("CN=istiod");
        var secret = Issued.Secret("cacerts", "istio-system", null, ("ca-cert.pem", [signer.Der]), ("root-cert.pem", [_old.Der]));
        var broken = Of([Issued.RootMap("a", _old.Der, _new.Der), Issued.RootMap("b", _old.Der)], secret).Broken.ShouldHaveSingleItem();
        broken.Namespace.ShouldBe("b");
        broken.TrustsAuthority.ShouldBe(true);
        broken.Breaks!.ShouldStartWith($"Nothing yet: istiod signs under O=cluster.local ({_old.Fingerprint[..12]}…). Once it signs under");
    }

    [Fact]
    public void Trust_SecretsNotRead_ComparesNamespacesAndSaysWhatIsNotKnown()
    {
        var view = Of(Given.NoObjects with { RootConfigMaps = [Issued.RootMap("a", _old.Der, _new.Der), Issued.RootMap("b", _old.Der)], Secrets = default });
        view.Authority.ShouldBeEmpty();
        view.AuthorityProblem!.ShouldStartWith("Which root istiod signs under is not known");
        view.Namespaces.Select(one => one.TrustsAuthority).ShouldBe([null, null]);
        view.Broken.ShouldHaveSingleItem().Namespace.ShouldBe("b");
    }

    [Fact]
    public void Trust_AnotherAuthoritySigns_IsSaid() =>
        Of([Issued.RootMap("a", _new.Der)]).AuthorityProblem.ShouldBe("Namespace istio-system has neither Secret cacerts nor istio-ca-secret: another authority signs, and its root is not known here.");

    [Fact]
    public void Trust_BundleWithoutACertificate_BreaksThatNamespace()
    {
        var broken = new CertificateBundle(Given.Meta("istio-ca-root-cert", "b"), "ConfigMap", null, [new CertificateEntry("root-cert.pem", [], "holds no certificate in PEM form")]);
        var view = Of([Issued.RootMap("a", _new.Der), broken], Authority());
        view.Broken.ShouldHaveSingleItem().Breaks!.ShouldStartWith("Its bundle holds no certificate that can be read");
        view.Namespaces[1].TrustsAuthority.ShouldBeNull();
    }

    [Fact]
    public void Trust_ConfigMapsNotRead_IsNotKnown()
    {
        var cluster = Given.ClusterOf(Given.NoObjects with { RootConfigMaps = default }, sources: [new SourceStatus("kubernetes/configmaps", SourceState.Disabled, Given.Now, null, "refused.")]);
        var view = RootTrust.Of(Given.Snapshot(cluster), MeshQuery.All).ShouldHaveSingleItem();
        view.Unknown.ShouldBe("What the namespaces trust is not known: refused.");
        view.Namespaces.ShouldBeEmpty();
    }

    [Fact]
    public void Trust_OfOneNamespace_IsComparedWithAll()
    {
        var objects = Given.NoObjects with { RootConfigMaps = [Issued.RootMap("a", _new.Der), Issued.RootMap("b", _old.Der)], Secrets = [Authority()] };
        RootTrust.Of(Given.Snapshot(Given.ClusterOf(objects)), MeshQuery.For(null, ["b"])).ShouldHaveSingleItem().Namespaces.ShouldHaveSingleItem().Missing.ShouldBe([_new.Fingerprint]);
    }

    [Fact]
    public void Inventory_HalfRotatedRoot_CarriesTheNote()
    {
        var objects = Given.NoObjects with { RootConfigMaps = [Issued.RootMap("a", _old.Der, _new.Der), Issued.RootMap("b", _old.Der)], Secrets = [Authority()] };
        var rows = CertificateInventory.Build(Given.Snapshot(Given.ClusterOf(objects)), MeshQuery.All, CertificateThresholds.Default);
        rows.Single(row => row.Fingerprint == _new.Fingerprint).Notes.ShouldHaveSingleItem().Code.ShouldBe("half-rotated");
        rows.Single(row => row.Kind == CertificateKind.Issuer).Notes.ShouldContain(note => note.Code == "half-rotated" && note.Message.Contains("bundle of b", StringComparison.Ordinal));
    }

    private CertificateBundle Authority()
    {
        var signer = _new.Below("CN=istiod");
        return Issued.Secret("cacerts", "istio-system", null, ("ca-cert.pem", [signer.Der]), ("cert-chain.pem", [signer.Der, _new.Der]), ("root-cert.pem", [_new.Der]));
    }

    private static RootTrustView Of(ImmutableArray<CertificateBundle> maps, params CertificateBundle[] secrets) => Of(Given.NoObjects with { RootConfigMaps = maps, Secrets = [.. secrets] });

    private static RootTrustView Of(ClusterObjects objects) => RootTrust.Of(Given.Snapshot(Given.ClusterOf(objects)), MeshQuery.All).ShouldHaveSingleItem();
}
