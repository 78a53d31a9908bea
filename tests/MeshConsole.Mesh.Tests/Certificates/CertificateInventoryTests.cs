using System.Collections.Immutable;
using MeshConsole.Mesh.Certificates;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Tests.Certificates;

public sealed class CertificateInventoryTests
{
    private static readonly ImmutableArray<byte> s_root = Issued.Days("O=cluster.local", 100, 3550);

    [Fact]
    public void Root_SameInAllNamespaces_IsOneRow()
    {
        var row = Build(Given.NoObjects with { RootConfigMaps = [Issued.RootMap("a", s_root), Issued.RootMap("b", s_root)] }).ShouldHaveSingleItem();
        row.Kind.ShouldBe(CertificateKind.Root);
        row.State.ShouldBe(CertificateState.Valid);
        row.Subject.ShouldBe("O=cluster.local");
        row.PresentedBy.ShouldBe("trusted in 2 of 2 namespaces");
        row.Source.ShouldBe("config map istio-ca-root-cert key root-cert.pem in 2 namespaces");
        row.Message.ShouldBe("Valid for another 3550 d; nobody is known to renew it.");
        row.LifeLeft!.Value.ShouldBe(3550 / 3650.0, 1e-9);
        row.RemainingSeconds!.Value.ShouldBe(3550 * 86400.0, 1);
        row.RenewedBy.ShouldBeNull();
        row.Id.ShouldBe($"test/root/{row.Fingerprint}");
    }

    [Fact]
    public void Root_HalfDoneRotation_NamesTheNamespacesThatLackIt()
    {
        var next = Issued.Days("O=next", 1, 3649);
        var rows = Build(Given.NoObjects with { RootConfigMaps = [Issued.RootMap("a", s_root, next), Issued.RootMap("b", s_root), Issued.RootMap("c", s_root)] });
        rows.Count.ShouldBe(2);
        rows.Single(r => r.Subject == "O=next").Message.ShouldEndWith("Not trusted in b, c: roots differ between namespaces, a rotation may be half done.");
        rows.Single(r => r.Subject == "O=next").Namespace.ShouldBe("a");
        rows.Single(r => r.Subject == "O=cluster.local").Message.ShouldNotContain("differ");
    }

    [Fact]
    public void Root_SelfSignedByIstiod_IsRenewedByIt()
    {
        var objects = Given.NoObjects with
        {
            RootConfigMaps = [Issued.RootMap("a", s_root)],
            Secrets = [Issued.Secret("istio-ca-secret", "istio-system", null, ("ca-cert.pem", [s_root]))],
        };
        var rows = Build(objects);
        rows.Select(r => (r.Kind, r.RenewedBy, r.Message)).ShouldBe(
        [
            (CertificateKind.Root, "istiod (self-signed, Secret istio-system/istio-ca-secret)", "Renews in 2820 d; expires in 3550 d."),
            (CertificateKind.Issuer, "istiod", "Renews in 2820 d; expires in 3550 d."),
        ]);
        rows[1].Id.ShouldBe("test/istio-system/issuer/istio-ca-secret");
        rows[1].Source.ShouldBe("secret istio-system/istio-ca-secret key ca-cert.pem");
        rows[0].RenewsAtLifeLeft!.Value.ShouldBe(0.2, 1e-9);
    }

    [Fact]
    public void Root_ThatCannotBeRead_IsUnknownWithTheProblem()
    {
        var garbage = new CertificateBundle(Given.Meta("istio-ca-root-cert", "a"), "ConfigMap", null, [new CertificateEntry("root-cert.pem", [[1, 2, 3]], null)]);
        var broken = new CertificateBundle(Given.Meta("istio-ca-root-cert", "b"), "ConfigMap", null, [new CertificateEntry("root-cert.pem", [], "is no PEM")]);
        var empty = new CertificateBundle(Given.Meta("istio-ca-root-cert", "c"), "ConfigMap", null, []);
        var rows = Build(Given.NoObjects with { RootConfigMaps = [garbage, broken, empty] });
        rows.ShouldAllBe(r => r.State == CertificateState.Unknown);
        rows.Select(r => r.Message).ShouldBe(
        [
            "ConfigMap a/istio-ca-root-cert is no X.509 certificate: what its pods trust is not known.",
            "ConfigMap b/istio-ca-root-cert is no PEM: what its pods trust is not known.",
            "ConfigMap c/istio-ca-root-cert has no key root-cert.pem: what its pods trust is not known.",
        ]);
    }

    [Fact]
    public void Root_ObjectsMissing_FallsBackToTheMetric()
    {
        var notAfter = Given.Now.AddDays(20);
        var cluster = Given.ClusterOf(
            Given.NoObjects with { RootConfigMaps = default, Secrets = default },
            controlPlane:
            [
                new ControlPlaneSample("citadel_server_root_cert_expiry_timestamp", Given.Labels(), notAfter.ToUnixTimeSeconds()),
                new ControlPlaneSample("citadel_server_cert_chain_expiry_timestamp", Given.Labels(), 0),
            ]);
        var row = Build(cluster).ShouldHaveSingleItem();
        row.Kind.ShouldBe(CertificateKind.Root);
        row.NotAfter.ShouldBe(notAfter);
        row.State.ShouldBe(CertificateState.Expiring);
        row.Source.ShouldBe("metric citadel_server_root_cert_expiry_timestamp");
        row.LifeLeft.ShouldBeNull();
        row.Fingerprint.ShouldBeNull();
    }

    [Fact]
    public void Issuer_PluggedIn_IsAsGoodAsItsChainAndReplacesTheSelfSigned()
    {
        var issuer = Issued.Days("CN=issuer", 10, 355);
        var intermediate = Issued.Days("CN=middle", 300, 5);
        var objects = Given.NoObjects with
        {
            Secrets =
            [
                Issued.Secret("cacerts", "istio-system", null, ("ca-cert.pem", [issuer]), ("cert-chain.pem", [issuer, intermediate]), ("root-cert.pem", [s_root])),
                Issued.Secret("istio-ca-secret", "istio-system", null, ("ca-cert.pem", [s_root])),
                Issued.Secret("cacerts", "elsewhere", null, ("ca-cert.pem", [issuer])),
            ],
            RootConfigMaps = [Issued.RootMap("a", s_root), Issued.RootMap("b", Issued.Days("O=other", 1, 100))],
        };
        var issuers = Build(objects).Where(r => r.Kind == CertificateKind.Issuer).ToList();
        issuers.Select(i => i.Id).ShouldBe(["test/istio-system/issuer/cacerts", "test/istio-system/issuer/istio-ca-secret"]);
        issuers[0].State.ShouldBe(CertificateState.Expiring);
        issuers[0].Message.ShouldContain("A certificate of its chain (CN=middle): Expires in 5 d");
        issuers[0].Message.ShouldEndWith("Its root is not trusted in b: pods there refuse what it signs.");
        issuers[0].RenewedBy.ShouldBeNull();
        issuers[1].Message.ShouldEndWith("Not in use: Secret istio-system/cacerts takes its place.");
    }

    [Fact]
    public void Gateway_CredentialName_IsLookedUpWhereThePodsAre()
    {
        var leaf = Issued.Certificate("CN=pay.example", Given.Now.AddDays(-85), Given.Now.AddDays(5), dns: ["pay.example"]);
        var gateway = Given.Object("Gateway", "edge", """{"selector":{"istio":"ingress"},"servers":[{"hosts":["pay.example"],"tls":{"mode":"SIMPLE","credentialName":"pay-tls"}},{"hosts":["*"],"tls":{"mode":"PASSTHROUGH","credentialName":"x"}},{"hosts":["*"]}]}""");
        var objects = Given.NoObjects with
        {
            Gateways = [gateway],
            Secrets = [Issued.Secret("pay-tls", "infra", null, ("tls.crt", [leaf])), Issued.Secret("pay-tls", "payments", null, ("tls.crt", [s_root]))],
        };
        var row = Build(Given.ClusterOf(objects, [Ingress()])).Single(r => r.Kind == CertificateKind.Gateway);
        row.Id.ShouldBe("test/gateway/infra/pay-tls");
        row.Namespace.ShouldBe("infra");
        row.Subject.ShouldBe("CN=pay.example");
        row.State.ShouldBe(CertificateState.Expiring);
        row.Message.ShouldBe("Expires in 5 d; nobody is known to renew it.");
        row.PresentedBy.ShouldBe("Gateway payments/edge");
        row.Source.ShouldBe("secret infra/pay-tls key tls.crt");
        row.SubjectAlternativeNames.ShouldBe(["pay.example"]);
    }

    [Theory]
    [InlineData("pay-tls", "test/gateway/infra/pay-tls")]
    [InlineData("kubernetes://pay-tls", "test/gateway/infra/pay-tls")]
    [InlineData("kubernetes://web/other", "test/gateway/web/other")]
    [InlineData("kubernetes-gateway://web/other", "test/gateway/web/other")]
    [InlineData("builtin://", null)]
    [InlineData("invalid://x", "test/gateway/:payments/edge/invalid://x")]
    [InlineData("kubernetes://a/b/c", "test/gateway/:payments/edge/kubernetes://a/b/c")]
    [InlineData("configmap://a/b", "test/gateway/:payments/edge/configmap://a/b")]
    public void Gateway_CredentialForms_LeadWhereIstioLooks(string credential, string? id)
    {
        var gateway = Given.Object("Gateway", "edge", """{"selector":{"istio":"ingress"},"servers":[{"hosts":["a"],"tls":{"mode":"SIMPLE","credentialName":"NAME"}}]}""".Replace("NAME", credential));
        var rows = Build(Given.ClusterOf(Given.NoObjects with { Gateways = [gateway] }, [Ingress()])).Where(r => r.Kind == CertificateKind.Gateway).ToList();
        rows.Select(r => r.Id).ShouldBe(id is null ? [] : [id]);
        rows.ShouldAllBe(r => r.State == CertificateState.Unknown && r.Message.Length > 0);
    }

    [Fact]
    public void Gateway_MissingSecret_SaysWhereItWasLookedUp()
    {
        var gateway = Given.Object("Gateway", "edge", """{"servers":[{"hosts":["a","b"],"tls":{"credentialName":"pay-tls"}}]}""");
        var row = Build(Given.ClusterOf(Given.NoObjects with { Gateways = [gateway] }, [Ingress()])).Single(r => r.Kind == CertificateKind.Gateway);
        row.Message.ShouldBe("Secret infra/pay-tls does not exist, holds no certificate, or may not be read: the gateway has nothing to present.");
        row.Subject.ShouldBe("a, b");
    }

    [Fact]
    public void Gateway_SecretsNotRead_AreNotCalledMissing()
    {
        var gateway = Given.Object("Gateway", "edge", """{"servers":[{"hosts":["a"],"tls":{"credentialName":"pay-tls"}}]}""");
        var cluster = Given.ClusterOf(
            Given.NoObjects with { Gateways = [gateway], Secrets = default },
            [Ingress()],
            sources: [new SourceStatus("kubernetes/secrets", SourceState.Disabled, Given.Now, null, "RBAC refuses to list Secrets.")]);
        Build(cluster).Single(r => r.Kind == CertificateKind.Gateway).Message.ShouldBe("Secret infra/pay-tls is not known: RBAC refuses to list Secrets.");
    }

    [Fact]
    public void Gateway_NoPods_SaysSo()
    {
        var gateway = Given.Object("Gateway", "edge", """{"selector":{"istio":"egress"},"servers":[{"hosts":["a"],"tls":{"credentialName":"pay-tls"}}]}""");
        Build(Given.ClusterOf(Given.NoObjects with { Gateways = [gateway] }, [Ingress()])).Single(r => r.Kind == CertificateKind.Gateway).Message
            .ShouldBe("No gateway pod matches the selector of Gateway payments/edge, so nobody presents Secret pay-tls.");
    }

    [Fact]
    public void Gateway_Mutual_VerifiesClientsWithTheSecretBesideIt()
    {
        var gateway = Given.Object("Gateway", "edge", """{"servers":[{"hosts":["a"],"tls":{"mode":"MUTUAL","credentialName":"pay-tls"}}]}""");
        var objects = Given.NoObjects with
        {
            Gateways = [gateway],
            Secrets = [Issued.Secret("pay-tls", "infra", null, ("cert", [Issued.Days("CN=server", 1, 60)])), Issued.Secret("pay-tls-cacert", "infra", null, ("cacert", [Issued.Days("CN=clients", 1, 90)]))],
        };
        Build(Given.ClusterOf(objects, [Ingress()])).Where(r => r.Kind == CertificateKind.Gateway).Select(r => (r.Id, r.Subject, r.PresentedBy)).ShouldBe(
        [
            ("test/gateway/infra/pay-tls", "CN=server", "Gateway payments/edge"),
            ("test/gateway/infra/pay-tls-cacert/ca", "CN=clients", "verifies clients of Gateway payments/edge"),
        ]);
    }

    [Fact]
    public void GatewayApi_OtherNamespace_NeedsAGrant()
    {
        var gateway = Given.Object("Gateway", "edge", """{"listeners":[{"name":"https","hostname":"pay.example","tls":{"certificateRefs":[{"name":"pay-tls","namespace":"certs"},{"name":"own"},{"kind":"Vault","name":"v","group":"x"}]}},{"name":"http"}]}""");
        var grant = Given.Object("ReferenceGrant", "g", """{"from":[{"group":"gateway.networking.k8s.io","kind":"Gateway","namespace":"payments"}],"to":[{"group":"","kind":"Secret","name":"pay-tls"}]}""", "certs");
        var objects = Given.NoObjects with
        {
            KubernetesGateways = [gateway],
            Secrets = [Issued.Secret("pay-tls", "certs", null, ("tls.crt", [Issued.Days("CN=a", 1, 60)])), Issued.Secret("own", "payments", null, ("tls.crt", [Issued.Days("CN=b", 1, 60)]))],
        };
        var refused = Build(objects).Where(r => r.Kind == CertificateKind.Gateway).ToList();
        refused.Select(r => (r.Id, r.State)).ShouldBe(
        [
            ("test/gateway/:payments/edge/v", CertificateState.Unknown),
            ("test/gateway/certs/pay-tls", CertificateState.Unknown),
            ("test/gateway/payments/own", CertificateState.Valid),
        ]);
        refused[1].Message.ShouldStartWith("No ReferenceGrant in namespace certs lets Gateway payments/edge use it: it is not served there.");
        refused[1].NotAfter.ShouldBe(Given.Now.AddDays(60));
        Build(objects with { ReferenceGrants = [grant] }).Single(r => r.Id == "test/gateway/certs/pay-tls").State.ShouldBe(CertificateState.Valid);
        Build(objects with { ReferenceGrants = default }).Single(r => r.Id == "test/gateway/certs/pay-tls").Message.ShouldContain("is not known");
    }

    [Fact]
    public void CertManager_Status_TellsDatesAndRenewal()
    {
        var certificate = CertManager("""{"notBefore":"2026-01-01T00:00:00Z","notAfter":"2026-04-01T00:00:00Z","renewalTime":"2026-03-02T00:00:00Z","conditions":[{"type":"Ready","status":"True"}]}""");
        var row = Build(Given.NoObjects with { Certificates = [certificate] }).ShouldHaveSingleItem();
        row.Id.ShouldBe("test/payments/certManager/pay");
        row.Subject.ShouldBe("pay.example");
        row.Issuer.ShouldBe("ClusterIssuer letsencrypt");
        row.State.ShouldBe(CertificateState.Valid);
        row.Message.ShouldBe("Renews in 21 h; expires in 30 d."); // 02:10 to midnight; 30 d 21 h 50 min
        row.RenewsAtLifeLeft!.Value.ShouldBe(30 / 90.0, 1e-9);
        row.RenewedBy.ShouldBe("cert-manager Certificate payments/pay");
        row.PresentedBy.ShouldBe("Secret payments/pay-tls");
    }

    [Theory]
    [InlineData("""{"notBefore":"2026-01-01T00:00:00Z","notAfter":"2026-04-01T00:00:00Z","renewalTime":"2026-03-01T02:07:00Z"}""", CertificateState.Valid, "Renewal is due now; expires in 30 d.")]
    [InlineData("""{"notBefore":"2026-01-01T00:00:00Z","notAfter":"2026-04-01T00:00:00Z","renewalTime":"2026-02-27T02:10:00Z","conditions":[{"type":"Ready","status":"False","message":"order failed"}]}""", CertificateState.Late, "Late by 2 d: it should have been renewed; expires in 30 d. Not ready: order failed")]
    [InlineData("""{"notBefore":"2025-12-05T00:00:00Z","notAfter":"2026-03-05T00:00:00Z","renewalTime":"2026-02-03T00:00:00Z"}""", CertificateState.Expiring, "Late by 26 d: it should have been renewed; expires in 3 d.")]
    [InlineData("""{"notAfter":"2026-03-01T00:00:00Z"}""", CertificateState.Expired, "Expired 2 h ago.")]
    [InlineData("""{}""", CertificateState.Unknown, "Not issued yet: cert-manager has set no dates.")]
    [InlineData("null", CertificateState.Unknown, "Not issued yet: cert-manager has set no dates.")]
    [InlineData("""{"notAfter":7,"conditions":"x"}""", CertificateState.Unknown, "Not issued yet: cert-manager has set no dates.")]
    [InlineData("""{"notAfter":"soon","conditions":[null,7,{"type":"Ready","status":"False"}]}""", CertificateState.Unknown, "Not issued: no reason given")]
    public void CertManager_Status_IsJudged(string status, CertificateState state, string message)
    {
        var row = Build(Given.NoObjects with { Certificates = [CertManager(status)] }).ShouldHaveSingleItem();
        row.State.ShouldBe(state);
        row.Message.ShouldBe(message);
    }

    [Fact]
    public void CertManager_GatewaySecret_IsRenewedByItAndPresentedByTheGateway()
    {
        var gateway = Given.Object("Gateway", "edge", """{"servers":[{"hosts":["a"],"tls":{"credentialName":"kubernetes://payments/pay-tls"}}]}""");
        var objects = Given.NoObjects with
        {
            Gateways = [gateway],
            Secrets = [Issued.Secret("pay-tls", "payments", null, ("tls.crt", [Issued.Certificate("CN=pay.example", Given.Now.AddDays(-60), Given.Now.AddDays(30))]))],
            Certificates = [CertManager("""{"notBefore":"2025-12-31T02:10:00Z","notAfter":"2026-03-31T02:10:00Z","renewalTime":"2026-03-03T02:10:00Z"}""")],
        };
        var rows = Build(objects);
        rows.Select(r => (r.Kind, r.PresentedBy, r.RenewedBy, r.Message)).ShouldBe(
        [
            (CertificateKind.Gateway, "Gateway payments/edge", "cert-manager Certificate payments/pay", "Renews in 2 d; expires in 30 d."),
            (CertificateKind.CertManager, "Gateway payments/edge", "cert-manager Certificate payments/pay", "Renews in 2 d; expires in 30 d."),
        ]);
        rows[1].Fingerprint.ShouldBe(rows[0].Fingerprint);
    }

    [Fact]
    public void Workload_LeastPod_StandsForIt()
    {
        // ledger-a: 20 h left; ledger-b: 14 h left when sampled a minute ago → 13 h 59 min now, renewed at 12 h.
        var row = Leaves([Leaf("ledger-a", hours: 20), Leaf("ledger-b", hours: 14, ageMinutes: 1)]).ShouldHaveSingleItem();
        row.Id.ShouldBe("test/payments/workload/ledger");
        row.State.ShouldBe(CertificateState.Valid);
        row.Message.ShouldBe("Renews in 119 min; expires in 13 h. Its life is taken to be 24 h, Istio's default.");
        row.RemainingSeconds!.Value.ShouldBe((14 * 3600) - 60, 1e-3);
        row.LifeLeft!.Value.ShouldBe(((14 * 3600) - 60) / 86400.0, 1e-9);
        row.RenewsAtLifeLeft.ShouldBe(0.5);
        row.Subject.ShouldBe("service account payments/ledger");
        row.PresentedBy.ShouldBe("Deployment payments/ledger");
        row.SampledAt.ShouldBe(Given.Now.AddMinutes(-1));
        row.NotBefore.ShouldBeNull();
    }

    [Theory]
    [InlineData(12.1, CertificateState.Valid, "Renews in")]
    [InlineData(11, CertificateState.Valid, "Renewal is due now")]
    [InlineData(9.7, CertificateState.Valid, "Renewal is due now")]
    [InlineData(9.5, CertificateState.Late, "Late by 2 h")]
    [InlineData(1, CertificateState.Late, "Late by 11 h")]
    [InlineData(-1, CertificateState.Expired, "Expired 60 min ago")]
    public void Workload_TimeLeft_IsJudgedAgainstTheRotationPoint(double hours, CertificateState state, string words)
    {
        var row = Leaves([Leaf("ledger-a", hours), Leaf("ledger-b", 20)]).ShouldHaveSingleItem();
        row.State.ShouldBe(state);
        row.Message.ShouldStartWith(words);
        row.Message.Contains("1 of 2 pods; the first is ledger-a.").ShouldBe(state is CertificateState.Late or CertificateState.Expired);
    }

    [Fact]
    public void Workload_OldSampleThatWouldHaveRunOut_IsNotKnown()
    {
        // 13 h left four hours ago: it was due an hour later, so what there is now nobody knows.
        var row = Leaves([Leaf("ledger-a", hours: 13, ageMinutes: 240), Leaf("ledger-b", hours: 23, ageMinutes: 240)])[0];
        row.State.ShouldBe(CertificateState.Unknown);
        row.Message.ShouldStartWith("Not known since the last sample 4 h ago");
    }

    [Fact]
    public void Workload_OldSampleStillGood_SaysItsAge() =>
        Leaves([Leaf("ledger-a", hours: 20, ageMinutes: 60), Leaf("ledger-b", hours: 20, ageMinutes: 60)])[0].Message.ShouldStartWith("Renews in 7 h; expires in 19 h. As of 60 min ago.");

    [Fact]
    public void Workload_LongerLifeThanTheDefault_HasNoLifeLeft()
    {
        var row = Leaves([Leaf("ledger-a", hours: 24 * 40), Leaf("ledger-b", hours: 24 * 41)])[0];
        row.State.ShouldBe(CertificateState.Valid);
        row.LifeLeft.ShouldBeNull();
        row.Message.ShouldBe("Valid for another 40 d. It lives longer than Istio's default of 24 h: when it is renewed is not known.");
    }

    [Fact]
    public void Workload_PodWithoutSample_IsSaid() =>
        Leaves([Leaf("ledger-a", hours: 20), Leaf("gone", hours: 1), Leaf("ledger-b", hours: 1) with { ResourceName = "ROOTCA" }])[0].Message.ShouldEndWith("1 of 2 pods report.");

    [Fact]
    public void Workload_NoSampleOfIts_IsUnknown()
    {
        var row = Leaves([Leaf("other", hours: 20)])[0];
        row.State.ShouldBe(CertificateState.Unknown);
        row.RemainingSeconds.ShouldBeNull();
        row.Message.ShouldBe("No pod of payments/ledger reports istio_agent_cert_expiry_seconds.");
    }

    [Fact]
    public void Workload_NoSamplesAtAll_IsOneUnknownRow()
    {
        var row = Leaves([])[0];
        row.Id.ShouldBe("test/workload");
        row.State.ShouldBe(CertificateState.Unknown);
        row.Message.ShouldStartWith("Expiry of workload certificates is not known");
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(1e300)]
    public void Workload_SampleThatIsNoTime_IsLeftOut(double seconds) =>
        Leaves([Leaf("ledger-a", 1) with { RemainingSeconds = seconds }])[0].State.ShouldBe(CertificateState.Unknown);

    [Fact]
    public void Workload_Identity_ComesFromTelemetry()
    {
        var cluster = Given.ClusterOf(
            workloads: [Given.Workload("ledger")],
            edges: [Given.Edge("api", "ledger", fromDestination: Given.Http(mutual: 1)) with { DestinationPrincipals = ["spiffe://cluster.local/ns/payments/sa/ledger"] }],
            proxyCertificates: [Leaf("ledger-a", 20)]);
        Build(cluster)[0].Subject.ShouldBe("spiffe://cluster.local/ns/payments/sa/ledger");
    }

    [Fact]
    public void Workload_PodsNotKnown_IsARowPerPod()
    {
        var cluster = Given.ClusterOf(Given.NoObjects with { Pods = default }, proxyCertificates: [Leaf("b", 1), Leaf("a", 20)]);
        Build(cluster).Select(r => (r.Id, r.State)).ShouldBe([("test/payments/workload/a", CertificateState.Valid), ("test/payments/workload/b", CertificateState.Late)]);
    }

    [Fact]
    public void Build_NamespaceFilter_KeepsOnlyTheirs()
    {
        var objects = Given.NoObjects with
        {
            RootConfigMaps = [Issued.RootMap("a", s_root), Issued.RootMap("b", Issued.Days("O=other", 1, 100))],
            Secrets = [Issued.Secret("istio-ca-secret", "istio-system", null, ("ca-cert.pem", [s_root]))],
            Certificates = [CertManager("{}")],
        };
        CertificateInventory.Build(Given.Snapshot(Given.ClusterOf(objects)), MeshQuery.For(null, ["a"]), CertificateThresholds.Default)
            .ShouldHaveSingleItem().Subject.ShouldBe("O=cluster.local");
    }

    [Theory]
    [InlineData("null")]
    [InlineData("7")]
    [InlineData("""{"servers":7,"listeners":"x","selector":[]}""")]
    [InlineData("""{"servers":[null,7,{"tls":7},{"tls":{"credentialName":7,"credentialNames":[null,7,""],"mode":[]}},{"hosts":{"a":1},"tls":{"mode":"MUTUAL"}}],"listeners":[null,7,{"tls":7},{"tls":{"certificateRefs":[null,7,{"name":7}]}}]}""")]
    [InlineData("""{"secretName":7,"dnsNames":"x","issuerRef":7,"commonName":[]}""")]
    public void Build_HostileSpecs_NeverThrow(string spec)
    {
        var objects = Given.NoObjects with
        {
            Gateways = [Given.Object("Gateway", "g", spec)],
            KubernetesGateways = [Given.Object("Gateway", "g", spec)],
            Certificates = [Given.Object("Certificate", "c", spec, status: spec)],
            ReferenceGrants = [Given.Object("ReferenceGrant", "r", spec)],
        };
        var rows = Build(Given.ClusterOf(objects, [Ingress()]));
        rows.Select(r => r.Id).ShouldBeUnique();
        rows.ShouldAllBe(r => r.Message.Length > 0 && r.State != CertificateState.Valid);
    }

    [Fact]
    public void Build_NothingKnown_IsEmpty() => Build(Given.ClusterOf(new ClusterObjects())).ShouldBeEmpty();

    private static MeshObject CertManager(string status) =>
        Given.Object("Certificate", "pay", """{"secretName":"pay-tls","dnsNames":["pay.example"],"issuerRef":{"kind":"ClusterIssuer","name":"letsencrypt"}}""", status: status);

    private static Workload Ingress() => Given.Workload("ingress", "infra", labels: "istio=ingress", plane: DataPlane.Sidecar, gateway: true);

    private static ProxyCertificateSample Leaf(string pod, double hours, double ageMinutes = 0) =>
        new("payments", pod, "default", hours * 3600, Given.Now.AddMinutes(-ageMinutes));

    private static List<CertificateView> Leaves(ProxyCertificateSample[] samples) =>
        Build(Given.ClusterOf(workloads: [Given.Workload("ledger")], proxyCertificates: [.. samples]));

    private static List<CertificateView> Build(ClusterObjects objects) => Build(Given.ClusterOf(objects));

    private static List<CertificateView> Build(ClusterSnapshot cluster) =>
        [.. CertificateInventory.Build(Given.Snapshot(cluster), MeshQuery.All, CertificateThresholds.Default)];
}
