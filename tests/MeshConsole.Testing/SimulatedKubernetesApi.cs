using System.Net;
using System.Net.Http.Headers;
using MeshConsole.Simulator.Kubernetes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace MeshConsole.Testing;

/// <summary>
/// The simulated Kubernetes API on a real Kestrel at a free port of loopback, with one token per role. Writes through
/// <see cref="Store"/> are seen by clients at once.
/// </summary>
public sealed class SimulatedKubernetesApi : IAsyncDisposable
{
    public const string AdminToken = "admin-token";
    public const string EditToken = "edit-token";
    public const string ViewToken = "view-token";

    private readonly WebApplication _app;

    private SimulatedKubernetesApi(WebApplication app, ObjectStore store, KubernetesApiOptions options)
    {
        (_app, Store, Options) = (app, store, options);
        Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
    }

    public Uri Address { get; }

    public ObjectStore Store { get; }

    public KubernetesApiOptions Options { get; }

    public KubernetesFaults Faults => Options.Faults;

    public RequestCounters Counters => Options.Counters;

    /// <param name="time">The server's clock; null for the real one.</param>
    public static async Task<SimulatedKubernetesApi> StartAsync(TimeProvider? time = null, KubernetesApiOptions? options = null, int historyLimit = 4096)
    {
        time ??= TimeProvider.System;
        options ??= new KubernetesApiOptions();
        options.Tokens[AdminToken] = TokenIdentity.Of("admin", BuiltInRoles.ClusterAdmin);
        options.Tokens[EditToken] = TokenIdentity.Of("editor", BuiltInRoles.Edit);
        options.Tokens[ViewToken] = TokenIdentity.Of("viewer", BuiltInRoles.View);
        var store = new ObjectStore(time, historyLimit);

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.AddServerHeader = false;
        });
        var app = builder.Build();
        KubernetesApi.Map(app, store, options, time);
        await app.StartAsync();
        return new SimulatedKubernetesApi(app, store, options);
    }

    /// <summary>A client with a token; null for none.</summary>
    public HttpClient Client(string? token = AdminToken)
    {
        var client = new HttpClient { BaseAddress = Address, Timeout = TimeSpan.FromSeconds(30) };
        if (token is not null) client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        // Running watches would hold the orderly stop up.
        Faults.RefuseConnections();
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }
}
