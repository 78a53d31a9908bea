using System.Text.Encodings.Web;
using MeshConsole.Configuration;
using MeshConsole.Mesh.Access;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace MeshConsole.Authentication;

/// <summary>
/// Finds out who asks: by bearer token, else in mode Demo by the persona that the browser chose. Whoever shows nothing reads
/// as viewer in mode Demo; whoever shows a token that is not known is refused, and not taken for somebody without one.
/// </summary>
internal sealed class CredentialHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> scheme,
    ILoggerFactory loggers,
    UrlEncoder encoder,
    ApiTokens tokens,
    MeshConsoleOptions options) : AuthenticationHandler<AuthenticationSchemeOptions>(scheme, loggers, encoder)
{
    public const string PersonaCookie = "meshconsole-persona";

    private const string Bearer = "Bearer ";
    private const int LongestUserAgent = 200;

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var header = Request.Headers.Authorization.ToString();
        if (header.Length > 0)
        {
            return Task.FromResult(header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) && tokens.Find(header[Bearer.Length..].Trim()) is { } known
                ? Succeed(known)
                : AuthenticateResult.Fail("The token is not known."));
        }

        var demo = options.RunsDemo || options.Auth.Mode == AuthMode.Demo;
        return Task.FromResult(demo && Personas.Find(Request.Cookies[PersonaCookie]) is { } persona ? Succeed(persona.ToActor()) : AuthenticateResult.NoResult());
    }

    private AuthenticateResult Succeed(Actor actor)
    {
        var agent = Request.Headers.UserAgent.ToString();
        var seen = actor with
        {
            Address = Context.Connection.RemoteIpAddress?.ToString(),
            UserAgent = agent.Length == 0 ? null : agent[..Math.Min(agent.Length, LongestUserAgent)],
            Session = Context.Connection.Id,
        };
        return AuthenticateResult.Success(new AuthenticationTicket(ActorClaims.ToPrincipal(seen), Scheme.Name));
    }
}
