using MeshConsole.Mesh.Links;

namespace MeshConsole.Configuration;

/// <summary>A link out of the console, to where traces, dashboards or logs are.</summary>
public sealed class LinkOptions
{
    /// <summary>What it is called on the page.</summary>
    public string Name { get; set; } = "";

    public LinkKind? Kind { get; set; }

    /// <summary>What it is about: decides about the placeholders.</summary>
    public LinkSubject? For { get; set; }

    /// <summary>Absolute http or https address with placeholders in path, query or fragment; see docs/operations.md.</summary>
    public string Url { get; set; } = "";

    /// <summary>The template; null while the rules of the configuration refuse it.</summary>
    internal LinkTemplate? ToTemplate() =>
        Kind is { } kind && For is { } subject && LinkTemplate.TryParse(Name, kind, subject, Url, out var template, out _) ? template : null;
}
