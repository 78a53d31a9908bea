using System.Collections.Immutable;

namespace MeshConsole.Mesh.Kubernetes.Objects;

/// <summary>
/// The certificates of one Secret or ConfigMap, by data key. Only PEM blocks of type CERTIFICATE (and DER certificates)
/// leave the parser; bytes of a key are skipped where they stand.
/// </summary>
public sealed record CertificateBundle(ObjectMeta Meta, string Kind, string? SecretType, ImmutableArray<CertificateEntry> Entries) : IKubernetesObject;

/// <summary>One data key.</summary>
/// <param name="Key">For example <c>tls.crt</c> or <c>root-cert.pem</c>.</param>
/// <param name="Certificates">DER of each certificate in order; empty when there is none.</param>
/// <param name="Problem">What is wrong with the value in words, without quoting it; null when nothing is.</param>
/// <param name="TextHashes">
/// SHA-256 (lower-case hex) of the value as Linkerd may have hashed it: as it stands, trimmed, trimmed with a line end.
/// Only of ConfigMaps, whose values are public; empty else.
/// </param>
public sealed record CertificateEntry(string Key, ImmutableArray<ImmutableArray<byte>> Certificates, string? Problem, ImmutableArray<string> TextHashes = default);
