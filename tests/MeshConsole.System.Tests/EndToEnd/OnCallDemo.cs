using MeshConsole.System.Tests.Browsing;
using MeshConsole.Testing.RealServices;

namespace MeshConsole.System.Tests.EndToEnd;

/// <summary>One demo and one browser for all tasks of on-call work. Started by the first task that asks.</summary>
public sealed class OnCallDemo : IAsyncLifetime
{
    private ConsoleProcess? _console;
    private Browser? _browser;

    public async Task<ConsolePage> OpenAsync()
    {
        Requires.Chromium();
        if (_console is null)
        {
            _console = await ConsoleProcess.StartAsync(new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["Demo"] = "true",
                ["Telemetry:RefreshInterval"] = "00:00:05",
                ["Storage:ConnectionString"] = $"Data Source={Path.Combine(Directory.CreateTempSubdirectory("meshconsole-on-call-").FullName, "console.db")}",
            });
            await _console.UntilReadyAsync();
        }

        _browser ??= await Browser.StartAsync();
        return await _browser.NewPageAsync(_console.Address);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        if (_console is not null)
        {
            await _console.DisposeAsync();
        }
    }
}
