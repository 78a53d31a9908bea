using System.Buffers;
using System.Collections;
using System.Reflection;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Kubernetes.Parsing;

namespace MeshConsole.Mesh.Tests.Kubernetes.Parsing;

public sealed class CertificateBundleParserTests
{
    private static readonly (string Certificate, string Pkcs8, string Sec1, byte[] Der) s_leaf = Create("CN=payments-gateway");
    private static readonly (string Certificate, string Pkcs8, string Sec1, byte[] Der) s_root = Create("CN=mesh root");

    [Fact]
    public void Secret_OfTypeTls_GivesItsChainAndNothingOfTheKey()
    {
        var bundle = Secret("kubernetes.io/tls", ("tls.crt", s_leaf.Certificate + s_root.Certificate), ("tls.key", s_leaf.Pkcs8), ("ca.crt", s_root.Certificate))!;

        (bundle.Kind, bundle.SecretType).ShouldBe(("Secret", "kubernetes.io/tls"));
        bundle.Entries.Select(entry => entry.Key).ShouldBe(["ca.crt", "tls.crt"]);
        bundle.Entries[1].Certificates.Select(der => der.ToArray()).ShouldBe([s_leaf.Der, s_root.Der]);
        bundle.Entries.ShouldAllBe(entry => entry.Problem == null);
        ShouldHoldNoKey(bundle);
    }

    [Fact]
    public void Key_PlantedWhereCertificatesBelong_DoesNotSurvive()
    {
        // Each of the places into which a key slips by mistake or on purpose.
        var disguised = PemEncoding.WriteString("CERTIFICATE", Convert.FromBase64String(Body(s_leaf.Pkcs8)));
        var bundle = Secret(
            "kubernetes.io/tls",
            ("tls.crt", s_leaf.Pkcs8 + s_leaf.Certificate),
            ("ca.crt", disguised),
            ("cert-chain.pem", s_leaf.Certificate + "\n" + s_leaf.Sec1),
            ("cert", s_leaf.Pkcs8),
            ("root-cert.pem", Encoding.Latin1.GetString(Convert.FromBase64String(Body(s_leaf.Pkcs8)))))!;

        bundle.Entries.Single(entry => entry.Key == "tls.crt").Certificates.ShouldHaveSingleItem().ToArray().ShouldBe(s_leaf.Der);
        bundle.Entries.Single(entry => entry.Key == "tls.crt").Problem!.ShouldContain("private key");
        bundle.Entries.Single(entry => entry.Key == "ca.crt").Certificates.ShouldBeEmpty();
        bundle.Entries.Single(entry => entry.Key == "ca.crt").Problem!.ShouldContain("not an X.509 certificate");
        bundle.Entries.Single(entry => entry.Key == "cert-chain.pem").Certificates.Length.ShouldBe(1);
        bundle.Entries.Single(entry => entry.Key == "cert").Certificates.ShouldBeEmpty();
        bundle.Entries.Single(entry => entry.Key == "root-cert.pem").Certificates.ShouldBeEmpty();
        ShouldHoldNoKey(bundle);
    }

    [Fact]
    public void Key_InAnnotations_DoesNotSurvive()
    {
        var json = JsonSerializer.Serialize(new
        {
            metadata = new
            {
                name = "s",
                annotations = new Dictionary<string, string>
                {
                    ["kubectl.kubernetes.io/last-applied-configuration"] = $$$"""{"data":{"tls.key":"{{{Base64(s_leaf.Pkcs8)}}}"}}""",
                    ["cert-manager.io/certificate-name"] = "gateway",
                    ["cert-manager.io/planted"] = Base64(s_leaf.Pkcs8),
                    ["example.com/backup"] = s_leaf.Pkcs8,
                },
            },
            type = "kubernetes.io/tls",
            data = new Dictionary<string, string> { ["tls.crt"] = Base64(s_leaf.Certificate) },
        });

        var bundle = CertificateBundleParser.ForSecrets().Parse(Encoding.UTF8.GetBytes(json))!;

        bundle.Meta.Annotations.Keys.ShouldBe(["cert-manager.io/certificate-name", "kubectl.kubernetes.io/last-applied-configuration"]);
        ShouldHoldNoKey(bundle);
    }

    [Fact]
    public void Buffers_AfterParsing_HoldNoKey()
    {
        // A key of its own, looked for by its second line: the pool is the process's, and what other tests write there is not the parser's.
        var (certificate, key, _, _) = Create("CN=buffers");
        var ofThisKey = Encoding.ASCII.GetBytes(key.Split('\n')[2][..32]);
        Secret("kubernetes.io/tls", ("tls.crt", key + certificate), ("tls.key", key));

        for (var size = 16; size <= 1 << 16; size *= 2)
        {
            var rented = Enumerable.Range(0, 4).Select(_ => ArrayPool<byte>.Shared.Rent(size)).ToArray();
            rented.Count(buffer => buffer.AsSpan().IndexOf(ofThisKey) >= 0).ShouldBe(0);
            foreach (var buffer in rented)
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    [Fact]
    public void Secret_OfIstiosOwnAuthority_IsRead()
    {
        var bundle = Secret("istio.io/ca-root", ("ca-cert.pem", s_root.Certificate), ("ca-key.pem", s_root.Sec1), ("cert-chain.pem", ""), ("root-cert.pem", s_root.Certificate))!;

        bundle.Entries.Select(entry => entry.Key).ShouldBe(["ca-cert.pem", "root-cert.pem"]);
        ShouldHoldNoKey(bundle);
    }

    [Fact]
    public void Secret_InDerForm_IsRead()
    {
        var json = JsonSerializer.Serialize(new { metadata = new { name = "s" }, data = new Dictionary<string, string> { ["ca.crt"] = Convert.ToBase64String(s_root.Der) } });
        var bundle = CertificateBundleParser.ForSecrets().Parse(Encoding.UTF8.GetBytes(json))!;
        bundle.Entries.ShouldHaveSingleItem().Certificates.ShouldHaveSingleItem().ToArray().ShouldBe(s_root.Der);
    }

    [Fact]
    public void Secret_WithoutCertificates_IsLeftOut()
    {
        Secret("Opaque", ("password", "hunter2")).ShouldBeNull();
        Secret("Opaque", ("cert", "not a certificate at all")).ShouldBeNull();
        Secret("Opaque").ShouldBeNull();
    }

    [Theory]
    [InlineData("tls.crt", "garbage", "holds no certificate in PEM form")]
    [InlineData("tls.crt", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "not an X.509 certificate")]
    public void Secret_OfTypeTlsButBroken_IsKeptWithTheProblem(string key, string value, string problem)
    {
        var entry = Secret("kubernetes.io/tls", (key, value))!.Entries.ShouldHaveSingleItem();
        entry.Certificates.ShouldBeEmpty();
        entry.Problem!.ShouldContain(problem);
        entry.Problem!.ShouldNotContain("garbage");
    }

    [Fact]
    public void Secret_NotBase64_IsKeptWithTheProblem()
    {
        var bundle = CertificateBundleParser.ForSecrets().Parse("""{"metadata":{"name":"s"},"type":"kubernetes.io/tls","data":{"tls.crt":"***"}}"""u8)!;
        bundle.Entries.ShouldHaveSingleItem().Problem.ShouldBe("is not valid base64");
    }

    [Fact]
    public void Secret_WithEscapedBase64_IsRead()
    {
        // Serialisers other than Go's escape + and / inside strings.
        var base64 = Base64(s_leaf.Certificate).Replace("+", "\\u002b", StringComparison.Ordinal).Replace("/", "\\/", StringComparison.Ordinal);
        var bundle = CertificateBundleParser.ForSecrets().Parse(Encoding.UTF8.GetBytes($$$"""{"metadata":{"name":"s"},"data":{"tls.crt":"{{{base64}}}"}}"""))!;
        bundle.Entries.ShouldHaveSingleItem().Certificates.ShouldHaveSingleItem().ToArray().ShouldBe(s_leaf.Der);
    }

    [Fact]
    public void ConfigMap_WithRoots_GivesEachInOrder()
    {
        var json = JsonSerializer.Serialize(new { metadata = new { name = "istio-ca-root-cert" }, data = new Dictionary<string, string> { ["root-cert.pem"] = s_root.Certificate + "# comment\n" + s_leaf.Certificate, ["other"] = "x" } });
        var bundle = CertificateBundleParser.ForConfigMaps().Parse(Encoding.UTF8.GetBytes(json))!;
        bundle.Kind.ShouldBe("ConfigMap");
        bundle.Entries.ShouldHaveSingleItem().Certificates.Select(der => der.ToArray()).ShouldBe([s_root.Der, s_leaf.Der]);
    }

    [Fact]
    public void Parse_AnyPrefixOfASecret_NeverCrashes()
    {
        var json = Encoding.UTF8.GetBytes(SecretJson("kubernetes.io/tls", ("tls.crt", s_leaf.Certificate), ("tls.key", s_leaf.Pkcs8)));
        for (var length = 0; length < json.Length; length += 3)
        {
            CertificateBundleParser.ForSecrets().TryParse(json.AsSpan(0, length), out var problem);
            problem.ShouldNotBeNull();
        }
    }

    private static CertificateBundle? Secret(string type, params (string Key, string Value)[] data) =>
        CertificateBundleParser.ForSecrets().Parse(Encoding.UTF8.GetBytes(SecretJson(type, data)));

    private static string SecretJson(string type, params (string Key, string Value)[] data) => JsonSerializer.Serialize(new
    {
        data = data.ToDictionary(entry => entry.Key, entry => Base64(entry.Value)),
        type,
        metadata = new { name = "s", @namespace = "n" },
    });

    private static string Base64(string text) => Convert.ToBase64String(text.Any(character => character > 127) ? Encoding.Latin1.GetBytes(text) : Encoding.UTF8.GetBytes(text));

    private static string Body(string pem) => string.Concat(pem.Split('\n').Where(line => !line.StartsWith("-----", StringComparison.Ordinal)));

    private static (string Certificate, string Pkcs8, string Sec1, byte[] Der) Create(string subject)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest(subject, key, HashAlgorithmName.SHA256).CreateSelfSigned(
            new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2027, 1, 1, 0, 0, 0, TimeSpan.Zero));
        return (certificate.ExportCertificatePem() + "\n", key.ExportPkcs8PrivateKeyPem() + "\n", key.ExportECPrivateKeyPem() + "\n", certificate.RawData);
    }

    /// <summary>Walks everything reachable from the record and looks for the key as text, as base64 and as bytes.</summary>
    private static void ShouldHoldNoKey(CertificateBundle bundle)
    {
        var key = Convert.FromBase64String(Body(s_leaf.Pkcs8));
        byte[] scalar;
        using (var parsed = ECDsa.Create())
        {
            parsed.ImportPkcs8PrivateKey(key, out _);
            scalar = parsed.ExportParameters(includePrivateParameters: true).D!;
        }

        string[] texts = ["PRIVATE KEY", Base64(s_leaf.Pkcs8)[..40], Convert.ToBase64String(key)[..40], Convert.ToBase64String(scalar)];
        var seen = new HashSet<object>(ReferenceEqualityComparer.Instance);
        var open = new Stack<object>([bundle]);
        var strings = 0;
        while (open.TryPop(out var current))
        {
            if (!seen.Add(current))
            {
                continue;
            }

            switch (current)
            {
                case string text:
                    strings++;
                    texts.ShouldAllBe(forbidden => !text.Contains(forbidden, StringComparison.Ordinal));
                    continue;
                case byte[] bytes:
                    bytes.AsSpan().IndexOf(scalar).ShouldBe(-1);
                    continue;
                case Type or Pointer:
                    continue;
            }

            if (current is IEnumerable items and not string)
            {
                foreach (var item in items)
                {
                    if (item is not null)
                    {
                        open.Push(item);
                    }
                }
            }

            for (var type = current.GetType(); type is not null && type != typeof(object); type = type.BaseType)
            {
                foreach (var field in type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
                {
                    if (!field.FieldType.IsPrimitive && !field.FieldType.IsEnum && !field.FieldType.IsPointer && field.GetValue(current) is { } value)
                    {
                        open.Push(value);
                    }
                }
            }
        }

        strings.ShouldBeGreaterThan(1);
    }
}
