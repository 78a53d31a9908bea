using System.Collections.Immutable;
using Dapper;
using MeshConsole.Mesh.Timeline;

namespace MeshConsole.Mesh.Storage;

/// <summary>The timeline as a table. Every replica writes what it saw; the same change has the same id and is kept once.</summary>
public sealed class TimelineStore(Database database) : ITimelineStore
{
    /// <summary>For a search by words: what a line of the timeline says, in lower case.</summary>
    private const int LongestWords = 1_000;

    public Task AddAsync(ImmutableArray<TimelineEntry> entries, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            foreach (var entry in entries)
            {
                var words = $"{entry.Object} {entry.By} {entry.Summary}".ToLowerInvariant();
                await session.ExecuteAsync(
                    "INSERT INTO timeline (id, cluster, namespace, kind, at, words, document) VALUES (@Id, @Cluster, @Namespace, @Kind, @At, @Words, @Document) ON CONFLICT (id) DO NOTHING",
                    new
                    {
                        entry.Id,
                        entry.Cluster,
                        entry.Namespace,
                        Kind = entry.Kind.ToString(),
                        At = entry.At.ToUnixTimeMilliseconds(),
                        Words = words.Length > LongestWords ? words[..LongestWords] : words,
                        Document = StoredJson.Write(entry),
                    }).ConfigureAwait(false);
            }

            return true;
        },
        cancellationToken);

    public Task<ImmutableArray<TimelineEntry>> SearchAsync(TimelineFilter filter, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(filter);
        var where = new List<string>();
        var values = new DynamicParameters();
        Where(filter.Cluster is not null, "cluster = @Cluster", "Cluster", filter.Cluster);
        Where(!filter.Namespaces.IsDefaultOrEmpty, filter.Namespaces.IsDefaultOrEmpty ? "" : $"namespace IN ({string.Join(", ", filter.Namespaces.Select((_, i) => $"@Namespace{i}"))})", null, null);
        Where(filter.From is not null, "at >= @From", "From", filter.From?.ToUnixTimeMilliseconds());
        Where(filter.To is not null, "at < @To", "To", filter.To?.ToUnixTimeMilliseconds());
        Where(filter.Kind is not null, "kind = @Kind", "Kind", filter.Kind?.ToString());
        Where(!string.IsNullOrWhiteSpace(filter.Text), "words LIKE @Text ESCAPE '!'", "Text", $"%{SqlText.Literal((filter.Text ?? "").Trim().ToLowerInvariant())}%");
        for (var i = 0; i < (filter.Namespaces.IsDefault ? 0 : filter.Namespaces.Length); i++)
        {
            values.Add($"Namespace{i}", filter.Namespaces[i]);
        }

        values.Add("Limit", Math.Clamp(filter.Limit, 1, 1000));
        var sql = $"SELECT document FROM timeline{(where.Count == 0 ? "" : $" WHERE {string.Join(" AND ", where)}")} ORDER BY at DESC, id DESC LIMIT @Limit";
        return database.ReadAsync<ImmutableArray<TimelineEntry>>(
            async session => [.. (await session.QueryAsync<string>(sql, values).ConfigureAwait(false)).Select(document => StoredJson.Read<TimelineEntry>(document, "An entry of the timeline"))],
            cancellationToken);

        void Where(bool asked, string condition, string? name, object? value)
        {
            if (!asked)
            {
                return;
            }

            where.Add(condition);
            if (name is not null)
            {
                values.Add(name, value);
            }
        }
    }

    public Task<int> ForgetAsync(DateTimeOffset before, CancellationToken cancellationToken) =>
        database.WriteAsync(session => session.ExecuteAsync("DELETE FROM timeline WHERE at < @Before", new { Before = before.ToUnixTimeMilliseconds() }), cancellationToken);
}
