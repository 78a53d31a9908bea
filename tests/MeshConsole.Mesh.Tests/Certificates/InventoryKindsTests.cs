using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using MeshConsole.Mesh.Certificates;
using MeshConsole.Mesh.Certificates.Probes;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Tests.Certificates;

/// <summary>Webhooks, Linkerd, further references of gateways, probes, identities: each with certificates that really sign each other.</summary>
public sealed class InventoryKindsTests
{
    private readonly SigningAuthority _root = SigningAuthority.Root("O=cluster.local");
    private readonly SigningAuthority _other = SigningAuthority.Root("O=cluster.local");

    // ------------------------------------------------------------------ webhooks

    [Fact]
    public void Webhook_HooksOfOneBundle_AreOneRowThatSaysWhoIsVerified()
    {
        var row = Webhooks(Given.NoObjects, Hook("a", _root), Hook("b", _root), Hook("c", _root)).ShouldHaveSingleItem();
        row.Id.ShouldBe("test/webhook/MutatingWebhookConfiguration/injector/0");
        row.Namespace.ShouldBe("istio-system");
        row.Subject.ShouldBe("O=cluster.local");
        row.PresentedBy.ShouldBe("verifies Service istio-system/istiod for a and 2 more webhooks; requests it looks at are refused while it cannot be verified");
        row.Source.ShouldBe("MutatingWebhookConfiguration injector caBundle");
        row.RenewedBy.ShouldBe("istiod");
        row.State.ShouldBe(CertificateState.Valid);
    }

    [Fact]
    public void Webhook_BundleIsNotTheRootIstiodSignsUnder_IsSaid()
    {
        var signer = _root.Below("CN=istiod");
        var objects = Given.NoObjects with
        {
            RootConfigMaps = [Issued.RootMap("a", _root.Der)],
            Secrets = [Issued.Secret("cacerts", "istio-system", null, ("ca-cert.pem", [signer.Der]), ("root-cert.pem", [_root.Der]))],
        };
        Webhooks(objects, Hook("a", _root))[0].Notes.ShouldBeEmpty();
        var note = Webhooks(objects, Hook("a", _other))[0].Notes.ShouldHaveSingleItem();
        note.Code.ShouldBe("webhook-mismatch");
        note.Message.ShouldBe("What Service istio-system/istiod serves (signed under the root of secret istio-system/cacerts) is not verified by this caBundle: requests it looks at are refused while it cannot be verified.");
    }

    [Fact]
    public void Webhook_ServingSecretOfLinkerd_IsMatched()
    {
        var objects = Given.NoObjects with { Secrets = [Issued.Secret("linkerd-proxy-injector-k8s-tls", "linkerd", null, ("tls.crt", [_root.Leaf("CN=linkerd-proxy-injector.linkerd.svc")]))] };
        var hook = Hook("inject", _root, "linkerd", "linkerd-proxy-injector");
        Webhooks(objects, hook)[0].Notes.ShouldBeEmpty();
        Webhooks(objects, hook with { CaBundle = Entry(_other.Der) })[0].Notes.ShouldHaveSingleItem().Message.ShouldContain("secret linkerd/linkerd-proxy-injector-k8s-tls");
    }

    [Fact]
    public void Webhook_WithoutOrWithABrokenBundle_IsUnknownWithTheReason()
    {
        var rows = Webhooks(
            Given.NoObjects,
            Hook("none", _root) with { CaBundle = null },
            Hook("key", _root) with { CaBundle = new CertificateEntry("caBundle", [], "holds a private key beside or instead of the certificate; it was not read"), FailsClosed = false },
            Hook("url", _root) with { ServiceName = null, ServiceNamespace = null, Url = "https://hooks.example:8443/x", CaBundle = Entry(_root.Der) });
        rows.Select(row => row.State).ShouldBe([CertificateState.Unknown, CertificateState.Unknown, CertificateState.Valid]);
        rows[0].Message.ShouldBe("It has no caBundle: the API server verifies it with the authorities of its own host, which are not read here.");
        rows[1].Message.ShouldStartWith("Its caBundle holds a private key");
        rows[1].Notes.ShouldHaveSingleItem().Code.ShouldBe("misplaced");
        rows[1].NextStep!.ShouldContain("replace it");
        rows[2].PresentedBy!.ShouldStartWith("verifies hooks.example:8443 for url");
    }

    // ------------------------------------------------------------------ Linkerd

    [Theory]
    [InlineData("crt.pem")]
    [InlineData("tls.crt")]
    public void Linkerd_IssuerOfEitherScheme_LeadsToItsAnchor(string key)
    {
        var objects = Given.NoObjects with
        {
            LinkerdTrustRoots = [Anchors(_root)],
            Secrets = [Issued.Secret("linkerd-identity-issuer", "linkerd", null, (key, [_root.Below("CN=identity.linkerd.cluster.local").Der]))],
        };
        var rows = Build(Given.ClusterOf(objects));
        rows.Select(row => (row.Kind, row.Subject)).ShouldBe([(CertificateKind.Root, "O=cluster.local"), (CertificateKind.Issuer, "CN=identity.linkerd.cluster.local")]);
        rows[1].Chain[^1].From.ShouldBe("config map linkerd/linkerd-identity-trust-roots");
        rows.ShouldAllBe(row => row.Notes.IsEmpty);
    }

    [Fact]
    public void Linkerd_IssuerOfAnotherAnchor_IsHalfRotated()
    {
        var objects = Given.NoObjects with { LinkerdTrustRoots = [Anchors(_other)], Secrets = [Issued.Secret("linkerd-identity-issuer", "linkerd", null, ("crt.pem", [_root.Below("CN=i").Der]))] };
        Build(Given.ClusterOf(objects)).Single(row => row.Kind == CertificateKind.Issuer).Notes.ShouldHaveSingleItem().Code.ShouldBe("half-rotated");
    }

    [Theory]
    [InlineData("as it stands", false)]
    [InlineData("trimmed", false)]
    [InlineData("another text", true)]
    public void Linkerd_PodsInjectedWithOtherAnchors_MustBeRestarted(string hashed, bool stale)
    {
        // The annotation is the SHA-256 of the text; some charts trim it first.
        var text = _root.Pem + "\n";
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(hashed switch { "trimmed" => text.Trim(), "another text" => "# " + text, _ => text })));
        var json = global::System.Text.Json.JsonSerializer.Serialize(new { metadata = new { name = "linkerd-identity-trust-roots", @namespace = "linkerd" }, data = new Dictionary<string, string> { ["ca-bundle.crt"] = text } });
        var anchors = MeshConsole.Mesh.Kubernetes.Parsing.CertificateBundleParser.ForConfigMaps().Parse(Encoding.UTF8.GetBytes(json))!;
        var pod = Given.Pod("web-1", proxy: false, annotations: $"linkerd.io/trust-root-sha256={hash}");
        var rows = Build(Given.ClusterOf(Given.NoObjects with { LinkerdTrustRoots = [anchors] }, [Given.Workload("web", plane: DataPlane.Linkerd, pods: [pod])]));
        rows.Single(row => row.Kind == CertificateKind.Root).Notes.Select(note => note.Message)
            .ShouldBe(stale ? ["1 pod was injected with other anchors than these and must be restarted: payments/web."] : []);
    }

    [Fact]
    public void Linkerd_AndAmbientLeavesThatNobodyTellsOf_AreUnknownWithTheReason()
    {
        var rows = Build(Given.ClusterOf(workloads: [Given.Workload("a", plane: DataPlane.Linkerd), Given.Workload("b", plane: DataPlane.Ambient)]));
        rows.Select(row => (row.Id, row.State)).ShouldBe([("test/workload/ambient", CertificateState.Unknown), ("test/workload/linkerd", CertificateState.Unknown)]);
        rows[0].Message.ShouldStartWith("Not known: ztunnel exports no metric of them. 1 workload is in ambient mode");
        rows[1].Message.ShouldStartWith("Expiry of workload certificates is not known");
        rows[1].RenewedBy.ShouldBe("the proxy in each pod");
    }

    /// <summary>
    /// A leaf of 24 h is renewed with 7.2 h left (30 %). Istio's is late under 40 % where it is renewed at 50 %: four fifths of
    /// what was left at its renewal; of Linkerd's that is 24 %, 345.6 min.
    /// </summary>
    [Theory]
    [InlineData(1434, CertificateState.Valid)]
    [InlineData(438, CertificateState.Valid)]
    [InlineData(348, CertificateState.Valid)]
    [InlineData(342, CertificateState.Late)]
    [InlineData(-6, CertificateState.Expired)]
    public void Linkerd_Leaf_IsJudgedByItsOwnRenewal(int left, CertificateState state)
    {
        foreach (var told in new[] { true, false })
        {
            var leaf = new ProxyCertificateSample("payments", "web-a", "linkerd", left * 60, Given.Now) { IssuedAt = told ? Given.Now.AddMinutes(left - (24 * 60)) : null };
            var row = Build(Given.ClusterOf(workloads: [Given.Workload("web", plane: DataPlane.Linkerd)], proxyCertificates: [leaf])).ShouldHaveSingleItem();
            row.State.ShouldBe(state);
            (row.Id, row.Source, row.Issuer, row.RenewsAtLifeLeft).ShouldBe(("test/payments/workload/web", "metric identity_cert_expiration_timestamp_seconds", "Linkerd's identity service", 0.3));
            row.NotAfter.ShouldBe(Given.Now.AddMinutes(left));
            row.NotBefore.ShouldBe(told ? Given.Now.AddMinutes(left - (24 * 60)) : null);
            row.RenewsAt!.Value.ShouldBe(Given.Now.AddMinutes(left - 432), TimeSpan.FromSeconds(1));
            row.LateFrom!.Value.ShouldBe(Given.Now.AddMinutes(left - 345.6), TimeSpan.FromSeconds(1));
            row.Message.Contains("Its life is taken to be 24 h, Linkerd's default.", StringComparison.Ordinal).ShouldBe(!told);
        }
    }

    [Fact]
    public void Linkerd_LeafOfAnotherLife_IsJudgedByThatLife()
    {
        // Seven days: renewed with 50.4 h left, late under 40.32 h. Taken for one of 24 h it would be good for another day.
        var leaf = new ProxyCertificateSample("payments", "web-a", "linkerd", 40 * 3600, Given.Now) { IssuedAt = Given.Now.AddHours(40 - 168) };
        Build(Given.ClusterOf(workloads: [Given.Workload("web", plane: DataPlane.Linkerd)], proxyCertificates: [leaf]))[0].State.ShouldBe(CertificateState.Late);

        // An issue after the end, or in times to come, is none.
        foreach (var odd in new[] { Given.Now.AddHours(41), Given.Now.AddHours(1) })
        {
            var row = Build(Given.ClusterOf(workloads: [Given.Workload("web", plane: DataPlane.Linkerd)], proxyCertificates: [leaf with { IssuedAt = odd }]))[0];
            (row.State, row.NotBefore).ShouldBe((CertificateState.Valid, null));
            row.Message.ShouldBe("Valid for another 40 h. It lives longer than Linkerd's default of 24 h: when it is renewed is not known.");
        }
    }

    [Fact]
    public void Linkerd_BesideIstio_EachIsToldByItsOwnMetric()
    {
        var rows = Build(Given.ClusterOf(
            workloads: [Given.Workload("web", plane: DataPlane.Linkerd), Given.Workload("ledger"), Given.Workload("idle", plane: DataPlane.Linkerd)],
            proxyCertificates: [new("payments", "web-a", "linkerd", 20 * 3600, Given.Now), new("payments", "ledger-a", "default", 20 * 3600, Given.Now)]));
        rows.Select(row => (row.Id, row.State, row.Source)).ShouldBe(
        [
            ("test/payments/workload/ledger", CertificateState.Valid, "metric istio_agent_cert_expiry_seconds"),
            ("test/payments/workload/web", CertificateState.Valid, "metric identity_cert_expiration_timestamp_seconds"),
            ("test/payments/workload/idle", CertificateState.Unknown, "metric identity_cert_expiration_timestamp_seconds"),
        ], ignoreOrder: true);
        rows.Single(row => row.State == CertificateState.Unknown).Message.ShouldBe("No pod of payments/idle reports identity_cert_expiration_timestamp_seconds.");
    }

    // ------------------------------------------------------------------ gateways

    [Fact]
    public void Gateway_SeveralCredentialNames_AreEachLookedUp()
    {
        var rows = Gateways("""{"credentialNames":["rsa","ec"],"mode":"SIMPLE"}""", ("rsa", "tls.crt", _root.Leaf("CN=a", rsa: 2048)), ("ec", "tls.crt", _root.Leaf("CN=a")));
        rows.Select(row => (row.Id, row.KeyAlgorithm)).ShouldBe([("test/gateway/infra/ec", "ECDSA"), ("test/gateway/infra/rsa", "RSA")]);
    }

    [Theory]
    [InlineData("""{"mode":"MUTUAL","credentialName":"pay"}""", "test/gateway/infra/pay-cacert/ca")]
    [InlineData("""{"mode":"OPTIONAL_MUTUAL","credentialName":"pay"}""", "test/gateway/infra/pay-cacert/ca")]
    [InlineData("""{"mode":"MUTUAL","credentialName":"kubernetes://infra/pay"}""", "test/gateway/infra/pay-cacert/ca")]
    [InlineData("""{"mode":"MUTUAL","credentialName":"alone"}""", "test/gateway/infra/alone/ca")]
    [InlineData("""{"mode":"MUTUAL","credentialName":"pay","caCertCredentialName":"alone"}""", "test/gateway/infra/alone/ca")]
    [InlineData("""{"mode":"MUTUAL","credentialName":"pay","caCertCredentialName":"configmap://trust/clients"}""", "test/gateway/trust/clients/ca/configmap")]
    public void Gateway_AuthorityOfClients_IsFoundWhereIstioLooks(string tls, string id)
    {
        var row = Gateways(tls, ("pay", "tls.crt", _root.Leaf("CN=a")), ("pay-cacert", "cacert", _other.Der), ("alone", "ca.crt", _other.Der)).Single(one => one.Id.Contains("/ca", StringComparison.Ordinal));
        row.Id.ShouldBe(id);
        row.Fingerprint.ShouldBe(_other.Fingerprint);
        row.PresentedBy.ShouldBe("verifies clients of Gateway payments/edge");
    }

    [Fact]
    public void Gateway_FilesInItsPods_AreSaid()
    {
        var rows = Gateways("""{"mode":"MUTUAL","tlsCertificates":[{"serverCertificate":"/etc/a.pem","privateKey":"/etc/a.key","caCertificates":"/etc/ca.pem"}]}""");
        rows.Select(row => row.Id).ShouldBe(["test/gateway/:payments/edge/ca-file", "test/gateway/:payments/edge/file"]);
        rows.ShouldAllBe(row => row.State == CertificateState.Unknown && row.Message.Contains("is a file in the gateway's pods"));
    }

    [Fact]
    public void ListenerSet_OtherNamespace_NeedsAGrantOfItsOwnKind()
    {
        var set = Given.Object("ListenerSet", "extra", """{"parentRef":{"name":"edge","namespace":"infra"},"listeners":[{"name":"s","hostname":"x.example","tls":{"certificateRefs":[{"name":"x-tls","namespace":"certs"}]}}]}""");
        MeshObject Grant(string kind) => Given.Object("ReferenceGrant", "g", $$"""{"from":[{"group":"gateway.networking.k8s.io","kind":"{{kind}}","namespace":"payments"}],"to":[{"group":"","kind":"Secret"}]}""", "certs");
        ClusterObjects With(string kind) => Given.NoObjects with { ListenerSets = [set], ReferenceGrants = [Grant(kind)], Secrets = [Issued.Secret("x-tls", "certs", null, ("tls.crt", [_root.Leaf("CN=x")]))] };

        var refused = Build(Given.ClusterOf(With("Gateway"))).ShouldHaveSingleItem();
        refused.State.ShouldBe(CertificateState.Unknown);
        refused.Notes.ShouldHaveSingleItem().Message.ShouldBe("No ReferenceGrant in namespace certs lets ListenerSet payments/extra use it: it is not served there.");
        refused.NextStep!.ShouldStartWith("Create a ReferenceGrant");
        var granted = Build(Given.ClusterOf(With("ListenerSet"))).ShouldHaveSingleItem();
        granted.State.ShouldBe(CertificateState.Valid);
        granted.PresentedBy.ShouldBe("ListenerSet payments/extra (of Gateway infra/edge)");
    }

    [Fact]
    public void BackendTlsPolicy_Authorities_AreReadFromItsNamespace()
    {
        var policy = Given.Object("BackendTLSPolicy", "db", """{"validation":{"hostname":"db.internal","caCertificateRefs":[{"kind":"ConfigMap","name":"db-ca","group":""},{"kind":"ConfigMap","name":"gone"},{"kind":"Vault","group":"x","name":"v"}]}}""");
        var map = new CertificateBundle(Given.Meta("db-ca", "payments"), "ConfigMap", null, [new CertificateEntry("ca.crt", [_other.Der, SigningAuthority.Root("CN=short", left: 9).Der], null)]);
        var rows = Build(Given.ClusterOf(Given.NoObjects with { BackendTlsPolicies = [policy], ReferencedConfigMaps = [map] }));
        rows.Select(row => (row.Id, row.State)).ShouldBe(
        [
            ("test/gateway/:payments/db/v", CertificateState.Unknown),
            ("test/gateway/payments/db-ca/ca/configmap", CertificateState.Expiring),
            ("test/gateway/payments/gone/ca/configmap", CertificateState.Unknown),
        ]);
        rows[1].Subject.ShouldBe("CN=short");
        rows[1].Message.ShouldEndWith("The first to end of 2 authorities in it.");
        rows[1].PresentedBy.ShouldBe("verifies backends of BackendTLSPolicy payments/db");
        rows[2].Message.ShouldEndWith("backends cannot be verified.");
    }

    [Fact]
    public void References_ToConfigMaps_AreTheOnesThatAreRead() => MeshConsole.Mesh.Kubernetes.ConfigMapReferences.Of(
        [Given.Object("Gateway", "g", """{"servers":[{"tls":{"caCertCredentialName":"configmap://b/x","credentialNames":["configmap://a/y","plain"]}},{"tls":7},null]}""")],
        [Given.Object("BackendTLSPolicy", "p", """{"validation":{"caCertificateRefs":[{"kind":"ConfigMap","name":"z"},{"kind":"Secret","name":"s"},{"kind":"ConfigMap","name":"foreign","group":"x"},7]}}""")])
        .ShouldBe([("a", "y"), ("b", "x"), ("payments", "z")]);

    // ------------------------------------------------------------------ probes

    [Fact]
    public void Probe_ServesWhatIsStored_SaysSo()
    {
        var leaf = _root.Leaf("CN=pay.example", dns: ["pay.example"]);
        var rows = Probed(leaf, leaf);
        var served = rows.Single(row => row.Id == "test/gateway/:probe/edge");
        served.Message.ShouldEndWith("The same as stored in secret infra/pay key tls.crt.");
        served.Notes.ShouldBeEmpty();
        served.PresentedBy.ShouldBe("served at pay.example:443 as pay.example");
        served.SampledAt.ShouldBe(Given.Now.AddMinutes(-2));
    }

    [Fact]
    public void Probe_ServesAnOlderOne_SaysBoth()
    {
        var (stored, served) = (_root.Leaf("CN=pay.example", left: 80, dns: ["*.example"]), _root.Leaf("CN=pay.example", left: 5, dns: ["pay.example"]));
        var row = Probed(stored, served).Single(one => one.Id == "test/gateway/:probe/edge");
        row.State.ShouldBe(CertificateState.Expiring);
        var note = row.Notes.ShouldHaveSingleItem();
        note.Code.ShouldBe("served-differs");
        note.Message.ShouldContain("(ends 2026-03-06); secret infra/pay key tls.crt holds");
        note.Message.ShouldEndWith("(ends 2026-05-20), 75 d later.");
    }

    [Theory]
    [InlineData("pay.example", "pay.example", true)]
    [InlineData("PAY.example", "pay.example", true)]
    [InlineData("*.example", "pay.example", true)]
    [InlineData("*.example", "a.pay.example", false)]
    [InlineData("*.example", "example", false)]
    [InlineData("*", "example", false)]
    [InlineData("*.", "a.", true)]
    public void Probe_NameOfACertificate_CoversOneLabel(string name, string host, bool covers) => ServedCertificates.Covers(name, host).ShouldBe(covers);

    [Fact]
    public void Probe_WithoutAnAnswer_IsUnknownWithTheReason()
    {
        var cluster = Given.ClusterOf() with { Served = [new ServedCertificate(new CertificateProbe("edge", "pay.example", 443, "pay.example"), Given.Now, [], "pay.example:443 has no address: check the name.")] };
        var row = Build(cluster).ShouldHaveSingleItem();
        row.State.ShouldBe(CertificateState.Unknown);
        row.Message.ShouldBe("pay.example:443 has no address: check the name.");
    }

    // ------------------------------------------------------------------ identities

    [Fact]
    public void TrustDomain_OfALeafThatIsNotTheMeshs_IsSaid()
    {
        var cluster = Given.ClusterOf(
            Given.NoObjects with
            {
                Gateways = [Given.Object("Gateway", "edge", """{"servers":[{"hosts":["a"],"tls":{"credentialName":"kubernetes://infra/pay"}}]}""")],
                Secrets = [Issued.Secret("pay", "infra", null, ("tls.crt", [_root.Leaf("CN=a", uri: "spiffe://old.example/ns/infra/sa/edge")]))],
            },
            edges: [Given.Edge("api", "ledger", fromDestination: Given.Http(mutual: 1)) with { DestinationPrincipals = ["spiffe://cluster.local/ns/payments/sa/ledger"] }]);
        var row = Build(cluster).Single(one => one.Kind == CertificateKind.Gateway);
        row.SpiffeIds.ShouldBe(["spiffe://old.example/ns/infra/sa/edge"]);
        row.Notes.ShouldHaveSingleItem().Message.ShouldBe("Its identity spiffe://old.example/ns/infra/sa/edge is of trust domain old.example, the mesh's is cluster.local: peers refuse it unless the mesh configuration names that domain in trustDomainAliases.");
    }

    [Theory]
    [InlineData("spiffe://a/ns/x", "a")]
    [InlineData("spiffe://a", "a")]
    [InlineData("spiffe:///ns", null)]
    [InlineData("https://a/b", null)]
    [InlineData("", null)]
    public void TrustDomain_IsReadOfIdentities(string identity, string? domain) => TrustDomains.Of(identity).ShouldBe(domain);

    [Fact]
    public void Workload_LeafThatOutlivesTheSigner_IsSaid()
    {
        var signer = SigningAuthority.Root("CN=r").Below("CN=istiod", left: 0.5);
        var objects = Given.NoObjects with { Secrets = [Issued.Secret("cacerts", "istio-system", null, ("ca-cert.pem", [signer.Der]))] };
        var cluster = Given.ClusterOf(objects, [Given.Workload("ledger")], proxyCertificates: [new ProxyCertificateSample("payments", "ledger-a", "default", 20 * 3600, Given.Now)]);
        Build(cluster).Single(row => row.Kind == CertificateKind.Workload).Notes.ShouldHaveSingleItem().Message.ShouldBe("It outlives CN=istiod by 8 h: it is refused from 2026-03-01 14:10 UTC on.");
    }

    // ------------------------------------------------------------------ helpers

    private static CertificateEntry Entry(params ImmutableArray<byte>[] certificates) => new("caBundle", [.. certificates], null);

    private static AdmissionWebhook Hook(string name, SigningAuthority authority, string space = "istio-system", string service = "istiod") => new(name, space, service, null, true, Entry(authority.Der));

    private static List<CertificateView> Webhooks(ClusterObjects objects, params AdmissionWebhook[] hooks) =>
        [.. Build(Given.ClusterOf(objects with { MutatingWebhooks = [new WebhookConfiguration(Given.Meta("injector", ""), "MutatingWebhookConfiguration", [.. hooks])] })).Where(row => row.Kind == CertificateKind.Webhook)];

    private static CertificateBundle Anchors(params SigningAuthority[] anchors) =>
        new(Given.Meta("linkerd-identity-trust-roots", "linkerd"), "ConfigMap", null, [new CertificateEntry("ca-bundle.crt", [.. anchors.Select(anchor => anchor.Der)], null)]);

    private List<CertificateView> Gateways(string tls, params (string Secret, string Key, ImmutableArray<byte> Certificate)[] secrets)
    {
        var objects = Given.NoObjects with
        {
            Gateways = [Given.Object("Gateway", "edge", $$"""{"selector":{"istio":"ingress"},"servers":[{"hosts":["a"],"tls":{{tls}}}]}""")],
            Secrets = [.. secrets.Select(secret => Issued.Secret(secret.Secret, "infra", null, (secret.Key, [secret.Certificate])))],
            ReferencedConfigMaps = [new CertificateBundle(Given.Meta("clients", "trust"), "ConfigMap", null, [new CertificateEntry("ca.crt", [_other.Der], null)])],
        };
        return Build(Given.ClusterOf(objects, [Given.Workload("ingress", "infra", labels: "istio=ingress", gateway: true)])).Where(row => row.Kind == CertificateKind.Gateway).ToList();
    }

    private List<CertificateView> Probed(ImmutableArray<byte> stored, ImmutableArray<byte> served)
    {
        var objects = Given.NoObjects with
        {
            Gateways = [Given.Object("Gateway", "edge", """{"servers":[{"hosts":["pay.example"],"tls":{"credentialName":"kubernetes://infra/pay"}}]}""")],
            Secrets = [Issued.Secret("pay", "infra", null, ("tls.crt", [stored, _root.Der]))],
        };
        return Build(Given.ClusterOf(objects) with { Served = [new ServedCertificate(new CertificateProbe("edge", "pay.example", 443, "pay.example"), Given.Now.AddMinutes(-2), [served, _root.Der], null)] });
    }

    private static List<CertificateView> Build(ClusterSnapshot cluster) => [.. CertificateInventory.Build(Given.Snapshot(cluster), MeshQuery.All, CertificateThresholds.Default).Where(row => row.Id != "test/workload")];
}
