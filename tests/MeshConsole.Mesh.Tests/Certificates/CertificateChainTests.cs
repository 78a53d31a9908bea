using System.Collections.Immutable;
using System.Security.Cryptography;
using MeshConsole.Mesh.Certificates;

namespace MeshConsole.Mesh.Tests.Certificates;

public sealed class CertificateChainTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(2048, 0)]
    [InlineData(0, 3072)]
    public void Chain_LeafIntermediateRoot_IsFollowedBySignatures(int rootBits, int issuerBits)
    {
        var root = SigningAuthority.Root("O=cluster.local", rsa: rootBits);
        var issuer = root.Below("CN=issuer", rsa: issuerBits);
        var chain = Chain(issuer.Leaf("CN=pay.example"), [issuer.Der], (root.Der, "secret istio-system/cacerts"));

        chain.Links.Select(link => (link.Subject, link.From, link.SignsPrevious, link.IsAuthority)).ShouldBe(
        [
            ("CN=pay.example", "itself", null, false),
            ("CN=issuer", "beside it", true, true),
            ("O=cluster.local", "secret istio-system/cacerts", true, true),
        ]);
        chain.Links[1].KeyAlgorithm.ShouldBe(issuerBits == 0 ? "ECDSA" : "RSA");
        chain.Links[1].KeySize.ShouldBe(issuerBits == 0 ? 256 : issuerBits);
        chain.Notes.ShouldBeEmpty();
    }

    [Fact]
    public void Chain_RootsOfOneName_AreToldApartByTheirKeys()
    {
        // Every root of Istio is called O=cluster.local: after a rotation names prove nothing.
        var (before, now) = (SigningAuthority.Root("O=cluster.local"), SigningAuthority.Root("O=cluster.local"));
        var chain = Chain(now.Leaf("CN=a"), [], (before.Der, "before"), (now.Der, "now"));
        chain.Links.Select(link => link.From).ShouldBe(["itself", "now"]);
    }

    [Fact]
    public void Chain_LinkThatDidNotSign_IsSaid()
    {
        var (issuer, other) = (SigningAuthority.Root("CN=issuer"), SigningAuthority.Root("CN=issuer"));
        var note = Chain(issuer.Leaf("CN=a"), [other.Der]).Notes.ShouldHaveSingleItem();
        note.Code.ShouldBe("broken-chain");
        note.Message.ShouldBe("The chain does not follow: CN=issuer did not sign CN=a. Clients that do not know the missing link refuse it.");
    }

    [Fact]
    public void Chain_CopyOfTheLeafAndRepeats_AreLinksOnce()
    {
        var root = SigningAuthority.Root("CN=r");
        var leaf = root.Leaf("CN=a");
        Chain(leaf, [leaf, root.Der, root.Der], (root.Der, "elsewhere")).Links.Length.ShouldBe(2);
    }

    [Fact]
    public void Chain_LeafThatEndsAfterItsIssuer_IsSaidWithTheDay()
    {
        var root = SigningAuthority.Root("CN=r", left: 20);
        var note = Chain(root.Leaf("CN=a", left: 50), [root.Der]).Notes.ShouldHaveSingleItem();
        note.Code.ShouldBe("outlives-issuer");
        note.Message.ShouldBe("It outlives its issuer CN=r by 30 d: it is refused from 2026-03-21 02:10 UTC on."); // 1 March and 20 days
    }

    [Fact]
    public void Chain_WeakKeyAndSignature_AreSaid()
    {
        var weak = SigningAuthority.Root("CN=weak", rsa: 1024);
        Chain(weak.Der, []).Notes.ShouldHaveSingleItem().Message.ShouldBe("Weak: its RSA key has 1024 bits, fewer than 2048.");
        var rsa = SigningAuthority.Root("CN=r", rsa: 2048);
        Chain(rsa.Leaf("CN=a", hash: HashAlgorithmName.SHA1), [rsa.Der]).Notes.ShouldHaveSingleItem().Message.ShouldBe("Weak: it is signed with sha1RSA, which can be forged.");
        Chain(weak.Leaf("CN=b"), [weak.Der]).Notes.ShouldHaveSingleItem().Message.ShouldBe("Weak: of CN=weak in its chain, its RSA key has 1024 bits, fewer than 2048.");
    }

    [Fact]
    public void Chain_AuthoritiesThatSignEachOther_EndsAllTheSame()
    {
        // Cross-signed: r signed a and a signed r again. Each stands in the chain once.
        var root = SigningAuthority.Root("CN=r");
        var intermediate = root.Below("CN=a");
        Chain(intermediate.Leaf("CN=leaf"), [], (intermediate.Der, "1"), (root.Der, "2"), (intermediate.Leaf("CN=r"), "3")).Links.Length.ShouldBeLessThanOrEqualTo(4);
    }

    /// <summary>PSS as profiles ask for it is verified, and told from one that another key made.</summary>
    [Theory]
    [InlineData("SHA256")]
    [InlineData("SHA384")]
    [InlineData("SHA512")]
    public void Signature_WithPss_IsVerified(string hash)
    {
        var (own, other) = (Pss(hash), Pss(hash));
        CertificateSignature.Verify(own, own).ShouldBe(new SignatureCheck(true, null));
        CertificateSignature.Verify(own, other).ShouldBe(new SignatureCheck(false, null));
        own[^1] ^= 1;
        CertificateSignature.Verify(own, own).ShouldBe(new SignatureCheck(false, null), "a bit of the signature was turned");
    }

    [Fact]
    public void Signature_OfAKeyForPssOnly_IsVerified()
    {
        var der = Der(MadeElsewhere.PssKey);
        CertificateSignature.Verify(der, der).ShouldBe(new SignatureCheck(true, null));
        var read = ParsedCertificate.Read([.. der])!;
        (read.KeyAlgorithm, read.KeySize, read.SignatureAlgorithm).ShouldBe(("RSA", 2048, "sha256RSASSA-PSS"));
    }

    [Theory]
    [InlineData(MadeElsewhere.Ed25519Root, MadeElsewhere.Ed25519Leaf, "Ed25519", 256, "1.3.101.112")]
    [InlineData(MadeElsewhere.Ed448Root, MadeElsewhere.Ed448Leaf, "Ed448", 456, "1.3.101.113")]
    public void Chain_WithEdwardsCurves_IsNeitherBelievedNorDoubted(string root, string leaf, string name, int size, string oid)
    {
        var chain = Chain([.. Der(leaf)], [[.. Der(root)]]);

        var link = chain.Links[1];
        (link.SignsPrevious, link.Unverified, link.KeyAlgorithm, link.KeySize, link.SignatureAlgorithm).ShouldBe(
            (null, $"unknown signature algorithm: {name} ({oid}) cannot be checked by this platform", name, size, name));
        var note = chain.Notes.ShouldHaveSingleItem();
        note.Code.ShouldBe("unverified");
        note.Message.ShouldBe($"Whether CN={name.ToLowerInvariant()} root signed CN={name.ToLowerInvariant()} leaf is not known: {link.Unverified}.");

        // From the authorities no link is taken that is not proven; that one may be there is said.
        var known = Chain([.. Der(leaf)], [], ([.. Der(root)], "elsewhere"));
        known.Links.Length.ShouldBe(1);
        known.Notes.ShouldHaveSingleItem().Code.ShouldBe("unverified");
    }

    /// <summary>An Edwards signature is made by an Edwards key: of an issuer with another kind of key it is a lie.</summary>
    [Fact]
    public void Signature_ThatTheIssuersKindOfKeyDoesNotMake_IsNotItsOwn()
    {
        CertificateSignature.Verify(Der(MadeElsewhere.Ed25519Leaf), Der(MadeElsewhere.PssKey)).ShouldBe(new SignatureCheck(false, null));
        CertificateSignature.Verify(Der(MadeElsewhere.PssKey), SigningAuthority.Root("CN=r").Der.ToArray()).ShouldBe(new SignatureCheck(false, null));
    }

    [Fact]
    public void Signature_WithPssOfAnotherSalt_IsNoVerdict()
    {
        var der = Der(MadeElsewhere.PssShortSalt);
        CertificateSignature.Verify(der, der).ShouldBe(new SignatureCheck(null, "unknown signature algorithm: sha256RSASSA-PSS with a salt of 20 bytes, where this platform checks 32 only"));
    }

    [Fact]
    public void Signature_OfBrokenBytes_IsNoVerdict()
    {
        var check = new SignatureCheck(null, "its signature or its issuer's key is of a form that cannot be checked here");
        CertificateSignature.Verify([1, 2, 3], Pss("SHA256")).ShouldBe(check);
        CertificateSignature.Verify([], []).ShouldBe(check);
        var whole = Der(MadeElsewhere.PssKey);
        for (var length = 0; length < whole.Length; length += 7)
        {
            CertificateSignature.Verify(whole.AsSpan(0, length), whole).Signed.ShouldBeNull($"the first {length} bytes");
        }
    }

    private static byte[] Der(string pem)
    {
        var fields = PemEncoding.Find(pem);
        return Convert.FromBase64String(pem[fields.Base64Data]);
    }

    private static byte[] Pss(string hash)
    {
        using var key = RSA.Create(2048);
        var request = new global::System.Security.Cryptography.X509Certificates.CertificateRequest("CN=pss", key, new HashAlgorithmName(hash), RSASignaturePadding.Pss);
        using var certificate = request.CreateSelfSigned(Given.Now, Given.Now.AddDays(1));
        return certificate.RawData;
    }

    private static CertificateChain Chain(ImmutableArray<byte> leaf, ImmutableArray<byte>[] beside, params (ImmutableArray<byte> Der, string From)[] authorities) =>
        CertificateChain.Of(ParsedCertificate.Read(leaf)!, beside.Select(der => ParsedCertificate.Read(der)!), [.. authorities.Select(one => (ParsedCertificate.Read(one.Der)!, one.From))]);
}
