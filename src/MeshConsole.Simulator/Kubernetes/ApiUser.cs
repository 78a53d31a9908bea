using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace MeshConsole.Simulator.Kubernetes;

/// <summary>Who makes a request, after authentication and impersonation.</summary>
public sealed record ApiUser(string Name, ImmutableArray<string> Groups)
{
    public static ApiUser Anonymous { get; } = new("system:anonymous", ["system:unauthenticated"]);

    public bool IsAnonymous => Name == Anonymous.Name;

    internal static ApiUser Of(TokenIdentity identity) => new(identity.User, [.. identity.Groups, "system:authenticated"]);

    /// <summary>As in reviews. The uid follows from the name.</summary>
    internal JsonObject ToJson() => new()
    {
        ["username"] = Name,
        ["uid"] = new Guid(SHA256.HashData(Encoding.UTF8.GetBytes(Name)).AsSpan(0, 16)).ToString("D"),
        ["groups"] = new JsonArray([.. Groups.Select(group => JsonValue.Create(group))]),
    };
}
