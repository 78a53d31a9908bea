using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
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

    [Theory]
    [InlineData("SHA256", "sha256RSASSA-PSS")]
    [InlineData("SHA384", "sha384RSASSA-PSS")]
    [InlineData("SHA512", "sha512RSASSA-PSS")]
    public void Chain_SignedWithPss_IsVerified(string hash, string name)
    {
        using var key = RSA.Create(2048);
        using var another = RSA.Create(2048);
        var root = SelfSigned(key, hash);
        var leaf = Below(key, hash);

        var chain = Chain(leaf, [root]);
        chain.Links[1].SignsPrevious.ShouldBe(true);
        chain.Links[1].Unverified.ShouldBeNull();
        chain.Links[0].SignatureAlgorithm.ShouldBe(name);
        chain.Notes.ShouldBeEmpty();

        // The same name and another key; the same key and other bytes.
        Chain(leaf, [SelfSigned(another, hash)]).Notes.ShouldHaveSingleItem().Code.ShouldBe("broken-chain");
        ParsedCertificate.Read(leaf.SetItem(leaf.Length - 1, (byte)(leaf[^1] ^ 1)))!.IsSignedBy(ParsedCertificate.Read(root)!).ShouldBe(false);
    }

    [Fact]
    public void Chain_KeyForPssAlone_IsReadAndVerified()
    {
        var certificate = ParsedCertificate.Read(MadeIn(MadeElsewhere.PssKey))!;
        (certificate.KeyAlgorithm, certificate.KeySize, certificate.SignatureAlgorithm).ShouldBe(("RSA", 2048, "sha256RSASSA-PSS"));
        certificate.IsSignedBy(certificate).ShouldBe(true);
    }

    [Theory]
    [InlineData(MadeElsewhere.Ed25519Leaf, MadeElsewhere.Ed25519Root, "Ed25519", 256, "ed25519", "1.3.101.112")]
    [InlineData(MadeElsewhere.Ed448Leaf, MadeElsewhere.Ed448Root, "Ed448", 456, "ed448", "1.3.101.113")]
    public void Chain_OfEdwardsCurves_IsSaidToBeUndecided(string leaf, string root, string algorithm, int size, string name, string oid)
    {
        var chain = Chain(MadeIn(leaf), [MadeIn(root)]);
        chain.Links.Select(link => (link.KeyAlgorithm, link.KeySize, link.SignatureAlgorithm)).ShouldBe([(algorithm, size, algorithm), (algorithm, size, algorithm)]);
        chain.Links[1].SignsPrevious.ShouldBeNull();
        chain.Links[1].Unverified.ShouldBe($"{algorithm} ({oid}) cannot be checked by this platform");
        var note = chain.Notes.ShouldHaveSingleItem();
        note.Code.ShouldBe("unverified");
        note.Message.ShouldBe($"Whether CN={name} root signed CN={name} leaf is not known: {algorithm} ({oid}) cannot be checked by this platform.");
    }

    [Fact]
    public void Chain_AuthorityThatCannotBeChecked_IsNoLinkAndIsSaid()
    {
        var chain = Chain(MadeIn(MadeElsewhere.Ed25519Leaf), [], (MadeIn(MadeElsewhere.Ed25519Root), "configmap a/b"));
        chain.Links.ShouldHaveSingleItem();
        chain.Notes.ShouldHaveSingleItem().Code.ShouldBe("unverified");
    }

    [Fact]
    public void Chain_PssWithASaltThePlatformDoesNotCheck_IsUndecidedAndNotBroken()
    {
        var root = ParsedCertificate.Read(MadeIn(MadeElsewhere.PssShortSalt))!;
        var check = root.SignatureOf(root);
        check.Signed.ShouldBeNull();
        check.Undecided.ShouldBe("sha256RSASSA-PSS with a salt of 20 bytes, where this platform checks 32 only");
    }

    [Fact]
    public void Signature_OfAKindThatTheKeyCannotMake_IsNone()
    {
        // An elliptic key made no Ed25519 signature, also where that kind cannot be checked.
        var other = SigningAuthority.Root("CN=ed25519 root");
        CertificateSignature.Verify(MadeIn(MadeElsewhere.Ed25519Leaf).AsSpan(), other.Der.AsSpan()).Signed.ShouldBe(false);
    }

    [Fact]
    public void Signature_ThatCannotBeRead_IsNoVerdict()
    {
        var root = SigningAuthority.Root("CN=r").Der;
        foreach (var check in new[] { CertificateSignature.Verify([1, 2, 3], root.AsSpan()), CertificateSignature.Verify([], []), CertificateSignature.Verify(root.AsSpan(), [1, 2, 3]) })
        {
            check.Signed.ShouldBeNull();
            check.Undecided.ShouldBe("its signature or its issuer's key is of a form that cannot be checked here");
        }
    }

    private static ImmutableArray<byte> SelfSigned(RSA key, string hash)
    {
        var request = new CertificateRequest("CN=pss root", key, new HashAlgorithmName(hash), RSASignaturePadding.Pss);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var certificate = request.CreateSelfSigned(Given.Now, Given.Now.AddDays(10));
        return [.. certificate.RawData];
    }

    private static ImmutableArray<byte> Below(RSA issuer, string hash)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=pss leaf", key, new HashAlgorithmName(hash), RSASignaturePadding.Pss);
        using var certificate = request.Create(new X500DistinguishedName("CN=pss root"), X509SignatureGenerator.CreateForRSA(issuer, RSASignaturePadding.Pss), Given.Now, Given.Now.AddDays(1), [7]);
        return [.. certificate.RawData];
    }

    private static ImmutableArray<byte> MadeIn(string pem)
    {
        using var certificate = X509Certificate2.CreateFromPem(pem);
        return [.. certificate.RawData];
    }

    private static CertificateChain Chain(ImmutableArray<byte> leaf, ImmutableArray<byte>[] beside, params (ImmutableArray<byte> Der, string From)[] authorities) =>
        CertificateChain.Of(ParsedCertificate.Read(leaf)!, beside.Select(der => ParsedCertificate.Read(der)!), [.. authorities.Select(one => (ParsedCertificate.Read(one.Der)!, one.From))]);
}
