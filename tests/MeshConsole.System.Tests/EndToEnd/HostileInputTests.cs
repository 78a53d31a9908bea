using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using MeshConsole.System.Tests.Browsing;
using MeshConsole.System.Tests.ByHand;
using MeshConsole.Testing.RealServices;
using Microsoft.Playwright;

namespace MeshConsole.System.Tests.EndToEnd;

/// <summary>
/// Labels of markup, of right-to-left text and of 5,000 characters, calls in circles, to themselves and to nowhere, and durations
/// that are no numbers, from a real Prometheus and a real API server to every page and every export.
/// </summary>
[Collection(Alone.Name)]
public sealed class HostileInputTests(HostileRig rig) : IClassFixture<HostileRig>
{
    private const string Prefix = "real/payments/workload/";

    /// <summary>
    /// What a page must not show: elements made of text, addresses that run, text that steers its neighbours, names as long as
    /// they come, a page that is wider than the window. One line each.
    /// </summary>
    private const string Look = """
        () => {
          const problems = [];
          if (window.hit !== undefined) problems.push('a script of the mesh ran');
          for (const made of document.querySelectorAll('[data-hostile], [onerror], [onload]')) problems.push(`an element was made of text: ${made.outerHTML.slice(0, 120)}`);
          for (const link of document.querySelectorAll('a[href], form[action], iframe[src]')) {
            if (link.matches('a[download][href^="data:text/markdown"]')) continue;
            if (!/^https?:$/.test(new URL(link.getAttribute('href') ?? link.getAttribute('action') ?? link.getAttribute('src'), location.href).protocol)) problems.push(`an address that is none of the web: ${link.outerHTML.slice(0, 120)}`);
          }
          const steers = /[\u202a-\u202e\u200e\u200f\u061c]/;
          const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          for (let node = walker.nextNode(); node; node = walker.nextNode()) {
            const [text, at] = [node.data, node.parentElement];
            if (at.closest('script, style, template, textarea')) continue;
            if (steers.test(text)) problems.push(`text that steers: <${at.tagName.toLowerCase()} class="${at.className}"> ${JSON.stringify(text.slice(0, 80))}`);
            if (/[\u0590-\u08ff]/.test(text.replace(/[\u2066-\u2068][^\u2066-\u2069]*\u2069/g, '')) && !/isolate|plaintext/.test(getComputedStyle(at).unicodeBidi)) problems.push(`not isolated: <${at.tagName.toLowerCase()} class="${at.className}"> ${JSON.stringify(text.slice(0, 80))}`);
            if (/x{300}/.test(text)) problems.push(`a name in full: <${at.tagName.toLowerCase()} class="${at.className}"> ${text.length} characters`);
          }
          for (const titled of document.querySelectorAll('[title], [aria-label], [placeholder], option[label]')) {
            for (const name of ['title', 'aria-label', 'placeholder', 'label']) {
              const text = titled.getAttribute(name);
              if (text && steers.test(text)) problems.push(`${name} that steers: <${titled.tagName.toLowerCase()} class="${titled.className}"> ${JSON.stringify(text.slice(0, 120))}`);
            }
          }
          const page = document.documentElement;
          if (page.scrollWidth > innerWidth) {
            const wide = [...document.querySelectorAll('body *')].filter(element => element.getBoundingClientRect().right > innerWidth + 1).slice(-3);
            problems.push(`the page is ${page.scrollWidth - innerWidth} px wider than the window: ${wide.map(element => `<${element.tagName.toLowerCase()} class="${element.className}"> ${element.textContent.trim().slice(0, 60)}`).join(' | ')}`);
          }
          return [...new Set(problems)];
        }
        """;

    public static TheoryData<string, string> Pages => new()
    {
        { "overview", "" },
        { "topology", "topology?view=workload" },
        { "topology-edges", "topology?view=workload&show=edges" },
        { "topology-nodes", "topology?view=service&show=nodes" },
        { "node-markup", "topology?view=workload&selected=" + Uri.EscapeDataString(Prefix + HostileMesh.Markup) },
        { "node-rtl", "topology?view=workload&selected=" + Uri.EscapeDataString(Prefix + HostileMesh.RightToLeft) },
        { "node-long", "topology?view=workload&selected=" + Uri.EscapeDataString(Prefix + HostileMesh.Long) },
        { "node-payment-api", "topology?view=workload&flow=out&selected=" + Uri.EscapeDataString(Prefix + "payment-api") },
        { "edge-long", "topology?view=workload&selected=" + Uri.EscapeDataString($"{Prefix}payment-api|{Prefix}{HostileMesh.Long}|http") },
        { "edge-codes", "topology?view=workload&selected=" + Uri.EscapeDataString($"{Prefix}payment-api|{Prefix}code-and-flags|http") },
        { "edge-nan", "topology?view=workload&selected=" + Uri.EscapeDataString($"{Prefix}payment-api|{Prefix}not-a-number|http") },
        { "box", "topology?view=workload&selected=" + Uri.EscapeDataString("real/payments/namespace/payments") },
        { "mesh", "topology?view=workload&summary=mesh" },
        { "find", "topology?view=workload&show=nodes&q=" + Uri.EscapeDataString(HostileMesh.Breakout) },
        { "incidents", "incidents" },
        { "incident", "incidents?selected=" + Uri.EscapeDataString("errors:" + Prefix + "narcissus") },
        { "mtls", "mtls" },
        { "mtls-unknown", "mtls?show=unknown" },
        { "mtls-policies", "mtls?show=policies" },
        { "mtls-readiness", "mtls?show=readiness&scope=payments&lookback=2m" },
        { "certificates", "certificates" },
        { "latency", "latency" },
        { "latency-nan", "latency?selected=" + Uri.EscapeDataString($"{Prefix}payment-api|{Prefix}not-a-number|http") },
        { "traffic", "traffic" },
        { "traffic-hostile", "traffic?selected=" + Uri.EscapeDataString("real/payments/VirtualService/hostile/http/0") },
        { "changes", "changes" },
        { "safety", "safety" },
        { "audit", "audit" },
    };

    [SkippableTheory]
    [MemberData(nameof(Pages))]
    public async Task Page_OfAHostileMesh_ShowsItAsText(string name, string path)
    {
        await rig.StartedAsync();
        await using var browser = await Browser.StartAsync();
        foreach (var (width, height) in new[] { (1440, 900), (390, 844) })
        {
            await using var page = await browser.NewPageAsync(rig.Console.Address, width, height);
            var dialogs = new List<string>();
            page.Page.Dialog += (_, dialog) =>
            {
                dialogs.Add(dialog.Message);
                _ = dialog.DismissAsync();
            };
            await page.CheckAsync($"hostile-{name}-{width}", async view =>
            {
                await OpenAsync(view, path);
                await page.ScreenshotAsync($"hostile-{name}-{width}");
                (await view.EvaluateAsync<string[]>(Look)).ShouldBeEmpty($"{name} at {width}");
                dialogs.ShouldBeEmpty();
                page.Errors.ShouldBeEmpty();
            });
        }
    }

    [SkippableFact]
    public async Task Names_ThatAreCut_AreWholeOnHoverAndOnCopying()
    {
        await rig.StartedAsync();
        await using var browser = await Browser.StartAsync();
        await using var page = await browser.NewPageAsync(rig.Console.Address);
        await page.CheckAsync("hostile-whole-names", async view =>
        {
            foreach (var name in new[] { HostileMesh.Long, HostileMesh.RightToLeft, HostileMesh.Markup })
            {
                await OpenAsync(view, "topology?view=workload&show=nodes&selected=" + Uri.EscapeDataString(Prefix + name));
                var title = view.Locator("aside.panel .copyable").First;
                // On hover without what would turn the text around; what is copied is the name itself.
                (await title.Locator(".name").GetAttributeAsync("title")).ShouldBe(name == HostileMesh.RightToLeft ? "\ufffdgnp\u2068\u05d0\u05d1\u2069 50 %" : name);
                (await title.Locator("[data-copy]").GetAttributeAsync("data-copy")).ShouldBe(name);
                var shown = await title.Locator(".name").InnerTextAsync();
                shown.Length.ShouldBeLessThanOrEqualTo(64);
                if (name.Length > 100)
                {
                    shown.ShouldContain("…");
                }
            }
        });
    }

    [SkippableFact]
    public async Task Topology_OfAHostileMesh_HasTheStatedRatesUnderTheRawNames()
    {
        await rig.StartedAsync();

        // A scrape that a busy machine delays bends every rate until the next refresh.
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await StatedRatesAsync();
                return;
            }
            catch (ShouldAssertException) when (attempt < 20)
            {
                await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System);
            }
        }
    }

    private async Task StatedRatesAsync()
    {
        var topology = await TopologyAsync();
        double? Rate(string source, string target, string field = "requestsPerSecond") => Edge(topology, source, target)[field]?.GetValue<double>();

        Near(Rate("payment-api", HostileMesh.Markup), 3);
        Near(Rate("payment-api", HostileMesh.RightToLeft), 1.5);
        Near(Rate("payment-api", HostileMesh.Long), 2);
        Near(Rate("payment-api", HostileMesh.Formula), 1);
        Near(Rate(HostileMesh.Breakout, "payment-api"), 0.5);
        foreach (var (source, target) in new[] { ("loop-a", "loop-b"), ("loop-b", "loop-c"), ("loop-c", "loop-a") })
        {
            Near(Rate(source, target), 4);
            Near(Rate(source, target, "errorRatio"), 1);
        }

        Near(Rate("narcissus", "narcissus"), 6);
        Near(Rate("payment-api", "card-processor-v1"), 9);
        Near(Rate("payment-api", "code-and-flags"), 0.6);

        // Where a part is no number the whole is not known; what does not depend on it is.
        Near(Rate("payment-api", "not-a-number"), 5);
        Near(Rate("payment-api", "endless"), 5);
        foreach (var target in new[] { "not-a-number", "endless" })
        {
            foreach (var side in new[] { "latencyMs", "clientLatencyMs" })
            {
                Edge(topology, "payment-api", target)[side]?["mean"].ShouldBeNull($"{target} {side}");
            }
        }

        Rate("payment-api", "half-known").ShouldBeNull();
        Rate("payment-api", "half-known", "errorRatio").ShouldBeNull();
        Text(Edge(topology, "payment-api", "half-known")["mtls"]!["state"]).ShouldBe("unknown");
        Text(Node(topology, "half-known")["health"]).ShouldBe("unknown");
        Node(topology, "half-known")["requestsPerSecond"].ShouldBeNull();

        // Nodes once each, and no edge without its ends.
        var ids = topology["nodes"]!.AsArray().Select(node => Text(node!["id"])!).ToList();
        ids.ShouldBeUnique();
        foreach (var edge in topology["edges"]!.AsArray())
        {
            ids.ShouldContain(Text(edge!["source"])!);
            ids.ShouldContain(Text(edge["target"])!);
        }
    }

    [SkippableFact]
    public async Task Panels_OfAHostileMesh_AnswerWithoutANumberThatIsNone()
    {
        await rig.StartedAsync();
        var topology = await TopologyAsync();
        var ids = topology["nodes"]!.AsArray().Select(node => Text(node!["id"])!).Concat(topology["edges"]!.AsArray().Select(edge => $"{Text(edge!["source"])}|{Text(edge["target"])}|{Text(edge["protocol"])}"));
        foreach (var id in ids.Append("real/payments/namespace/payments"))
        {
            using var answer = await rig.Console.Http.GetAsync(new Uri("api/v1/topology/panel?view=workload&selected=" + Uri.EscapeDataString(id), UriKind.Relative));
            var body = await answer.Content.ReadAsStringAsync();
            answer.StatusCode.ShouldBe(HttpStatusCode.OK, $"{id[..Math.Min(200, id.Length)]}: {body}");
            body.ShouldNotContain("NaN");
        }

        var panel = await rig.Console.GetJsonAsync("api/v1/topology/panel?view=workload&selected=" + Uri.EscapeDataString($"{Prefix}payment-api|{Prefix}not-a-number|http"));
        var client = panel["traffic"]![0]!["requests"]!["client"]!;
        client["requestsPerSecond"]!.GetValue<double>().ShouldBe(5, 0.2);
        client["latency"]?["meanMs"].ShouldBeNull();
    }

    [SkippableFact]
    public async Task Triage_OfCallsInCircles_EndsAndNamesEachOnce()
    {
        await rig.StartedAsync();
        var triage = await Eventually.BecomesAsync(
            "the failing workloads are problems",
            TimeSpan.FromSeconds(90),
            token => rig.Console.GetJsonAsync("api/v1/triage", token),
            answer => answer["problems"]!.AsArray().Any(problem => Text(problem!["id"])!.EndsWith("/narcissus", StringComparison.Ordinal)));
        var ids = triage["problems"]!.AsArray().Select(problem => Text(problem!["id"])!).ToList();
        ids.ShouldBeUnique();

        // Who calls in a circle is a cause or hit by one of the circle, and who calls itself is no victim of its own.
        var narcissus = triage["problems"]!.AsArray().First(problem => Text(problem!["id"])!.EndsWith("/narcissus", StringComparison.Ordinal))!;
        narcissus["blastRadius"]!["symptoms"]!.AsArray().Select(Text).ShouldNotContain(Prefix + "narcissus");
        var told = triage["problems"]!.AsArray().SelectMany(problem => problem!["blastRadius"]!["symptoms"]!.AsArray().Select(Text).Append(Text(problem["id"])!.Split(':', 2)[1])).ToList();
        foreach (var member in new[] { "loop-a", "loop-b", "loop-c" })
        {
            told.ShouldContain(Prefix + member);
        }
    }

    [SkippableFact]
    public async Task Exports_OfAHostileMesh_ReadBackToTheSameNames()
    {
        await rig.StartedAsync();
        var topology = await TopologyAsync();
        var edges = topology["edges"]!.AsArray().Select(edge => (Source: Text(edge!["source"])!, Target: Text(edge["target"])!)).Order().ToList();
        edges.ShouldContain((Prefix + "payment-api", Prefix + HostileMesh.Long));

        var csv = Csv(await ExportAsync("csv"));
        csv.Select(row => row.Length).Distinct().ShouldHaveSingleItem();
        csv.Skip(1).Select(row => (row[0], row[1])).Order().ShouldBe(edges);
        foreach (var cell in csv.SelectMany(row => row))
        {
            // Even behind white space no cell may be a formula to a spreadsheet.
            cell.TrimStart().ShouldNotMatch("^[=+@\t\r]");
        }

        var dot = DotStatements(await ExportAsync("dot"));
        dot.Where(statement => statement.Contains("->")).Select(statement => (statement[0], statement[2])).Order().ShouldBe(edges);

        var json = JsonNode.Parse(await ExportAsync("json"))!;
        json["edges"]!.AsArray().Select(edge => (Text(edge!["source"])!, Text(edge["target"])!)).Order().ShouldBe(edges);
    }

    [SkippableFact]
    public async Task Picture_OfAHostileMesh_IsOneDocumentOfTextAndShapes()
    {
        await rig.StartedAsync();
        await using var browser = await Browser.StartAsync();
        await using var page = await browser.NewPageAsync(rig.Console.Address);
        await page.CheckAsync("hostile-picture", async view =>
        {
            await OpenAsync(view, "topology?view=workload");
            await view.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Export", Exact = true }).ClickAsync();
            var download = await view.RunAndWaitForDownloadAsync(() => view.GetByText("Picture (SVG)").ClickAsync());
            var text = await File.ReadAllTextAsync(await download.PathAsync());
            await File.WriteAllTextAsync(Path.Combine(RepositoryPaths.Evidence, "hostile-topology.svg"), text);

            var picture = XDocument.Parse(text).Root!;
            picture.DescendantsAndSelf().Select(element => element.Name.LocalName).Distinct().ShouldBeSubsetOf(["svg", "title", "rect", "text", "path", "circle", "g", "line"]);
            picture.DescendantsAndSelf().Attributes().ShouldAllBe(attribute => !attribute.Name.LocalName.StartsWith("on", StringComparison.Ordinal) && attribute.Name.LocalName != "href" && !attribute.Value.Contains("NaN", StringComparison.Ordinal));
            var words = picture.Descendants().Where(element => element.Name.LocalName == "text").Select(element => element.Value).ToList();
            words.ShouldContain(word => word.StartsWith("<img src=x", StringComparison.Ordinal) && word.Contains('…'));
            words.ShouldContain("narcissus");
            words.ShouldContain("\ufffdgnp\u2068\u05d0\u05d1\u2069 50 %");
            words.ShouldAllBe(word => word.Length < 200 && !word.Any(character => character >= '\u202a' && character <= '\u202e'));

            // The call to itself is a line like the others, with the rate of the node that nobody else calls.
            var itself = words[words.IndexOf("narcissus") + 1];
            itself.ShouldEndWith("· 100\u202f% errors");
            words.ShouldContain(itself.Split(" · ")[0], string.Join('\n', words));
        });
    }

    [SkippableFact]
    public async Task Filter_TooLongOrCatastrophic_IsAnsweredAndThePageGoesOn()
    {
        await rig.StartedAsync();
        await using var browser = await Browser.StartAsync();
        await using var page = await browser.NewPageAsync(rig.Console.Address);
        await page.CheckAsync("hostile-filter", async view =>
        {
            await OpenAsync(view, "topology?view=workload&show=nodes");
            var rows = view.Locator("main table tbody tr");
            var all = await rows.CountAsync();
            var find = view.GetByRole(AriaRole.Combobox, new PageGetByRoleOptions { Name = "Find", Exact = true });
            await find.FillAsync(new string('a', 10_000));
            await Assertions.Expect(view.Locator(".find-fault").First).ToContainTextAsync("At most 1\u202f000 characters can be looked for, and these are 10\u202f000. Nothing is filtered.");
            await page.ScreenshotAsync("hostile-filter-long");
            (await view.EvaluateAsync<string[]>(Look)).ShouldBeEmpty();

            // What is in the address stays short enough to be opened again; a link that is longer is answered by the page itself.
            await view.ReloadAsync();
            await Assertions.Expect(rows).ToHaveCountAsync(all);
            await OpenAsync(view, "topology?view=workload&show=nodes&q=" + new string('a', 10_000));
            await Assertions.Expect(view.Locator(".find-fault").First).ToContainTextAsync("An expression has at most 1000 characters, and this one has 10000.");
            await OpenAsync(view, "topology?view=workload&show=nodes&q=" + Uri.EscapeDataString(new string('\u05d0', 1_000)));
            await Assertions.Expect(view.Locator("main")).ToContainTextAsync("Nothing matches");
            page.Errors.ShouldBeEmpty();

            // Against the long name: an engine that goes back would try 2^5000 ways to divide it.
            await OpenAsync(view, "topology?view=workload&show=nodes&q=" + Uri.EscapeDataString("name ~ '^(long-)?(x+x+)+y$'"));
            await Assertions.Expect(view.Locator("main")).ToContainTextAsync("Nothing matches");
            await OpenAsync(view, "topology?view=workload&show=nodes&q=" + Uri.EscapeDataString("name ~ '^long-(x+x+)+$'"));
            await Assertions.Expect(rows).ToHaveCountAsync(1);
            await OpenAsync(view, "topology?view=workload&show=nodes&q=" + Uri.EscapeDataString(@"name ~ '(x+)\1y'"));
            await Assertions.Expect(view.Locator(".find-fault").First).ToContainTextAsync("references back");
            await OpenAsync(view, "topology?view=workload&show=nodes&q=" + Uri.EscapeDataString(new string('(', 900)));
            await Assertions.Expect(view.Locator(".find-fault").First).ToContainTextAsync("nested deeper than 60");

            await OpenAsync(view, "topology?view=workload&show=nodes");
            await Assertions.Expect(rows).ToHaveCountAsync(all);
            page.Errors.ShouldBeEmpty();
        });
    }

    private static async Task OpenAsync(IPage view, string path)
    {
        await view.GotoAsync(path);
        await view.Locator("main h1").First.WaitForAsync();
        await view.Locator("nav.rail a[aria-current='page']").First.WaitForAsync(new LocatorWaitForOptions { State = WaitForSelectorState.Attached });
        if (path.StartsWith("topology", StringComparison.Ordinal) && !path.Contains("show=", StringComparison.Ordinal))
        {
            await view.Locator("[data-laid-out-in][data-revision]").First.WaitForAsync();
        }

        if (path.Contains("selected=", StringComparison.Ordinal) || path.Contains("summary=", StringComparison.Ordinal))
        {
            await view.Locator("aside.panel").First.WaitForAsync();
        }
    }

    private Task<JsonNode> TopologyAsync() => rig.Console.GetJsonAsync("api/v1/topology?view=workload");

    private async Task<string> ExportAsync(string format)
    {
        using var answer = await rig.Console.Http.GetAsync(new Uri($"api/v1/topology/export?view=workload&format={format}", UriKind.Relative));
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        return await answer.Content.ReadAsStringAsync();
    }

    private static JsonNode Edge(JsonNode topology, string source, string target) =>
        topology["edges"]!.AsArray().Single(edge => Text(edge!["source"]) == Prefix + source && Text(edge["target"]) == Prefix + target)!;

    private static JsonNode Node(JsonNode topology, string name) => topology["nodes"]!.AsArray().Single(node => Text(node!["id"]) == Prefix + name)!;

    private static string? Text(JsonNode? node) => node?.GetValue<string>();

    private static void Near(double? actual, double expected) => actual.ShouldNotBeNull().ShouldBe(expected, 1e-6 * Math.Max(1, expected));

    /// <summary>RFC 4180, by hand: what a spreadsheet would read.</summary>
    private static List<string[]> Csv(string text)
    {
        var rows = new List<string[]>();
        var row = new List<string>();
        var cell = new StringBuilder();
        var quoted = false;
        for (var at = 0; at < text.Length; at++)
        {
            if (quoted)
            {
                if (text[at] != '"')
                {
                    cell.Append(text[at]);
                }
                else if (at + 1 < text.Length && text[at + 1] == '"')
                {
                    cell.Append(text[at++]);
                }
                else
                {
                    quoted = false;
                }
            }
            else if (text[at] == '"')
            {
                quoted = true;
            }
            else if (text[at] is ',' or '\n')
            {
                row.Add(cell.ToString());
                cell.Clear();
                if (text[at] == '\n')
                {
                    rows.Add([.. row]);
                    row.Clear();
                }
            }
            else if (text[at] != '\r')
            {
                cell.Append(text[at]);
            }
        }

        quoted.ShouldBeFalse();
        return rows;
    }

    /// <summary>The statements of a DOT file by its grammar of quoted strings: ids and <c>-&gt;</c> up to the attributes.</summary>
    private static List<string[]> DotStatements(string text)
    {
        var statements = new List<string[]>();
        var statement = new List<string>();
        var inAttributes = false;
        for (var at = 0; at < text.Length;)
        {
            if (text[at] == '"')
            {
                var id = new StringBuilder();
                for (at++; text[at] != '"'; at++)
                {
                    // DOT itself knows \" alone; \\ is how labels and this export write a backslash.
                    if (text[at] == '\\' && text[at + 1] is '"' or '\\')
                    {
                        at++;
                    }

                    id.Append(text[at]);
                }

                at++;
                if (!inAttributes)
                {
                    statement.Add(id.ToString());
                }
            }
            else if (text[at] == '-' && text[at + 1] == '>')
            {
                statement.Add("->");
                at += 2;
            }
            else
            {
                inAttributes = text[at] == '[' || (inAttributes && text[at] != ']');
                if (text[at] is ';' or '{' or '}')
                {
                    if (statement.Count > 0)
                    {
                        statements.Add([.. statement]);
                    }

                    statement.Clear();
                }

                at++;
            }
        }

        return statements;
    }
}
