using System.Security.Cryptography;
using System.Text.Json;
using MeshConsole.Mesh.Audit;
using MeshConsole.Mesh.Kubernetes.Objects;

namespace MeshConsole.Mesh.Changes.Writes;

/// <summary>SHA-256, in lower-case hexadecimal, of the canonical JSON of an object's <c>spec</c>: what the object is meant to do, without what the server notes about it.</summary>
public static class SpecHash
{
    /// <param name="object">The whole object.</param>
    /// <exception cref="FormatException">The spec has no canonical form: text that is not Unicode, nesting without end.</exception>
    public static string Of(JsonElement @object)
    {
        var spec = @object.Get("spec");
        return Convert.ToHexStringLower(SHA256.HashData(CanonicalJson.Utf8(spec.IsObject() ? CanonicalJson.Write(spec) : "null")));
    }
}
