using System.Text.Json;

namespace MeshConsole.Mesh.Kubernetes.Objects;

/// <summary>
/// An object of a mesh API (VirtualService, PeerAuthentication, HTTPRoute, Certificate …). There are few of them and the
/// console shows them whole, so spec and status are kept as the server sent them; the folder that needs one reads it with
/// a parser of its own.
/// </summary>
/// <param name="ApiVersion">The version it was read through, for example <c>networking.istio.io/v1beta1</c>.</param>
/// <param name="Spec">An object, or Undefined when absent.</param>
/// <param name="Status">An object, or Undefined when absent.</param>
public sealed record MeshObject(ObjectMeta Meta, string ApiVersion, string Kind, JsonElement Spec, JsonElement Status) : IKubernetesObject;
