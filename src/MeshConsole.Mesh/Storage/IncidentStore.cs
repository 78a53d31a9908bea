using System.Collections.Immutable;
using Dapper;
using MeshConsole.Mesh.Audit;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Incidents;

namespace MeshConsole.Mesh.Storage;

/// <summary>Incidents as a table, with what was seen of them apart (it is large, and lists do not need it), and their notes as another.</summary>
public sealed class IncidentStore(Database database, AuditLog audit) : IIncidentStore
{
    private const int LongestWords = 8_000;

    public Task<ImmutableArray<Incident>> ListAsync(IncidentFilter filter, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(filter);
        var where = new List<string>();
        var values = new DynamicParameters();
        Where(filter.State is not null, "state = @State", "State", filter.State?.ToString());
        Where(filter.Cluster is not null, "(cluster IS NULL OR cluster = @Cluster)", "Cluster", filter.Cluster);
        Where(filter.Before is not null, "id < @Before", "Before", filter.Before);
        Where(
            !string.IsNullOrWhiteSpace(filter.Text),
            "(words LIKE @Text ESCAPE '!' OR id IN (SELECT incident_id FROM incident_notes WHERE words LIKE @Text ESCAPE '!'))",
            "Text",
            $"%{SqlText.Literal((filter.Text ?? "").Trim().ToLowerInvariant())}%");
        if (!filter.Namespaces.IsDefaultOrEmpty)
        {
            // Names between bars, so that a name is found whole; an incident of all namespaces has none.
            where.Add($"(namespaces = '' OR {string.Join(" OR ", filter.Namespaces.Select((_, i) => $"namespaces LIKE @Namespace{i} ESCAPE '!'"))})");
            for (var i = 0; i < filter.Namespaces.Length; i++)
            {
                values.Add($"Namespace{i}", $"%|{SqlText.Literal(filter.Namespaces[i])}|%");
            }
        }

        values.Add("Limit", Math.Clamp(filter.Limit, 1, 500));
        var sql = $"SELECT version AS Version, document AS Document FROM incidents{(where.Count == 0 ? "" : $" WHERE {string.Join(" AND ", where)}")} ORDER BY id DESC LIMIT @Limit";
        return database.ReadAsync<ImmutableArray<Incident>>(async session => [.. (await session.QueryAsync<Row>(sql, values).ConfigureAwait(false)).Select(row => row.Read())], cancellationToken);

        void Where(bool asked, string condition, string name, object? value)
        {
            if (asked)
            {
                where.Add(condition);
                values.Add(name, value);
            }
        }
    }

    public Task<IncidentFile?> FindAsync(string id, CancellationToken cancellationToken) => database.ReadAsync(
        async session =>
        {
            var row = await session.FirstOrDefaultAsync<WholeRow>("SELECT version AS Version, document AS Document, evidence AS Evidence FROM incidents WHERE id = @Id", new { Id = id }).ConfigureAwait(false);
            if (row is null)
            {
                return null;
            }

            var notes = await session.QueryAsync<string>("SELECT document FROM incident_notes WHERE incident_id = @Id ORDER BY number", new { Id = id }).ConfigureAwait(false);
            return new IncidentFile(
                new Row(row.Version, row.Document).Read(),
                StoredJson.Read<IncidentEvidence>(row.Evidence, "The evidence of an incident"),
                [.. notes.Select(note => StoredJson.Read<IncidentNote>(note, "A note of an incident"))]);
        },
        cancellationToken);

    public Task<Incident> AddAsync(Incident incident, IncidentEvidence evidence, AuditEntry entry, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(incident);
        var stored = incident with { Version = 1 };
        return audit.WriteAsync(
            async session =>
            {
                await session.ExecuteAsync(
                    "INSERT INTO incidents (id, version, state, cluster, namespaces, from_at, closed_at, words, document, evidence) VALUES (@Id, @Version, @State, @Cluster, @Namespaces, @FromAt, @ClosedAt, @Words, @Document, @Evidence)",
                    Values(stored, evidence, 0)).ConfigureAwait(false);
                await audit.AppendAsync(session, [entry]).ConfigureAwait(false);
                return stored;
            },
            cancellationToken);
    }

    public Task<Incident> ReplaceAsync(Incident incident, IncidentEvidence? evidence, AuditEntry entry, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(incident);
        var stored = incident with { Version = incident.Version + 1 };
        return audit.WriteAsync(
            async session =>
            {
                var replaced = await session.ExecuteAsync(
                    "UPDATE incidents SET version = @Version, state = @State, cluster = @Cluster, namespaces = @Namespaces, from_at = @FromAt, closed_at = @ClosedAt, words = @Words, document = @Document, evidence = COALESCE(@Evidence, evidence) WHERE id = @Id AND version = @Expected",
                    Values(stored, evidence, incident.Version)).ConfigureAwait(false);
                if (replaced == 0)
                {
                    throw new StoreConflictException(StoreConflict.Version, $"Incident {incident.Id} is not at version {incident.Version} any more; nothing was written. Read it again and decide anew.");
                }

                await audit.AppendAsync(session, [entry]).ConfigureAwait(false);
                return stored;
            },
            cancellationToken);
    }

    public Task<bool> RefreshAsync(string id, long version, IncidentEvidence evidence, CancellationToken cancellationToken) => database.WriteAsync(
        async session => await session.ExecuteAsync("UPDATE incidents SET evidence = @Evidence WHERE id = @Id AND version = @Version", new { Id = id, Version = version, Evidence = StoredJson.Write(evidence) }).ConfigureAwait(false) > 0,
        cancellationToken);

    public Task<IncidentNote?> AddNoteAsync(string id, IncidentNote note, int most, Func<IncidentNote, AuditEntry> entry, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(note);
        ArgumentNullException.ThrowIfNull(entry);
        return audit.WriteAsync(
            async session =>
            {
                // Whoever writes a note at the same time waits here and gets the number after it. SQLite lets one in at a time anyway.
                var locking = session.Provider == DatabaseProvider.Postgres ? " FOR UPDATE" : "";
                await session.ScalarAsync<long?>($"SELECT version FROM incidents WHERE id = @Id{locking}", new { Id = id }).ConfigureAwait(false);
                var last = await session.ScalarAsync<long>("SELECT COALESCE(MAX(number), 0) FROM incident_notes WHERE incident_id = @Id", new { Id = id }).ConfigureAwait(false);
                if (last >= most)
                {
                    return null;
                }

                var stored = note with { Number = (int)last + 1 };
                await session.ExecuteAsync(
                    "INSERT INTO incident_notes (incident_id, number, words, document) VALUES (@Id, @Number, @Words, @Document)",
                    new { Id = id, stored.Number, Words = Cut(stored.Text.ToLowerInvariant()), Document = StoredJson.Write(stored) }).ConfigureAwait(false);
                await audit.AppendAsync(session, [entry(stored)]).ConfigureAwait(false);
                return stored;
            },
            cancellationToken);
    }

    public Task<int> ForgetAsync(DateTimeOffset closedBefore, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            var before = new { Before = closedBefore.ToUnixTimeMilliseconds() };
            await session.ExecuteAsync("DELETE FROM incident_notes WHERE incident_id IN (SELECT id FROM incidents WHERE closed_at < @Before)", before).ConfigureAwait(false);
            return await session.ExecuteAsync("DELETE FROM incidents WHERE closed_at < @Before", before).ConfigureAwait(false);
        },
        cancellationToken);

    private static object Values(Incident incident, IncidentEvidence? evidence, long expected) => new
    {
        incident.Id,
        incident.Version,
        Expected = expected,
        State = incident.State.ToString(),
        incident.Cluster,
        Namespaces = incident.Namespaces.IsEmpty ? "" : $"|{string.Join('|', incident.Namespaces)}|",
        FromAt = incident.From.ToUnixTimeMilliseconds(),
        ClosedAt = incident.ClosedAt?.ToUnixTimeMilliseconds(),
        Words = Cut(string.Join('\n', incident.Problems.Select(problem => problem.Title).Prepend(incident.Title)).ToLowerInvariant()),
        Document = StoredJson.Write(incident),
        Evidence = evidence is null ? null : StoredJson.Write(evidence),
    };

    private static string Cut(string words) => words.Length > LongestWords ? words[..LongestWords] : words;

    private sealed record Row(long Version, string Document)
    {
        // The column decides about the version: it is what replacements are compared with.
        public Incident Read() => StoredJson.Read<Incident>(Document, "An incident") with { Version = Version };
    }

    private sealed record WholeRow(long Version, string Document, string Evidence);
}
