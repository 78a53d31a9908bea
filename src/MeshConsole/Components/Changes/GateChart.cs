using System.Collections.Immutable;
using System.Globalization;
using MeshConsole.Mesh.Changes.Gates;

namespace MeshConsole.Components.Changes;

/// <summary>Where the lines of the gate chart run. Pure; in a box of 600 by 140.</summary>
/// <param name="Canary">One path of SVG, broken where the ratio is not known.</param>
/// <param name="GateY">Height of the gate's line.</param>
/// <param name="Top">Error ratio at the upper edge, 0..1.</param>
internal sealed record GateChart(string Canary, string Stable, double GateY, double Top, DateTimeOffset From, DateTimeOffset To)
{
    public const double Width = 600;
    public const double Height = 140;

    /// <summary>Null without two looks at different times: a point is no line.</summary>
    public static GateChart? Of(ImmutableArray<GateLook> looks, double gate)
    {
        if (looks.Length < 2 || looks[^1].Evidence.To <= looks[0].Evidence.To)
        {
            return null;
        }

        var (from, to) = (looks[0].Evidence.To, looks[^1].Evidence.To);
        var highest = looks.SelectMany(look => new[] { ChangeWords.ErrorRatio(look.Evidence.Canary), ChangeWords.ErrorRatio(look.Evidence.Stable) }).Max() ?? 0;
        var top = Math.Min(1, Math.Max(Math.Max(gate * 1.6, highest * 1.15), 0.001));
        return new GateChart(Path(look => look.Evidence.Canary), Path(look => look.Evidence.Stable), Y(gate), top, from, to);

        double Y(double ratio) => Height - (Math.Clamp(ratio / top, 0, 1) * Height);

        string Path(Func<GateLook, GateCounts?> arm)
        {
            var path = new System.Text.StringBuilder();
            var broken = true;
            foreach (var look in looks)
            {
                if (ChangeWords.ErrorRatio(arm(look)) is not { } ratio)
                {
                    broken = true;
                    continue;
                }

                var x = (look.Evidence.To - from) / (to - from) * Width;
                path.Append(CultureInfo.InvariantCulture, $"{(broken ? "M" : "L")}{x:0.#} {Y(ratio):0.#}");
                if (broken)
                {
                    // A lone point is seen as a dot of the round cap.
                    path.Append("h0");
                }

                broken = false;
            }

            return path.ToString();
        }
    }
}
