namespace MeshConsole.Simulator.Prometheus.Language;

internal enum TokenKind
{
    End,
    LeftParen,
    RightParen,
    LeftBrace,
    RightBrace,
    LeftBracket,
    RightBracket,
    Comma,
    Colon,
    At,

    /// <summary>A word without a colon; may be a keyword, which the parser decides by the place it stands at.</summary>
    Word,

    /// <summary>A metric name with a colon.</summary>
    MetricName,
    Number,
    Duration,
    String,

    /// <summary><c>=</c>, <c>=~</c> and <c>!~</c> of matchers, and all operators that are not words.</summary>
    Operator,
}

/// <param name="Text">As written; of a string its decoded content.</param>
/// <param name="Position">Characters from the beginning of the query.</param>
internal readonly record struct PromToken(TokenKind Kind, string Text, int Position)
{
    public bool Is(string word) => Kind == TokenKind.Word && Text.Equals(word, StringComparison.OrdinalIgnoreCase);

    public bool IsOperator(string symbol) => Kind == TokenKind.Operator && Text == symbol;

    public string Describe() => Kind switch
    {
        TokenKind.End => "end of input",
        TokenKind.Word => $"identifier {PromText.Quote(Text)}",
        TokenKind.MetricName => $"metric identifier {PromText.Quote(Text)}",
        TokenKind.Number => $"number {PromText.Quote(Text)}",
        TokenKind.Duration => $"duration {PromText.Quote(Text)}",
        TokenKind.String => $"string {PromText.Quote(Text)}",
        TokenKind.Operator => $"<op:{Text}>",
        _ => PromText.Quote(Text),
    };
}
