using Microsoft.AspNetCore.Components;

namespace MeshConsole.Components.Controls;

/// <summary>One column of a <see cref="DataTable{TItem}"/>.</summary>
/// <param name="Id">Name in the URL's sort parameter.</param>
/// <param name="Title">Head of the column, and the label of the value on a phone.</param>
/// <param name="Cell">What is drawn.</param>
public sealed record TableColumn<TItem>(string Id, string Title, RenderFragment<TItem> Cell)
{
    /// <summary>Compares two rows, ascending; null when the column cannot be sorted.</summary>
    public Comparison<TItem>? Compare { get; init; }

    /// <summary>The first click sorts descending: what is largest is what one looks for.</summary>
    public bool DescendingFirst { get; init; }

    /// <summary>Numbers stand at the right.</summary>
    public bool Right { get; init; }

    /// <summary>Further classes of its cells; <c>wide</c> cells are left out on a phone.</summary>
    public string? Css { get; init; }

    /// <summary>Drawn in the head instead of the title, which stays the label for a screen reader.</summary>
    public RenderFragment? Head { get; init; }

    /// <summary>What the column means, on hover of its head.</summary>
    public string? Help { get; init; }
}
