using System.Collections.Immutable;
using MeshConsole.Components.Pages;
using MeshConsole.Mesh.Timeline;
using MeshConsole.Mesh.Triage;

namespace MeshConsole.Components.Past;

/// <summary>What stands at one place of the slider: changes, and problems that began.</summary>
internal sealed record TimeMark(double Percent, ImmutableArray<TimeMark.Item> Items)
{
    /// <summary>What lies closer together than this, in percent of the slider, is one mark: a finger could not tell it apart.</summary>
    private const double Room = 2.6;

    /// <param name="Css">Its kind for shape and colour: <c>weight</c>, <c>crash</c> … or <c>onset</c>.</param>
    public sealed record Item(DateTimeOffset At, string Css, string Word, string Text, TimelineEntry? Change, TriageProblem? Problem);

    /// <summary>The kind that the mark is drawn as: an onset if there is one, else that of its newest change.</summary>
    public Item Face => Items.FirstOrDefault(item => item.Problem is not null) ?? Items[^1];

    /// <summary>Marks from left to right.</summary>
    public static ImmutableArray<TimeMark> Of(ImmutableArray<TimelineEntry> changes, IEnumerable<TriageProblem> problems, SliderSpan span)
    {
        var items = changes.Select(change => new Item(change.At, change.Kind.ToString().ToLowerInvariant(), Incidents.KindWord(change.Kind), change.Summary, change, null))
            .Concat(problems.Select(problem => new Item(problem.Since, "onset", "problem began", problem.Title, null, problem)))
            .Where(item => span.Holds(item.At))
            .OrderBy(item => item.At);
        var marks = ImmutableArray.CreateBuilder<TimeMark>();
        var group = new List<Item>();
        foreach (var item in items)
        {
            if (group.Count > 0 && span.Percent(item.At) - span.Percent(group[0].At) > Room)
            {
                Close();
            }

            group.Add(item);
        }

        Close();
        return marks.ToImmutable();

        void Close()
        {
            if (group.Count > 0)
            {
                marks.Add(new TimeMark(span.Percent(group[0].At), [.. group]));
                group.Clear();
            }
        }
    }

    /// <summary>The shape of a kind on a grid of 12, told apart without colour.</summary>
    public static string Shape(string css) => css switch
    {
        "deploy" => "M2 2h8v8H2z",
        "scale" => "M1.5 6h3.6v5H1.5zM6.9 1h3.6v10H6.9z",
        "weight" => "M6 1.5 11 10.5H1z",
        "config" => "M6 .8 11.2 6 6 11.2.8 6z",
        "policy" => "M6 .8 10.6 2.4v3.4c0 2.7-1.9 4.5-4.6 5.4C3.3 10.3 1.4 8.5 1.4 5.8V2.4z",
        "certificate" => "M6 1a5 5 0 1 0 0 10A5 5 0 0 0 6 1zM6 4a2 2 0 1 1 0 4 2 2 0 0 1 0-4z",
        "crash" => "M2 3.6 3.6 2 6 4.4 8.4 2 10 3.6 7.6 6 10 8.4 8.4 10 6 7.6 3.6 10 2 8.4 4.4 6z",
        "mark" => "M2 .8h1.5v.9h7L8.6 4.4l1.9 2.7H3.5v4.1H2z",
        _ => "M4 .8h4L11.2 4v4L8 11.2H4L.8 8V4zM5.3 2.9v3.7h1.4V2.9zM5.3 7.7v1.4h1.4V7.7z",
    };
}
