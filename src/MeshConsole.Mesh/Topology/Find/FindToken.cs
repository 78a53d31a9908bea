namespace MeshConsole.Mesh.Topology.Find;

internal enum FindTokenKind
{
    /// <summary>A name, a number with its unit, or a word between quotes.</summary>
    Word,
    Quoted,

    /// <summary><c>= != &lt; &lt;= &gt; &gt;= ~ !~</c>, and <c>contains</c>.</summary>
    Operator,
    Not,
    And,
    Or,
    Open,
    Close,
    End,
}

/// <param name="Text">Without quotes, and with what was escaped between them as it is meant.</param>
/// <param name="Length">In the text of the expression, quotes included.</param>
internal readonly record struct FindToken(FindTokenKind Kind, string Text, int Position, int Length);
