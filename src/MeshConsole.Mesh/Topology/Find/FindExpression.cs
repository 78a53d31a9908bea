using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace MeshConsole.Mesh.Topology.Find;

/// <summary>
/// An expression over nodes and edges: <c>p99 &gt; 250ms and namespace = payments</c>, <c>!mtls</c>, <c>card</c>. What is not known is
/// neither found nor, negated, found: <c>p99 &lt; 1s</c> and <c>not p99 &lt; 1s</c> both pass over an edge without percentiles.
/// </summary>
public sealed class FindExpression
{
    /// <summary>Longer texts are no filters.</summary>
    public const int LongestText = 1_000;

    private readonly Clause _root;

    private FindExpression(string text, Clause root) => (Text, _root) = (text, root);

    public string Text { get; }

    /// <summary>Reads an expression; the fault says what is wrong where there is none. An empty text is neither.</summary>
    public static (FindExpression? Expression, FindFault? Fault) Parse(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return (null, null);
        }

        if (text.Length > LongestText)
        {
            return (null, new FindFault(LongestText, text.Length - LongestText, $"An expression has at most {LongestText} characters, and this one has {text.Length}."));
        }

        var (tokens, fault) = FindLexer.Read(text);
        if (fault is not null)
        {
            return (null, fault);
        }

        var (root, wrong) = new FindParser(tokens).Read();
        return root is null ? (null, wrong) : (new FindExpression(text, root), null);
    }

    public bool Matches(TopologyNode node)
    {
        ArgumentNullException.ThrowIfNull(node);
        return _root.Of(new Subject(node, null)) == true;
    }

    public bool Matches(TopologyEdge edge)
    {
        ArgumentNullException.ThrowIfNull(edge);
        return _root.Of(new Subject(null, edge)) == true;
    }

    /// <summary>Ids of the nodes and keys of the edges that match, in the order of the view.</summary>
    public (ImmutableArray<string> Nodes, ImmutableArray<string> Edges) In(TopologyView view)
    {
        ArgumentNullException.ThrowIfNull(view);
        return ([.. view.Nodes.Where(Matches).Select(n => n.Id)], [.. view.Edges.Where(Matches).Select(e => e.Key)]);
    }

    /// <summary>Either a node or an edge.</summary>
    internal readonly record struct Subject(TopologyNode? Node, TopologyEdge? Edge)
    {
        public object? Of(FindField field) => Node is not null ? field.OfNode?.Invoke(Node) : field.OfEdge?.Invoke(Edge!);
    }

    /// <summary>True, false, or null for what cannot be told.</summary>
    internal abstract record Clause
    {
        public abstract bool? Of(Subject subject);
    }

    internal sealed record Not(Clause Inner) : Clause
    {
        public override bool? Of(Subject subject) => !Inner.Of(subject);
    }

    internal sealed record And(ImmutableArray<Clause> Parts) : Clause
    {
        public override bool? Of(Subject subject)
        {
            bool? all = true;
            foreach (var part in Parts)
            {
                all &= part.Of(subject);
                if (all == false)
                {
                    return false;
                }
            }

            return all;
        }
    }

    internal sealed record Or(ImmutableArray<Clause> Parts) : Clause
    {
        public override bool? Of(Subject subject)
        {
            bool? any = false;
            foreach (var part in Parts)
            {
                any |= part.Of(subject);
                if (any == true)
                {
                    return true;
                }
            }

            return any;
        }
    }

    internal sealed record Flag(FindField Field) : Clause
    {
        public override bool? Of(Subject subject) => subject.Of(Field) as bool?;
    }

    /// <summary>A bare word: part of a node's name, or of the name of either end of an edge.</summary>
    internal sealed record Named(string Part) : Clause
    {
        public override bool? Of(Subject subject) => subject.Node is { } node
            ? Has(node.Name) || (node.App is { } app && Has(app))
            : Has(subject.Edge!.Source) || Has(subject.Edge.Target);

        private bool Has(string name) => name.Contains(Part, StringComparison.OrdinalIgnoreCase);
    }

    internal sealed record Compared(FindField Field, string Operator, double Value) : Clause
    {
        public override bool? Of(Subject subject) => subject.Of(Field) is double known && double.IsFinite(known)
            ? Operator switch
            {
                "=" => Same(known),
                "!=" => !Same(known),
                "<" => known < Value,
                "<=" => known < Value || Same(known),
                ">" => known > Value,
                ">=" => known > Value || Same(known),
                _ => throw new InvalidOperationException($"Numbers are not compared by {Operator}."),
            }
            : null;

        /// <summary>As close as a reader can write: a millionth part.</summary>
        private bool Same(double known) => Math.Abs(known - Value) <= 1e-6 * Math.Max(Math.Abs(known), Math.Abs(Value));
    }

    internal sealed record Worded(FindField Field, string Operator, string Value, Regex? Pattern) : Clause
    {
        public override bool? Of(Subject subject) => subject.Of(Field) switch
        {
            string one => Negated ? !Holds(one) : Holds(one),

            // Of several values one is enough; negated, none may hold.
            ImmutableArray<string> { IsEmpty: false } many => Negated ? !many.Any(Holds) : many.Any(Holds),
            _ => null,
        };

        private bool Negated => Operator is "!=" or "!~";

        private bool Holds(string text) => Operator switch
        {
            "=" or "!=" => string.Equals(text, Value, StringComparison.OrdinalIgnoreCase),
            "contains" => text.Contains(Value, StringComparison.OrdinalIgnoreCase),
            "~" or "!~" => Pattern!.IsMatch(text),
            _ => throw new InvalidOperationException($"Texts are not compared by {Operator}."),
        };
    }
}
