namespace MeshConsole.Mesh.Model;

/// <summary>Names of hosts as mesh objects write them and as they are meant.</summary>
public static class ServiceHost
{
    public const string DefaultDomain = "cluster.local";

    /// <summary>The fully qualified host of a Service.</summary>
    public static string Of(string @namespace, string service, string domain = DefaultDomain) => $"{service}.{@namespace}.svc.{domain}";

    /// <summary>
    /// The host an Istio object means: a name without a dot belongs to the namespace of the object, anything with a dot, a
    /// wildcard or an address is taken as it is (so <c>reviews.prod</c> is not completed). Hosts are compared in lower case.
    /// </summary>
    public static string Expand(string host, string @namespace, string domain = DefaultDomain)
    {
        ArgumentNullException.ThrowIfNull(host);
        var name = host.ToLowerInvariant();
        return name.Length == 0 || name.Contains('.') || name.Contains('*') || name.Contains(':') ? name : Of(@namespace, name, domain);
    }

    /// <summary>Whether a host (<c>a.b.c</c>) is covered by a pattern: the same name, <c>*</c>, or <c>*.suffix</c>.</summary>
    public static bool Matches(string pattern, string host)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        ArgumentNullException.ThrowIfNull(host);
        return pattern.StartsWith('*')
            ? host.AsSpan().EndsWith(pattern.AsSpan(1), StringComparison.Ordinal) && host.Length > pattern.Length - 1
            : string.Equals(pattern, host, StringComparison.Ordinal);
    }

    /// <summary>The cluster's domain, read from the host of one of its Services.</summary>
    public static string DomainOf(Service service)
    {
        ArgumentNullException.ThrowIfNull(service);
        var prefix = $"{service.Id.Name}.{service.Id.Namespace}.svc.";
        return service.Host.Length > prefix.Length && service.Host.StartsWith(prefix, StringComparison.Ordinal) ? service.Host[prefix.Length..] : DefaultDomain;
    }
}
