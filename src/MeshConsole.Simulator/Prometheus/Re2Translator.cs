using System.Globalization;
using System.Text;

namespace MeshConsole.Simulator.Prometheus;

/// <summary>
/// Rewrites a regular expression from RE2's language into .NET's. What RE2 does not have (look-around, back references, atomic
/// groups) is refused; what only RE2 has (ASCII classes, <c>\Q…\E</c>, <c>(?P&lt;name&gt;…)</c>, POSIX classes) is spelled out.
/// </summary>
internal static class Re2Translator
{
    private const string AnyRune = @"(?:[^\n\uD800-\uDFFF]|[\uD800-\uDBFF][\uDC00-\uDFFF])";
    private const string AnyRuneOrLine = @"(?:[^\uD800-\uDFFF]|[\uD800-\uDBFF][\uDC00-\uDFFF])";
    private const int MaxRepeat = 1000;

    /// <summary>Pairs of first and last character.</summary>
    private static readonly Dictionary<string, string> s_posix = new(StringComparer.Ordinal)
    {
        ["alnum"] = "09AZaz",
        ["alpha"] = "AZaz",
        ["ascii"] = "\0\x7f",
        ["blank"] = "\t\t  ",
        ["cntrl"] = "\0\x1f\x7f\x7f",
        ["digit"] = "09",
        ["graph"] = "!~",
        ["lower"] = "az",
        ["print"] = " ~",
        ["punct"] = "!/:@[`{~",
        ["space"] = "\t\r  ",
        ["upper"] = "AZ",
        ["word"] = "09AZ__az",
        ["xdigit"] = "09AFaf",
    };

    /// <exception cref="FormatException">Not an expression that RE2 takes.</exception>
    public static Translation Translate(string expression) => new Reader(expression).Run();

    /// <param name="GroupNames">Of the capturing groups in their order; null for one without a name. .NET numbers named groups last, so names do not go into the expression.</param>
    public readonly record struct Translation(string Expression, IReadOnlyList<string?> GroupNames);

    private sealed class Reader(string source)
    {
        private readonly StringBuilder _out = new(source.Length + 16);
        private readonly List<string?> _groupNames = [];

        /// <summary>Whether <c>.</c> matches a line feed, one entry per open group.</summary>
        private readonly Stack<bool> _dotAll = new([false]);

        private int _at;

        /// <summary>Whether (?m) was seen: then $ keeps its meaning at line ends.</summary>
        private bool _multiline;

        /// <summary>Whether there is something that a repeat can apply to.</summary>
        private bool _hasAtom;

        public Translation Run()
        {
            while (_at < source.Length)
            {
                var c = source[_at];
                switch (c)
                {
                    case '\\': Escape(); break;
                    case '[': Class(); break;
                    case '(': Group(); break;
                    case ')':
                        if (_dotAll.Count == 1) throw Fault("unexpected )");
                        _dotAll.Pop();
                        Atom(")");
                        _at++;
                        break;
                    case '.':
                        Atom(_dotAll.Peek() ? AnyRuneOrLine : AnyRune);
                        _at++;
                        break;
                    case '*' or '+' or '?': Repeat(1); break;
                    case '{' when RepeatLength() is var length and > 0: Repeat(length); break;
                    case '|':
                        _out.Append('|');
                        _hasAtom = false;
                        _at++;
                        break;
                    case '^':
                        Atom(@"^");
                        _at++;
                        break;
                    case '$':
                        // .NET's $ also matches before a last line feed, RE2's does not.
                        Atom(_multiline ? "$" : @"\z");
                        _at++;
                        break;
                    default:
                        Literal();
                        break;
                }
            }

            if (_dotAll.Count != 1) throw Fault("missing closing )");
            return new Translation(_out.ToString(), _groupNames);
        }

        private void Atom(string text)
        {
            _out.Append(text);
            _hasAtom = true;
        }

        private void Literal()
        {
            var length = char.IsSurrogatePair(source, _at) ? 2 : 1;
            AppendLiteral(source.AsSpan(_at, length));
            _at += length;
        }

        private void AppendLiteral(ReadOnlySpan<char> rune)
        {
            if (rune.Length == 2) Atom($"(?:{rune})");
            else Atom(RuneSet.Escape(rune[0]));
        }

        private void Repeat(int length)
        {
            if (!_hasAtom) throw Fault($"missing argument to repetition operator: `{source.AsSpan(_at, length)}`");
            _out.Append(source, _at, length);
            _at += length;
            if (_at < source.Length && source[_at] == '?')
            {
                _out.Append('?');
                _at++;
            }

            if (_at < source.Length && (source[_at] is '*' or '+' or '?' || (source[_at] == '{' && RepeatLength() > 0)))
                throw Fault("invalid nested repetition operator");
        }

        /// <summary>The length of <c>{n}</c>, <c>{n,}</c> or <c>{n,m}</c> at the current place; 0 when the brace is an ordinary character.</summary>
        private int RepeatLength()
        {
            var end = source.IndexOf('}', _at);
            if (end < 0) return 0;
            var body = source.AsSpan(_at + 1, end - _at - 1);
            var comma = body.IndexOf(',');
            var low = comma < 0 ? body : body[..comma];
            var high = comma < 0 ? body : body[(comma + 1)..];
            if (low.IsEmpty || !AllDigits(low) || !AllDigits(high)) return 0;
            var min = Bound(low);
            var max = high.IsEmpty ? min : Bound(high);
            if (min > MaxRepeat || max > MaxRepeat || max < min) throw Fault($"invalid repeat count: `{source.AsSpan(_at, end - _at + 1)}`");
            return end - _at + 1;
        }

        private static bool AllDigits(ReadOnlySpan<char> text) => text.IndexOfAnyExceptInRange('0', '9') < 0;

        private static int Bound(ReadOnlySpan<char> digits) =>
            int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : int.MaxValue;

        private void Group()
        {
            var dotAll = _dotAll.Peek();
            if (_at + 1 >= source.Length || source[_at + 1] != '?')
            {
                _groupNames.Add(null);
                Open("(", 1, dotAll);
                return;
            }

            var rest = source.AsSpan(_at);
            if (rest.StartsWith("(?P<") || rest.StartsWith("(?<"))
            {
                var start = rest[2] == 'P' ? 4 : 3;
                var close = rest.IndexOf('>');
                if (close <= start || rest[start..close].ContainsAnyExcept(s_wordChars)) throw Fault("invalid named capture");
                var name = rest[start..close].ToString();
                if (_groupNames.Contains(name)) throw Fault("duplicate capture group name");
                _groupNames.Add(name);
                Open("(", close + 1, dotAll);
                return;
            }

            // (?flags) or (?flags:…)
            var sign = true;
            var on = new StringBuilder();
            var off = new StringBuilder();
            for (var i = 2; i < rest.Length; i++)
            {
                switch (rest[i])
                {
                    case 'i' or 'm':
                        if (rest[i] == 'm') _multiline = sign;
                        (sign ? on : off).Append(rest[i]);
                        break;
                    case 's': dotAll = sign; break;
                    case 'U': throw Fault("the flag U is not supported");
                    case '-' when sign: sign = false; break;
                    case ':' or ')':
                        var flags = $"(?{on}{(off.Length > 0 ? "-" + off : "")}";
                        if (rest[i] == ':')
                        {
                            Open(flags + ":", i + 1, dotAll);
                        }
                        else
                        {
                            _dotAll.Pop();
                            _dotAll.Push(dotAll);
                            if (flags.Length > 2) _out.Append(flags).Append(')');
                            _hasAtom = false;
                            _at += i + 1;
                        }

                        return;
                    default: throw Fault($"invalid or unsupported Perl syntax: `{rest[..Math.Min(rest.Length, i + 1)]}`");
                }
            }

            throw Fault("missing closing )");
        }

        private void Open(string text, int length, bool dotAll)
        {
            _out.Append(text);
            _dotAll.Push(dotAll);
            _hasAtom = false;
            _at += length;
        }

        private void Escape()
        {
            if (_at + 1 >= source.Length) throw Fault("trailing backslash at end of expression");
            var c = source[_at + 1];
            switch (c)
            {
                case 'Q':
                    var end = source.IndexOf(@"\E", _at + 2, StringComparison.Ordinal);
                    var stop = end < 0 ? source.Length : end;
                    for (_at += 2; _at < stop;) Literal();
                    _at = end < 0 ? source.Length : end + 2;
                    return;
                case 'd' or 'w' or 's' or 'D' or 'W' or 'S':
                    Atom(Perl(c).ToExpression());
                    break;
                case 'b': Atom(@"\b"); break;
                case 'B': Atom(@"\B"); break;
                case 'A' or 'z': Atom($@"\{c}"); break;
                case 'p' or 'P':
                    Atom(UnicodeClass());
                    return;
                default:
                    var (rune, length) = EscapedRune();
                    AppendLiteral(rune.ToString());
                    _at += length;
                    return;
            }

            _at += 2;
        }

        private static RuneSet Perl(char c)
        {
            var set = new RuneSet();
            set.AddPairs(char.ToLowerInvariant(c) switch { 'd' => "09", 'w' => "09AZ__az", _ => "\t\n\f\r  " });
            return char.IsAsciiLetterUpper(c) ? set.Complement() : set;
        }

        private string UnicodeClass()
        {
            var negate = source[_at + 1] == 'P';
            string name;
            if (_at + 2 < source.Length && source[_at + 2] == '{')
            {
                var end = source.IndexOf('}', _at);
                if (end < 0) throw Fault("invalid character class range");
                name = source[(_at + 3)..end];
                _at = end + 1;
            }
            else
            {
                if (_at + 2 >= source.Length) throw Fault("invalid character class range");
                name = source[_at + 2].ToString();
                _at += 3;
            }

            if (name.StartsWith('^'))
            {
                negate = !negate;
                name = name[1..];
            }

            // Scripts (\p{Greek}) are not known to .NET; categories are.
            if (name.Length is 0 or > 2 || !char.IsAsciiLetterUpper(name[0])) throw Fault($"invalid character class range: `\\p{{{name}}}`");
            return $@"\{(negate ? 'P' : 'p')}{{{name}}}";
        }

        /// <summary>A single character behind a backslash, with the length of its spelling.</summary>
        private (Rune Rune, int Length) EscapedRune()
        {
            var c = source[_at + 1];
            switch (c)
            {
                case 'a': return (new Rune('\a'), 2);
                case 'f': return (new Rune('\f'), 2);
                case 'n': return (new Rune('\n'), 2);
                case 'r': return (new Rune('\r'), 2);
                case 't': return (new Rune('\t'), 2);
                case 'v': return (new Rune('\v'), 2);
                case '0':
                    var octal = 2;
                    while (octal < 4 && _at + octal < source.Length && source[_at + octal] is >= '0' and <= '7') octal++;
                    var number = 0;
                    for (var i = 1; i < octal; i++) number = (number * 8) + (source[_at + i] - '0');
                    return (new Rune(number), octal);
                case 'x':
                    ReadOnlySpan<char> digits;
                    int length;
                    if (_at + 2 < source.Length && source[_at + 2] == '{')
                    {
                        var end = source.IndexOf('}', _at);
                        if (end < 0) throw Fault("invalid escape sequence");
                        digits = source.AsSpan(_at + 3, end - _at - 3);
                        length = end - _at + 1;
                    }
                    else
                    {
                        digits = source.AsSpan(_at + 2, Math.Min(2, source.Length - _at - 2));
                        length = 4;
                        if (digits.Length != 2) throw Fault("invalid escape sequence");
                    }

                    if (!int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code) || !Rune.IsValid(code))
                        throw Fault("invalid escape sequence");
                    return (new Rune(code), length);
                default:
                    if (char.IsAsciiLetterOrDigit(c) || c > '\x7f') throw Fault($"invalid escape sequence: `\\{c}`");
                    return (new Rune(c), 2);
            }
        }

        private void Class()
        {
            _at++;
            var negate = _at < source.Length && source[_at] == '^';
            if (negate) _at++;
            var set = new RuneSet();
            var first = true;
            while (true)
            {
                if (_at >= source.Length) throw Fault("missing closing ]");
                if (source[_at] == ']' && !first) break;
                first = false;
                if (source.AsSpan(_at).StartsWith("[:") && source.IndexOf(":]", _at, StringComparison.Ordinal) is > 0 and var close)
                {
                    var name = source[(_at + 2)..close];
                    var complement = name.StartsWith('^');
                    if (!s_posix.TryGetValue(complement ? name[1..] : name, out var pairs))
                        throw Fault($"invalid character class range: `{source.AsSpan(_at, close + 2 - _at)}`");
                    var named = new RuneSet();
                    named.AddPairs(pairs);
                    set.Add(complement ? named.Complement() : named);
                    _at = close + 2;
                    continue;
                }

                if (source[_at] == '\\' && _at + 1 < source.Length)
                {
                    if (source[_at + 1] is 'd' or 'w' or 's' or 'D' or 'W' or 'S')
                    {
                        set.Add(Perl(source[_at + 1]));
                        _at += 2;
                        continue;
                    }

                    if (source[_at + 1] is 'p' or 'P')
                    {
                        set.AddCategory(UnicodeClass());
                        continue;
                    }
                }

                var low = ClassRune();
                var high = low;
                if (_at + 1 < source.Length && source[_at] == '-' && source[_at + 1] != ']')
                {
                    _at++;
                    high = ClassRune();
                    if (high < low) throw Fault("invalid character class range");
                }

                set.Add(low, high);
            }

            _at++;
            Atom((negate ? set.Complement() : set).ToExpression());
        }

        private int ClassRune()
        {
            if (_at >= source.Length) throw Fault("missing closing ]");
            if (source[_at] == '\\')
            {
                if (_at + 1 >= source.Length) throw Fault("trailing backslash at end of expression");
                var (rune, length) = EscapedRune();
                _at += length;
                return rune.Value;
            }

            if (Rune.TryGetRuneAt(source, _at, out var plain))
            {
                _at += plain.Utf16SequenceLength;
                return plain.Value;
            }

            return source[_at++];
        }

        private FormatException Fault(string reason) => new($"error parsing regexp: {reason} in `{source}`");
    }

    private static readonly System.Buffers.SearchValues<char> s_wordChars =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
}
