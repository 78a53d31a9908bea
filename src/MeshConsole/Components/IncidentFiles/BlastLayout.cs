using System.Collections.Immutable;
using System.Globalization;
using MeshConsole.Mesh.Incidents;

namespace MeshConsole.Components.IncidentFiles;

/// <summary>
/// Where the boxes of a blast radius stand: the cause at the right, its callers to the left of it by their distance. Pure; 700
/// wide, as high as it needs.
/// </summary>
internal sealed record BlastLayout(ImmutableArray<BlastBox> Boxes, ImmutableArray<BlastArrow> Arrows, double Height)
{
    public const double Width = 700;
    public const double BoxHeight = 46;

    private const int MostColumns = 5;
    private const double Gap = 14;
    private const double WidestBox = 170;

    // Of a label such as 34.2 %.
    private const double LabelWidth = 44;
    private const double LabelHeight = 13;

    /// <summary>Where along its arrow a label may stand, the middle first.</summary>
    private static readonly double[] s_along = [0.5, 0.35, 0.65, 0.25, 0.75, 0.2, 0.8];

    /// <summary>From this share of failures on a call is drawn as failing; the same as the blast radius follows.</summary>
    private const double Felt = 0.01;

    public static BlastLayout Of(BlastGraph graph)
    {
        var ranks = graph.Nodes.Select(node => node.Distance).Distinct().Order().ToList();
        var columns = graph.Nodes
            .GroupBy(node => Math.Min(ranks.IndexOf(node.Distance), MostColumns - 1))
            .OrderByDescending(column => column.Key)
            .Select(column => column.ToList())
            .ToList();
        if (columns.Count == 0)
        {
            return new BlastLayout([], [], 0);
        }

        var rows = columns.Max(column => column.Count);
        var height = (rows * (BoxHeight + Gap)) + Gap;
        var room = Width / columns.Count;
        var width = Math.Min(WidestBox, columns.Count == 1 ? WidestBox : room - 34);
        var boxes = columns.SelectMany((column, c) => column.Select((node, r) => new BlastBox(
            node,
            columns.Count == 1 ? (Width - width) / 2 : c * (Width - width) / (columns.Count - 1),
            (height - (column.Count * (BoxHeight + Gap)) + Gap) / 2 + (r * (BoxHeight + Gap)),
            width))).ToImmutableArray();
        var places = boxes.ToDictionary(box => box.Node.Id, StringComparer.Ordinal);
        var labels = new List<(double X, double Y)>();
        return new BlastLayout(boxes, [.. graph.Edges.Where(edge => places.ContainsKey(edge.Source) && places.ContainsKey(edge.Target)).Select(edge => Arrow(edge, places[edge.Source], places[edge.Target], labels))], height);
    }

    /// <param name="labels">Where labels stand already; this one is added.</param>
    private static BlastArrow Arrow(BlastEdge edge, BlastBox from, BlastBox to, List<(double X, double Y)> labels)
    {
        var (y1, y2) = (from.Y + (BoxHeight / 2), to.Y + (BoxHeight / 2));

        // To the right as a rule; within a column around its right side, and back to the left from side to side.
        var (x1, x2, bend1, bend2) = from.X < to.X ? (from.X + from.Width, to.X, 1, -1)
            : from.X > to.X ? (from.X, to.X + to.Width, -1, 1)
            : (from.X + from.Width, to.X + to.Width, 1, 1);
        var bend = from.X == to.X ? 26 : Math.Max(14, Math.Abs(x2 - x1) / 2);
        var path = string.Create(CultureInfo.InvariantCulture, $"M{x1:0.#} {y1:0.#}C{x1 + (bend * bend1):0.#} {y1:0.#} {x2 + (bend * bend2):0.#} {y2:0.#} {x2:0.#} {y2:0.#}");
        var width = edge.RequestsPerSecond is > 0 and var rate ? Math.Clamp(1 + Math.Log10(1 + rate), 1, 4) : 1;
        var failing = edge.ErrorRatio >= Felt;
        var (labelX, labelY) = s_along.Select(At).Where(at => !labels.Exists(other => Math.Abs(other.X - at.X) < LabelWidth && Math.Abs(other.Y - at.Y) < LabelHeight)).Cast<(double, double)?>().FirstOrDefault() ?? At(s_along[0]);
        if (failing)
        {
            labels.Add((labelX, labelY));
        }

        return new BlastArrow(edge, path, width, failing, labelX, labelY);

        // The point of the curve at a share of its way.
        (double X, double Y) At(double t)
        {
            var (a, b, c, d) = ((1 - t) * (1 - t) * (1 - t), 3 * (1 - t) * (1 - t) * t, 3 * (1 - t) * t * t, t * t * t);
            return ((a * x1) + (b * (x1 + (bend * bend1))) + (c * (x2 + (bend * bend2))) + (d * x2), (a * y1) + (b * y1) + (c * y2) + (d * y2));
        }
    }
}

internal sealed record BlastBox(BlastNode Node, double X, double Y, double Width);

/// <param name="LabelX">A point of the arrow, its middle where no other label stands there.</param>
internal sealed record BlastArrow(BlastEdge Edge, string Path, double Width, bool Failing, double LabelX, double LabelY);
