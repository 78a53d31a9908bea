using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MeshConsole.Mesh.Kubernetes.Objects;

namespace MeshConsole.Mesh.Tests.Certificates;

/// <summary>Real certificates for tests; their keys are thrown away at once.</summary>
internal static class Issued
{
    private static readonly ECDsa s_key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public static ImmutableArray<byte> Certificate(string subject, DateTimeOffset notBefore, DateTimeOffset notAfter, bool rsa = false, string[]? dns = null, string? uri = null, string? address = null)
    {
        using var rsaKey = rsa ? RSA.Create(2048) : null;
        var request = rsaKey is null
            ? new CertificateRequest(subject, s_key, HashAlgorithmName.SHA256)
            : new CertificateRequest(subject, rsaKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        if (dns is not null || uri is not null || address is not null)
        {
            var names = new SubjectAlternativeNameBuilder();
            foreach (var name in dns ?? [])
            {
                names.AddDnsName(name);
            }

            if (uri is not null)
            {
                names.AddUri(new Uri(uri));
            }

            if (address is not null)
            {
                names.AddIpAddress(System.Net.IPAddress.Parse(address));
            }

            request.CertificateExtensions.Add(names.Build());
        }

        using var certificate = request.CreateSelfSigned(notBefore, notAfter);
        return [.. certificate.RawData];
    }

    /// <summary>A certificate with so many days behind it and so many left.</summary>
    public static ImmutableArray<byte> Days(string subject, double behind, double left) => Certificate(subject, Given.Now.AddDays(-behind), Given.Now.AddDays(left));

    public static CertificateBundle Secret(string name, string @namespace, string? annotations = null, params (string Key, ImmutableArray<byte>[] Certificates)[] entries) =>
        new(Given.Meta(name, @namespace, annotations: annotations), "Secret", "kubernetes.io/tls", Entries(entries));

    public static CertificateBundle RootMap(string @namespace, params ImmutableArray<byte>[] certificates) =>
        new(Given.Meta("istio-ca-root-cert", @namespace), "ConfigMap", null, Entries([("root-cert.pem", certificates)]));

    private static ImmutableArray<CertificateEntry> Entries((string Key, ImmutableArray<byte>[] Certificates)[] entries) =>
        [.. entries.Select(e => new CertificateEntry(e.Key, [.. e.Certificates], null))];
}
