using MeshConsole.Authentication;
using MeshConsole.Configuration;
using Microsoft.AspNetCore.Mvc;

namespace MeshConsole.Endpoints;

/// <summary>Lets a browser choose who it is in mode Demo. A circuit keeps the person it began with, so the page is loaded anew.</summary>
internal static class PersonaEndpoints
{
    public static void MapPersonas(this IEndpointRouteBuilder endpoints, MeshConsoleOptions options)
    {
        if (!options.RunsDemo && options.Auth.Mode != AuthMode.Demo)
        {
            return;
        }

        // No antiforgery token: a form of another site is refused by its Origin, and the cookie is never sent from there.
        endpoints.MapPost("/persona", ([FromForm] string? persona, [FromForm] string? returnTo, HttpContext context) =>
            {
                if (Personas.Find(persona) is { } chosen)
                {
                    context.Response.Cookies.Append(CredentialHandler.PersonaCookie, chosen.Id, new CookieOptions { HttpOnly = true, SameSite = SameSiteMode.Strict, Secure = context.Request.IsHttps, IsEssential = true });
                }
                else
                {
                    context.Response.Cookies.Delete(CredentialHandler.PersonaCookie);
                }

                return Results.LocalRedirect($"~/{LocalPath(returnTo)}");
            })
            .DisableAntiforgery()
            .ExcludeFromDescription();
    }

    /// <summary>A path below the console; anything that could lead elsewhere becomes the start page.</summary>
    internal static string LocalPath(string? returnTo)
    {
        var path = returnTo ?? "";
        return path.Contains("//", StringComparison.Ordinal) || path.Contains('\\') || path.Any(char.IsControl) || path.Split('?', '#', '/')[0].Contains(':') || path.StartsWith('/')
            ? ""
            : path;
    }
}
