using System.Collections.Immutable;
using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Mtls;

/// <summary>
/// Which proxy a pod would be given that does not run yet, by the labels that Istio's webhooks select and its CNI agent looks
/// at. Of a pod that runs, its containers tell (<see cref="Snapshots.ProxyDetection"/>).
/// </summary>
internal static class Injection
{
    private const string Inject = "sidecar.istio.io/inject";
    private const string Revision = "istio.io/rev";
    private const string Mode = "istio.io/dataplane-mode";

    /// <param name="namespace">Labels of the pod's namespace.</param>
    /// <param name="labels">The pod's own.</param>
    /// <param name="annotations">The pod's own: the old place of the injection setting.</param>
    public static DataPlane Expected(
        ImmutableSortedDictionary<string, string> @namespace,
        ImmutableSortedDictionary<string, string> labels,
        ImmutableSortedDictionary<string, string> annotations,
        bool hostNetwork)
    {
        if (hostNetwork)
        {
            return DataPlane.None;
        }

        // Label and annotation can both refuse; only the label is selected by a webhook, so only it can ask.
        var asked = labels.GetValueOrDefault(Inject);
        var refused = asked is "false" || (asked is null && annotations.GetValueOrDefault(Inject) is "false");
        var injected = @namespace.GetValueOrDefault("istio-injection") is { } setting
            ? setting == "enabled"
            : @namespace.ContainsKey(Revision) || asked is "true" || labels.ContainsKey(Revision);
        if (injected && !refused)
        {
            return DataPlane.Sidecar;
        }

        return labels.GetValueOrDefault(Mode) switch
        {
            "ambient" => DataPlane.Ambient,
            null when @namespace.GetValueOrDefault(Mode) is "ambient" => DataPlane.Ambient,
            _ => DataPlane.None,
        };
    }
}
