using Microsoft.Playwright;

namespace MeshConsole.System.Tests.EndToEnd;

/// <summary>The tasks of docs/on-call-tasks.md from the page at night to the post-mortem, in the order in which they come.</summary>
public sealed class OnCallIncidentTests(OnCallDemo demo) : IClassFixture<OnCallDemo>
{
    [SkippableFact]
    public Task Task29To34_Incident_FromTheFirstProblemToTheReport() => OnCallReader.DoAsync(demo, "task-29", async reader =>
    {
        var (view, keyboard) = (reader.View, reader.Keyboard);
        await reader.BecomeAsync("Omar");
        await keyboard.TabToNamedAsync("Demo");
        await keyboard.TypeAsync("New prov");
        await keyboard.PressAsync("Tab");

        // 29: what is wrong, and its cause.
        await reader.GoAsync("i");
        await reader.ShowsAsync("main h1", "payments/card-processor-v2 is failing", 90);
        await reader.OpenRowAsync(1);
        await keyboard.AtAsync("aside.panel");
        await reader.ShowsAsync("aside.panel", "Users at istio-ingressgateway");

        // 30: the first suspect, and where it stands.
        (await view.Locator("aside.panel h2:has-text('Suspects') + * li").First.InnerTextAsync()).ShouldContain("v2-new-provider");
        await reader.ChooseAsync("Show it where it is");
        await keyboard.AtAsync("aside.panel[aria-label='Node']");
        await reader.ShowsAsync("aside.panel", "card-processor-v2");

        // 31: the mesh at the onset, and back.
        await reader.GoAsync("i");
        await reader.OpenRowAsync(1);
        await keyboard.AtAsync("aside.panel");
        await reader.ChooseAsync("See the mesh at the onset");
        await reader.AddressAsync(address => address.Contains("/topology?", StringComparison.Ordinal) && address.Contains("at=", StringComparison.Ordinal));
        await reader.ShowsAsync(".banner-past", "Back to live", 30);

        // 32: it is kept as an incident.
        await reader.GoAsync("i");
        await reader.ChooseAsync("Back to live");
        await reader.AddressAsync(address => !address.Contains("at=", StringComparison.Ordinal));
        await view.Locator(".banner-past").WaitForAsync(new LocatorWaitForOptions { State = WaitForSelectorState.Hidden });
        await reader.OpenRowAsync(1);
        await keyboard.AtAsync("aside.panel");
        await reader.ChooseAsync("Keep as an incident");
        await reader.AddressAsync(address => address.Contains("/incidents/new?", StringComparison.Ordinal));
        await reader.ChooseAsync("Keep the incident");
        await reader.AddressAsync(address => !address.Contains("/new", StringComparison.Ordinal));
        await reader.ShowsAsync("main h1", "card-processor-v2 is failing");

        // 33: a note.
        await reader.WriteAsync("Note", "The provider answers 503 since the new version.");
        await reader.ChooseAsync("Add note");
        await reader.ShowsAsync(".notes", "The provider answers 503 since the new version.");

        // 34: the report.
        var download = await view.RunAndWaitForDownloadAsync(() => reader.ChooseAsync("Report as Markdown"));
        download.SuggestedFilename.ShouldEndWith(".md");
    });
}
