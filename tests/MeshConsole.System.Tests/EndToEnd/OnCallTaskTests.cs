using System.Globalization;
using Microsoft.Playwright;

namespace MeshConsole.System.Tests.EndToEnd;

/// <summary>The tasks of docs/on-call-tasks.md on a healthy mesh, each done with the keys it names and nothing else.</summary>
public sealed class OnCallTaskTests(OnCallDemo demo) : IClassFixture<OnCallDemo>
{
    [SkippableFact]
    public Task Task01_Keys_AreListed() => DoAsync("01", async reader =>
    {
        await reader.View.Keyboard.PressAsync("?");
        await reader.Keyboard.AtAsync("#keyboard-help button");
        var letters = await reader.View.Locator("nav.rail a[data-go]").EvaluateAllAsync<string[]>("all => all.map(one => one.dataset.go)");
        letters.Length.ShouldBe(10);
        var listed = await reader.View.Locator("#keyboard-help dt").EvaluateAllAsync<string[]>("all => all.map(one => one.textContent.replace(/\\s/g, ''))");
        foreach (var letter in letters)
        {
            listed.ShouldContain("g" + letter);
        }
    });

    [SkippableFact]
    public Task Task02_Workload_IsFoundInThePalette() => DoAsync("02", async reader =>
    {
        await reader.View.Keyboard.PressAsync("Control+k");
        await reader.Keyboard.AtAsync("#palette-input");
        await reader.Keyboard.TypeAsync("card-processor");
        await reader.ShowsAsync("#palette-0", "card-processor");
        await reader.View.Keyboard.PressAsync("Enter");
        await reader.Keyboard.AtAsync("aside.panel");
        await reader.ShowsAsync("aside.panel", "card-processor");
    });

    [SkippableFact]
    public Task Task03_NodeAndEdge_AreReachedInTheGraph() => DoAsync("03", async reader =>
    {
        await reader.GoToTheGraphAsync();
        await reader.Keyboard.TabToAsync(".graph [role='application']");
        await reader.Keyboard.PressAsync("j");
        await reader.View.Keyboard.PressAsync("Enter");
        await reader.Keyboard.AtAsync("aside.panel[aria-label='Node']");
        await reader.Keyboard.PressAsync("Escape");
        await reader.Keyboard.AtAsync(".graph [role='application']");
        await reader.Keyboard.PressAsync("e");
        await reader.View.Keyboard.PressAsync("Enter");
        await reader.Keyboard.AtAsync("aside.panel[aria-label='Edge']");
    });

    [SkippableFact]
    public Task Task04_WhatFails_IsFoundByExpression() => DoAsync("04", async reader =>
    {
        await reader.GoToTheGraphAsync();
        await reader.Keyboard.TabToNamedAsync("Find");
        await reader.Keyboard.TypeAsync("errors > 5%");
        await reader.AddressAsync(address => Query(address, "q") == "errors > 5%");
        await Assertions.Expect(reader.View.Locator(".find-fault")).ToHaveCountAsync(0);
        await reader.Keyboard.PressAsync("Control+a");
        await reader.Keyboard.PressAsync("Delete");
        await reader.AddressAsync(address => Query(address, "q") is null);
        await reader.Keyboard.AtAsync(".find input[aria-label='Find']");
    });

    [SkippableFact]
    public Task Task05_View_IsChosen() => DoAsync("05", async reader =>
    {
        await reader.GoToTheGraphAsync();
        await reader.ChooseAsync("Namespaces");
        await reader.AddressAsync(address => Query(address, "view") == "namespace");
        await reader.ShowsAsync("main h1", "namespaces");
    });

    [SkippableFact]
    public Task Task06_Percentile_StandsAtTheEdges() => DoAsync("06", async reader =>
    {
        await reader.GoToTheGraphAsync();
        await reader.ChooseAsync("Labels");
        await reader.Keyboard.TabToNamedAsync("p99");
        await reader.Keyboard.PressAsync("Space");
        await reader.AddressAsync(address => Query(address, "label") == "rate,p99");
    });

    [SkippableFact]
    public Task Task07_Neighbourhood_IsLookedAt() => DoAsync("07", async reader =>
    {
        await reader.GoToTheGraphAsync();
        await reader.Keyboard.TabToAsync(".graph [role='application']");
        await reader.Keyboard.PressAsync("j");
        await reader.Keyboard.PressAsync("f");
        await reader.AddressAsync(address => Query(address, "focus") is not null);
        await reader.Keyboard.AtAsync(".graph [role='application']");
    });

    [SkippableFact]
    public Task Task08_IdleEdges_AreHidden() => DoAsync("08", async reader =>
    {
        await reader.GoToTheGraphAsync();
        await reader.ChooseAsync("Hide idle");
        await reader.AddressAsync(address => Query(address, "without") == "idle");
        await reader.View.Locator("a[aria-pressed='true']:focus", new PageLocatorOptions { HasText = "Hide idle" }).WaitForAsync();
    });

    [SkippableFact]
    public Task Task09_Past_IsLookedAt_AndLeft() => DoAsync("09", async reader =>
    {
        await reader.GoToTheGraphAsync();
        await reader.Keyboard.TabToAsync("[role='slider']");
        await reader.Keyboard.PressAsync("PageDown");
        await reader.AddressAsync(address => Query(address, "at") is not null);
        await reader.ShowsAsync(".banner-past", "Back to live", 30);
        await reader.ChooseAsync("Back to live", backwards: true);
        await reader.AddressAsync(address => Query(address, "at") is null);

        // The button is gone with the past; the reader is in the page.
        await reader.Keyboard.AtAsync("main#main");
    });

    [SkippableFact]
    public Task Task10_Edges_AreSortedByErrorsInTheTable() => DoAsync("10", async reader =>
    {
        await reader.GoToTheGraphAsync();
        await reader.ChooseAsync("Edges");
        await reader.AddressAsync(address => Query(address, "show") == "edges");
        await reader.ChooseAsync("Errors");
        await reader.View.Locator("main th[aria-sort='descending']", new PageLocatorOptions { HasText = "Errors" }).WaitForAsync();
        await reader.OpenRowAsync(1);
        await reader.Keyboard.AtAsync("aside.panel[aria-label='Edge']");
    });

    [SkippableFact]
    public Task Task11_Link_IsCopied() => DoAsync("11", async reader =>
    {
        await reader.View.Context.GrantPermissionsAsync(["clipboard-read", "clipboard-write"]);
        await reader.GoToTheGraphAsync();
        await reader.ChooseAsync("Copy link");
        await reader.View.WaitForFunctionAsync("async () => (await navigator.clipboard.readText()).includes('places=')");
        Query(await reader.View.EvaluateAsync<string>("() => navigator.clipboard.readText()"), "at").ShouldNotBeNull();
    });

    [SkippableFact]
    public Task Task12_Picture_IsSaved() => DoAsync("12", async reader =>
    {
        await reader.GoToTheGraphAsync();
        await reader.ChooseAsync("Export");
        var download = await reader.View.RunAndWaitForDownloadAsync(() => reader.ChooseAsync("Picture (SVG)"));
        download.SuggestedFilename.ShouldBe("topology.svg");
    });

    [SkippableFact]
    public Task Task35_WhatGatewaysAreAskedFor_StandsBetween() => DoAsync("35", async reader =>
    {
        await reader.GoToTheGraphAsync();
        await reader.ChooseAsync("Display");
        await reader.Keyboard.TabToNamedAsync("Services that are called");
        await reader.Keyboard.PressAsync("Space");
        await reader.AddressAsync(address => Query(address, "between") == "services");
        await reader.Keyboard.TabToNamedAsync("Operations of gateways");
        await reader.Keyboard.PressAsync("Space");
        await reader.AddressAsync(address => Query(address, "between") == "services,operations");
        await reader.Keyboard.PressAsync("Escape");
        await reader.ChooseAsync("Edges");
        await reader.ShowsAsync("main table", "POST /v1/payments istio-ingress");
        await reader.ShowsAsync("main table", "payment-api payments service");
    });

    [SkippableFact]
    public Task Task13_PlaintextCaller_IsNamedWithItsFix() => DoAsync("13", async reader =>
    {
        await reader.GoAsync("m");
        await reader.ChooseAsync("Plaintext edges");
        await reader.OpenRowAsync(1);
        await reader.Keyboard.AtAsync("aside.panel");
        await reader.ShowsAsync("aside.panel", "What to do");
    });

    [SkippableFact]
    public Task Task14_WhoDecidesTheMode_IsSaid() => DoAsync("14", async reader =>
    {
        await reader.GoAsync("m");
        await reader.ChooseAsync("Policies");
        await reader.AddressAsync(address => Query(address, "show") == "policies");
        await reader.Keyboard.TabToAsync("main .filter input");
        await reader.Keyboard.TypeAsync("token-vault");
        await reader.AddressAsync(address => Query(address, "q") == "token-vault");
        await reader.Keyboard.PressAsync("Tab");
        await reader.OpenRowAsync(1);
        await reader.Keyboard.AtAsync("aside.panel");
        await reader.ShowsAsync("aside.panel", "PeerAuthentication payments/token-vault");
    });

    [SkippableFact]
    public Task Task15_ReadinessForStrict_IsRead() => DoAsync("15", async reader =>
    {
        await reader.GoAsync("m");
        await reader.ChooseAsync("Ready for STRICT?");
        await reader.AddressAsync(address => Query(address, "show") == "readiness");

        // What speaks plaintext in the demo does so at ports that stay as they are under STRICT for the mesh.
        await reader.ShowsAsync("main", "Ready: STRICT for the mesh would have refused nobody", 60);
        await reader.ShowsAsync("main", "Port 8080 of finance/settlement is PERMISSIVE");
    });

    [SkippableFact]
    public Task Task16_Certificate_IsOpened_AndTheRowIsWhereOneGoesOn() => DoAsync("16", async reader =>
    {
        await reader.GoAsync("c");
        await reader.OpenRowAsync(1);
        await reader.Keyboard.AtAsync("aside.panel[aria-label='Certificate']");
        await reader.ShowsAsync("aside.panel", "Valid until");
        await reader.Keyboard.PressAsync("Escape");
        await reader.Keyboard.AtAsync("main [data-row]");
    });

    [SkippableFact]
    public Task Task17_Canary_IsFoundWithItsSplit() => DoAsync("17", async reader =>
    {
        await reader.GoAsync("r");
        await reader.Keyboard.TabToAsync("main .filter input");
        await reader.Keyboard.TypeAsync("card-processor");
        await reader.AddressAsync(address => Query(address, "q") == "card-processor");
        await reader.Keyboard.PressAsync("Tab");
        await reader.OpenRowAsync(2);
        await reader.Keyboard.AtAsync("aside.panel");
        await reader.ShowsAsync("aside.panel", "v2-new-provider");
    });

    [SkippableFact]
    public Task Task18_DarkTheme_IsChosen() => DoAsync("18", async reader =>
    {
        await reader.ChooseAsync("Theme");
        await reader.ChooseAsync("Dark");
        await reader.View.Locator("html[data-theme='dark']").WaitForAsync();
    });

    [SkippableFact]
    public Task Task19_Scope_IsNarrowed() => DoAsync("19", async reader =>
    {
        await reader.ChooseAsync("All namespaces");
        await reader.Keyboard.TabToNamedAsync("payments");
        await reader.Keyboard.PressAsync("Space");
        await reader.AddressAsync(address => Query(address, "namespace") == "payments");
    });

    /// <summary>Six tasks on one change: asked for, approved, started, paused, resumed, taken back.</summary>
    [SkippableFact]
    public Task Task20To25_Change_IsAskedFor_Approved_Started_Paused_Resumed_AndTakenBack() => DoAsync("20", async reader =>
    {
        var (view, keyboard) = (reader.View, reader.Keyboard);
        await reader.BecomeAsync("Omar");
        await reader.GoAsync("r");
        await keyboard.TabToAsync("main .filter input");
        await keyboard.TypeAsync("card-processor");
        await reader.AddressAsync(address => Query(address, "q") == "card-processor");
        await keyboard.PressAsync("Tab");
        await reader.OpenRowAsync(2);
        await keyboard.AtAsync("aside.panel");
        await reader.ChooseAsync("Move weight");
        await keyboard.AtAsync("[aria-label='Move weight']");
        await reader.WriteAsync("Canary ends at", "25");
        await reader.WriteAsync("Soak of each stage", "60s");
        await reader.WriteAsync("Reason", "The new provider is cheaper.");
        await keyboard.PressAsync("Tab");
        await view.Locator("[aria-label='Move weight'] button:enabled", new PageLocatorOptions { HasText = "Request approval" }).WaitForAsync();
        await reader.ChooseAsync("Request approval");
        await reader.AddressAsync(address => address.Contains("/changes/", StringComparison.Ordinal));
        await keyboard.AtAsync("main#main");

        await reader.BecomeAsync("Anna");
        await OpenTheChangeAsync(reader);
        await reader.WriteAsync("Comment", "Numbers look right.");
        await reader.ChooseAsync("Approve");
        await reader.ShowsAsync(".change-head", "Approved by Anna");

        await reader.BecomeAsync("Omar");
        await OpenTheChangeAsync(reader);
        await reader.ChooseAsync("Start");
        await reader.ChooseAsync("Start moving");
        await view.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Pause the plan" }).WaitForAsync();

        await reader.ChooseAsync("Pause the plan");
        await reader.WriteHereAsync("Let us look at p99 first.");
        await reader.ChooseAsync("Pause the plan");
        await reader.ShowsAsync(".change-head", "Paused");

        await reader.ChooseAsync("Resume the plan");
        await view.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Leave it as it is" }).WaitForAsync();
        await reader.ChooseAsync("Resume the plan");
        await reader.ShowsAsync(".change-head", "Running");

        await reader.ChooseAsync("Take it back");
        await reader.WriteHereAsync("It is slower.");
        await reader.ChooseAsync("Take it back");
        await reader.ShowsAsync(".change-head", "olled back", 150);
    });

    [SkippableFact]
    public Task Task26_Emergency_IsStoppedInOneConfirmedAction() => DoAsync("26", async reader =>
    {
        await reader.BecomeAsync("Omar");
        await reader.GoAsync("r");
        await reader.Keyboard.TabToAsync("main .filter input");
        await reader.Keyboard.TypeAsync("merchant-events");
        await reader.AddressAsync(address => Query(address, "q") == "merchant-events");
        await reader.Keyboard.PressAsync("Tab");
        await reader.OpenRowAsync(1);
        await reader.Keyboard.AtAsync("aside.panel");
        await reader.ChooseAsync("Stop: all traffic");
        await reader.WriteAsync("Why it is stopped", "Webhooks are lost.");
        await reader.ChooseAsync("Send everything to notifications now");
        await reader.AddressAsync(address => address.Contains("/changes/", StringComparison.Ordinal));
        await reader.ShowsAsync(".change-head", "The object is at 100/0");
    });

    [SkippableFact]
    public Task Task27_Writes_AreSwitchedOffAndOnAgain() => DoAsync("27", async reader =>
    {
        await reader.BecomeAsync("Ada");
        await reader.GoAsync("s");
        await reader.ChooseAsync("merchants");
        await reader.Keyboard.AtAsync("aside.panel");
        await reader.ChooseAsync("Switch writes off");
        await reader.WriteHereAsync("An incident is open.");
        await reader.ChooseAsync("Switch writes off");
        await reader.View.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Switch writes on in merchants" }).WaitForAsync();
        await reader.ChooseAsync("Switch writes on in merchants");
        await reader.View.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Leave them off" }).WaitForAsync();
        await reader.ChooseAsync("Switch writes on");
        await reader.View.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Switch writes off in merchants" }).WaitForAsync();
    });

    [SkippableFact]
    public Task Task28_Audit_IsSearchedAndExported() => DoAsync("28", async reader =>
    {
        await reader.BecomeAsync("Ada");
        await reader.GoAsync("a");
        await reader.WriteAsync("Who (name", "MeshConsole");
        await reader.ShowsAsync("main tbody", "audit.key");
        var download = await reader.View.RunAndWaitForDownloadAsync(() => reader.ChooseAsync("Export as CSV", backwards: true));
        download.SuggestedFilename.ShouldEndWith(".csv");
    });

    private static async Task OpenTheChangeAsync(OnCallReader reader)
    {
        await reader.GoAsync("h");
        await reader.OpenRowAsync(1);
        await reader.AddressAsync(address => address.Contains("/changes/", StringComparison.Ordinal));
        await reader.Keyboard.AtAsync("main#main");
    }

    private static string? Query(string address, string name) => global::System.Web.HttpUtility.ParseQueryString(new Uri(address).Query)[name];

    private Task DoAsync(string name, Func<OnCallReader, Task> task) => OnCallReader.DoAsync(demo, string.Create(CultureInfo.InvariantCulture, $"task-{name}"), task);
}
