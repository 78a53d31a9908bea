using MeshConsole.Components.Controls;
using MeshConsole.Mesh.Snapshots;
using Microsoft.AspNetCore.Components;

namespace MeshConsole.Components;

/// <summary>
/// What every part that draws the mesh needs: the snapshot, which the layout cascades, and the choice of cluster and
/// namespaces, which lives in the URL. A circuit keeps nothing else of the mesh.
/// </summary>
public abstract class MeshComponent : ComponentBase
{
    /// <summary>The newest snapshot, the same object for all circuits.</summary>
    [CascadingParameter]
    public MeshSnapshot Snapshot { get; set; } = MeshSnapshot.Empty;

    [SupplyParameterFromQuery(Name = PageAddress.ClusterParameter)]
    public string? ClusterName { get; set; }

    [SupplyParameterFromQuery(Name = PageAddress.NamespaceParameter)]
    public string? NamespaceNames { get; set; }

    [SupplyParameterFromQuery(Name = PageAddress.At)]
    public string? AtText { get; set; }

    [Inject]
    protected IMeshViews Views { get; set; } = null!;

    [Inject]
    protected NavigationManager Navigation { get; set; } = null!;

    [Inject]
    protected TimeProvider Time { get; set; } = null!;

    /// <summary>Cluster and namespaces of the URL.</summary>
    protected MeshQuery Query { get; private set; } = MeshQuery.All;

    /// <summary>Whether the address pins an instant, be it one that can be shown or not.</summary>
    protected bool IsPinned => !string.IsNullOrWhiteSpace(AtText);

    /// <summary>The pinned instant; null for the present, and where the address cannot be read.</summary>
    protected DateTimeOffset? PinnedAt => IsPinned ? InstantBox.Read(AtText) : null;

    /// <summary>" in payments, risk and 2 more" where namespaces are chosen, so that an empty page says what it looked at; else nothing.</summary>
    protected string InNamespaces => Query.Namespaces.IsEmpty
        ? ""
        : $" in {string.Join(", ", Query.Namespaces.Take(3).Select(name => Format.Middle(name, 40)))}" + (Query.Namespaces.Length > 3 ? $" and {Query.Namespaces.Length - 3} more" : "");

    protected DateTimeOffset Now => Time.GetUtcNow();

    protected override void OnParametersSet()
    {
        var query = PageAddress.ReadQuery(ClusterName, NamespaceNames);
        if (!query.Equals(Query))
        {
            Query = query;
        }
    }

    /// <summary>This page's address with some parameters changed; null removes one.</summary>
    protected string With(params (string Name, string? Value)[] changes) => PageAddress.With(Navigation, changes);

    /// <summary>Another page with this cluster, these namespaces and the pinned instant.</summary>
    protected string To(string page, params (string Name, string? Value)[] parameters) => To(page, Query, parameters);

    /// <summary>Another page with the pinned instant.</summary>
    protected string To(string page, MeshQuery query, params (string Name, string? Value)[] parameters) =>
        PageAddress.To(page, query, parameters.Any(parameter => parameter.Name == PageAddress.At) ? parameters : [.. parameters, (PageAddress.At, AtText)]);

    /// <summary>The page of a change, likewise.</summary>
    protected string ToChange(string id) => To($"{PageAddress.ChangeQueue}/{Uri.EscapeDataString(id)}");
}
