using System.Text.Json;
using MeshConsole.Mesh.Kubernetes.Objects;

namespace MeshConsole.Mesh.Changes;

/// <summary>
/// Whether a delegate's match contradicts its root's, as istiod decides it: the delegate's has to be the same or narrower,
/// and next to a regular expression it may say nothing of the same field.
/// </summary>
internal static class DelegateMatch
{
    private static readonly string[] s_texts = ["uri", "scheme", "method", "authority"];
    private static readonly string[] s_textsByName = ["headers", "withoutHeaders", "queryParams"];

    public static bool Conflicts(JsonElement root, JsonElement own) =>
        s_texts.Any(field => TextsConflict(root.Get(field), own.Get(field)))
        || s_textsByName.Any(field =>
            own.Get(field).Members().Any(member => TextsConflict(root.Get(field).Get(member.Key), member.Value)))
        || (root.Get("uri").IsPresent() && own.Get("uri").IsPresent() && (root.Flag("ignoreUriCase") ?? false) != (own.Flag("ignoreUriCase") ?? false))
        || (root.Whole("port") is { } port && own.Whole("port") is { } ownPort && port != ownPort)
        || (root.Text("sourceNamespace") is { } from && own.Text("sourceNamespace") is { } ownFrom && from != ownFrom)
        || own.Get("sourceLabels").Labels().Any(label => root.Get("sourceLabels").Labels().TryGetValue(label.Key, out var value) && value != label.Value)
        || (root.Texts("gateways") is { IsEmpty: false } gateways && own.Texts("gateways").Any(gateway => !gateways.Contains(gateway)));

    private static bool TextsConflict(JsonElement root, JsonElement own)
    {
        if (!root.IsPresent() || !own.IsPresent())
        {
            return false;
        }

        if (root.Text("regex") is not null || own.Text("regex") is not null)
        {
            return true;
        }

        return (root.Text("exact"), root.Text("prefix"), own.Text("exact"), own.Text("prefix")) switch
        {
            ({ } exact, _, { } ownExact, _) => exact != ownExact,
            ({ }, _, _, { }) => true,
            (_, { } prefix, { } ownExact, _) => !ownExact.StartsWith(prefix, StringComparison.Ordinal),
            (_, { } prefix, _, { } ownPrefix) => !ownPrefix.StartsWith(prefix, StringComparison.Ordinal),
            _ => false,
        };
    }
}
