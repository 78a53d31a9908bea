using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace MeshConsole.Simulator.Hosting;

/// <summary>An HTTP server on 127.0.0.1 that reads no configuration of the process it lives in.</summary>
internal sealed class LoopbackServer : IAsyncDisposable
{
    private readonly WebApplication _application;

    private LoopbackServer(WebApplication application, Uri address) => (_application, Address) = (application, address);

    public Uri Address { get; }

    public static async Task<LoopbackServer> StartAsync(int port, ILoggerFactory loggers, Action<WebApplication> map, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(loggers);
        builder.Services.AddRoutingCore();
        // Watches of clients never end by themselves: at the end they are cut, not waited for.
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(1));
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, port);
            kestrel.AddServerHeader = false;
        });
        var application = builder.Build();
        application.UseRouting();
        map(application);
        await application.StartAsync(cancellationToken).ConfigureAwait(false);
        var addresses = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>();
        return new LoopbackServer(application, new Uri(addresses!.Addresses.First()));
    }

    public async ValueTask DisposeAsync() => await _application.DisposeAsync().ConfigureAwait(false);
}
