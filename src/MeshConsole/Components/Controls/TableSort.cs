using System.Collections.Immutable;

namespace MeshConsole.Components.Controls;

/// <summary>Order of a table as its URL says it: <c>rate</c> ascending, <c>-rate</c> descending.</summary>
public readonly record struct TableSort(string Column, bool Descending)
{
    public static TableSort Parse(string? text, TableSort otherwise) => text switch
    {
        null or "" or "-" => otherwise,
        ['-', .. var column] => new TableSort(column, true),
        _ => new TableSort(text, false),
    };

    public override string ToString() => Descending ? "-" + Column : Column;

    /// <summary>
    /// Rows in this order, stable; rows whose key is not known stay at the end whichever the direction. An unknown column
    /// leaves the order as it is.
    /// </summary>
    public ImmutableArray<TItem> Apply<TItem>(ImmutableArray<TItem> items, IReadOnlyList<TableColumn<TItem>> columns)
    {
        var id = Column;
        var compare = columns.FirstOrDefault(column => string.Equals(column.Id, id, StringComparison.Ordinal))?.Compare;
        if (compare is null)
        {
            return items;
        }

        var descending = Descending;
        return [.. items.Order(Comparer<TItem>.Create((left, right) => compare(left, right) switch
        {
            TableOrder.LeftNotKnown => 1,
            TableOrder.RightNotKnown => -1,
            var order when descending => -order,
            var order => order,
        }))];
    }
}
