using System.Collections.Immutable;
using MeshConsole.Mesh.Kubernetes;

namespace MeshConsole.Mesh.Access;

/// <summary>Who acts, by which credential, from where. Kept with every record of the audit.</summary>
public sealed record Actor
{
    /// <summary>Who vouches for the subject: <c>demo</c>, <c>api-token</c>, or an identity provider.</summary>
    public required string Issuer { get; init; }

    /// <summary>Name of the person at the issuer.</summary>
    public required string Subject { get; init; }

    /// <summary>For people to read.</summary>
    public required string Name { get; init; }

    public ImmutableArray<Role> Roles { get; init; } = [Role.Viewer];

    /// <summary>Namespaces in which the roles beyond viewer hold; null means all.</summary>
    public ImmutableArray<string>? Namespaces { get; init; }

    /// <summary>As whom the API server is asked and written to; null: this actor cannot write.</summary>
    public Impersonation? ClusterIdentity { get; init; }

    /// <summary>How they proved it: <c>persona</c>, <c>api-token</c>, <c>none</c>, <c>console</c>.</summary>
    public required string Method { get; init; }

    /// <summary>Name of the credential, for example of the API token; never the credential.</summary>
    public string? Credential { get; init; }

    /// <summary>Circuit or connection, so that what one sitting did can be found.</summary>
    public string? Session { get; init; }

    public string? Address { get; init; }

    public string? UserAgent { get; init; }

    public PersonId Person => new(Issuer, Subject);

    /// <summary>Somebody without a credential: reads, and nothing else.</summary>
    public static Actor Anonymous { get; } = new() { Issuer = "console", Subject = "anonymous", Name = "anonymous viewer", Method = "none" };

    /// <summary>The console itself, for what no person asked for: reconciliation, expiry, checkpoints. Never writes to a cluster.</summary>
    public static Actor Console { get; } = new() { Issuer = "console", Subject = "meshconsole", Name = "MeshConsole", Method = "console", Roles = [] };

    /// <summary>Whether the role is held; an admin is an operator, an operator and an approver are viewers.</summary>
    public bool Has(Role role) => role switch
    {
        Role.Viewer => !Roles.IsEmpty,
        Role.Operator => Roles.Contains(Role.Operator) || Roles.Contains(Role.Admin),
        _ => Roles.Contains(role),
    };

    /// <summary>Whether the role is held in this namespace.</summary>
    public bool HasIn(Role role, string @namespace) => Has(role) && (Namespaces is not { } limited || limited.Contains(@namespace, StringComparer.Ordinal));
}
