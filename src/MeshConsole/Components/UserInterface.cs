using MeshConsole.Components.Changes;
using MeshConsole.Mesh.Links;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Radzen;

namespace MeshConsole.Components;

/// <summary>Brings the pages into the web app.</summary>
public static class UserInterface
{
    /// <summary>
    /// Services of the pages. They read <c>IMeshSnapshots</c>, <c>IMeshViews</c>, <c>IDemoScenarios</c> and
    /// <c>TimeProvider</c>, which the host registers.
    /// </summary>
    public static IServiceCollection AddUserInterface(this IServiceCollection services, UserInterfaceOptions? options = null)
    {
        services.TryAddSingleton(options ?? UserInterfaceOptions.Default);
        services.AddRazorComponents().AddInteractiveServerComponents(circuit =>
        {
            // A lost connection may come back within this time and finds its page as it was; the page's state is in its address anyway.
            circuit.DisconnectedCircuitMaxRetained = 100;
            circuit.DisconnectedCircuitRetentionPeriod = TimeSpan.FromMinutes(3);
            circuit.MaxBufferedUnacknowledgedRenderBatches = 4;
        });
        services.TryAddSingleton<IAuditReading, AuditReading>();
        services.TryAddSingleton<OpenChangesFeed>();
        services.TryAddSingleton(LinkSet.None);
        services.AddRadzenComponents();
        services.AddCascadingAuthenticationState();
        return services;
    }

    /// <summary>Static assets and pages.</summary>
    public static WebApplication MapUserInterface(this WebApplication app)
    {
        app.MapStaticAssets();

        // The host sets one policy for every answer, and it is stricter than the one that would be added here.
        app.MapRazorComponents<App>().AddInteractiveServerRenderMode(render => render.ContentSecurityFrameAncestorsPolicy = null);
        return app;
    }
}
