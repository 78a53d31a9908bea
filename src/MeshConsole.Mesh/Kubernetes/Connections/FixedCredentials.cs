using System.Net.Http.Headers;
using System.Text;

namespace MeshConsole.Mesh.Kubernetes.Connections;

/// <summary>A credential that does not change while the console runs.</summary>
internal sealed class FixedCredentials(KubernetesCredential credential) : CredentialSource
{
    public static FixedCredentials Bearer(string token) => new(new KubernetesCredential(new AuthenticationHeaderValue("Bearer", token), null));

    public static FixedCredentials Basic(string user, string password) =>
        new(new KubernetesCredential(new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"))), null));

    public override ValueTask<KubernetesCredential> GetAsync(CancellationToken cancellationToken) => new(credential);
}
