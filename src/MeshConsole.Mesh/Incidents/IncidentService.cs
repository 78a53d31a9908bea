using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using MeshConsole.Mesh.Access;
using MeshConsole.Mesh.Audit;
using MeshConsole.Mesh.Changes.Execution;

namespace MeshConsole.Mesh.Incidents;

/// <summary>What somebody asks to be kept.</summary>
/// <param name="Title">3 to 200 characters; null takes that of the first problem.</param>
/// <param name="Problems">Ids of problems that are open now; empty for a time range.</param>
/// <param name="From">Begin of the trouble; null takes the first sight of the earliest problem, and is an error without one.</param>
/// <param name="To">Its end; null while it goes on.</param>
/// <param name="Cluster">Null: that of the problems, or all.</param>
/// <param name="Namespaces">Empty: those of the problems, or all.</param>
public sealed record IncidentRequest(string? Title, ImmutableArray<string> Problems, DateTimeOffset? From, DateTimeOffset? To, string? Cluster, ImmutableArray<string> Namespaces);

/// <summary>
/// Everything that people do with incidents, by page and REST alike. It authorises each call itself: viewers read and export;
/// operators of one of its namespaces write, and what concerns all namespaces is for operators of all. Each step is stored
/// together with its record in the audit; refusals are recorded and thrown as a <see cref="ChangeException"/>.
/// </summary>
/// <param name="current">The actor as the console knows them now, null when they lost their access; by default everybody is taken at their word.</param>
public sealed class IncidentService(IIncidentStore store, IAuditLog audit, IEvidenceReader evidence, ProblemOnsets onsets, TimeProvider time, Func<Actor, Actor?>? current = null)
{
    public const int LongestTitle = 200;
    public const int LongestNote = 4_000;
    public const int MostNotes = 1_000;

    private const int ShortestTitle = 3;
    private const int LongestReason = 1_000;
    private const int MostProblems = 20;

    /// <summary>Clocks of people and of the console differ by a little.</summary>
    private static readonly TimeSpan s_slack = TimeSpan.FromMinutes(1);

    /// <summary>Tries to store over steps that others take at the same time.</summary>
    private const int MaxTries = 5;

    /// <summary>Newest first. For viewers.</summary>
    public async Task<ImmutableArray<Incident>> ListAsync(IncidentFilter filter, Actor actor, CancellationToken cancellationToken)
    {
        await RequireViewerAsync(AsOfNow(actor), "incident.list", cancellationToken).ConfigureAwait(false);
        return await store.ListAsync(filter, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>One incident with its evidence and notes. For viewers.</summary>
    /// <exception cref="ChangeException">NotFound: there is none.</exception>
    public async Task<IncidentFile> FindAsync(string id, Actor actor, CancellationToken cancellationToken)
    {
        await RequireViewerAsync(AsOfNow(actor), "incident.read", cancellationToken).ConfigureAwait(false);
        return await FindAsync(id, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The same with what is known now on top of what is kept; nothing of it is stored. For viewers.</summary>
    /// <exception cref="ChangeException">NotFound: there is none.</exception>
    public async Task<IncidentFile> LookAsync(string id, Actor actor, CancellationToken cancellationToken) =>
        await WithNowAsync(await FindAsync(id, actor, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);

    /// <summary>Opens an incident and keeps what is known of it. For operators.</summary>
    public async Task<Incident> OpenAsync(IncidentRequest request, Actor actor, CancellationToken cancellationToken)
    {
        const string Action = "incident.open";
        ArgumentNullException.ThrowIfNull(request);
        actor = AsOfNow(actor);
        var asked = request.Problems.IsDefault ? [] : request.Problems.Distinct(StringComparer.Ordinal).ToList();
        var named = Names(request.Namespaces);
        await RequireViewerAsync(actor, Action, cancellationToken).ConfigureAwait(false);
        if (asked.Count > MostProblems)
        {
            throw Invalid("too-many-problems", string.Create(CultureInfo.InvariantCulture, $"An incident is about at most {MostProblems} problems."));
        }

        var problems = asked.Select(Judged).ToImmutableArray();
        var scope = IncidentScopes.Of(problems.Select(judged => judged.Problem));
        var namespaces = named.IsEmpty ? scope.Namespaces : named;
        await RequireOperatorAsync(actor, namespaces, Action, null, cancellationToken).ConfigureAwait(false);

        var now = time.GetUtcNow();
        var from = request.From ?? (problems.IsEmpty ? throw Invalid("invalid-range", "Say when the trouble began, or name a problem that is open.") : problems.Min(judged => judged.Problem.Since));
        Range(from, request.To, now);
        var incident = new Incident
        {
            Id = Guid.CreateVersion7(now).ToString("N"),
            Title = Text(request.Title ?? problems.FirstOrDefault()?.Problem.Title, ShortestTitle, LongestTitle, "invalid-title", "A title", lines: false),
            State = IncidentState.Open,
            From = from,
            To = request.To,
            Cluster = string.IsNullOrWhiteSpace(request.Cluster) ? scope.Cluster : AuditText.Clean(request.Cluster.Trim(), AuditText.Name),
            Namespaces = namespaces,
            Problems = [.. problems.Select(Subject)],
            Steps = [new IncidentStep(IncidentVerb.Opened, IncidentPerson.Of(actor), now, "")],
        };
        var known = await evidence.ReadAsync(incident, IncidentEvidence.None, cancellationToken).ConfigureAwait(false);
        return await store.AddAsync(
            incident,
            known,
            Entry(incident, actor, Action, "request", $"{actor.Name} opened incident \"{incident.Title}\".") with
            {
                Details = new JsonObject
                {
                    ["incident"] = incident.Id,
                    ["from"] = incident.From.ToString("O"),
                    ["to"] = incident.To?.ToString("O"),
                    ["problems"] = new JsonArray([.. incident.Problems.Select(problem => JsonValue.Create(problem.Id))]),
                },
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes a problem that is open now into an open incident. For operators.</summary>
    public Task<Incident> AddProblemAsync(string id, string problemId, Actor actor, CancellationToken cancellationToken) => ReplaceAsync(id, actor, "incident.add-problem", async (file, person, now) =>
    {
        var incident = file.Incident;
        MustBe(incident, IncidentState.Open);
        if (incident.Problems.Any(known => string.Equals(known.Id, problemId, StringComparison.Ordinal)))
        {
            throw new ChangeException(ChangeFault.Conflict, "problem-known", "The incident is about this problem already.");
        }

        if (incident.Problems.Length >= MostProblems)
        {
            throw Invalid("too-many-problems", string.Create(CultureInfo.InvariantCulture, $"An incident is about at most {MostProblems} problems."));
        }

        var added = Subject(Judged(problemId));
        var next = incident with { Problems = incident.Problems.Add(added), Steps = incident.Steps.Add(new IncidentStep(IncidentVerb.ProblemAdded, person, now, added.Title)) };
        return (next, await evidence.ReadAsync(next, file.Evidence, cancellationToken).ConfigureAwait(false), $"{person.Name} added a problem to incident \"{incident.Title}\": {added.Title}", null);
    }, cancellationToken);

    /// <summary>Ends an incident; what is known of it is kept once more before. For operators.</summary>
    /// <param name="to">When the trouble was over; null: now.</param>
    /// <param name="reason">How it ended, 3 to 1000 characters.</param>
    public Task<Incident> CloseAsync(string id, DateTimeOffset? to, string reason, Actor actor, CancellationToken cancellationToken) => ReplaceAsync(id, actor, "incident.close", async (file, person, now) =>
    {
        var incident = file.Incident;
        MustBe(incident, IncidentState.Open);
        var words = Text(reason, 3, LongestReason, "reason-required", "How it ended", lines: true);
        var end = to ?? incident.To ?? now;
        Range(incident.From, end, now);
        var known = await evidence.ReadAsync(incident, file.Evidence, cancellationToken).ConfigureAwait(false);
        var next = incident with { State = IncidentState.Closed, To = end, Steps = incident.Steps.Add(new IncidentStep(IncidentVerb.Closed, person, now, words)) };
        return (next, known, $"{person.Name} closed incident \"{incident.Title}\".", words);
    }, cancellationToken);

    /// <summary>Opens a closed incident again: its end is open too. For operators.</summary>
    /// <param name="reason">Why, 3 to 1000 characters.</param>
    public Task<Incident> ReopenAsync(string id, string reason, Actor actor, CancellationToken cancellationToken) => ReplaceAsync(id, actor, "incident.reopen", async (file, person, now) =>
    {
        var incident = file.Incident;
        MustBe(incident, IncidentState.Closed);
        var words = Text(reason, 3, LongestReason, "reason-required", "Why it is opened again", lines: true);
        var next = incident with { State = IncidentState.Open, To = null, Steps = incident.Steps.Add(new IncidentStep(IncidentVerb.Reopened, person, now, words)) };
        return (next, await evidence.ReadAsync(next, file.Evidence, cancellationToken).ConfigureAwait(false), $"{person.Name} opened incident \"{incident.Title}\" again.", words);
    }, cancellationToken);

    /// <summary>Writes a note, also into an incident that is closed: a post-mortem comes afterwards. For operators.</summary>
    /// <param name="text">1 to 4000 characters of plain text; line breaks stay.</param>
    /// <param name="corrects">Number of a note of one's own that this one takes the place of; null for none. The old one stays.</param>
    public async Task<IncidentNote> NoteAsync(string id, string text, int? corrects, Actor actor, CancellationToken cancellationToken)
    {
        const string Action = "incident.note";
        actor = AsOfNow(actor);
        await RequireViewerAsync(actor, Action, cancellationToken).ConfigureAwait(false);
        var file = await FindAsync(id, cancellationToken).ConfigureAwait(false);
        var incident = file.Incident;
        await RequireOperatorAsync(actor, incident.Namespaces, Action, incident, cancellationToken).ConfigureAwait(false);
        var words = Text(text, 1, LongestNote, "invalid-note", "A note", lines: true);
        if (corrects is { } number)
        {
            var corrected = file.Notes.FirstOrDefault(note => note.Number == number)
                ?? throw new ChangeException(ChangeFault.NotFound, "no-such-note", string.Create(CultureInfo.InvariantCulture, $"The incident has no note {number}."));
            if ((corrected.By.Issuer, corrected.By.Subject) != (actor.Issuer, actor.Subject))
            {
                throw await DeniedAsync(actor, Action, "not-your-note", $"Note {number.ToString(CultureInfo.InvariantCulture)} is {corrected.By.Name}'s, and only they correct it. Write a note of your own.", incident, cancellationToken).ConfigureAwait(false);
            }

            if (file.Notes.Any(note => note.Corrects == number))
            {
                throw new ChangeException(ChangeFault.Conflict, "note-corrected", string.Create(CultureInfo.InvariantCulture, $"Note {number} was corrected already. Correct the correction, or write another note."));
            }
        }

        return await store.AddNoteAsync(
            id,
            new IncidentNote(0, IncidentPerson.Of(actor), time.GetUtcNow(), words, corrects),
            MostNotes,
            note => Entry(incident, actor, Action, "request", string.Create(CultureInfo.InvariantCulture, $"{actor.Name} wrote note {note.Number} on incident \"{incident.Title}\"{(corrects is { } old ? $", correcting note {old}" : "")}.")) with
            {
                Details = new JsonObject { ["incident"] = incident.Id, ["note"] = note.Number, ["corrects"] = corrects, ["text"] = words },
            },
            cancellationToken).ConfigureAwait(false)
            ?? throw new ChangeException(ChangeFault.Conflict, "too-many-notes", string.Create(CultureInfo.InvariantCulture, $"An incident holds at most {MostNotes} notes. Close it and open another one, or keep the rest in the ticket."));
    }

    /// <summary>
    /// What a report is made of. For viewers; that it was exported is a record, and what cannot be recorded is not exported.
    /// An incident that is open is looked at once more first.
    /// </summary>
    /// <param name="format">For the record: <c>markdown</c> or <c>html</c>.</param>
    public async Task<IncidentFile> ExportAsync(string id, string format, Actor actor, CancellationToken cancellationToken)
    {
        actor = AsOfNow(actor);
        await RequireViewerAsync(actor, "incident.export", cancellationToken).ConfigureAwait(false);
        var file = await WithNowAsync(await FindAsync(id, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        await audit.AppendAsync(
            Entry(file.Incident, actor, "incident.export", "export", $"{actor.Name} exported the report of incident \"{file.Incident.Title}\" as {format}.") with
            {
                Details = new JsonObject { ["incident"] = file.Incident.Id, ["format"] = format },
            },
            cancellationToken).ConfigureAwait(false);
        return file;
    }

    /// <summary>Adds to the evidence of every open incident what is known by now, and forgets what was closed too long ago. The console's own doing.</summary>
    /// <returns>Number of incidents that were forgotten.</returns>
    public async Task<int> KeepAsync(TimeSpan retention, CancellationToken cancellationToken)
    {
        foreach (var open in await store.ListAsync(new IncidentFilter(IncidentState.Open, Limit: 500), cancellationToken).ConfigureAwait(false))
        {
            if (await store.FindAsync(open.Id, cancellationToken).ConfigureAwait(false) is { Incident.State: IncidentState.Open } file)
            {
                await store.RefreshAsync(open.Id, file.Incident.Version, await evidence.ReadAsync(file.Incident, file.Evidence, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
            }
        }

        return await store.ForgetAsync(time.GetUtcNow() - retention, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Why somebody may not write into an incident of these namespaces; null when they may. For pages to explain; the calls decide.</summary>
    public static string? WhyNot(Actor actor, ImmutableArray<string> namespaces)
    {
        ArgumentNullException.ThrowIfNull(actor);
        return (namespaces.IsEmpty ? actor.Has(Role.Operator) && actor.Namespaces is null : namespaces.Any(name => actor.HasIn(Role.Operator, name)))
            ? null
            : $"Incidents are written by operators{(namespaces.IsEmpty ? " of all namespaces, since this one concerns all" : $" of {string.Join(", ", namespaces.Take(3))}{(namespaces.Length > 3 ? " …" : "")}")}; {actor.Name} reads them.";
    }

    private async Task<Incident> ReplaceAsync(
        string id,
        Actor actor,
        string action,
        Func<IncidentFile, IncidentPerson, DateTimeOffset, Task<(Incident Next, IncidentEvidence Evidence, string Summary, string? Reason)>> step,
        CancellationToken cancellationToken)
    {
        actor = AsOfNow(actor);
        await RequireViewerAsync(actor, action, cancellationToken).ConfigureAwait(false);
        for (var tries = 1; ; tries++)
        {
            var file = await FindAsync(id, cancellationToken).ConfigureAwait(false);
            await RequireOperatorAsync(actor, file.Incident.Namespaces, action, file.Incident, cancellationToken).ConfigureAwait(false);
            var (next, known, summary, reason) = await step(file, IncidentPerson.Of(actor), time.GetUtcNow()).ConfigureAwait(false);
            try
            {
                return await store.ReplaceAsync(
                    next,
                    known,
                    Entry(next, actor, action, "request", summary) with { Reason = reason, Details = new JsonObject { ["incident"] = id } },
                    cancellationToken).ConfigureAwait(false);
            }
            catch (StoreConflictException) when (tries < MaxTries)
            {
                // Somebody took another step meanwhile: what is asked is judged anew on top of it.
            }
            catch (StoreConflictException conflict)
            {
                throw new ChangeException(ChangeFault.Conflict, "incident-changed", conflict.Message, conflict);
            }
        }
    }

    private async Task<IncidentFile> WithNowAsync(IncidentFile file, CancellationToken cancellationToken) => file.Incident.State == IncidentState.Open
        ? file with { Evidence = await evidence.ReadAsync(file.Incident, file.Evidence, cancellationToken).ConfigureAwait(false) }
        : file;

    private async Task<IncidentFile> FindAsync(string id, CancellationToken cancellationToken) =>
        await store.FindAsync(id, cancellationToken).ConfigureAwait(false)
        ?? throw new ChangeException(ChangeFault.NotFound, "no-such-incident", $"There is no incident {AuditText.Clean(id, 60)}: it was forgotten after its retention, or the address is wrong.");

    private JudgedProblem Judged(string id) => onsets.Now(id)
        ?? throw new ChangeException(ChangeFault.NotFound, "no-such-problem", $"There is no open problem {AuditText.Clean(id, 120)}. Open the incident for its time instead: what was known of a problem that is over is not kept without one.");

    private static IncidentSubject Subject(JudgedProblem judged) => new(judged.Problem.Id, judged.Problem.Title, judged.Problem.Severity, judged.Problem.Since);

    private static void MustBe(Incident incident, IncidentState state)
    {
        if (incident.State != state)
        {
            throw state == IncidentState.Open
                ? new ChangeException(ChangeFault.Conflict, "incident-closed", "The incident is closed. Open it again first.")
                : new ChangeException(ChangeFault.Conflict, "incident-open", "The incident is open.");
        }
    }

    private static void Range(DateTimeOffset from, DateTimeOffset? to, DateTimeOffset now)
    {
        if (from > now + s_slack || to > now + s_slack)
        {
            throw Invalid("invalid-range", "An incident is about what has happened: neither its begin nor its end may lie ahead.");
        }

        if (to < from)
        {
            throw Invalid("invalid-range", "The end lies before the begin.");
        }
    }

    private static ImmutableArray<string> Names(ImmutableArray<string> names) => names.IsDefaultOrEmpty ? [] :
    [
        .. names.Select(name => AuditText.Clean(name.Trim(), 63)).Where(name => name.Length > 0 && !name.Contains('|', StringComparison.Ordinal)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal),
    ];

    private static string Text(string? text, int shortest, int longest, string code, string what, bool lines)
    {
        var given = (text ?? "").ReplaceLineEndings("\n").Trim();
        return given.Length >= shortest && given.Length <= longest
            ? AuditText.Clean(given, longest * 8, lines)
            : throw Invalid(code, string.Create(CultureInfo.InvariantCulture, $"{what} has {shortest} to {longest} characters; this has {given.Length}."));
    }

    private static ChangeException Invalid(string code, string message) => new(ChangeFault.Invalid, code, message);

    private Actor AsOfNow(Actor actor)
    {
        ArgumentNullException.ThrowIfNull(actor);
        return current is null ? actor : current(actor) ?? actor with { Roles = [] };
    }

    private async Task RequireViewerAsync(Actor actor, string action, CancellationToken cancellationToken)
    {
        if (!actor.Has(Role.Viewer))
        {
            throw await DeniedAsync(actor, action, "missing-role", $"{actor.Name} may not do this: it is for viewers. Ask an admin for access.", null, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task RequireOperatorAsync(Actor actor, ImmutableArray<string> namespaces, string action, Incident? incident, CancellationToken cancellationToken)
    {
        if (WhyNot(actor, namespaces) is { } why)
        {
            throw await DeniedAsync(actor, action, "missing-role", why, incident, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<ChangeException> DeniedAsync(Actor actor, string action, string code, string message, Incident? incident, CancellationToken cancellationToken)
    {
        await audit.AppendAsync(
            new AuditEntry { Actor = actor, Action = action, Phase = "denied", Outcome = "denied", Summary = message, Details = incident is null ? null : new JsonObject { ["incident"] = incident.Id } },
            cancellationToken).ConfigureAwait(false);
        return new ChangeException(ChangeFault.Forbidden, code, message);
    }

    private static AuditEntry Entry(Incident incident, Actor actor, string action, string phase, string summary) => new()
    {
        Actor = actor,
        Action = action,
        Phase = phase,
        Outcome = "ok",
        Summary = summary,
        Target = new AuditTarget(incident.Cluster ?? "", "", "Incident", incident.Namespaces is [var only] ? only : "", incident.Id, null),
    };
}
