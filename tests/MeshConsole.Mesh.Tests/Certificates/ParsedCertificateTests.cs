using System.Collections.Immutable;
using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;
using MeshConsole.Mesh.Certificates;

namespace MeshConsole.Mesh.Tests.Certificates;

public sealed class ParsedCertificateTests
{
    private static readonly DateTimeOffset s_from = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Fact]
    public void Read_EllipticCurve_TellsEverythingPublic()
    {
        var der = Issued.Certificate("CN=pay.example, O=Payments", s_from, s_from.AddDays(90), dns: ["pay.example", "www.pay.example"], address: "10.0.0.7");
        var certificate = ParsedCertificate.Read(der).ShouldNotBeNull();
        certificate.Subject.ShouldBe("CN=pay.example, O=Payments");
        certificate.Issuer.ShouldBe("CN=pay.example, O=Payments");
        certificate.NotBefore.ShouldBe(s_from);
        certificate.NotBefore.Offset.ShouldBe(TimeSpan.Zero);
        certificate.NotAfter.ShouldBe(s_from.AddDays(90));
        certificate.Fingerprint.ShouldBe(Convert.ToHexStringLower(SHA256.HashData(der.AsSpan())));
        (certificate.KeyAlgorithm, certificate.KeySize).ShouldBe(("ECDSA", 256));
        certificate.SubjectAlternativeNames.ShouldBe(["pay.example", "www.pay.example", "10.0.0.7"]);
        certificate.SerialNumber.ShouldNotBeEmpty();
    }

    [Fact]
    public void Read_Rsa_TellsTheSizeOfItsKey()
    {
        var certificate = ParsedCertificate.Read(Issued.Certificate("CN=a", s_from, s_from.AddDays(1), rsa: true)).ShouldNotBeNull();
        (certificate.KeyAlgorithm, certificate.KeySize).ShouldBe(("RSA", 2048));
    }

    [Fact]
    public void Read_EmptySubject_IsCalledByItsIdentity() =>
        ParsedCertificate.Read(Issued.Certificate("", s_from, s_from.AddDays(1), uri: "spiffe://cluster.local/ns/payments/sa/ledger"))!.Subject
            .ShouldBe("spiffe://cluster.local/ns/payments/sa/ledger");

    [Fact]
    public void Read_NoBytes_IsNull()
    {
        ParsedCertificate.Read(default).ShouldBeNull();
        ParsedCertificate.Read([]).ShouldBeNull();
    }

    [Fact]
    public void Read_PrivateKey_IsNoCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        ParsedCertificate.Read([.. key.ExportPkcs8PrivateKey()]).ShouldBeNull();
    }

    [Fact]
    public void Read_SameBytes_IsReadOnce()
    {
        var der = Issued.Certificate("CN=a", s_from, s_from.AddDays(1));
        ParsedCertificate.Read(der).ShouldBeSameAs(ParsedCertificate.Read(der));
    }

    [Fact]
    public void Read_Garbage_NeverThrows() =>
        Prop.ForAll(Gen.ArrayOf(Gen.Choose(0, 255).Select(b => (byte)b)).ToArbitrary(), bytes => ParsedCertificate.Read([.. bytes]) is null).QuickCheckThrowOnFailure();

    [Fact]
    public void Read_DamagedCertificate_NeverThrows()
    {
        var good = Issued.Certificate("CN=pay.example", s_from, s_from.AddDays(90), dns: ["pay.example"], uri: "spiffe://a/b");
        var damage = Gen.Two(Gen.Choose(0, good.Length - 1)).Zip(Gen.Choose(0, 255));
        Prop.ForAll(damage.ToArbitrary(), hit =>
        {
            var bytes = good.ToArray();
            bytes[hit.Item1.Item1] = (byte)hit.Item2;
            bytes[hit.Item1.Item2] ^= 0x20;
            _ = ParsedCertificate.Read(ImmutableArray.Create(bytes));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
    }
}
