using System.Text;

namespace MeshConsole.Mesh.Kubernetes;

/// <summary>What a write came to.</summary>
/// <param name="Object">As the server stored it (or would store it).</param>
/// <param name="AuditId">The <c>Audit-Id</c> header: where the server's own audit log has the request. Null when it gave none.</param>
public sealed record AuditedWrite(System.Text.Json.JsonElement Object, string? AuditId);

/// <summary>A patch and its kind.</summary>
/// <param name="Content">The patch as JSON.</param>
public sealed record V1Patch(string Content, V1Patch.PatchType Type)
{
    /// <summary>Kinds of patches the console sends.</summary>
    public enum PatchType
    {
        /// <summary>RFC 6902: operations, <c>test</c> among them.</summary>
        JsonPatch,

        /// <summary>RFC 7396.</summary>
        MergePatch,
    }

    internal string MediaType => Type switch
    {
        PatchType.JsonPatch => "application/json-patch+json",
        PatchType.MergePatch => "application/merge-patch+json",
        _ => throw new ArgumentOutOfRangeException(nameof(Type), Type, "Only JSON and merge patches are sent."),
    };

    internal byte[] Utf8() => Encoding.UTF8.GetBytes(Content);
}
