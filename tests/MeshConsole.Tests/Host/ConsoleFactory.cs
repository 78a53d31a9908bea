using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;

namespace MeshConsole.Tests.Host;

/// <summary>The console on its embedded mesh, as <c>dotnet run</c> starts it, on a free port of loopback.</summary>
public sealed class ConsoleFactory : WebApplicationFactory<Program>, IAsyncLifetime
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(90);

    public ConsoleFactory()
    {
        UseKestrel(0);
    }

    public HttpClient Http { get; private set; } = null!;

    public Uri Address => Http.BaseAddress!;

    public async Task InitializeAsync()
    {
        Http = CreateClient();
        using var patience = new CancellationTokenSource(s_patience);
        while (!(await Http.GetAsync("/readyz", patience.Token)).IsSuccessStatusCode)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, patience.Token);
        }
    }

    async Task IAsyncLifetime.DisposeAsync() => await DisposeAsync();

    public async Task<JsonElement> GetAsync(string path)
    {
        using var patience = new CancellationTokenSource(s_patience);
        return await Http.GetFromJsonAsync<JsonElement>(path, patience.Token);
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder) => builder.UseSolutionRelativeContentRoot(".");
}
