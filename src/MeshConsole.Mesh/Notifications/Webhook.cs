using System.Collections.Immutable;

namespace MeshConsole.Mesh.Notifications;

/// <summary>A receiver of notifications.</summary>
/// <param name="Name">The channel of the outbox.</param>
/// <param name="SecretFile">Holds the secret that signs.</param>
/// <param name="CloudEvents">CloudEvents 1.0 in JSON instead of plain JSON.</param>
/// <param name="Types">Types it wants; empty: all.</param>
public sealed record Webhook(string Name, Uri Url, string SecretFile, bool CloudEvents, ImmutableArray<string> Types)
{
    public bool Wants(string type) => Types.IsDefaultOrEmpty || Types.Contains(type, StringComparer.Ordinal);
}
