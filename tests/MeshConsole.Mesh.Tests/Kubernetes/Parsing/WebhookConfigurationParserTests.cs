using System.Security.Cryptography;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using MeshConsole.Mesh.Kubernetes.Parsing;
using MeshConsole.Mesh.Tests.Certificates;

namespace MeshConsole.Mesh.Tests.Kubernetes.Parsing;

public sealed class WebhookConfigurationParserTests
{
    [Fact]
    public void Configuration_IsReadWithServicesBundlesAndPolicies()
    {
        var authority = SigningAuthority.Root("CN=hooks");
        var configuration = Parse($$$"""
            {"metadata":{"name":"injector","annotations":{"cert-manager.io/inject-ca-from":"a/b","example.com/x":"y"}},"webhooks":[
              {"name":"one","clientConfig":{"service":{"namespace":"istio-system","name":"istiod","path":"/inject","port":443},"caBundle":"{{{Base64(authority.Pem)}}}"},"rules":[{"operations":["CREATE"]}]},
              {"name":"two","clientConfig":{"url":"https://x.example/y"},"failurePolicy":"Ignore"},
              {"name":"three","clientConfig":{"caBundle":""},"failurePolicy":"Fail"},{}]}
            """);
        configuration.Webhooks.Select(hook => (hook.Name, hook.ServiceNamespace, hook.ServiceName, hook.Url, hook.FailsClosed)).ShouldBe(
        [
            ("one", "istio-system", "istiod", null, true),
            ("two", null, null, "https://x.example/y", false),
            ("three", null, null, null, true),
            ("", null, null, null, true),
        ]);
        configuration.Webhooks[0].CaBundle!.Certificates.ShouldHaveSingleItem().ToArray().ShouldBe(authority.Der.ToArray());
        configuration.Webhooks[2].CaBundle.ShouldBeNull();
        configuration.Meta.Annotations.Keys.ShouldBe(["cert-manager.io/inject-ca-from"]);
    }

    [Fact]
    public void Bundle_WithAPrivateKeyInIt_GivesNone()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var entry = Parse($$$"""{"metadata":{"name":"x"},"webhooks":[{"clientConfig":{"caBundle":"{{{Base64(key.ExportPkcs8PrivateKeyPem())}}}"}}]}""").Webhooks[0].CaBundle!;
        entry.Certificates.ShouldBeEmpty();
        entry.Problem!.ShouldContain("private key");
        entry.ToString().ShouldNotContain(Convert.ToBase64String(key.ExportPkcs8PrivateKey())[..40]);
    }

    [Theory]
    [InlineData("""{"metadata":{"name":"x"},"webhooks":7}""")]
    [InlineData("""{"metadata":{"name":"x"},"webhooks":[7]}""")]
    [InlineData("""{"metadata":{"name":"x"},"webhooks":[{"clientConfig":"x"}]}""")]
    [InlineData("""{"metadata":{"name":"x"},"webhooks":[{"clientConfig":{"service":[]}}]}""")]
    [InlineData("""{"metadata":{"name":"x"},"webhooks":[{"clientConfig":{"caBundle":{}}}]}""")]
    [InlineData("""{"webhooks":[]}""")]
    [InlineData("[]")]
    public void Malformed_IsAProblemInWords(string json)
    {
        new WebhookConfigurationParser("MutatingWebhookConfiguration").TryParse(Encoding.UTF8.GetBytes(json), out var problem).ShouldBeNull();
        problem.ShouldNotBeNullOrEmpty();
    }

    /// <summary>Whatever is cut, mixed or pasted between real blocks: nothing throws, and what comes out is a certificate that went in.</summary>
    [Fact]
    public void Pem_AnyMixture_GivesOnlyCertificatesThatWentIn()
    {
        var authority = SigningAuthority.Root("CN=a", rsa: 2048);
        using var key = RSA.Create(2048);
        string[] parts =
        [
            authority.Pem, SigningAuthority.Root("CN=b").Pem, key.ExportPkcs8PrivateKeyPem() + "\n", key.ExportRSAPrivateKeyPem() + "\n",
            PemEncoding.WriteString("CERTIFICATE", key.ExportPkcs8PrivateKey()) + "\n", "-----BEGIN CERTIFICATE-----\n", "-----END CERTIFICATE-----\n", "# words\n", "\0\u00ff",
        ];
        var known = parts[..2].Select(pem => Convert.ToHexString(Convert.FromBase64String(string.Concat(pem.Split('\n').Where(line => !line.StartsWith('-')))))).ToHashSet(StringComparer.Ordinal);
        Check.QuickThrowOnFailure(Prop.ForAll(
            Gen.Choose(0, parts.Length - 1).NonEmptyListOf().ToArbitrary(),
            Gen.Choose(0, 4000).ToArbitrary(),
            (order, cut) =>
            {
                var text = Encoding.Latin1.GetBytes(string.Concat(order.Select(index => parts[index])));
                var (certificates, problem) = PemCertificates.Read(text.AsSpan(0, Math.Max(0, text.Length - (cut % (text.Length + 1)))));
                return certificates.All(der => known.Contains(Convert.ToHexString(der.AsSpan()))) && (!certificates.IsEmpty || problem is not null);
            }));
    }

    /// <summary>One byte of a real certificate is another: it is read or refused, and never anything else than that one value comes out.</summary>
    [Fact]
    public void Der_AnyByteChangedOrCut_NeverThrows()
    {
        var der = SigningAuthority.Root("CN=a").Der.ToArray();
        for (var at = 0; at < der.Length; at++)
        {
            var broken = der.ToArray();
            broken[at] ^= 0x55;
            Try(broken);
            Try(der[..at]);
        }

        static void Try(byte[] bytes)
        {
            foreach (var read in PemCertificates.Read(bytes).Certificates)
            {
                read.ToArray().ShouldBe(bytes);
                _ = MeshConsole.Mesh.Certificates.ParsedCertificate.Read(read)?.Weakness;
            }
        }
    }

    private static MeshConsole.Mesh.Kubernetes.Objects.WebhookConfiguration Parse(string json) => new WebhookConfigurationParser("MutatingWebhookConfiguration").Parse(Encoding.UTF8.GetBytes(json));

    private static string Base64(string text) => Convert.ToBase64String(Encoding.ASCII.GetBytes(text));
}
