using System.Net;
using System.Text.RegularExpressions;
using MeshConsole.Testing.RealServices;

namespace MeshConsole.System.Tests.EndToEnd;

/// <summary>The switch of the demo banner, at the simulator itself: its address is in the console's first lines.</summary>
internal static partial class DemoScenario
{
    public static async Task SwitchAsync(ConsoleProcess console, string id)
    {
        using var http = new HttpClient { BaseAddress = new Uri(SimulatorAddress().Match(console.Output).Groups[1].Value) };
        using var response = await http.PutAsync(new Uri($"/simulator/scenarios/{id}", UriKind.Relative), null);
        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
    }

    [GeneratedRegex(@"Prometheus API at (http://127\.0\.0\.1:[0-9]+/)", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SimulatorAddress();
}
