using System.Collections.Immutable;

namespace MeshConsole.Mesh.Timeline;

/// <summary>Keeps what changed, across restarts, for as long as the retention says.</summary>
public interface ITimelineStore
{
    /// <summary>Adds those that are not there yet.</summary>
    Task AddAsync(ImmutableArray<TimelineEntry> entries, CancellationToken cancellationToken);

    /// <summary>Newest first.</summary>
    Task<ImmutableArray<TimelineEntry>> SearchAsync(TimelineFilter filter, CancellationToken cancellationToken);

    /// <summary>Drops what is older.</summary>
    Task<int> ForgetAsync(DateTimeOffset before, CancellationToken cancellationToken);
}

/// <summary>Which entries; everything that is null or empty is not asked about.</summary>
/// <param name="Text">Part of the object's name, its summary or its writer, in any case.</param>
/// <param name="Limit">At most so many, 1..1000.</param>
public sealed record TimelineFilter(
    string? Cluster = null,
    ImmutableArray<string> Namespaces = default,
    DateTimeOffset? From = null,
    DateTimeOffset? To = null,
    TimelineKind? Kind = null,
    string? Text = null,
    int Limit = 200);
