using System.Collections.Immutable;
using MeshConsole.Mesh.Audit;
using MeshConsole.Mesh.Incidents;
using MeshConsole.Mesh.Storage;

namespace MeshConsole.Tests.Components;

/// <summary>Incidents in memory, and what a test says is seen of them.</summary>
internal sealed class FakeIncidents : IIncidentStore, IEvidenceReader
{
    public Dictionary<string, IncidentFile> Files { get; } = new(StringComparer.Ordinal);

    /// <summary>Every answer, where the store does not answer.</summary>
    public StorageException? Fault { get; set; }

    public IncidentEvidence? Seen { get; set; }

    public IncidentFilter? Asked { get; private set; }

    public Task<ImmutableArray<Incident>> ListAsync(IncidentFilter filter, CancellationToken cancellationToken)
    {
        Asked = filter;
        return Answer<ImmutableArray<Incident>>(() => [.. Files.Values.Select(file => file.Incident).Where(incident => filter.State is null || filter.State == incident.State).OrderByDescending(incident => incident.Id, StringComparer.Ordinal)]);
    }

    public Task<IncidentFile?> FindAsync(string id, CancellationToken cancellationToken) => Answer(() => Files.GetValueOrDefault(id));

    public Task<Incident> AddAsync(Incident incident, IncidentEvidence evidence, AuditEntry entry, CancellationToken cancellationToken) => Answer(() =>
    {
        Files.Add(incident.Id, new IncidentFile(incident with { Version = 1 }, evidence, []));
        return incident with { Version = 1 };
    });

    public Task<Incident> ReplaceAsync(Incident incident, IncidentEvidence? evidence, AuditEntry entry, CancellationToken cancellationToken) => Answer(() =>
    {
        var stored = incident with { Version = incident.Version + 1 };
        Files[incident.Id] = Files[incident.Id] with { Incident = stored, Evidence = evidence ?? Files[incident.Id].Evidence };
        return stored;
    });

    public Task<bool> RefreshAsync(string id, long version, IncidentEvidence evidence, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IncidentNote?> AddNoteAsync(string id, IncidentNote note, int most, Func<IncidentNote, AuditEntry> entry, CancellationToken cancellationToken) => Answer<IncidentNote?>(() =>
    {
        var stored = note with { Number = Files[id].Notes.Length + 1 };
        Files[id] = Files[id] with { Notes = Files[id].Notes.Add(stored) };
        return stored;
    });

    public Task<int> ForgetAsync(DateTimeOffset closedBefore, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IncidentEvidence> ReadAsync(Incident incident, IncidentEvidence before, CancellationToken cancellationToken) => Task.FromResult(Seen ?? before);

    private Task<T> Answer<T>(Func<T> answer) => Fault is { } fault ? Task.FromException<T>(fault) : Task.FromResult(answer());
}
