using System.Net;
using System.Text.RegularExpressions;

namespace MeshConsole.Tests.Host;

[Collection(ConsoleCollection.Name)]
public sealed partial class PageTests(ConsoleFactory console)
{
    [Theory]
    [InlineData("/")]
    [InlineData("/topology")]
    [InlineData("/mtls")]
    [InlineData("/certificates")]
    [InlineData("/latency")]
    [InlineData("/traffic")]
    public async Task Page_IsServedWithProtectingHeaders(string path)
    {
        using var response = await console.Http.GetAsync(path);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/html");
        response.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
        response.Headers.GetValues("X-Frame-Options").ShouldBe(["DENY"]);
        response.Headers.GetValues("Content-Security-Policy").ShouldHaveSingleItem().ShouldContain("script-src 'self'");
    }

    [Fact]
    public async Task Page_NamesOnlyAssetsThatExist()
    {
        var html = await console.Http.GetStringAsync(new Uri(console.Address, "/"), CancellationToken.None);

        var assets = AssetAddress().Matches(html).Select(m => m.Groups["address"].Value).Distinct().ToList();
        assets.ShouldContain(a => a.Contains("blazor.web", StringComparison.Ordinal));
        assets.ShouldContain(a => a.Contains("app", StringComparison.Ordinal) && a.EndsWith(".css", StringComparison.Ordinal));
        foreach (var asset in assets)
        {
            using var response = await console.Http.GetAsync(new Uri(console.Address, asset));
            response.StatusCode.ShouldBe(HttpStatusCode.OK, asset);
            (await response.Content.ReadAsByteArrayAsync(CancellationToken.None)).Length.ShouldBeGreaterThan(0, asset);
        }
    }

    [Fact]
    public async Task Stylesheet_HasTheBytesOfTheRepository()
    {
        var html = await console.Http.GetStringAsync(new Uri(console.Address, "/"), CancellationToken.None);
        var address = AssetAddress().Matches(html).Select(m => m.Groups["address"].Value).First(a => AppStylesheet().IsMatch(a));

        var served = await console.Http.GetStringAsync(new Uri(console.Address, address), CancellationToken.None);

        served.ShouldBe(await File.ReadAllTextAsync(Path.Combine(RepositoryRoot(), "wwwroot", "app.css")));
    }

    [Fact]
    public async Task UnknownPage_Is404()
    {
        using var response = await console.Http.GetAsync("/nowhere");

        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("/nowhere", "text/html")]
    [InlineData("/incidents/a/b/c", "text/html")]
    [InlineData("/api/v1/nowhere", "application/problem+json")]
    public async Task UnknownAddress_OfABrowser_IsAPageThatSaysSo_AndOfTheApiAProblem(string path, string type)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Accept.ParseAdd("text/html,application/xhtml+xml,*/*;q=0.8");
        using var response = await console.Http.SendAsync(request);

        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        response.Content.Headers.ContentType!.MediaType.ShouldBe(type);
        response.Headers.GetValues("Content-Security-Policy").ShouldHaveSingleItem();
        if (type == "text/html")
        {
            // Its words come with the circuit, which knows the address.
            (await response.Content.ReadAsStringAsync()).ShouldContain("_framework/blazor");
        }
    }

    private static string RepositoryRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory!.FullName, "MeshConsole.sln")))
        {
            directory = directory.Parent;
        }

        return directory.FullName;
    }

    [GeneratedRegex("(?:src|href)=\"(?<address>[^\"#:]+\\.(?:css|js|svg|mjs))\"", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex AssetAddress();

    [GeneratedRegex(@"(?:^|/)app(?:\.[a-z0-9]+)?\.css\z", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex AppStylesheet();
}
