namespace MeshConsole.Configuration;

/// <summary>Who may use the console.</summary>
public sealed class AuthOptions
{
    /// <summary>No default outside the demo: a real cluster without a mode is an error.</summary>
    public AuthMode? Mode { get; set; }

    public List<ApiTokenOptions> ApiTokens { get; set; } = [];
}

public enum AuthMode
{
    /// <summary>Everybody reads as viewer; refused unless every listening address is loopback.</summary>
    Demo,
    Oidc,
    Proxy,
    Kubernetes,
}

/// <summary>A token for programs; only its hash is configured.</summary>
public sealed class ApiTokenOptions
{
    public string Name { get; set; } = "";

    /// <summary>SHA-256 of the token, 64 hexadecimal digits.</summary>
    public string Sha256 { get; set; } = "";

    public List<string> Roles { get; set; } = [];

    /// <summary>Null means all.</summary>
    public List<string>? Namespaces { get; set; }

    /// <summary>The person who holds it; null means the name. Two tokens of one subject are one person where people are counted.</summary>
    public string? Subject { get; set; }

    /// <summary>User as whom the cluster is written to; null means the subject.</summary>
    public string? ClusterUser { get; set; }

    /// <summary>Groups of that user in the cluster.</summary>
    public List<string> ClusterGroups { get; set; } = [];
}
