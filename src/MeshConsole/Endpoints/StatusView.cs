using System.Collections.Immutable;
using System.Reflection;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Endpoints;

/// <summary>Answer of <c>GET /api/v1/status</c> and of the hub's <c>Status</c>.</summary>
public sealed record StatusView(string Version, bool Demo, long Revision, DateTimeOffset ObservedAt, ImmutableArray<ClusterStatusView> Clusters)
{
    private static readonly string s_version = typeof(StatusView).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    /// <summary>Version of this program.</summary>
    public static string ProgramVersion => s_version;

    public static StatusView Of(MeshSnapshot snapshot, bool demo) => new(
        s_version,
        demo,
        snapshot.Revision,
        snapshot.ObservedAt,
        [.. snapshot.Clusters.Select(c => new ClusterStatusView(c.Name, c.Meshes, [.. c.Sources.Select(SourceStatusView.Of)]))]);
}

public sealed record ClusterStatusView(string Name, ImmutableArray<string> Meshes, ImmutableArray<SourceStatusView> Sources);

/// <param name="DurationSeconds">How long the last answer took; null before the first.</param>
/// <param name="Bytes">Size of the last answer after decompression; null before the first.</param>
public sealed record SourceStatusView(string Name, SourceState State, DateTimeOffset Since, DateTimeOffset? LastSuccess, string? Message, int? Items, double? DurationSeconds, long? Bytes)
{
    public static SourceStatusView Of(SourceStatus source) =>
        new(source.Name, source.State, source.Since, source.LastSuccess, source.Message, source.Items, source.Cost?.Duration.TotalSeconds, source.Cost?.Bytes);
}
