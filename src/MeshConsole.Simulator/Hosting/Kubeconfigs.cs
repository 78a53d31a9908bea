using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MeshConsole.Simulator.Kubernetes;

namespace MeshConsole.Simulator.Hosting;

/// <summary>Who may reach the simulated API server, and the file that says how.</summary>
internal static class Kubeconfigs
{
    /// <summary>People who change the mesh: they read routes and patch them, and write PeerAuthentications, in every namespace.</summary>
    public const string Operators = "mesh-operators";

    /// <summary>People who only look.</summary>
    public const string Viewers = "mesh-viewers";

    /// <summary>
    /// Gives out new tokens, and rights to the groups of those for whom the console writes: it may impersonate anybody
    /// (the first context is an administrator), and what comes of it is decided by the rights of the person.
    /// </summary>
    /// <returns>Name of the context → token; the first is the current one.</returns>
    public static IReadOnlyList<(string Context, string Token)> Grant(KubernetesApiOptions options)
    {
        options.GroupGrants[Operators] = [new RoleGrant(BuiltInRoles.RouteOperator), new RoleGrant(BuiltInRoles.PolicyOperator)];
        options.GroupGrants[Viewers] = [new RoleGrant(BuiltInRoles.RouteViewer), new RoleGrant(BuiltInRoles.PolicyViewer)];
        return
        [
            Token("admin", new TokenIdentity("demo-admin") { Groups = ["system:masters"] }),
            Token("operator", TokenIdentity.Of("demo-operator", BuiltInRoles.Edit)),
            Token("viewer", TokenIdentity.Of("demo-viewer", BuiltInRoles.View)),
        ];

        (string, string) Token(string context, TokenIdentity identity)
        {
            var token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
            options.Tokens[token] = identity;
            return (context, token);
        }
    }

    public static string Write(Uri server, string cluster, IReadOnlyList<(string Context, string Token)> users)
    {
        var text = new StringBuilder();
        var culture = CultureInfo.InvariantCulture;
        text.Append("apiVersion: v1\nkind: Config\n");
        text.Append(culture, $"current-context: {users[0].Context}\n");
        text.Append(culture, $"clusters:\n- name: {cluster}\n  cluster:\n    server: {server.ToString().TrimEnd('/')}\n");
        text.Append("contexts:\n");
        foreach (var (context, _) in users) text.Append(culture, $"- name: {context}\n  context:\n    cluster: {cluster}\n    user: {context}\n");
        text.Append("users:\n");
        foreach (var (context, token) in users) text.Append(culture, $"- name: {context}\n  user:\n    token: {token}\n");
        return text.ToString();
    }
}
