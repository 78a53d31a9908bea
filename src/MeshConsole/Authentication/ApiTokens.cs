using System.Security.Cryptography;
using System.Text;
using MeshConsole.Configuration;
using MeshConsole.Mesh.Access;
using MeshConsole.Mesh.Kubernetes;

namespace MeshConsole.Authentication;

/// <summary>
/// Tokens of programs and people, known by their hash only. A token is random and long, so one round of SHA-256 is enough:
/// there is nothing to guess.
/// </summary>
internal sealed class ApiTokens
{
    public const string Issuer = "api-token";

    private const string Method = "api-token";

    private readonly bool _personas;
    private readonly bool _demo;
    private (byte[] Hash, Actor Actor)[] _known = [];

    public ApiTokens(MeshConsoleOptions options)
    {
        Replace(options.Auth.ApiTokens);

        // Outside the embedded mesh such a token would be a password that everybody knows.
        _personas = options.RunsDemo;
        _demo = options.RunsDemo || options.Auth.Mode == AuthMode.Demo;
    }

    /// <summary>From now on these tokens are known, and no others.</summary>
    public void Replace(IEnumerable<ApiTokenOptions> tokens) =>
        Volatile.Write(ref _known, [.. tokens.Select(token => (Convert.FromHexString(token.Sha256), ToActor(token)))]);

    /// <summary>
    /// The actor with what their credential gives them now; null when it gives nothing any more. It must be the very token they
    /// came with: one that was taken away because it was stolen is not made good by another of the same person.
    /// </summary>
    public Actor? Current(Actor actor) => actor.Method switch
    {
        "console" or "none" => actor,
        Method => Volatile.Read(ref _known).Select(known => known.Actor).FirstOrDefault(known => known.Person == actor.Person && string.Equals(known.Credential, actor.Credential, StringComparison.Ordinal)) is { } token
            ? WithRightsOf(actor, token)
            : null,
        Personas.Method => (actor.Credential is null ? _demo : _personas) && Personas.Find(actor.Subject) is { } persona ? WithRightsOf(actor, persona.ToActor()) : null,

        // Nobody here can say what such a credential is worth now.
        _ => null,
    };

    /// <summary>Whom the token stands for; null when nobody.</summary>
    public Actor? Find(string token)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(token));
        Actor? found = null;
        foreach (var (known, actor) in Volatile.Read(ref _known))
        {
            // Every hash is looked at: how long it takes says nothing about which one it was.
            found = CryptographicOperations.FixedTimeEquals(hash, known) ? actor : found;
        }

        if (found is null && _personas && token.StartsWith(Personas.TokenPrefix, StringComparison.Ordinal) && Personas.Find(token[Personas.TokenPrefix.Length..]) is { } persona)
        {
            found = persona.ToActor() with { Credential = "demo token" };
        }

        return found;
    }

    private static Actor WithRightsOf(Actor actor, Actor known) => actor with { Roles = known.Roles, Namespaces = known.Namespaces, ClusterIdentity = known.ClusterIdentity };

    private static Actor ToActor(ApiTokenOptions token)
    {
        // Two tokens with one subject are one person: their approvals count once.
        var subject = string.IsNullOrWhiteSpace(token.Subject) ? token.Name : token.Subject;
        return new Actor
        {
            Issuer = Issuer,
            Subject = subject,
            Name = subject,
            Roles = [.. token.Roles.Select(role => Enum.Parse<Role>(role, ignoreCase: true))],
            Namespaces = token.Namespaces is { } namespaces ? [.. namespaces] : null,
            Method = Method,
            Credential = token.Name,
            ClusterIdentity = new Impersonation(string.IsNullOrWhiteSpace(token.ClusterUser) ? subject : token.ClusterUser, [.. token.ClusterGroups]),
        };
    }
}
