namespace MeshConsole.Components.Controls;

/// <summary>Orders of rows for <see cref="TableColumn{TItem}.Compare"/>.</summary>
public static class TableOrder
{
    /// <summary>What <see cref="By{TItem}(Func{TItem, double?})"/> answers when the left key is not known; <see cref="TableSort"/> keeps such rows last in either direction.</summary>
    internal const int LeftNotKnown = int.MinValue;

    internal const int RightNotKnown = int.MaxValue;

    /// <summary>By a number; what is not known comes last whichever the direction.</summary>
    public static Comparison<TItem> By<TItem>(Func<TItem, double?> key) => (left, right) => (key(left), key(right)) switch
    {
        (null, null) => 0,
        (null, _) => LeftNotKnown,
        (_, null) => RightNotKnown,
        ({ } a, { } b) => a.CompareTo(b),
    };

    /// <summary>By text, without regard to case.</summary>
    public static Comparison<TItem> ByText<TItem>(Func<TItem, string?> key) => (left, right) => string.Compare(key(left), key(right), StringComparison.OrdinalIgnoreCase);
}
