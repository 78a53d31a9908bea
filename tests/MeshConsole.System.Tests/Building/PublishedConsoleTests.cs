using System.Net;
using System.Text.RegularExpressions;
using MeshConsole.Testing.RealServices;

namespace MeshConsole.System.Tests.Building;

/// <summary>
/// The console as it is deployed: published to a folder of its own, started there, far from the repository. Everything that a
/// page names must be there, under the names with fingerprints that the page uses.
/// </summary>
[Collection(Alone.Name)]
public sealed partial class PublishedConsoleTests
{
    [Fact]
    public async Task Console_PublishedAndStartedElsewhere_ServesEveryAssetOfItsPageAndTheDemo()
    {
        using var scratch = ScratchFolder.Create("published");
        var folder = scratch.Folder("app");
        var (exitCode, output) = await DotnetCommand.RunAsync(
            ["publish", DotnetCommand.Project, "--no-build", "--nologo", "-v", "quiet", "-nodeReuse:false", "-c", DotnetCommand.Configuration, "-o", folder]);
        exitCode.ShouldBe(0, output);

        await using var console = await ConsoleProcess.StartAsync(new Dictionary<string, string>(StringComparer.Ordinal) { ["Demo"] = "true" }, published: folder);
        using var index = await console.Http.GetAsync(new Uri("", UriKind.Relative));
        index.StatusCode.ShouldBe(HttpStatusCode.OK);
        index.Content.Headers.ContentType?.MediaType.ShouldBe("text/html");
        var page = await index.Content.ReadAsStringAsync();
        var assets = AssetReference().Matches(page).Select(match => WebUtility.HtmlDecode(match.Groups[1].Value)).Where(name => name.Contains('.', StringComparison.Ordinal)).Distinct(StringComparer.Ordinal).ToList();

        // The page names its assets with fingerprints, and modules that come later are in its import map or beside it.
        assets.ShouldContain(name => Regex.IsMatch(name, @"^app\.[a-z0-9]{10}\.css$", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1)));
        assets.ShouldContain(name => Regex.IsMatch(name, @"^client/theme\.[a-z0-9]{10}\.js$", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1)));
        assets.ShouldContain(name => Regex.IsMatch(name, @"^client/console\.[a-z0-9]{10}\.js$", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1)));
        assets.ShouldContain(name => Regex.IsMatch(name, @"^_framework/blazor\.web\.([a-z0-9]{10}\.)?js$", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1)));
        assets.Count(name => name.StartsWith("_content/Radzen.Blazor/css/", StringComparison.Ordinal)).ShouldBe(4);
        assets.ShouldContain(name => name.StartsWith("_content/Radzen.Blazor/Radzen.Blazor.", StringComparison.Ordinal) && name.EndsWith(".js", StringComparison.Ordinal));
        foreach (var asset in assets.Concat(["_framework/blazor.web.js", "client/topology.js", "client/elk-worker.js", "client/lines-worker.js", "_content/Radzen.Blazor/Radzen.Blazor.min.js"]))
        {
            using var answer = await console.Http.GetAsync(new Uri(asset, UriKind.Relative));
            answer.StatusCode.ShouldBe(HttpStatusCode.OK, asset);
            answer.Content.Headers.ContentType?.MediaType.ShouldBe(MediaTypeOf(asset), asset);
            var text = await answer.Content.ReadAsStringAsync();
            text.Length.ShouldBeGreaterThan(100, asset);
            text.TrimStart().StartsWith("<!DOCTYPE", StringComparison.OrdinalIgnoreCase).ShouldBeFalse(asset);
        }

        await console.UntilReadyAsync();
        var topology = await console.GetJsonAsync("api/v1/topology?view=service");
        topology["nodes"]!.AsArray().Count.ShouldBeGreaterThanOrEqualTo(23);
        topology["edges"]!.AsArray().Count(edge => edge!["requestsPerSecond"] is not null).ShouldBeGreaterThanOrEqualTo(20);
        console.Output.ShouldNotContain("Unhandled exception");
    }

    private static string MediaTypeOf(string asset) => Path.GetExtension(asset) switch
    {
        ".css" => "text/css",
        ".js" => "text/javascript",
        ".svg" => "image/svg+xml",
        var other => throw new NotSupportedException($"The page names {asset}: no test knows what a {other} is served as."),
    };

    [GeneratedRegex("""<(?:link|script)\b[^>]*?\b(?:href|src)="([^"]+)""", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex AssetReference();
}
