using System.Security.Cryptography.X509Certificates;
using System.Text;
using MeshConsole.Simulator.Kubernetes;

namespace MeshConsole.Simulator.Tests.Mesh;

public sealed class MeshCertificateTests(PaymentsMeshFixture mesh) : IClassFixture<PaymentsMeshFixture>
{
    [Fact]
    public void WorkloadLeaf_IsARealCertificateUnderTheMeshsRoot()
    {
        var pod = mesh.Model.Observer.Workload("risk/fraud-engine").Pods[0];
        using var leaf = mesh.Model.Certificates.Workloads.LeafOf(pod, mesh.Model.TickedAt);

        Verifies(leaf.Certificate, mesh.Model.Certificates.Root.Certificate, mesh.Model.Certificates.Mesh.Certificate).ShouldBeTrue();
        Verifies(leaf.Certificate, mesh.Model.Certificates.PublicRoot.Certificate, mesh.Model.Certificates.Mesh.Certificate).ShouldBeFalse();
        (leaf.Certificate.NotAfter - leaf.Certificate.NotBefore).ShouldBe(TimeSpan.FromHours(24));
        var names = leaf.Certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().ShouldHaveSingleItem();
        Encoding.ASCII.GetString(names.RawData).ShouldContain("spiffe://cluster.local/ns/risk/sa/fraud-engine");
    }

    [Fact]
    public void WorkloadLeaf_IsRenewedAtHalfOfItsLife()
    {
        var certificates = mesh.Model.Certificates.Workloads;
        var pod = mesh.Model.Observer.Workload("risk/fraud-engine").Pods[0];
        var start = mesh.Model.TickedAt;
        var ends = new HashSet<DateTimeOffset>();
        for (var minutes = 0; minutes < 48 * 60; minutes += 10)
        {
            var at = start + TimeSpan.FromMinutes(minutes);
            var left = certificates.NotAfter(pod, at) - at;
            left.ShouldBeGreaterThan(TimeSpan.FromHours(12));
            left.ShouldBeLessThanOrEqualTo(TimeSpan.FromHours(24));
            ends.Add(certificates.NotAfter(pod, at));
        }

        ends.Count.ShouldBe(5, "four renewals in two days");
    }

    [Fact]
    public void ExpiryMetric_CountsDownToTheLeafsEnd()
    {
        var series = mesh.Counted.Series("istio_agent_cert_expiry_seconds");
        var pods = mesh.Model.Observer.Workloads.SelectMany(workload => workload.Pods).Where(pod => pod.HasProxy).ToDictionary(pod => pod.Name);

        series.Count.ShouldBe(pods.Count);
        foreach (var one in series)
        {
            one.Labels["resource_name"].ShouldBe("default");
            var expected = mesh.Model.Certificates.Workloads.NotAfter(pods[one.Labels["pod"]], mesh.Model.TickedAt) - mesh.Model.TickedAt;
            one.Newest!.Value.Value.ShouldBe(Math.Floor(expected.TotalSeconds));
        }
    }

    [Theory]
    [InlineData("pay-example-tls", "pay.example")]
    [InlineData("merchants-pay-example-tls", "merchants.pay.example")]
    public void GatewaySecret_HoldsAChainThatVerifies(string secret, string host)
    {
        using var chain = new Chain(Data("Secret", "istio-ingress", secret, "tls.crt"));

        chain.Certificates.Count.ShouldBe(2);
        chain.Certificates[0].MatchesHostname(host).ShouldBeTrue();
        Verifies(chain.Certificates[0], mesh.Model.Certificates.PublicRoot.Certificate, chain.Certificates[1]).ShouldBeTrue();
        Data("Secret", "istio-ingress", secret, "tls.key").ShouldStartWith("-----BEGIN PRIVATE KEY-----");
    }

    [Fact]
    public void Root_IsTheSameInEveryNamespaceAndInCacerts()
    {
        var root = Data("Secret", "istio-system", "cacerts", "root-cert.pem");
        root.ShouldBe(mesh.Model.Certificates.Root.CertificatePem);
        foreach (var ns in mesh.Model.Objects.List(ResourceTypes.Namespaces))
            mesh.Model.Objects.Get(ResourceTypes.ConfigMaps, ns.Name, "istio-ca-root-cert").ToJson()["data"]!["root-cert.pem"]!.GetValue<string>().ShouldBe(root);
        using var signer = new Chain(Data("Secret", "istio-system", "cacerts", "ca-cert.pem"));
        Verifies(signer.Certificates[0], mesh.Model.Certificates.Root.Certificate).ShouldBeTrue();
    }

    [Fact]
    public void PrivateKeys_AreOnlyWhereARealClusterHasThem()
    {
        var withKeys = ResourceTypes.All.SelectMany(type => mesh.Model.Objects.List(type).Select(item => (type, item)))
            .Where(pair => Encoding.UTF8.GetString(pair.item.Utf8Body.Span) is var text
                && (text.Contains("PRIVATE KEY", StringComparison.Ordinal) || text.Contains(Convert.ToBase64String("-----BEGIN PRIVATE"u8)[..20], StringComparison.Ordinal)))
            .Select(pair => $"{pair.type.Kind} {pair.item.Namespace}/{pair.item.Name}").Order(StringComparer.Ordinal);

        withKeys.ShouldBe(["Secret istio-ingress/merchants-pay-example-tls", "Secret istio-ingress/pay-example-tls", "Secret istio-system/cacerts"]);
    }

    private string Data(string kind, string ns, string name, string key) =>
        Encoding.ASCII.GetString(Convert.FromBase64String(mesh.Model.Objects.Get(ResourceTypes.Find("v1", kind)!, ns, name).ToJson()["data"]![key]!.GetValue<string>()));

    private bool Verifies(X509Certificate2 leaf, X509Certificate2 root, params X509Certificate2[] between)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(root);
        chain.ChainPolicy.ExtraStore.AddRange(between);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationTime = mesh.Model.TickedAt.UtcDateTime;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        return chain.Build(leaf);
    }

    private sealed class Chain : IDisposable
    {
        public Chain(string pem) => Certificates.ImportFromPem(pem);

        public X509Certificate2Collection Certificates { get; } = [];

        public void Dispose()
        {
            foreach (var certificate in Certificates) certificate.Dispose();
        }
    }
}
