namespace MeshConsole.Mesh.Topology;

/// <summary>
/// The name of a node of the view by versioned apps: <c>app/version</c>, or the app alone where no version is known. A
/// label of Kubernetes holds no slash but one of telemetry can, so the app's own are escaped: two apps never share a name.
/// </summary>
public static class VersionedApp
{
    public static string Name(string app, string? version)
    {
        ArgumentNullException.ThrowIfNull(app);
        var escaped = app.Replace("%", "%25", StringComparison.Ordinal).Replace("/", "%2F", StringComparison.Ordinal);
        return string.IsNullOrEmpty(version) ? escaped : $"{escaped}/{version}";
    }

    /// <summary>The opposite of <see cref="Name"/>.</summary>
    public static (string App, string? Version) Read(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        var app = (slash < 0 ? name : name[..slash]).Replace("%2F", "/", StringComparison.Ordinal).Replace("%25", "%", StringComparison.Ordinal);
        return (app, slash < 0 ? null : name[(slash + 1)..]);
    }
}
