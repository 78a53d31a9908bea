using System.Collections.Immutable;
using System.Globalization;

namespace MeshConsole.Simulator.Kubernetes;

/// <summary>A <c>labelSelector</c>: all requirements have to hold.</summary>
internal sealed class LabelSelector
{
    public static readonly LabelSelector Everything = new([]);

    private readonly ImmutableArray<Requirement> _requirements;

    private LabelSelector(ImmutableArray<Requirement> requirements) => _requirements = requirements;

    private enum Relation
    {
        In,
        NotIn,
        Exists,
        Absent,
        GreaterThan,
        LessThan,
    }

    public bool IsEverything => _requirements.Length == 0;

    /// <summary>Throws 400 when the text is not a selector.</summary>
    public static LabelSelector Parse(string? text) => string.IsNullOrWhiteSpace(text) ? Everything : new LabelSelector(new Parser(text).Read());

    public bool Matches(IReadOnlyDictionary<string, string> labels)
    {
        foreach (var requirement in _requirements)
            if (!requirement.Holds(labels)) return false;
        return true;
    }

    private readonly record struct Requirement(string Key, Relation Relation, ImmutableArray<string> Values)
    {
        public bool Holds(IReadOnlyDictionary<string, string> labels)
        {
            var has = labels.TryGetValue(Key, out var value);
            return Relation switch
            {
                Relation.In => has && Values.Contains(value!),
                Relation.NotIn => !has || !Values.Contains(value!),
                Relation.Exists => has,
                Relation.Absent => !has,
                Relation.GreaterThan => has && Number(value!) is { } number && number > Number(Values[0]),
                Relation.LessThan => has && Number(value!) is { } number && number < Number(Values[0]),
                _ => throw new InvalidOperationException($"{Relation} is not a relation of label selectors."),
            };
        }

        public static long? Number(string text) => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    private sealed class Parser(string text)
    {
        private int _at;

        public ImmutableArray<Requirement> Read()
        {
            var result = ImmutableArray.CreateBuilder<Requirement>();
            while (true)
            {
                result.Add(ReadRequirement());
                SkipSpace();
                if (_at == text.Length) return result.ToImmutable();
                Expect(',');
            }
        }

        private Requirement ReadRequirement()
        {
            SkipSpace();
            var absent = TryTake('!');
            var key = Key();
            SkipSpace();
            if (absent || _at == text.Length || text[_at] == ',') return new Requirement(key, absent ? Relation.Absent : Relation.Exists, []);
            switch (text[_at])
            {
                case '=':
                    _at++;
                    TryTake('=');
                    return new Requirement(key, Relation.In, [Value()]);
                case '!':
                    _at++;
                    Expect('=');
                    return new Requirement(key, Relation.NotIn, [Value()]);
                case '>' or '<':
                    var relation = text[_at++] == '>' ? Relation.GreaterThan : Relation.LessThan;
                    var bound = Value();
                    if (Requirement.Number(bound) is null) throw Fault($"values: Invalid value: \"{bound}\": for 'Gt', 'Lt' operators, the value must be an integer");
                    return new Requirement(key, relation, [bound]);
            }
            var word = Word();
            if (word is not ("in" or "notin")) throw Fault($"found '{word}', expected: in, notin, =, ==, !=, gt, lt");
            return new Requirement(key, word == "in" ? Relation.In : Relation.NotIn, Values());
        }

        private ImmutableArray<string> Values()
        {
            Expect('(');
            var result = ImmutableArray.CreateBuilder<string>();
            while (true)
            {
                result.Add(Value());
                SkipSpace();
                if (TryTake(')')) return result.ToImmutable();
                Expect(',');
            }
        }

        private string Key()
        {
            SkipSpace();
            var key = Word();
            return ObjectNames.LabelKeyFault(key) is null ? key : throw Fault($"key: Invalid value: \"{key}\": {ObjectNames.LabelKeyFault(key)}");
        }

        private string Value()
        {
            SkipSpace();
            var value = Word();
            return ObjectNames.LabelValueFault(value) is null ? value : throw Fault($"values[0]: Invalid value: \"{value}\": {ObjectNames.LabelValueFault(value)}");
        }

        private string Word()
        {
            var start = _at;
            while (_at < text.Length && text[_at] is not (' ' or '\t' or '\r' or '\n' or ',' or '(' or ')' or '=' or '!' or '<' or '>'))
                _at++;
            return text[start.._at];
        }

        private void SkipSpace()
        {
            while (_at < text.Length && text[_at] is ' ' or '\t' or '\r' or '\n')
                _at++;
        }

        private bool TryTake(char wanted)
        {
            if (_at == text.Length || text[_at] != wanted) return false;
            _at++;
            return true;
        }

        private void Expect(char wanted)
        {
            SkipSpace();
            if (!TryTake(wanted)) throw Fault(_at == text.Length ? $"found '', expected: '{wanted}'" : $"found '{text[_at]}', expected: '{wanted}'");
        }

        private static ApiStatusException Fault(string why) => new(ApiStatus.BadRequest("unable to parse requirement: " + why));
    }
}
