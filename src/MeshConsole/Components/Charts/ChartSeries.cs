using MeshConsole.Mesh.Overview;

namespace MeshConsole.Components.Charts;

/// <summary>One line of a chart.</summary>
/// <param name="Name">In the legend: "requests".</param>
/// <param name="Css">Class of its colour and stroke: <c>line-0</c> …</param>
public sealed record ChartSeries(string Name, Trend Trend, string Css);
