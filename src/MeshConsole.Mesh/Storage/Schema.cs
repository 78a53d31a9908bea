using System.Collections.Immutable;
using System.Globalization;

namespace MeshConsole.Mesh.Storage;

/// <summary>
/// The tables, as steps from one version to the next. Steps are only ever added: a step that was released is never edited.
/// Times are milliseconds since 1970 in UTC, documents are JSON text.
/// </summary>
internal static class Schema
{
    private static readonly ImmutableArray<Step> s_steps =
    [
        new(1, "changes, leases, switches, notifications, audit", FirstSqlite, FirstPostgres),
        new(2, "starts of changes, reviews of broken glass", StartsAndReviews, StartsAndReviews),
        new(3, "timeline", Timeline, Timeline),
        new(4, "incidents", Incidents, Incidents),
        new(5, "segments of the audit", SegmentsSqlite, SegmentsPostgres),
    ];

    /// <summary>The newest version that this program can work with.</summary>
    public static long Known => s_steps[^1].Version;

    // What both providers take as it is. "C" ordering on PostgreSQL, since ids sort by time only when compared by their bytes.
    private const string FirstCommon = """
        CREATE TABLE changes (
            id TEXT {C} NOT NULL PRIMARY KEY,
            version BIGINT NOT NULL,
            state TEXT NOT NULL,
            active BIGINT NOT NULL,
            target_key TEXT NOT NULL,
            cluster TEXT NOT NULL,
            namespace TEXT NOT NULL,
            created_at BIGINT NOT NULL,
            updated_at BIGINT NOT NULL,
            document TEXT NOT NULL);
        CREATE UNIQUE INDEX changes_active_target ON changes (target_key) WHERE active = 1;
        CREATE INDEX changes_state ON changes (state);
        CREATE INDEX changes_target ON changes (target_key);

        CREATE TABLE change_keys (
            idempotency_key TEXT NOT NULL PRIMARY KEY,
            change_id TEXT NOT NULL);

        CREATE TABLE leases (
            name TEXT NOT NULL PRIMARY KEY,
            holder TEXT NOT NULL,
            token BIGINT NOT NULL,
            expires_at BIGINT NOT NULL);

        CREATE TABLE read_only_switches (
            cluster TEXT NOT NULL,
            namespace TEXT NOT NULL,
            since BIGINT NOT NULL,
            document TEXT NOT NULL,
            PRIMARY KEY (cluster, namespace));

        CREATE TABLE break_glass (
            id TEXT {C} NOT NULL PRIMARY KEY,
            target_key TEXT NOT NULL,
            at BIGINT NOT NULL,
            expires_at BIGINT NOT NULL,
            document TEXT NOT NULL);
        CREATE INDEX break_glass_target ON break_glass (target_key, expires_at);

        CREATE TABLE notifications (
            id TEXT {C} NOT NULL PRIMARY KEY,
            channel TEXT NOT NULL,
            change_id TEXT,
            payload TEXT NOT NULL,
            state TEXT NOT NULL,
            attempts BIGINT NOT NULL,
            created_at BIGINT NOT NULL,
            next_at BIGINT NOT NULL,
            last_error TEXT);
        CREATE INDEX notifications_due ON notifications (state, next_at);

        CREATE TABLE audit (
            sequence BIGINT NOT NULL PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            at BIGINT NOT NULL,
            actor TEXT NOT NULL,
            action TEXT NOT NULL,
            outcome TEXT NOT NULL,
            target TEXT,
            change_id TEXT,
            hash TEXT NOT NULL,
            body TEXT NOT NULL);
        CREATE INDEX audit_change ON audit (change_id);
        CREATE INDEX audit_at ON audit (at);

        """;

    // The audit is a log: what is in it stays, and the next record follows the last. Whoever may drop a trigger may still change it; that is what chain and checkpoints are for.
    private const string FirstSqlite = FirstCommon + """
        CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only: no record may be changed'); END;
        CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only: no record may be removed'); END;
        CREATE TRIGGER audit_in_order BEFORE INSERT ON audit WHEN NEW.sequence <> (SELECT COALESCE(MAX(sequence), 0) + 1 FROM audit)
        BEGIN SELECT RAISE(ABORT, 'the audit is append-only: the next record must follow the last'); END;
        """;

    private const string FirstPostgres = FirstCommon + """
        CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'the audit is append-only: no record may be changed or removed'; END $$;
        CREATE FUNCTION audit_in_order() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN
            IF NEW.sequence <> (SELECT COALESCE(MAX(sequence), 0) + 1 FROM audit) THEN
                RAISE EXCEPTION 'the audit is append-only: the next record must follow the last';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_refuse();
        CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
        CREATE TRIGGER audit_in_order BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION audit_in_order();
        """;

    private const string Timeline = """
        CREATE TABLE timeline (
            id TEXT NOT NULL PRIMARY KEY,
            cluster TEXT NOT NULL,
            namespace TEXT NOT NULL,
            kind TEXT NOT NULL,
            at BIGINT NOT NULL,
            words TEXT NOT NULL,
            document TEXT NOT NULL);
        CREATE INDEX timeline_at ON timeline (at);
        """;

    // A scope of all clusters has none, one of all namespaces an empty text; else names stand between bars.
    private const string Incidents = """
        CREATE TABLE incidents (
            id TEXT {C} NOT NULL PRIMARY KEY,
            version BIGINT NOT NULL,
            state TEXT NOT NULL,
            cluster TEXT,
            namespaces TEXT NOT NULL,
            from_at BIGINT NOT NULL,
            closed_at BIGINT,
            words TEXT NOT NULL,
            document TEXT NOT NULL,
            evidence TEXT NOT NULL);
        CREATE INDEX incidents_state ON incidents (state);
        CREATE INDEX incidents_closed ON incidents (closed_at);

        CREATE TABLE incident_notes (
            incident_id TEXT {C} NOT NULL,
            number BIGINT NOT NULL,
            words TEXT NOT NULL,
            document TEXT NOT NULL,
            PRIMARY KEY (incident_id, number));
        """;

    // Of changes from before, a start is dated as late as it can have been: the limit of starts may count too many for an hour, never too few.
    private const string StartsAndReviews = """
        ALTER TABLE changes ADD COLUMN started_at BIGINT;
        UPDATE changes SET started_at = updated_at WHERE state NOT IN ('Draft', 'AwaitingApproval', 'Approved', 'Rejected', 'Expired');
        CREATE INDEX changes_started ON changes (cluster, started_at);
        ALTER TABLE break_glass ADD COLUMN reviewed_at BIGINT;
        CREATE INDEX break_glass_unreviewed ON break_glass (at) WHERE reviewed_at IS NULL;
        """;

    // Roots stay whatever is deleted. A deletion is of a whole segment, and only what a deletion stands for may leave the audit.
    private const string SegmentsCommon = """
        CREATE TABLE audit_segments (
            last BIGINT NOT NULL PRIMARY KEY,
            first BIGINT NOT NULL,
            until BIGINT NOT NULL,
            root TEXT NOT NULL);
        CREATE TABLE audit_deletions (
            last BIGINT NOT NULL PRIMARY KEY,
            at BIGINT NOT NULL);

        """;

    private const string SegmentsSqlite = SegmentsCommon + """
        CREATE TRIGGER audit_segments_no_update BEFORE UPDATE ON audit_segments BEGIN SELECT RAISE(ABORT, 'roots of the audit are append-only: none may be changed'); END;
        CREATE TRIGGER audit_segments_no_delete BEFORE DELETE ON audit_segments BEGIN SELECT RAISE(ABORT, 'roots of the audit are append-only: none may be removed'); END;
        CREATE TRIGGER audit_segments_in_order BEFORE INSERT ON audit_segments WHEN NEW.last < NEW.first OR NEW.first <> (SELECT COALESCE(MAX(last), 0) + 1 FROM audit_segments)
        BEGIN SELECT RAISE(ABORT, 'roots of the audit are append-only: the next must follow the last'); END;
        CREATE TRIGGER audit_deletions_no_update BEFORE UPDATE ON audit_deletions BEGIN SELECT RAISE(ABORT, 'deletions of the audit are append-only: none may be changed'); END;
        CREATE TRIGGER audit_deletions_no_delete BEFORE DELETE ON audit_deletions BEGIN SELECT RAISE(ABORT, 'deletions of the audit are append-only: none may be removed'); END;
        CREATE TRIGGER audit_deletions_whole BEFORE INSERT ON audit_deletions
        WHEN NEW.last IS NOT (SELECT MIN(last) FROM audit_segments WHERE last > (SELECT COALESCE(MAX(last), 0) FROM audit_deletions))
        BEGIN SELECT RAISE(ABORT, 'deletions of the audit are append-only: the next is of the oldest sealed segment, as a whole'); END;
        DROP TRIGGER audit_no_delete;
        CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit WHEN OLD.sequence > (SELECT COALESCE(MAX(last), 0) FROM audit_deletions)
        BEGIN SELECT RAISE(ABORT, 'the audit is append-only: no record may be removed'); END;
        """;

    private const string SegmentsPostgres = SegmentsCommon + """
        CREATE FUNCTION audit_segments_in_order() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN
            IF NEW.last < NEW.first OR NEW.first <> (SELECT COALESCE(MAX(last), 0) + 1 FROM audit_segments) THEN
                RAISE EXCEPTION 'roots of the audit are append-only: the next must follow the last';
            END IF;
            RETURN NEW;
        END $$;
        CREATE FUNCTION audit_deletions_whole() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN
            IF NEW.last IS DISTINCT FROM (SELECT MIN(last) FROM audit_segments WHERE last > (SELECT COALESCE(MAX(last), 0) FROM audit_deletions)) THEN
                RAISE EXCEPTION 'deletions of the audit are append-only: the next is of the oldest sealed segment, as a whole';
            END IF;
            RETURN NEW;
        END $$;
        CREATE FUNCTION audit_keep() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN
            IF OLD.sequence > (SELECT COALESCE(MAX(last), 0) FROM audit_deletions) THEN
                RAISE EXCEPTION 'the audit is append-only: no record may be removed';
            END IF;
            RETURN OLD;
        END $$;
        CREATE TRIGGER audit_segments_no_change BEFORE UPDATE OR DELETE ON audit_segments FOR EACH ROW EXECUTE FUNCTION audit_refuse();
        CREATE TRIGGER audit_segments_no_truncate BEFORE TRUNCATE ON audit_segments FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
        CREATE TRIGGER audit_segments_in_order BEFORE INSERT ON audit_segments FOR EACH ROW EXECUTE FUNCTION audit_segments_in_order();
        CREATE TRIGGER audit_deletions_no_change BEFORE UPDATE OR DELETE ON audit_deletions FOR EACH ROW EXECUTE FUNCTION audit_refuse();
        CREATE TRIGGER audit_deletions_no_truncate BEFORE TRUNCATE ON audit_deletions FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
        CREATE TRIGGER audit_deletions_whole BEFORE INSERT ON audit_deletions FOR EACH ROW EXECUTE FUNCTION audit_deletions_whole();
        DROP TRIGGER audit_no_change ON audit;
        CREATE TRIGGER audit_no_change BEFORE UPDATE ON audit FOR EACH ROW EXECUTE FUNCTION audit_refuse();
        CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_keep();
        """;

    /// <summary>Version of the tables; 0 for an empty database.</summary>
    public static async Task<long> VersionAsync(DatabaseSession session)
    {
        var exists = session.Provider == DatabaseProvider.Sqlite
            ? await session.ScalarAsync<long>("SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = 'schema_version'").ConfigureAwait(false)
            : await session.ScalarAsync<long>("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = 'schema_version'").ConfigureAwait(false);
        return exists == 0 ? 0 : await session.ScalarAsync<long?>("SELECT MAX(version) FROM schema_version").ConfigureAwait(false) ?? 0;
    }

    /// <exception cref="StorageException">The tables are of a newer version than this program knows.</exception>
    public static void Check(long found, string where)
    {
        if (found > Known)
        {
            throw new StorageException(
                StorageFault.NewerSchema,
                string.Create(CultureInfo.InvariantCulture, $"{where} has schema version {found}; this console knows versions up to {Known}. A newer console has written it. Start that version again, or restore a backup from before the update; nothing was changed."));
        }
    }

    public static async Task MigrateAsync(DatabaseSession session, long from)
    {
        if (from == 0)
        {
            await session.ExecuteAsync("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL)").ConfigureAwait(false);
        }

        foreach (var step in s_steps.Where(step => step.Version > from))
        {
            var postgres = session.Provider == DatabaseProvider.Postgres;
            await session.ExecuteAsync((postgres ? step.Postgres : step.Sqlite).Replace("{C}", postgres ? "COLLATE \"C\"" : "", StringComparison.Ordinal)).ConfigureAwait(false);
            var now = await session.NowAsync().ConfigureAwait(false);
            await session.ExecuteAsync(
                "INSERT INTO schema_version (version, name, applied_at) VALUES (@Version, @Name, @At)",
                new { step.Version, step.Name, At = now.ToUnixTimeMilliseconds() }).ConfigureAwait(false);
        }
    }

    private sealed record Step(long Version, string Name, string Sqlite, string Postgres);
}
