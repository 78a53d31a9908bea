using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Json;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Testing.RealServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace MeshConsole.Benchmarks;

/// <summary>
/// The console in a process of its own, so that its memory is its own. It is this program started once more with the word
/// <see cref="Command"/>: the same application as the product, with two answers more, which a measurement needs: its memory
/// after a full collection, and when which snapshot was published.
/// </summary>
internal sealed class MeasuredConsole : IAsyncDisposable
{
    public const string Command = "console";

    private const string MemoryPath = "benchmark/memory";
    private const string SnapshotsPath = "benchmark/snapshots";

    private readonly ChildProcess _process;
    private readonly ScratchFolder _scratch;

    private MeasuredConsole(ChildProcess process, ScratchFolder scratch, Uri address)
    {
        _process = process;
        _scratch = scratch;
        Http = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromMinutes(2) };
    }

    public HttpClient Http { get; }

    public Uri Address => Http.BaseAddress!;

    /// <summary>The last lines that it wrote, for a failure's message.</summary>
    public string Output => _process.LastLines(40);

    /// <summary>Starts it on the mesh and waits until every source has answered.</summary>
    /// <param name="refresh">Time between refreshes; null for the product's own.</param>
    public static async Task<MeasuredConsole> StartAsync(MeasuredMesh mesh, CancellationToken cancellationToken, TimeSpan? refresh = null)
    {
        var scratch = ScratchFolder.Create("measured");
        var address = new Uri($"http://127.0.0.1:{LoopbackPorts.Take()}/");
        var self = Environment.ProcessPath!;
        string[] before = Path.GetFileNameWithoutExtension(self) == "dotnet" ? [typeof(MeasuredConsole).Assembly.Location] : [];
        var process = ChildProcess.Start(
            "console",
            self,
            [
                .. before,
                Command,
                "--urls", address.GetLeftPart(UriPartial.Authority),
                "--MeshConsole:Clusters:0:Name", "measured",
                "--MeshConsole:Clusters:0:Kubeconfig", mesh.Kubeconfig,
                "--MeshConsole:Clusters:0:PrometheusUrl", mesh.Mesh.PrometheusUrl.ToString(),
                "--MeshConsole:Auth:Mode", "Demo",
                .. refresh is { } every ? ["--MeshConsole:Telemetry:RefreshInterval", every.ToString("c", CultureInfo.InvariantCulture)] : Array.Empty<string>(),
            ],
            new Dictionary<string, string?>(StringComparer.Ordinal)
            {
                ["ASPNETCORE_ENVIRONMENT"] = "Production",
                ["DOTNET_ENVIRONMENT"] = null,
                ["ASPNETCORE_URLS"] = null,
                ["KUBECONFIG"] = scratch.File("no-default-kubeconfig"),
                // As the product is built.
                ["DOTNET_gcServer"] = "1",
            },
            RepositoryPaths.Root);
        var console = new MeasuredConsole(process, scratch, address);
        try
        {
            await process.WaitUntilAsync(
                async token =>
                {
                    using var response = await console.Http.GetAsync(new Uri("readyz", UriKind.Relative), token);
                    return response.IsSuccessStatusCode;
                },
                TimeSpan.FromMinutes(2),
                cancellationToken);
            return console;
        }
        catch
        {
            await console.DisposeAsync();
            throw;
        }
    }

    /// <summary>What the process is when it was started with <see cref="Command"/>.</summary>
    public static async Task ServeAsync(string[] args, CancellationToken cancellationToken)
    {
        // The pages' assets are listed under the name of the web app, not of this program.
        await using var app = MeshConsoleApplication.Build(["--applicationName", "MeshConsole", .. args], builder => builder.Logging.SetMinimumLevel(LogLevel.Warning));
        var published = new ConcurrentQueue<PublishedSnapshot>();
        app.MapGet(MemoryPath, () => Results.Json(Memory()));
        app.MapGet(SnapshotsPath, () => Results.Json(published));
        await app.StartAsync(cancellationToken);
        var stopping = app.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        try
        {
            await foreach (var snapshot in app.Services.GetRequiredService<IMeshSnapshots>().WatchAsync(stopping))
            {
                published.Enqueue(new PublishedSnapshot(snapshot.Revision, snapshot.ObservedAt));
            }
        }
        catch (OperationCanceledException)
        {
            await app.StopAsync(CancellationToken.None);
        }
    }

    public async Task<MemoryUse> MemoryAsync(CancellationToken cancellationToken) =>
        (await Http.GetFromJsonAsync<MemoryUse>(new Uri(MemoryPath, UriKind.Relative), cancellationToken))!;

    public async Task<IReadOnlyList<PublishedSnapshot>> SnapshotsAsync(CancellationToken cancellationToken) =>
        (await Http.GetFromJsonAsync<PublishedSnapshot[]>(new Uri(SnapshotsPath, UriKind.Relative), cancellationToken))!;

    /// <summary>Until the next snapshot is out, and <paramref name="after"/> more.</summary>
    public async Task NextSnapshotAsync(TimeSpan after, CancellationToken cancellationToken)
    {
        var before = (await SnapshotsAsync(cancellationToken)).Count;
        while ((await SnapshotsAsync(cancellationToken)).Count == before)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, cancellationToken);
        }

        await Task.Delay(after, TimeProvider.System, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _process.TerminateAsync(TimeSpan.FromSeconds(10));
        await _process.DisposeAsync();
        _scratch.Dispose();
    }

    private static MemoryUse Memory()
    {
        for (var i = 0; i < 3; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        // Pages of its own; those of files and libraries are shared with whoever runs them.
        var own = File.ReadLines("/proc/self/status").First(line => line.StartsWith("RssAnon:", StringComparison.Ordinal));
        var kilobytes = own.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1];
        return new MemoryUse(GC.GetTotalMemory(forceFullCollection: false), long.Parse(kilobytes, CultureInfo.InvariantCulture) * 1024);
    }
}

/// <summary>Bytes in use after a full collection.</summary>
/// <param name="Heap">Of the managed heap.</param>
/// <param name="Private">Of the process, pages of files left out.</param>
internal sealed record MemoryUse(long Heap, long Private);

/// <summary>One snapshot of the console.</summary>
internal sealed record PublishedSnapshot(long Revision, DateTimeOffset ObservedAt);
