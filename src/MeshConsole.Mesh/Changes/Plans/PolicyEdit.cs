using System.Collections.Immutable;
using MeshConsole.Mesh.Mtls.Readiness;

namespace MeshConsole.Mesh.Changes.Plans;

/// <summary>
/// One PeerAuthentication, from one mode to another. In the vector of a plan 0 stands for how it was and 1 for how it is
/// planned, so that everything that carries weights carries policies as well.
/// </summary>
/// <param name="Scope">The level that the policy is of.</param>
/// <param name="From">What it says before: <c>STRICT, PERMISSIVE, DISABLE, UNSET</c>, or <see cref="None"/> where there is no such object.</param>
/// <param name="To">What it shall say; <see cref="None"/> where the object is deleted.</param>
/// <param name="Before">Canonical JSON of the spec before; null: there is no such object, and it is created.</param>
/// <param name="After">Canonical JSON of the spec after; null: the object is deleted.</param>
/// <param name="Labels">Of the object before, to make it anew with should its deletion be taken back.</param>
/// <param name="Annotations">Likewise, without the mark that the console's own writes leave.</param>
public sealed record PolicyEdit(
    StrictScope Scope,
    string From,
    string To,
    string? Before,
    string? After,
    ImmutableSortedDictionary<string, string> Labels,
    ImmutableSortedDictionary<string, string> Annotations)
{
    public const string None = "no policy";

    /// <summary>The state of the vector: as it was, as planned, or neither of them.</summary>
    public static ImmutableArray<int> AsItWas { get; } = [0];

    public static ImmutableArray<int> AsPlanned { get; } = [1];

    public static ImmutableArray<int> Neither { get; } = [-1];

    /// <summary>What the API server must let somebody do: both ways before a plan begins, since a change that cannot be taken back is none.</summary>
    public ImmutableArray<string> Verbs(bool goingBack) => (Before, After, goingBack) switch
    {
        (null, _, false) => ["create", "delete"],
        (null, _, true) => ["delete"],
        (_, null, false) => ["delete", "create"],
        (_, null, true) => ["create"],
        _ => ["patch"],
    };

    /// <summary>The policy in one of its states, as it reads in a sentence.</summary>
    public string Word(ImmutableArray<int> state) => state switch
    {
        [0] => From,
        [1] => To,
        _ => "something else",
    };

    public bool Equals(PolicyEdit? other) =>
        other is not null && Scope == other.Scope && From == other.From && To == other.To && Before == other.Before && After == other.After
        && Labels.SequenceEqual(other.Labels) && Annotations.SequenceEqual(other.Annotations);

    public override int GetHashCode() => HashCode.Combine(Scope, From, To, Before, After, Labels.Count, Annotations.Count);
}
