using System.Collections.Immutable;

namespace MeshConsole.Mesh.Links;

/// <summary>A link out of the console, ready to be drawn.</summary>
/// <param name="Url">Absolute, http or https.</param>
public sealed record OutwardLink(string Name, LinkKind Kind, string Url);

/// <summary>The links that are configured, in the order of the configuration.</summary>
public sealed class LinkSet(ImmutableArray<LinkTemplate> templates)
{
    public static LinkSet None { get; } = new([]);

    /// <summary>What there is for one subject; empty where nothing is configured or nothing fits.</summary>
    /// <param name="context">Null: nothing that a link could be about.</param>
    public ImmutableArray<OutwardLink> Of(LinkContext? context) => context is null ? [] :
    [
        .. templates
            .Where(template => template.For == context.Subject)
            .Select(template => (template.Name, template.Kind, Url: template.Fill(context)))
            .Where(link => link.Url is not null)
            .Select(link => new OutwardLink(link.Name, link.Kind, link.Url!)),
    ];
}
