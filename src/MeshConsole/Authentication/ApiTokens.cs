using System.Collections.Immutable;
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

    private readonly ImmutableArray<(byte[] Hash, Actor Actor)> _known;
    private readonly bool _personas;

    public ApiTokens(MeshConsoleOptions options)
    {
        _known = [.. options.Auth.ApiTokens.Select(token => (Convert.FromHexString(token.Sha256), ToActor(token)))];

        // Outside the embedded mesh such a token would be a password that everybody knows.
        _personas = options.RunsDemo;
    }

    /// <summary>Whom the token stands for; null when nobody.</summary>
    public Actor? Find(string token)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(token));
        Actor? found = null;
        foreach (var (known, actor) in _known)
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
            Method = "api-token",
            Credential = token.Name,
            ClusterIdentity = new Impersonation(string.IsNullOrWhiteSpace(token.ClusterUser) ? subject : token.ClusterUser, [.. token.ClusterGroups]),
        };
    }
}
