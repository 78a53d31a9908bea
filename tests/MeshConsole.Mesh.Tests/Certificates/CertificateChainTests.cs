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

    [Fact]
    public void Signature_OfAnAlgorithmThatIsNotKnown_IsNoVerdict()
    {
        using var key = RSA.Create(2048);
        var request = new global::System.Security.Cryptography.X509Certificates.CertificateRequest("CN=pss", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pss);
        using var certificate = request.CreateSelfSigned(Given.Now, Given.Now.AddDays(1));
        CertificateSignature.Verify(certificate.RawData, certificate.RawData).ShouldBeNull();
        CertificateSignature.Verify([1, 2, 3], certificate.RawData).ShouldBeNull();
        CertificateSignature.Verify([], []).ShouldBeNull();
    }

    private static CertificateChain Chain(ImmutableArray<byte> leaf, ImmutableArray<byte>[] beside, params (ImmutableArray<byte> Der, string From)[] authorities) =>
        CertificateChain.Of(ParsedCertificate.Read(leaf)!, beside.Select(der => ParsedCertificate.Read(der)!), [.. authorities.Select(one => (ParsedCertificate.Read(one.Der)!, one.From))]);
}
