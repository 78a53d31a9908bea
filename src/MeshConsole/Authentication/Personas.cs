using System.Collections.Immutable;
using MeshConsole.Mesh.Access;
using MeshConsole.Mesh.Kubernetes;

namespace MeshConsole.Authentication;

/// <summary>
/// The people of the demo: whoever reaches a loopback address may be any of them. They are what makes four eyes visible on
/// one machine, and no protection.
/// </summary>
internal static class Personas
{
    public const string Issuer = "demo";

    /// <summary>How a persona was proved: by choosing it.</summary>
    public const string Method = "persona";

    /// <summary>What a bearer token of a persona starts with, on the embedded mesh only.</summary>
    public const string TokenPrefix = "demo-";

    public static ImmutableArray<Persona> All { get; } =
    [
        new("vera", "Vera, viewer", "Reads everything, changes nothing.", [Role.Viewer]),
        new("omar", "Omar, operator", "Proposes changes, starts and stops them.", [Role.Operator]),
        new("anna", "Anna, approver", "Decides on changes of others.", [Role.Approver]),
        new("ben", "Ben, approver", "A second pair of eyes.", [Role.Approver]),
        new("ada", "Ada, admin", "An operator who also sets switches, breaks the glass and exports the audit.", [Role.Admin]),
    ];

    public static Persona? Find(string? id) => All.FirstOrDefault(p => string.Equals(p.Id, id, StringComparison.Ordinal));
}

/// <param name="Id">Their subject, and their name in the cluster.</param>
internal sealed record Persona(string Id, string Name, string Description, ImmutableArray<Role> Roles)
{
    public Actor ToActor() => new()
    {
        Issuer = Personas.Issuer,
        Subject = Id,
        Name = Name,
        Roles = Roles,
        Method = Personas.Method,
        ClusterIdentity = new Impersonation($"{Id}@demo", [Roles.Contains(Role.Operator) || Roles.Contains(Role.Admin) ? "mesh-operators" : "mesh-viewers"]),
    };
}
