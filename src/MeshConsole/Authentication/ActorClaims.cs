using System.Collections.Immutable;
using System.Security.Claims;
using MeshConsole.Mesh.Access;
using MeshConsole.Mesh.Kubernetes;

namespace MeshConsole.Authentication;

/// <summary>An actor as the claims of a principal, so that a request and the circuit that grows out of it carry the same.</summary>
internal static class ActorClaims
{
    public const string Scheme = "meshconsole";

    private const string Issuer = "mc:issuer";
    private const string Subject = "mc:subject";
    private const string Role = "mc:role";
    private const string Namespace = "mc:namespace";
    private const string LimitedToNamespaces = "mc:limited";
    private const string Method = "mc:method";
    private const string Credential = "mc:credential";
    private const string ClusterUser = "mc:cluster-user";
    private const string ClusterGroup = "mc:cluster-group";
    private const string Address = "mc:address";
    private const string UserAgent = "mc:user-agent";
    private const string Session = "mc:session";

    public static ClaimsPrincipal ToPrincipal(Actor actor)
    {
        ArgumentNullException.ThrowIfNull(actor);
        List<Claim> claims = [new(ClaimTypes.Name, actor.Name), new(Issuer, actor.Issuer), new(Subject, actor.Subject), new(Method, actor.Method)];
        claims.AddRange(actor.Roles.Select(role => new Claim(Role, role.ToString())));
        if (actor.Namespaces is { } namespaces)
        {
            // A list of none is a limit too, and must not read as "all".
            claims.Add(new Claim(LimitedToNamespaces, "true"));
            claims.AddRange(namespaces.Select(name => new Claim(Namespace, name)));
        }

        if (actor.ClusterIdentity is { } identity)
        {
            claims.Add(new Claim(ClusterUser, identity.User));
            claims.AddRange(identity.Groups.Select(group => new Claim(ClusterGroup, group)));
        }

        foreach (var (type, value) in new[] { (Credential, actor.Credential), (Address, actor.Address), (UserAgent, actor.UserAgent), (Session, actor.Session) })
        {
            if (value is not null)
            {
                claims.Add(new Claim(type, value));
            }
        }

        return new ClaimsPrincipal(new ClaimsIdentity(claims, Scheme));
    }

    /// <summary>Who that is; the anonymous viewer when nobody was authenticated.</summary>
    public static Actor ToActor(ClaimsPrincipal? principal)
    {
        if (principal?.Identity is not { IsAuthenticated: true } || principal.FindFirstValue(Subject) is not { } subject)
        {
            return Actor.Anonymous;
        }

        return new Actor
        {
            Issuer = principal.FindFirstValue(Issuer) ?? "",
            Subject = subject,
            Name = principal.FindFirstValue(ClaimTypes.Name) ?? subject,
            Roles = [.. principal.FindAll(Role).Select(claim => Enum.Parse<Mesh.Access.Role>(claim.Value))],
            Namespaces = principal.HasClaim(claim => claim.Type == LimitedToNamespaces) ? All(principal, Namespace) : null,
            Method = principal.FindFirstValue(Method) ?? "",
            Credential = principal.FindFirstValue(Credential),
            ClusterIdentity = principal.FindFirstValue(ClusterUser) is { } user ? new Impersonation(user, All(principal, ClusterGroup)) : null,
            Address = principal.FindFirstValue(Address),
            UserAgent = principal.FindFirstValue(UserAgent),
            Session = principal.FindFirstValue(Session),
        };
    }

    private static ImmutableArray<string> All(ClaimsPrincipal principal, string type) => [.. principal.FindAll(type).Select(claim => claim.Value)];
}
