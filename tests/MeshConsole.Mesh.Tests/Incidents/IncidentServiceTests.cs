using System.Collections.Immutable;
using MeshConsole.Mesh.Access;
using MeshConsole.Mesh.Audit;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Incidents;
using MeshConsole.Mesh.Storage;
using MeshConsole.Mesh.Triage;
using MeshConsole.Testing;
using MeshConsole.Testing.RealServices;
using MeshConsole.Testing.Storage;

namespace MeshConsole.Mesh.Tests.Incidents;

/// <summary>The service over a real store: rights, records, and what people do at the same time.</summary>
public sealed class IncidentServiceTests : IAsyncLifetime
{
    private static readonly Actor s_operator = StoredChanges.Operator;
    private static readonly Actor s_viewer = s_operator with { Subject = "vera", Name = "Vera Viewer", Roles = [Role.Viewer] };
    private static readonly Actor s_everywhere = s_operator with { Subject = "omar", Name = "Omar Operator", Namespaces = null };

    private readonly ScratchFolder _scratch = ScratchFolder.Create("incidents");
    private readonly FakeTimeProvider _time = new(StoredChanges.At.AddMinutes(4));
    private readonly Looks _triage = new();
    private readonly Seen _seen = new();
    private readonly Database _database;
    private readonly AuditLog _audit;
    private readonly IncidentService _service;

    public IncidentServiceTests()
    {
        _database = new Database(DatabaseSettings.SqliteFile(_scratch.File("incidents.db")), _time);
        _audit = new AuditLog(_database, _time);
        _service = new IncidentService(new IncidentStore(_database, _audit), _audit, _seen, new ProblemOnsets(_triage, new FakeMeshSnapshots(), new FakeMeshViews()), _time);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        _audit.Dispose();
        await _database.DisposeAsync();
        _scratch.Dispose();
    }

    [Fact]
    public async Task Open_OfAProblem_TakesItsTitleBeginAndPlaceAndIsRecorded()
    {
        var opened = await _service.OpenAsync(Asked([StoredIncidents.Problem.Id]), s_operator, default);

        (opened.Title, opened.From, opened.To, opened.Cluster, opened.Namespaces.Single()).ShouldBe((StoredIncidents.Problem.Title, StoredChanges.At, null, "demo", "payments"));
        var file = await _service.FindAsync(opened.Id, s_viewer, default);
        file.Incident.Opened.By.Name.ShouldBe(s_operator.Name);
        file.Evidence.Unknown.ShouldBe(["look 1"]);
        var record = (await Records("incident.open")).ShouldHaveSingleItem();
        (record.Actor.Subject, record.Outcome, record.Target!.Kind, record.Target.Name).ShouldBe((s_operator.Subject, "ok", "Incident", opened.Id));
    }

    [Fact]
    public async Task Open_OfATime_NeedsABeginThatIsOver()
    {
        (await Refused(_service.OpenAsync(Asked([]) with { Title = "Slow cards", Namespaces = ["payments"] }, s_operator, default))).Code.ShouldBe("invalid-range");
        (await Refused(_service.OpenAsync(Asked([]) with { Title = "Slow cards", Namespaces = ["payments"], From = _time.GetUtcNow().AddMinutes(2) }, s_operator, default))).Code.ShouldBe("invalid-range");
        (await Refused(_service.OpenAsync(Asked([]) with { Title = "Slow cards", Namespaces = ["payments"], From = StoredChanges.At, To = StoredChanges.At.AddSeconds(-1) }, s_operator, default))).Code.ShouldBe("invalid-range");
        (await Refused(_service.OpenAsync(Asked(["errors:nothing"]), s_operator, default))).Code.ShouldBe("no-such-problem");
        (await _service.ListAsync(new IncidentFilter(), s_viewer, default)).ShouldBeEmpty();

        var opened = await _service.OpenAsync(Asked([]) with { Title = "Slow cards", Namespaces = ["payments"], From = StoredChanges.At, To = StoredChanges.At.AddMinutes(1) }, s_operator, default);
        (opened.State, opened.To).ShouldBe((IncidentState.Open, StoredChanges.At.AddMinutes(1)));
    }

    [Fact]
    public async Task Writing_WithoutTheRight_IsRefusedAndRecorded()
    {
        var opened = await _service.OpenAsync(Asked([StoredIncidents.Problem.Id]), s_operator, default);
        var elsewhere = s_operator with { Namespaces = ["risk"] };
        foreach (var refused in new Task[]
        {
            _service.OpenAsync(Asked([StoredIncidents.Problem.Id]), s_viewer, default),
            _service.OpenAsync(Asked([StoredIncidents.Problem.Id]), elsewhere, default),
            _service.OpenAsync(Asked([]) with { Title = "Everything", From = StoredChanges.At }, s_operator, default),
            _service.NoteAsync(opened.Id, "x", null, s_viewer, default),
            _service.NoteAsync(opened.Id, "x", null, elsewhere, default),
            _service.CloseAsync(opened.Id, null, "because", s_viewer, default),
            _service.AddProblemAsync(opened.Id, StoredIncidents.Problem.Id, s_viewer, default),
            _service.FindAsync(opened.Id, s_viewer with { Roles = [] }, default),
            _service.ExportAsync(opened.Id, "html", s_viewer with { Roles = [] }, default),
        })
        {
            (await Refused(refused)).Fault.ShouldBe(ChangeFault.Forbidden);
        }

        (await _audit.SearchAsync(new AuditFilter(Outcome: "denied"), default)).Length.ShouldBe(9);
        (await _service.FindAsync(opened.Id, s_viewer, default)).Notes.ShouldBeEmpty();
        (await _service.OpenAsync(Asked([]) with { Title = "Everything", From = StoredChanges.At }, s_everywhere, default)).Namespaces.ShouldBeEmpty();
    }

    [Fact]
    public async Task RightsThatWereTaken_HoldFromThenOn()
    {
        Actor? now = s_operator;
        var service = new IncidentService(new IncidentStore(_database, _audit), _audit, _seen, new ProblemOnsets(_triage, new FakeMeshSnapshots(), new FakeMeshViews()), _time, _ => now);
        var opened = await service.OpenAsync(Asked([StoredIncidents.Problem.Id]), s_operator, default);
        now = s_viewer;
        (await Refused(service.NoteAsync(opened.Id, "x", null, s_operator, default))).Code.ShouldBe("missing-role");
        now = null;
        (await Refused(service.FindAsync(opened.Id, s_operator, default))).Code.ShouldBe("missing-role");
    }

    [Fact]
    public async Task Notes_OfTwoPeopleAtOnceBesideAClosing_AreAllKept()
    {
        var opened = await _service.OpenAsync(Asked([StoredIncidents.Problem.Id]), s_operator, default);
        var notes = Enumerable.Range(0, 10).Select(i => _service.NoteAsync(opened.Id, $"note {i}", null, i % 2 == 0 ? s_operator : s_everywhere, default)).ToList();
        var closing = _service.CloseAsync(opened.Id, null, "Rolled back.", s_everywhere, default);
        await Task.WhenAll([.. notes, closing]);

        var file = await _service.FindAsync(opened.Id, s_viewer, default);
        file.Notes.Select(note => note.Text).Order().ShouldBe(Enumerable.Range(0, 10).Select(i => $"note {i}"));
        file.Notes.Select(note => note.Number).ShouldBe(Enumerable.Range(1, 10));
        file.Incident.State.ShouldBe(IncidentState.Closed);
        (await Records("incident.note")).Count().ShouldBe(10);
    }

    [Fact]
    public async Task Close_ByTwoAtOnce_ClosesOnce()
    {
        var opened = await _service.OpenAsync(Asked([StoredIncidents.Problem.Id]), s_operator, default);
        var closings = new[] { _service.CloseAsync(opened.Id, null, "Rolled back.", s_operator, default), _service.CloseAsync(opened.Id, null, "It went away.", s_everywhere, default) };
        (await Refused(Task.WhenAll(closings))).Code.ShouldBe("incident-closed");
        closings.Count(closing => closing.IsCompletedSuccessfully).ShouldBe(1);
        (await _service.FindAsync(opened.Id, s_viewer, default)).Incident.Steps.Count(step => step.Verb == IncidentVerb.Closed).ShouldBe(1);

        var again = await _service.ReopenAsync(opened.Id, "It came back.", s_operator, default);
        (again.State, again.To, again.ClosedAt).ShouldBe((IncidentState.Open, null, null));
    }

    [Fact]
    public async Task Note_IsCorrectedByItsAuthorOnceAndTheOldOneStays()
    {
        var opened = await _service.OpenAsync(Asked([StoredIncidents.Problem.Id]), s_operator, default);
        await _service.NoteAsync(opened.Id, "It is the ledger.\r\n\0 Or not.", null, s_operator, default);
        (await Refused(_service.NoteAsync(opened.Id, "No.", 1, s_everywhere, default))).Code.ShouldBe("not-your-note");
        (await Refused(_service.NoteAsync(opened.Id, "No.", 7, s_operator, default))).Code.ShouldBe("no-such-note");
        await _service.NoteAsync(opened.Id, "It is the provider.", 1, s_operator, default);
        (await Refused(_service.NoteAsync(opened.Id, "Or not.", 1, s_operator, default))).Code.ShouldBe("note-corrected");

        var notes = (await _service.FindAsync(opened.Id, s_viewer, default)).Notes;
        notes.Select(note => (note.Number, note.Corrects)).ShouldBe([(1, null), (2, 1)]);
        notes[0].Text.ShouldStartWith("It is the ledger.\n");
        notes[0].Text.ShouldNotContain('\0');
        (await Refused(_service.NoteAsync(opened.Id, " ", null, s_operator, default))).Code.ShouldBe("invalid-note");
        (await Refused(_service.NoteAsync(opened.Id, new string('x', 4001), null, s_operator, default))).Code.ShouldBe("invalid-note");
    }

    [Fact]
    public async Task Export_LooksOnceMoreWhileOpen_IsRecordedAndStoresNothing()
    {
        var opened = await _service.OpenAsync(Asked([StoredIncidents.Problem.Id]), s_operator, default);
        (await _service.ExportAsync(opened.Id, "markdown", s_viewer, default)).Evidence.Unknown.ShouldBe(["look 2"]);
        (await _service.LookAsync(opened.Id, s_viewer, default)).Evidence.Unknown.ShouldBe(["look 3"]);
        (await _service.FindAsync(opened.Id, s_viewer, default)).Evidence.Unknown.ShouldBe(["look 1"]);
        (await Records("incident.export")).ShouldHaveSingleItem().Summary.ShouldContain("as markdown");

        await _service.CloseAsync(opened.Id, null, "Rolled back.", s_operator, default);
        (await _service.ExportAsync(opened.Id, "html", s_viewer, default)).Evidence.Unknown.ShouldBe(["look 4"], "what is closed is not looked at again");
    }

    [Fact]
    public async Task Keep_AddsToOpenOnesAndForgetsWhatWasClosedLongAgo()
    {
        var open = await _service.OpenAsync(Asked([StoredIncidents.Problem.Id]), s_operator, default);
        var closed = await _service.OpenAsync(Asked([StoredIncidents.Problem.Id]), s_operator, default);
        await _service.CloseAsync(closed.Id, null, "Twice the same.", s_operator, default);

        (await _service.KeepAsync(TimeSpan.FromDays(1), default)).ShouldBe(0);
        (await _service.FindAsync(open.Id, s_viewer, default)).Evidence.Unknown.ShouldBe(["look 4"]);
        _time.Advance(TimeSpan.FromDays(1) + TimeSpan.FromSeconds(1));
        (await _service.KeepAsync(TimeSpan.FromDays(1), default)).ShouldBe(1);
        (await _service.ListAsync(new IncidentFilter(), s_viewer, default)).Select(incident => incident.Id).ShouldBe([open.Id]);
        (await Refused(_service.FindAsync(closed.Id, s_viewer, default))).Code.ShouldBe("no-such-incident");
    }

    private static IncidentRequest Asked(ImmutableArray<string> problems) => new(null, problems, null, null, null, []);

    private static Task<ChangeException> Refused(Task asked) => Should.ThrowAsync<ChangeException>(() => asked);

    private async Task<IEnumerable<AuditEntry>> Records(string action) => (await _audit.SearchAsync(new AuditFilter(Action: action), default)).Select(record => record.Entry);

    /// <summary>One problem, open all the time.</summary>
    private sealed class Looks : ITriage
    {
        public TriageView Current { get; } = new(StoredChanges.At.AddMinutes(4), StoredChanges.At, [StoredIncidents.Problem], [], []);

        public event Action? Changed
        {
            add { }
            remove { }
        }
    }

    /// <summary>Says how often it was asked.</summary>
    private sealed class Seen : IEvidenceReader
    {
        private int _looks;

        public Task<IncidentEvidence> ReadAsync(Incident incident, IncidentEvidence before, CancellationToken cancellationToken) =>
            Task.FromResult(StoredIncidents.Evidence with { Unknown = [$"look {Interlocked.Increment(ref _looks)}"] });
    }
}
