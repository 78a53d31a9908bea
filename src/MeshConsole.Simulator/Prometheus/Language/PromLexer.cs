using System.Globalization;
using System.Text;

namespace MeshConsole.Simulator.Prometheus.Language;

/// <summary>Splits a query into tokens. What a character means depends on whether it stands inside braces or brackets.</summary>
internal sealed class PromLexer
{
    private readonly string _query;
    private readonly List<PromToken> _tokens = [];
    private int _at;
    private int _parens;
    private bool _inBraces;
    private bool _inBrackets;

    private PromLexer(string query) => _query = query;

    /// <exception cref="PromQlSyntaxException">A character or literal that has no place in the language.</exception>
    public static List<PromToken> Tokens(string query)
    {
        var lexer = new PromLexer(query);
        lexer.Run();
        return lexer._tokens;
    }

    private void Run()
    {
        while (true)
        {
            SkipSpace();
            if (_at >= _query.Length) break;
            if (_inBraces) InBraces();
            else if (_inBrackets) InBrackets();
            else Outside();
        }

        if (_inBraces) throw Fault(_at, "unexpected end of input inside braces");
        if (_inBrackets) throw Fault(_at, "unclosed left bracket");
        if (_parens > 0) throw Fault(_at, "unclosed left parenthesis");
        _tokens.Add(new PromToken(TokenKind.End, "", _query.Length));
    }

    private void SkipSpace()
    {
        while (_at < _query.Length)
        {
            if (_query[_at] is ' ' or '\t' or '\n' or '\r') _at++;
            else if (_query[_at] == '#') _at = _query.IndexOf('\n', _at) is >= 0 and var end ? end : _query.Length;
            else return;
        }
    }

    private void Outside()
    {
        var c = _query[_at];
        switch (c)
        {
            case '(':
                _parens++;
                Emit(TokenKind.LeftParen, 1);
                return;
            case ')':
                if (--_parens < 0) throw Fault(_at, "unexpected right parenthesis ')'");
                Emit(TokenKind.RightParen, 1);
                return;
            case '{':
                _inBraces = true;
                Emit(TokenKind.LeftBrace, 1);
                return;
            case '}': throw Fault(_at, "unexpected right brace '}'");
            case '[':
                _inBrackets = true;
                Emit(TokenKind.LeftBracket, 1);
                return;
            case ']': throw Fault(_at, "unexpected right bracket ']'");
            case ',': Emit(TokenKind.Comma, 1); return;
            case '@': Emit(TokenKind.At, 1); return;
            case '+' or '-' or '*' or '/' or '%' or '^': Emit(TokenKind.Operator, 1); return;
            case '=':
                if (Next() == '~') throw Fault(_at, "unexpected character after '=': '~'");
                Emit(TokenKind.Operator, Next() == '=' ? 2 : 1);
                return;
            case '!':
                if (Next() != '=') throw Fault(_at, $"unexpected character after '!': {Shown(_at + 1)}");
                Emit(TokenKind.Operator, 2);
                return;
            case '<' or '>': Emit(TokenKind.Operator, Next() == '=' ? 2 : 1); return;
            case '"' or '\'' or '`': StringLiteral(); return;
        }

        if (char.IsAsciiDigit(c) || (c == '.' && char.IsAsciiDigit(Next()))) NumberOrDuration();
        else if (IsWordStart(c) || c == ':') Word(withColons: true);
        else throw Fault(_at, $"unexpected character: {Shown(_at)}");
    }

    private void InBraces()
    {
        var c = _query[_at];
        switch (c)
        {
            case '}':
                _inBraces = false;
                Emit(TokenKind.RightBrace, 1);
                return;
            case '{': throw Fault(_at, "unexpected left brace '{'");
            case ',': Emit(TokenKind.Comma, 1); return;
            case '=': Emit(TokenKind.Operator, Next() == '~' ? 2 : 1); return;
            case '!':
                if (Next() is not ('=' or '~')) throw Fault(_at, $"unexpected character after '!' inside braces: {Shown(_at + 1)}");
                Emit(TokenKind.Operator, 2);
                return;
            case '"' or '\'' or '`': StringLiteral(); return;
        }

        if (!IsWordStart(c)) throw Fault(_at, $"unexpected character inside braces: {Shown(_at)}");
        Word(withColons: false);
    }

    private void InBrackets()
    {
        var c = _query[_at];
        if (c == ']')
        {
            _inBrackets = false;
            Emit(TokenKind.RightBracket, 1);
        }
        else if (c == ':')
        {
            Emit(TokenKind.Colon, 1);
        }
        else if (char.IsAsciiDigit(c))
        {
            NumberOrDuration();
        }
        else
        {
            throw Fault(_at, $"unexpected character inside brackets: {Shown(_at)}");
        }
    }

    private void Word(bool withColons)
    {
        var end = _at;
        while (end < _query.Length && (IsWordStart(_query[end]) || char.IsAsciiDigit(_query[end]) || (withColons && _query[end] == ':'))) end++;
        var text = _query[_at..end];
        var kind = text.Contains(':', StringComparison.Ordinal) ? TokenKind.MetricName
            : withColons && (text.Equals("inf", StringComparison.OrdinalIgnoreCase) || text.Equals("nan", StringComparison.OrdinalIgnoreCase)) ? TokenKind.Number
            : TokenKind.Word;
        Emit(kind, end - _at);
    }

    private void NumberOrDuration()
    {
        var end = _at;
        if (_query[end] == '0' && end + 1 < _query.Length && _query[end + 1] is 'x' or 'X')
        {
            end += 2;
            while (end < _query.Length && char.IsAsciiHexDigit(_query[end])) end++;
            if (end == _at + 2 || (end < _query.Length && (IsWordPart(_query[end]) || _query[end] == '.'))) throw BadNumber(end);
            Emit(TokenKind.Number, end - _at);
            return;
        }

        while (end < _query.Length && char.IsAsciiDigit(_query[end])) end++;
        if (end < _query.Length && end > _at && char.IsAsciiLetter(_query[end]) && _query[end] is not ('e' or 'E'))
        {
            while (end < _query.Length && IsWordPart(_query[end])) end++;
            if (!PromDuration.TryParse(_query.AsSpan(_at, end - _at), out _)) throw BadNumber(end);
            Emit(TokenKind.Duration, end - _at);
            return;
        }

        if (end < _query.Length && _query[end] == '.')
        {
            end++;
            while (end < _query.Length && char.IsAsciiDigit(_query[end])) end++;
        }

        if (end < _query.Length && _query[end] is 'e' or 'E')
        {
            var exponent = end + 1;
            if (exponent < _query.Length && _query[exponent] is '+' or '-') exponent++;
            var digits = exponent;
            while (exponent < _query.Length && char.IsAsciiDigit(_query[exponent])) exponent++;
            if (digits == exponent) throw BadNumber(exponent);
            end = exponent;
        }

        if (end < _query.Length && IsWordPart(_query[end])) throw BadNumber(end);
        Emit(TokenKind.Number, end - _at);
    }

    private PromQlSyntaxException BadNumber(int end)
    {
        while (end < _query.Length && IsWordPart(_query[end])) end++;
        return Fault(_at, $"bad number or duration syntax: {PromText.Quote(_query[_at..Math.Min(end, _query.Length)])}");
    }

    private void StringLiteral()
    {
        var quote = _query[_at];
        var start = _at;
        if (quote == '`')
        {
            var close = _query.IndexOf('`', _at + 1);
            if (close < 0) throw Fault(start, "unterminated raw string");
            _tokens.Add(new PromToken(TokenKind.String, _query[(start + 1)..close].Replace("\r", "", StringComparison.Ordinal), start));
            _at = close + 1;
            return;
        }

        // Escapes give bytes, so that several of them can spell one character.
        var bytes = new List<byte>();
        Span<byte> utf8 = stackalloc byte[4];
        var at = _at + 1;
        while (true)
        {
            if (at >= _query.Length || _query[at] == '\n') throw Fault(start, "unterminated quoted string");
            var c = _query[at];
            if (c == quote) break;
            if (c != '\\')
            {
                if (!Rune.TryGetRuneAt(_query, at, out var rune)) rune = Rune.ReplacementChar;
                bytes.AddRange(utf8[..rune.EncodeToUtf8(utf8)]);
                at += rune == Rune.ReplacementChar ? 1 : rune.Utf16SequenceLength;
                continue;
            }

            at = Escape(start, at + 1, quote, bytes);
        }

        _tokens.Add(new PromToken(TokenKind.String, Encoding.UTF8.GetString([.. bytes]), start));
        _at = at + 1;
    }

    private int Escape(int start, int at, char quote, List<byte> bytes)
    {
        if (at >= _query.Length) throw Fault(start, "escape sequence not terminated");
        var c = _query[at];
        switch (c)
        {
            case 'a': bytes.Add(7); return at + 1;
            case 'b': bytes.Add(8); return at + 1;
            case 'f': bytes.Add(12); return at + 1;
            case 'n': bytes.Add(10); return at + 1;
            case 'r': bytes.Add(13); return at + 1;
            case 't': bytes.Add(9); return at + 1;
            case 'v': bytes.Add(11); return at + 1;
            case '\\': bytes.Add((byte)'\\'); return at + 1;
            case 'x': return Coded(start, at + 1, 2, 16, bytes, asRune: false);
            case 'u': return Coded(start, at + 1, 4, 16, bytes, asRune: true);
            case 'U': return Coded(start, at + 1, 8, 16, bytes, asRune: true);
            case >= '0' and <= '7': return Coded(start, at, 3, 8, bytes, asRune: false);
        }

        if (c != quote) throw Fault(start, $"unknown escape sequence {Shown(at)}");
        bytes.Add((byte)c);
        return at + 1;
    }

    private int Coded(int start, int at, int length, int radix, List<byte> bytes, bool asRune)
    {
        long number = 0;
        for (var i = 0; i < length; i++)
        {
            if (at + i >= _query.Length) throw Fault(start, "escape sequence not terminated");
            var digit = char.IsAsciiHexDigit(_query[at + i]) ? Convert.ToInt32(_query[at + i].ToString(), 16) : radix;
            if (digit >= radix) throw Fault(start, $"illegal character {Shown(at + i)} in escape sequence");
            number = (number * radix) + digit;
        }

        if (!asRune)
        {
            if (number > 255) throw Fault(start, "escape sequence is out of range");
            bytes.Add((byte)number);
        }
        else
        {
            if (number > 0x10FFFF || !Rune.IsValid((int)number)) throw Fault(start, "escape sequence is an invalid Unicode code point");
            Span<byte> utf8 = stackalloc byte[4];
            bytes.AddRange(utf8[..new Rune((int)number).EncodeToUtf8(utf8)]);
        }

        return at + length;
    }

    private char Next() => _at + 1 < _query.Length ? _query[_at + 1] : '\0';

    private void Emit(TokenKind kind, int length)
    {
        _tokens.Add(new PromToken(kind, _query.Substring(_at, length), _at));
        _at += length;
    }

    private string Shown(int at) => at >= _query.Length ? "end of input"
        : _query[at] is >= ' ' and < '\x7f' ? $"'{_query[at]}'"
        : string.Create(CultureInfo.InvariantCulture, $"'\\u{(int)_query[at]:x4}'");

    private static bool IsWordStart(char c) => char.IsAsciiLetter(c) || c == '_';

    private static bool IsWordPart(char c) => char.IsAsciiLetterOrDigit(c) || c == '_';

    private PromQlSyntaxException Fault(int position, string reason) => new(_query, position, reason);
}
