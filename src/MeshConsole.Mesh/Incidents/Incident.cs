using System.Collections.Immutable;
using MeshConsole.Mesh.Access;
using MeshConsole.Mesh.Triage;

namespace MeshConsole.Mesh.Incidents;

public enum IncidentState
{
    Open,
    Closed,
}

/// <summary>
/// Trouble that somebody wrote down: what it is about, from when to when, where, and who did what with it. Kept across restarts.
/// What was seen of the mesh is its <see cref="IncidentEvidence"/>, what people wrote are its notes.
/// </summary>
public sealed record Incident
{
    public required string Id { get; init; }

    /// <summary>Counted up with every step that is stored; replacements name the one they replace.</summary>
    public long Version { get; init; }

    public required string Title { get; init; }

    public required IncidentState State { get; init; }

    /// <summary>When the trouble began: for a problem, its first sight.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>When it was over; null while it goes on.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>Null: all clusters.</summary>
    public string? Cluster { get; init; }

    /// <summary>Sorted and distinct; empty: all namespaces.</summary>
    public ImmutableArray<string> Namespaces { get; init; } = [];

    /// <summary>Problems of the triage that it is about, in the order in which they were added; none for a time that somebody pinned.</summary>
    public ImmutableArray<IncidentSubject> Problems { get; init; } = [];

    /// <summary>Opened, closed, reopened, in order; never empty.</summary>
    public required ImmutableArray<IncidentStep> Steps { get; init; }

    public IncidentStep Opened => Steps[0];

    /// <summary>When it was closed for good; null while it is open.</summary>
    public DateTimeOffset? ClosedAt => State == IncidentState.Closed ? Steps[^1].At : null;
}

/// <summary>A problem as the list of incidents names it; what was known of it is in the evidence.</summary>
/// <param name="Id">As <see cref="TriageProblem.Id"/>.</param>
public sealed record IncidentSubject(string Id, string Title, TriageSeverity Severity, DateTimeOffset Since);

public enum IncidentVerb
{
    Opened,
    ProblemAdded,
    Closed,
    Reopened,
}

/// <param name="Words">The reason for closing or reopening, the title of a problem that was added; empty otherwise.</param>
public sealed record IncidentStep(IncidentVerb Verb, IncidentPerson By, DateTimeOffset At, string Words);

/// <summary>Who it was, by issuer and subject; the name is for people to read.</summary>
public sealed record IncidentPerson(string Issuer, string Subject, string Name)
{
    public static IncidentPerson Of(Actor actor)
    {
        ArgumentNullException.ThrowIfNull(actor);
        return new IncidentPerson(actor.Issuer, actor.Subject, actor.Name);
    }
}

/// <summary>Something that somebody wrote down. A note is never changed: what was wrong is corrected by another one.</summary>
/// <param name="Number">From 1, without gaps within an incident.</param>
/// <param name="Text">Plain text with line breaks; nothing in it is markup.</param>
/// <param name="Corrects">Number of the note that this one takes the place of; null for a note of its own.</param>
public sealed record IncidentNote(int Number, IncidentPerson By, DateTimeOffset At, string Text, int? Corrects);

/// <summary>An incident with all that is kept of it.</summary>
/// <param name="Notes">In the order in which they were written, corrected ones too.</param>
public sealed record IncidentFile(Incident Incident, IncidentEvidence Evidence, ImmutableArray<IncidentNote> Notes);
