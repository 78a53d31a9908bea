using System.Collections.Immutable;
using MeshConsole.Authentication;
using MeshConsole.Changes;
using MeshConsole.Collection;
using MeshConsole.Components;
using MeshConsole.Configuration;
using MeshConsole.Endpoints;
using MeshConsole.Hubs;
using MeshConsole.Mesh.Audit;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Notifications;
using MeshConsole.Monitoring;
using MeshConsole.Notifications;
using MeshConsole.Storage;
using MeshConsole.Triage;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http.Connections;

namespace MeshConsole;

/// <summary>The web application, put together in one place so that a test can build the same thing.</summary>
public static class MeshConsoleApplication
{
    /// <summary>Where it listens when nothing else is said: loopback only, since the demo lets everybody in.</summary>
    public const string DefaultUrl = "http://127.0.0.1:5080";

    /// <summary>Builds it; a faulty configuration is a <see cref="ConfigurationException"/> with every fault.</summary>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateBuilder(args);

        // Without this a build that runs outside Development answers 500 for assets that come from packages.
        builder.WebHost.UseStaticWebAssets();

        // Filters, selection and places are in the address: a thousand letters of any script take nine thousand characters there.
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestLineSize = 64 * 1024);
        configure?.Invoke(builder);

        var addresses = ListeningAddresses(builder.Configuration);
        if (addresses.IsEmpty)
        {
            builder.WebHost.UseUrls(DefaultUrl);
        }

        var options = ReadOptions(builder.Configuration, addresses);
        var (connections, faults) = ClusterConnection.ResolveAll(options, TimeProvider.System);
        if (!faults.IsEmpty)
        {
            throw new ConfigurationException(faults);
        }

        AddServices(builder.Services, options, connections);
        var app = builder.Build();
        Map(app);
        return app;
    }

    private static MeshConsoleOptions ReadOptions(IConfiguration configuration, ImmutableArray<string> addresses)
    {
        var (options, faults) = ConfigurationReader.Read(configuration);

        // Rules over values that did not parse would only repeat the fault in other words.
        var all = faults.IsEmpty ? [.. ConfigurationRules.Check(options), .. ConfigurationRules.CheckAddresses(options, addresses)] : faults;
        return all.IsEmpty ? options : throw new ConfigurationException(all);
    }

    private static void AddServices(IServiceCollection services, MeshConsoleOptions options, ImmutableArray<ClusterConnection> connections)
    {
        services.AddSingleton(options);
        services.AddSingleton(TimeProvider.System);
        services.AddStorage(options, connections);
        services.AddCollection(options, connections);
        services.AddChanges(options);
        services.AddNotifications(options);
        services.AddTriage(options);
        services.AddIncidents(options);
        services.AddSingleton<TopologyMessages>();
        services.AddSingleton<ConnectionCounts>();
        services.AddSingleton<MetricsExporter>();
        services.AddSingleton(provider => new RecordMetrics(
            provider.GetRequiredService<AuditService>(),
            provider.GetRequiredService<INotificationOutbox>(),
            provider.GetRequiredService<SwitchService>(),
            provider.GetService<WebhookSender>(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddScoped<SnapshotRequest>();
        services.AddSingleton<RenderedTopology>();
        services.AddIdentity(options);
        services.AddProblemDetails();
        services.AddOpenApi("v1");
        services.AddResponseCompression();
        services.ConfigureHttpJsonOptions(json => ApiJson.Configure(json.SerializerOptions));
        services.AddSignalR(hub => hub.MaximumReceiveMessageSize = 64 * 1024)
            .AddJsonProtocol(json => ApiJson.Configure(json.PayloadSerializerOptions));
        services.AddUserInterface(new UserInterfaceOptions(options.Telemetry.RefreshInterval, options.RunsDemo || options.Auth.Mode == AuthMode.Demo)
        {
            Policy = options.ToPolicy(),
            ReadinessLookback = options.Mtls.EffectiveLookback(options.RunsDemo),
            Thresholds = options.Certificates.ToThresholds(),
        });
    }

    private static void Map(WebApplication app)
    {
        app.UseExceptionHandler();
        // Who looks for a page with a browser gets the one that says that there is none; everybody else problem details.
        app.UseStatusCodePagesWithReExecute("/not-found", createScopeForStatusCodePages: true);
        app.UseStatusCodePages(TellRefusedAsync);
        app.UseSecurityHeaders();
        app.UseMiddleware<SameOriginMiddleware>();
        app.UseIdentity();
        app.UseResponseCompression();
        app.UseAntiforgery();
        app.MapHealth();
        app.MapApi();
        app.MapTriage();
        app.MapIncidents();
        app.MapChanges();
        app.MapAudit();
        app.MapSwitches();
        app.MapNotifications();
        app.MapPersonas(app.Services.GetRequiredService<MeshConsoleOptions>());
        app.MapOpenApi("/openapi/{documentName}.json");
        app.MapHub<MeshHub>("/hubs/mesh", hub => hub.Transports = HttpTransportType.WebSockets | HttpTransportType.ServerSentEvents);
        app.MapUserInterface();
    }

    private static async Task TellRefusedAsync(StatusCodeContext refused)
    {
        var (request, response) = (refused.HttpContext.Request, refused.HttpContext.Response);
        var isPage = HttpMethods.IsGet(request.Method) && !request.Path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase)
            && request.Headers.Accept.Any(accept => accept?.Contains("text/html", StringComparison.OrdinalIgnoreCase) == true);
        if (isPage && response.StatusCode == StatusCodes.Status404NotFound)
        {
            return;
        }

        var problem = new ProblemDetailsContext { HttpContext = refused.HttpContext, ProblemDetails = { Status = response.StatusCode } };
        if (!await refused.HttpContext.RequestServices.GetRequiredService<IProblemDetailsService>().TryWriteAsync(problem))
        {
            await response.WriteAsync($"{response.StatusCode}", refused.HttpContext.RequestAborted);
        }
    }

    private static ImmutableArray<string> ListeningAddresses(IConfiguration configuration)
    {
        var kestrel = configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(e => e["Url"] ?? "");
        return
        [
            .. Split(configuration["urls"]),
            .. Split(configuration["http_ports"]).Select(port => $"http://*:{port}"),
            .. Split(configuration["https_ports"]).Select(port => $"https://*:{port}"),
            .. kestrel.Where(url => url.Length > 0),
        ];
    }

    private static string[] Split(string? text) => text?.Split([';', ','], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];
}
