using System.Collections.Immutable;
using MeshConsole.Mesh.Audit;
using MeshConsole.Mesh.Changes.Execution;

namespace MeshConsole.Mesh.Incidents;

/// <summary>Keeps incidents. What changes one is stored together with its record in the audit, or not at all.</summary>
public interface IIncidentStore
{
    /// <summary>Newest first, without evidence and notes.</summary>
    Task<ImmutableArray<Incident>> ListAsync(IncidentFilter filter, CancellationToken cancellationToken);

    /// <summary>Null when there is none of this id.</summary>
    Task<IncidentFile?> FindAsync(string id, CancellationToken cancellationToken);

    /// <exception cref="AuditUnavailableException">It cannot be recorded, so it is not stored.</exception>
    Task<Incident> AddAsync(Incident incident, IncidentEvidence evidence, AuditEntry entry, CancellationToken cancellationToken);

    /// <param name="evidence">Null leaves it as it is.</param>
    /// <exception cref="StoreConflictException">Another version is stored by now; nothing was written.</exception>
    Task<Incident> ReplaceAsync(Incident incident, IncidentEvidence? evidence, AuditEntry entry, CancellationToken cancellationToken);

    /// <summary>Adds to what was seen, while the incident is still at this version; a later one has evidence of its own.</summary>
    Task<bool> RefreshAsync(string id, long version, IncidentEvidence evidence, CancellationToken cancellationToken);

    /// <summary>Gives the note the next number and stores it. Null when there are <paramref name="most"/> already.</summary>
    /// <param name="entry">The record, given the note as it is stored.</param>
    Task<IncidentNote?> AddNoteAsync(string id, IncidentNote note, int most, Func<IncidentNote, AuditEntry> entry, CancellationToken cancellationToken);

    /// <summary>Drops what was closed before, with its notes; open ones stay.</summary>
    Task<int> ForgetAsync(DateTimeOffset closedBefore, CancellationToken cancellationToken);
}

/// <summary>Which incidents; everything that is null or empty is not asked about.</summary>
/// <param name="Cluster">Those of all clusters are found too.</param>
/// <param name="Namespaces">Those that concern one of these, or all namespaces.</param>
/// <param name="Text">Part of a title, of a problem's title, or of a note, in any case.</param>
/// <param name="Before">Id to go on below.</param>
/// <param name="Limit">At most so many, 1..500.</param>
public sealed record IncidentFilter(
    IncidentState? State = null,
    string? Cluster = null,
    ImmutableArray<string> Namespaces = default,
    string? Text = null,
    string? Before = null,
    int Limit = 100);
