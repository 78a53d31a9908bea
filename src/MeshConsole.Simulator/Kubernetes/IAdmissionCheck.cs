using System.Text.Json.Nodes;

namespace MeshConsole.Simulator.Kubernetes;

/// <summary>Judges objects before they are written, as a validating webhook or a schema does. Asked on dry runs too.</summary>
public interface IAdmissionCheck
{
    /// <summary>The refusal, or null to let the write through.</summary>
    ApiStatus? Review(AdmissionRequest request);
}

/// <summary>A write that is about to happen.</summary>
/// <param name="Operation"><c>CREATE</c>, <c>UPDATE</c> or <c>DELETE</c>.</param>
/// <param name="Type">The kind.</param>
/// <param name="Object">The object as it would be; for a deletion as it is. Not to be changed.</param>
/// <param name="Previous">The object as it is; null when it is created.</param>
/// <param name="User">Who writes.</param>
/// <param name="DryRun">True when nothing will be kept.</param>
public sealed record AdmissionRequest(string Operation, ResourceType Type, JsonObject Object, StoredObject? Previous, ApiUser User, bool DryRun)
{
    /// <summary>The refusal in the words with which an API server hands on a webhook's answer.</summary>
    public static ApiStatus DeniedBy(string webhook, string message) => new(400, "", $"admission webhook \"{webhook}\" denied the request: {message}");
}
