namespace MeshConsole.Mesh.Kubernetes.Connections;

/// <summary>Where credentials come from; they may change while the console runs.</summary>
public abstract class CredentialSource
{
    /// <summary>For a server that lets anybody in (and for tests).</summary>
    public static CredentialSource Anonymous { get; } = new FixedCredentials(KubernetesCredential.Anonymous);

    /// <summary>A bearer token that does not change.</summary>
    public static CredentialSource BearerToken(string token) => FixedCredentials.Bearer(token);

    /// <summary>The credential to use now. Safe for concurrent use.</summary>
    /// <exception cref="KubernetesException">There is none to be had: a file cannot be read, a plugin failed.</exception>
    public abstract ValueTask<KubernetesCredential> GetAsync(CancellationToken cancellationToken);

    /// <summary>Says that the server did not accept this credential (401): the next <see cref="GetAsync"/> fetches afresh.</summary>
    public virtual void Refused(KubernetesCredential credential)
    {
    }
}
