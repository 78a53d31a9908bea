using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace MeshConsole.Mesh.Topology.Find;

/// <summary>
/// From words to clauses. <c>or</c> binds loosest, then <c>and</c>, which may be left out, then <c>not</c>. One expression is read
/// by one parser.
/// </summary>
internal sealed class FindParser(ImmutableArray<FindToken> tokens)
{
    /// <summary>Deeper nesting is nobody's filter, and each level is a frame of the stack.</summary>
    private const int Deepest = 60;

    private const int LongestPattern = 200;

    private int _at;
    private int _depth;
    private FindFault? _fault;

    private FindToken Current => tokens[_at];

    public (FindExpression.Clause? Root, FindFault? Fault) Read()
    {
        var root = Or();
        if (_fault is null && Current.Kind != FindTokenKind.End)
        {
            Fault(Current, Current.Kind == FindTokenKind.Close ? "This parenthesis closes nothing." : $"'{Current.Text}' is not expected here; a field, a name or 'not' is.");
        }

        return _fault is null ? (root, null) : (null, _fault);
    }

    private FindExpression.Clause? Or()
    {
        var parts = ImmutableArray.CreateBuilder<FindExpression.Clause>();
        do
        {
            if (And() is not { } part)
            {
                return null;
            }

            parts.Add(part);
        }
        while (Take(FindTokenKind.Or));
        return parts.Count == 1 ? parts[0] : new FindExpression.Or(parts.ToImmutable());
    }

    private FindExpression.Clause? And()
    {
        var parts = ImmutableArray.CreateBuilder<FindExpression.Clause>();
        do
        {
            if (Not() is not { } part)
            {
                return null;
            }

            parts.Add(part);
        }
        while (Take(FindTokenKind.And) || Current.Kind is FindTokenKind.Word or FindTokenKind.Quoted or FindTokenKind.Not or FindTokenKind.Open);
        return parts.Count == 1 ? parts[0] : new FindExpression.And(parts.ToImmutable());
    }

    private FindExpression.Clause? Not()
    {
        var negated = false;
        while (Take(FindTokenKind.Not))
        {
            negated = !negated;
        }

        return Primary() is { } inner ? negated ? new FindExpression.Not(inner) : inner : null;
    }

    private FindExpression.Clause? Primary()
    {
        var token = Current;
        switch (token.Kind)
        {
            case FindTokenKind.Open:
                if (++_depth > Deepest)
                {
                    return Fault(token, $"Parentheses are nested deeper than {Deepest}.");
                }

                _at++;
                var inner = Or();
                if (inner is null)
                {
                    return null;
                }

                _depth--;
                return Take(FindTokenKind.Close) ? inner : Fault(Current, "A parenthesis is not closed.", token);
            case FindTokenKind.Quoted:
                _at++;
                return new FindExpression.Named(token.Text);
            case FindTokenKind.Word:
                _at++;
                return Current.Kind == FindTokenKind.Operator ? Comparison(token)
                    : FindFields.FindFlag(token.Text) is { } flag ? new FindExpression.Flag(flag)
                    : FindFields.Find(token.Text) is { } field ? Fault(Current, $"'{field.Name}' is compared with something: {Example(field)}.")
                    : new FindExpression.Named(token.Text);
            case FindTokenKind.Operator:
                return Fault(token, $"A field is missing before '{token.Text}': one of {Names()}.");
            case FindTokenKind.End:
                return Fault(token, "The expression ends where a field or a name is expected.");
            default:
                return Fault(token, $"'{token.Text}' is not expected here; a field, a name or 'not' is.");
        }
    }

    private FindExpression.Clause? Comparison(FindToken name)
    {
        if (FindFields.Find(name.Text) is not { } field)
        {
            return Fault(name, FindFields.FindFlag(name.Text) is not null
                ? $"'{name.Text}' is true or false by itself: write {name.Text} or !{name.Text}."
                : $"There is no field '{Cut(name.Text)}'; there are {Names()}.");
        }

        var comparison = Current;
        _at++;
        var value = Current;
        if (value.Kind is not (FindTokenKind.Word or FindTokenKind.Quoted))
        {
            return Fault(value, $"A value is missing: {Example(field)}.");
        }

        _at++;
        return field.Type == FindType.Text ? Text(field, comparison, value) : Number(field, comparison, value);
    }

    private FindExpression.Clause? Text(FindField field, FindToken comparison, FindToken value)
    {
        if (comparison.Text is "<" or "<=" or ">" or ">=")
        {
            return Fault(comparison, $"'{field.Name}' is text: =, !=, contains, ~ and !~ are legal.");
        }

        if (comparison.Text is not ("~" or "!~"))
        {
            return new FindExpression.Worded(field, comparison.Text, value.Text, null);
        }

        if (value.Text.Length > LongestPattern)
        {
            return Fault(value, $"A pattern has at most {LongestPattern} characters.");
        }

        try
        {
            // Without backtracking no pattern takes longer than the text is long.
            return new FindExpression.Worded(field, comparison.Text, value.Text, new Regex(value.Text, RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant));
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            return Fault(value, exception is NotSupportedException
                ? "The pattern uses what could take for ever, or too much room: references back, looking ahead or behind, large repetitions."
                : $"The pattern cannot be read: {exception.Message}");
        }
    }

    private FindExpression.Clause? Number(FindField field, FindToken comparison, FindToken value)
    {
        if (comparison.Text is "contains" or "~" or "!~")
        {
            return Fault(comparison, $"'{field.Name}' is a number: =, !=, <, <=, > and >= are legal.");
        }

        return FindUnits.Read(value.Text, field.Type) is { } number
            ? new FindExpression.Compared(field, comparison.Text, number)
            : Fault(value, $"'{Cut(value.Text)}' is no {FindUnits.Words(field.Type)}: {Example(field)}.");
    }

    private bool Take(FindTokenKind kind)
    {
        if (_fault is not null || Current.Kind != kind)
        {
            return false;
        }

        _at++;
        return true;
    }

    private FindExpression.Clause? Fault(FindToken token, string message, FindToken? instead = null)
    {
        var at = instead ?? token;
        _fault ??= new FindFault(at.Position, Math.Max(1, at.Length), message);
        return null;
    }

    private static string Names() => string.Join(", ", FindFields.All.Select(f => f.Name));

    private static string Cut(string text) => text.Length <= 40 ? text : text[..40] + "…";

    private static string Example(FindField field) => field.Type switch
    {
        FindType.Text => $"for example {field.Name} = {(field.Values is [var first, ..] ? first : "payments")}",
        FindType.Duration => $"for example {field.Name} > 250ms",
        FindType.Share => $"for example {field.Name} > 5%",
        FindType.Rate => $"for example {field.Name} > 10/s",
        FindType.Bytes => $"for example {field.Name} > 1MB",
        FindType.Number => $"for example {field.Name} < 2",
        _ => throw new ArgumentOutOfRangeException(nameof(field), field.Type, null),
    };
}
