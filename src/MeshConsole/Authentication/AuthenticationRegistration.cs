using MeshConsole.Configuration;
using MeshConsole.Endpoints;
using MeshConsole.Mesh.Access;
using Microsoft.AspNetCore.Authentication;

namespace MeshConsole.Authentication;

/// <summary>Brings identity into the web app.</summary>
internal static class AuthenticationRegistration
{
    public static IServiceCollection AddIdentity(this IServiceCollection services, MeshConsoleOptions options)
    {
        services.AddSingleton(new ApiTokens(options));
        services.AddHostedService<TokenReload>();
        services.AddAuthentication(ActorClaims.Scheme).AddScheme<AuthenticationSchemeOptions, CredentialHandler>(ActorClaims.Scheme, null);
        return services;
    }

    /// <summary>Authenticates, and refuses credentials that are not known.</summary>
    public static IApplicationBuilder UseIdentity(this IApplicationBuilder app) => app.UseAuthentication().Use(static async (context, next) =>
    {
        if (context.Request.Headers.Authorization.Count > 0 && context.User.Identity?.IsAuthenticated != true)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
            await ApiProblem.UnknownToken().ExecuteAsync(context);
            return;
        }

        await next(context);
    });

    /// <summary>Who makes this request.</summary>
    public static Actor Actor(this HttpContext context) => ActorClaims.ToActor(context.User);
}
