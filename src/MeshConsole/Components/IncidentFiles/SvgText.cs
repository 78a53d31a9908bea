using System.Globalization;
using Microsoft.AspNetCore.Components;

namespace MeshConsole.Components.IncidentFiles;

/// <summary>Text in a picture. Razor has a <c>text</c> of its own, so that of SVG is written by hand; its words are encoded like all content.</summary>
internal static class SvgText
{
    public static RenderFragment At(string css, double x, double y, string anchor, string words) => builder =>
    {
        builder.OpenElement(0, "text");
        builder.AddAttribute(1, "class", css);
        builder.AddAttribute(2, "x", Number(x));
        builder.AddAttribute(3, "y", Number(y));
        builder.AddAttribute(4, "text-anchor", anchor);
        builder.AddContent(5, words);
        builder.CloseElement();
    };

    public static string Number(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);
}
