using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using MeshConsole.Simulator.Kubernetes;

namespace MeshConsole.Simulator.Tests.Kubernetes;

public sealed class JsonPatchTests
{
    // RFC 6902, appendix A, and the corners of RFC 6901.
    [Theory]
    [InlineData("""{"foo":"bar"}""", """[{"op":"add","path":"/baz","value":"qux"}]""", """{"foo":"bar","baz":"qux"}""")]
    [InlineData("""{"foo":["bar","baz"]}""", """[{"op":"add","path":"/foo/1","value":"qux"}]""", """{"foo":["bar","qux","baz"]}""")]
    [InlineData("""{"foo":["bar"]}""", """[{"op":"add","path":"/foo/1","value":"end"}]""", """{"foo":["bar","end"]}""")]
    [InlineData("""{"foo":["bar"]}""", """[{"op":"add","path":"/foo/-","value":["abc"]}]""", """{"foo":["bar",["abc"]]}""")]
    [InlineData("""{"foo":1}""", """[{"op":"add","path":"/foo","value":null}]""", """{"foo":null}""")]
    [InlineData("""{"foo":1}""", """[{"op":"add","path":"","value":[1]}]""", """[1]""")]
    [InlineData("""{"baz":"qux","foo":"bar"}""", """[{"op":"remove","path":"/baz"}]""", """{"foo":"bar"}""")]
    [InlineData("""{"foo":["bar","qux","baz"]}""", """[{"op":"remove","path":"/foo/1"}]""", """{"foo":["bar","baz"]}""")]
    [InlineData("""{"foo":null}""", """[{"op":"remove","path":"/foo"}]""", """{}""")]
    [InlineData("""{"baz":"qux","foo":"bar"}""", """[{"op":"replace","path":"/baz","value":"boo"}]""", """{"baz":"boo","foo":"bar"}""")]
    [InlineData("""{"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}}""", """[{"op":"move","from":"/foo/waldo","path":"/qux/thud"}]""", """{"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}}""")]
    [InlineData("""{"foo":["all","grass","cows","eat"]}""", """[{"op":"move","from":"/foo/1","path":"/foo/3"}]""", """{"foo":["all","cows","eat","grass"]}""")]
    [InlineData("""{"a":1}""", """[{"op":"move","from":"/a","path":"/a"}]""", """{"a":1}""")]
    [InlineData("""{"a":{"b":1}}""", """[{"op":"copy","from":"/a","path":"/c"},{"op":"replace","path":"/c/b","value":2}]""", """{"a":{"b":1},"c":{"b":2}}""")]
    [InlineData("""{"baz":"qux","foo":["a",2,"c"]}""", """[{"op":"test","path":"/baz","value":"qux"},{"op":"test","path":"/foo/1","value":2.0}]""", """{"baz":"qux","foo":["a",2,"c"]}""")]
    [InlineData("""{"foo":{"a":1,"b":null}}""", """[{"op":"test","path":"/foo","value":{"b":null,"a":1}}]""", """{"foo":{"a":1,"b":null}}""")]
    [InlineData("""{"/":9,"~1":10}""", """[{"op":"test","path":"/~01","value":10},{"op":"remove","path":"/~1"}]""", """{"~1":10}""")]
    [InlineData("""{"":{"":1}}""", """[{"op":"replace","path":"//","value":2}]""", """{"":{"":2}}""")]
    [InlineData("""{"foo":"bar"}""", """[{"op":"add","path":"/baz","value":"qux","xyz":123}]""", """{"foo":"bar","baz":"qux"}""")]
    [InlineData("""{"a":{"0":"member"}}""", """[{"op":"test","path":"/a/0","value":"member"}]""", """{"a":{"0":"member"}}""")]
    [InlineData("""{}""", """[]""", """{}""")]
    public void Apply_AsTheStandardShows_GivesTheDocument(string document, string patch, string expected) =>
        Apply(document, patch).ShouldBe(Normal(expected));

    [Theory]
    [InlineData("""{"foo":"bar"}""", """[{"op":"add","path":"/baz/bat","value":"qux"}]""")]
    [InlineData("""{"foo":["bar"]}""", """[{"op":"add","path":"/foo/2","value":"qux"}]""")]
    [InlineData("""{"foo":["bar"]}""", """[{"op":"add","path":"/foo/-1","value":"qux"}]""")]
    [InlineData("""{"foo":["a","b"]}""", """[{"op":"replace","path":"/foo/01","value":"qux"}]""")]
    [InlineData("""{"foo":["a","b"]}""", """[{"op":"replace","path":"/foo/1e0","value":"qux"}]""")]
    [InlineData("""{"foo":["a"]}""", """[{"op":"replace","path":"/foo/-","value":"qux"}]""")]
    [InlineData("""{"foo":["a"]}""", """[{"op":"remove","path":"/foo/-"}]""")]
    [InlineData("""{"baz":"qux"}""", """[{"op":"test","path":"/baz","value":"bar"}]""")]
    [InlineData("""{"baz":null}""", """[{"op":"test","path":"/baz","value":0}]""")]
    [InlineData("""{"baz":10}""", """[{"op":"test","path":"/baz","value":"10"}]""")]
    [InlineData("""{"foo":1}""", """[{"op":"test","path":"/bar","value":null}]""")]
    [InlineData("""{"foo":1}""", """[{"op":"remove","path":"/bar"}]""")]
    [InlineData("""{"foo":1}""", """[{"op":"remove","path":""}]""")]
    [InlineData("""{"foo":1}""", """[{"op":"replace","path":"/bar","value":1}]""")]
    [InlineData("""{"foo":1}""", """[{"op":"add","path":"/bar"}]""")]
    [InlineData("""{"foo":1}""", """[{"op":"add","value":1}]""")]
    [InlineData("""{"foo":1}""", """[{"op":"add","path":"bar","value":1}]""")]
    [InlineData("""{"foo":1}""", """[{"op":"add","path":"/a~2","value":1}]""")]
    [InlineData("""{"foo":1}""", """[{"op":"add","path":"/a~","value":1}]""")]
    [InlineData("""{"foo":1}""", """[{"op":"copy","path":"/a"}]""")]
    [InlineData("""{"foo":1}""", """[{"op":"copy","from":"/b","path":"/a"}]""")]
    [InlineData("""{"foo":1}""", """[{"op":"move","from":"/b","path":"/b"}]""")]
    [InlineData("""{"foo":{"a":1}}""", """[{"op":"move","from":"/foo","path":"/foo/a"}]""")]
    [InlineData("""{"foo":1}""", """[{"op":"add","path":"/foo/a","value":1}]""")]
    [InlineData("""{"foo":1}""", """[{"op":"spam","path":"/foo","value":1}]""")]
    [InlineData("""{"foo":1}""", """[{"path":"/foo","value":1}]""")]
    public void Apply_WhatCannotBeDone_IsRefusedAndLeavesTheDocument(string document, string patch)
    {
        var before = JsonNode.Parse(document);
        // What came before the operation that fails is not kept either.
        var operations = JsonNode.Parse(patch)!.AsArray();
        operations.Insert(0, JsonNode.Parse("""{"op":"add","path":"/first","value":1}"""));
        Should.Throw<JsonPatchException>(() => JsonPatch.Parse(operations).Apply(before));
        before!.ToJsonString().ShouldBe(Normal(document));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("[1]")]
    public void Parse_WhatIsNoPatch_IsRefused(string patch) => Should.Throw<JsonException>(() => JsonPatch.Parse(JsonNode.Parse(patch)));

    [Fact]
    public void Apply_ThePatchBetweenTwoDocuments_LeadsFromOneToTheOther()
    {
        Prop.ForAll(Pairs(), pair =>
        {
            var (from, to) = pair;
            var patch = new JsonArray();
            Difference(patch, "", from, to);
            var result = JsonPatch.Parse(patch).Apply(from);
            return JsonNode.DeepEquals(result, to);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Apply_RandomOperations_DoesWhatAnIndependentInterpreterDoes()
    {
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
        {
            var random = new SplitMix(unchecked((ulong)seed));
            var document = Document(random, 3);
            var patch = new JsonArray();
            for (var count = random.Next(6); count >= 0; count--)
                patch.Add((JsonNode)RandomOperation(random, document));
            var expected = Interpreter.Apply(document, patch);
            string? actual;
            try
            {
                actual = Text(JsonPatch.Parse(patch).Apply(JsonNode.Parse(Text(document))));
            }
            catch (JsonPatchException)
            {
                actual = null;
            }
            return (actual == expected).Label($"document {Text(document)} patch {patch.ToJsonString()} gave {actual ?? "a refusal"} and not {expected ?? "a refusal"}");
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));
    }

    [Fact]
    public void Apply_AMergePatchOfADifference_LeadsFromOneToTheOther()
    {
        // A merge patch can say everything but a null inside of an object: those are taken out.
        Prop.ForAll(Pairs(), pair =>
        {
            var (from, to) = (WithoutNulls(pair.From), WithoutNulls(pair.To));
            var patch = MergeDifference(from, to);
            return JsonNode.DeepEquals(MergePatch.Apply(from, patch), to);
        }).QuickCheckThrowOnFailure();
    }

    // RFC 7386, appendix A.
    [Theory]
    [InlineData("""{"a":"b"}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"b":"c"}""", """{"a":"b","b":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"a":null}""", """{}""")]
    [InlineData("""{"a":"b","b":"c"}""", """{"a":null}""", """{"b":"c"}""")]
    [InlineData("""{"a":["b"]}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"c"}""", """{"a":["b"]}""", """{"a":["b"]}""")]
    [InlineData("""{"a":{"b":"c"}}""", """{"a":{"b":"d","c":null}}""", """{"a":{"b":"d"}}""")]
    [InlineData("""{"a":[{"b":"c"}]}""", """{"a":[1]}""", """{"a":[1]}""")]
    [InlineData("""["a","b"]""", """["c","d"]""", """["c","d"]""")]
    [InlineData("""{"a":"b"}""", """["c"]""", """["c"]""")]
    [InlineData("""{"a":"foo"}""", "null", "null")]
    [InlineData("""{"a":"foo"}""", "\"bar\"", "\"bar\"")]
    [InlineData("""{"e":null}""", """{"a":1}""", """{"e":null,"a":1}""")]
    [InlineData("""[1,2]""", """{"a":"b","c":null}""", """{"a":"b"}""")]
    [InlineData("""{}""", """{"a":{"bb":{"ccc":null}}}""", """{"a":{"bb":{}}}""")]
    public void MergePatch_AsTheStandardShows_GivesTheDocument(string document, string patch, string expected) =>
        Text(MergePatch.Apply(JsonNode.Parse(document), JsonNode.Parse(patch))).ShouldBe(Normal(expected));

    private static string Apply(string document, string patch) => Text(JsonPatch.Parse(JsonNode.Parse(patch)).Apply(JsonNode.Parse(document)));

    private static string Normal(string json) => Text(JsonNode.Parse(json));

    private static string Text(JsonNode? node) => node?.ToJsonString() ?? "null";

    private static Arbitrary<(JsonNode? From, JsonNode? To)> Pairs() => Arb.From(
        ArbMap.Default.GeneratorFor<int>().Select(seed =>
        {
            var random = new SplitMix(unchecked((ulong)seed * 7919));
            var from = Document(random, 3);
            return (from, random.Next(3) == 0 ? Document(random, 3) : Mutated(random, from));
        }));

    private static JsonNode? Document(SplitMix random, int depth)
    {
        switch (depth == 0 ? random.Next(4) : random.Next(8))
        {
            case 0:
                return null;
            case 1:
                return JsonValue.Create(random.Next(4));
            case 2:
                return JsonValue.Create("s" + random.Next(3));
            case 3:
                return JsonValue.Create(random.Next(2) == 0);
            case 4 or 5:
                var list = new JsonArray();
                for (var count = random.Next(4); count > 0; count--)
                    list.Add(Document(random, depth - 1));
                return list;
            default:
                var json = new JsonObject();
                for (var count = random.Next(4); count > 0; count--)
                    json[Name(random)] = Document(random, depth - 1);
                return json;
        }
    }

    private static string Name(SplitMix random) => ((string[])["a", "b", "0", "1", "", "a/b", "~", "~1", "-"])[random.Next(9)];

    private static JsonNode? Mutated(SplitMix random, JsonNode? node)
    {
        if (random.Next(5) == 0) return Document(random, 2);
        switch (node)
        {
            case JsonObject json:
                var copy = new JsonObject();
                foreach (var (name, value) in json)
                    if (random.Next(6) > 0) copy[name] = Mutated(random, value);
                if (random.Next(4) == 0) copy[Name(random)] = Document(random, 1);
                return copy;
            case JsonArray list:
                var items = new JsonArray();
                foreach (var item in list)
                    if (random.Next(6) > 0) items.Add(Mutated(random, item));
                return items;
            default:
                return node?.DeepClone();
        }
    }

    /// <summary>Operations that lead from one document to the other.</summary>
    private static void Difference(JsonArray patch, string path, JsonNode? from, JsonNode? to)
    {
        if (JsonNode.DeepEquals(from, to)) return;
        if (from is JsonObject before && to is JsonObject after)
        {
            foreach (var name in before.Select(member => member.Key).Where(name => !after.ContainsKey(name)))
                patch.Add((JsonNode)new JsonObject { ["op"] = "remove", ["path"] = $"{path}/{JsonPointer.Escape(name)}" });
            foreach (var (name, value) in after)
            {
                if (before.TryGetPropertyValue(name, out var old)) Difference(patch, $"{path}/{JsonPointer.Escape(name)}", old, value);
                else patch.Add((JsonNode)new JsonObject { ["op"] = "add", ["path"] = $"{path}/{JsonPointer.Escape(name)}", ["value"] = value?.DeepClone() });
            }
        }
        else if (from is JsonArray oldList && to is JsonArray newList)
        {
            for (var index = oldList.Count - 1; index >= newList.Count; index--)
                patch.Add((JsonNode)new JsonObject { ["op"] = "remove", ["path"] = $"{path}/{index}" });
            for (var index = 0; index < newList.Count; index++)
            {
                if (index < oldList.Count) Difference(patch, $"{path}/{index}", oldList[index], newList[index]);
                else patch.Add((JsonNode)new JsonObject { ["op"] = "add", ["path"] = $"{path}/-", ["value"] = newList[index]?.DeepClone() });
            }
        }
        else
        {
            patch.Add((JsonNode)new JsonObject { ["op"] = "replace", ["path"] = path, ["value"] = to?.DeepClone() });
        }
    }

    private static JsonNode? MergeDifference(JsonNode? from, JsonNode? to)
    {
        if (from is not JsonObject before || to is not JsonObject after) return to?.DeepClone();
        var patch = new JsonObject();
        foreach (var name in before.Select(member => member.Key).Where(name => !after.ContainsKey(name)))
            patch[name] = null;
        foreach (var (name, value) in after)
            if (!JsonNode.DeepEquals(before[name], value)) patch[name] = MergeDifference(before[name], value);
        return patch;
    }

    private static JsonNode? WithoutNulls(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject json:
                var copy = new JsonObject();
                foreach (var (name, value) in json)
                    if (value is not null) copy[name] = WithoutNulls(value);
                return copy;
            case JsonArray list:
                return new JsonArray([.. list.Where(item => item is not null).Select(WithoutNulls)]);
            default:
                return node?.DeepClone();
        }
    }

    private static JsonObject RandomOperation(SplitMix random, JsonNode? document)
    {
        var op = ((string[])["add", "remove", "replace", "move", "copy", "test"])[random.Next(6)];
        var json = new JsonObject { ["op"] = op, ["path"] = RandomPath(random, document) };
        if (op is "move" or "copy") json["from"] = RandomPath(random, document);
        else if (op != "remove") json["value"] = random.Next(2) == 0 ? Document(random, 1) : Sample(random, document)?.DeepClone();
        return json;
    }

    private static JsonNode? Sample(SplitMix random, JsonNode? document) => document switch
    {
        JsonObject { Count: > 0 } json when random.Next(3) > 0 => Sample(random, json.ElementAt(random.Next(json.Count)).Value),
        JsonArray { Count: > 0 } list when random.Next(3) > 0 => Sample(random, list[random.Next(list.Count)]),
        _ => document,
    };

    private static string RandomPath(SplitMix random, JsonNode? document)
    {
        var path = "";
        while (random.Next(4) > 0)
        {
            switch (document)
            {
                case JsonObject { Count: > 0 } json when random.Next(4) > 0:
                    var (name, value) = json.ElementAt(random.Next(json.Count));
                    path += "/" + JsonPointer.Escape(name);
                    document = value;
                    break;
                case JsonArray list when random.Next(5) > 0:
                    var index = random.Next(list.Count + 1);
                    path += random.Next(6) == 0 ? "/-" : "/" + index;
                    document = index < list.Count ? list[index] : null;
                    break;
                default:
                    return path + "/" + JsonPointer.Escape(Name(random));
            }
        }
        return path;
    }

    /// <summary>RFC 6902 once more, written another way: over dictionaries and lists, rebuilding what lies on the path.</summary>
    private static class Interpreter
    {
        private sealed class Refusal : Exception;

        public static string? Apply(JsonNode? document, JsonArray patch)
        {
            try
            {
                var value = Plain(document);
                foreach (var operation in patch)
                    value = Step(value, operation!.AsObject());
                return Written(value);
            }
            catch (Refusal)
            {
                return null;
            }
        }

        private static object? Step(object? root, JsonObject operation)
        {
            var path = Tokens(operation["path"]!.GetValue<string>());
            var op = operation["op"]!.GetValue<string>();
            switch (op)
            {
                case "add":
                    return Set(root, path, Plain(operation["value"]), insert: true);
                case "replace":
                    Read(root, path);
                    return Set(root, path, Plain(operation["value"]), insert: false);
                case "remove":
                    return Cut(root, path);
                case "test":
                    return Written(Read(root, path), sorted: true) == Written(Plain(operation["value"]), sorted: true) ? root : throw new Refusal();
                case "copy":
                    return Set(root, path, Read(root, Tokens(operation["from"]!.GetValue<string>())), insert: true);
                default:
                    var from = Tokens(operation["from"]!.GetValue<string>());
                    var moved = Read(root, from);
                    if (path.Length > from.Length && from.SequenceEqual(path.Take(from.Length))) throw new Refusal();
                    return path.SequenceEqual(from) ? root : Set(Cut(root, from), path, moved, insert: true);
            }
        }

        private static string[] Tokens(string path) => [.. path.Split('/').Skip(1).Select(token => token.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal))];

        private static object? Read(object? value, string[] path)
        {
            if (path.Length == 0) return value;
            return value switch
            {
                List<KeyValuePair<string, object?>> members when members.FindIndex(member => member.Key == path[0]) is >= 0 and var at => Read(members[at].Value, path[1..]),
                List<object?> items => Read(items[Index(path[0], items.Count - 1)], path[1..]),
                _ => throw new Refusal(),
            };
        }

        private static object? Set(object? value, string[] path, object? put, bool insert)
        {
            if (path.Length == 0) return put;
            var (head, rest) = (path[0], path[1..]);
            switch (value)
            {
                case List<KeyValuePair<string, object?>> members:
                    var result = new List<KeyValuePair<string, object?>>(members);
                    var at = result.FindIndex(member => member.Key == head);
                    if (at < 0 && rest.Length > 0) throw new Refusal();
                    var next = KeyValuePair.Create(head, Set(at < 0 ? null : result[at].Value, rest, put, insert));
                    if (at < 0) result.Add(next);
                    else result[at] = next;
                    return result;
                case List<object?> items:
                    var list = new List<object?>(items);
                    if (rest.Length > 0 || !insert)
                    {
                        var index = Index(head, list.Count - 1);
                        list[index] = Set(list[index], rest, put, insert);
                    }
                    else
                    {
                        list.Insert(head == "-" ? list.Count : Index(head, list.Count), put);
                    }
                    return list;
                default:
                    throw new Refusal();
            }
        }

        private static object? Cut(object? value, string[] path)
        {
            if (path.Length == 0) throw new Refusal();
            Read(value, path);
            if (value is List<object?> items)
            {
                var index = Index(path[0], items.Count - 1);
                var kept = new List<object?>(items);
                if (path.Length == 1) kept.RemoveAt(index);
                else kept[index] = Cut(items[index], path[1..]);
                return kept;
            }
            var members = (List<KeyValuePair<string, object?>>)value!;
            return members.Where(member => path.Length > 1 || member.Key != path[0])
                .Select(member => member.Key == path[0] ? KeyValuePair.Create(member.Key, Cut(member.Value, path[1..])) : member).ToList();
        }

        private static int Index(string token, int last) =>
            Enumerable.Range(0, last + 1).Select(index => index.ToString(System.Globalization.CultureInfo.InvariantCulture)).ToList().IndexOf(token) is >= 0 and var found ? found : throw new Refusal();

        private static object? Plain(JsonNode? node) => node switch
        {
            null => null,
            JsonObject json => json.Select(member => KeyValuePair.Create(member.Key, Plain(member.Value))).ToList(),
            JsonArray list => list.Select(Plain).ToList(),
            _ => node.ToJsonString(),
        };

        private static string Written(object? value, bool sorted = false) => value switch
        {
            null => "null",
            List<KeyValuePair<string, object?>> members => "{" + string.Join(',', (sorted ? members.OrderBy(member => member.Key, StringComparer.Ordinal) : members.AsEnumerable())
                .Select(member => JsonSerializer.Serialize(member.Key) + ":" + Written(member.Value, sorted))) + "}",
            List<object?> items => "[" + string.Join(',', items.Select(item => Written(item, sorted))) + "]",
            _ => (string)value,
        };
    }

    /// <summary>A small seeded generator: the same seed gives the same documents everywhere.</summary>
    private sealed class SplitMix(ulong state)
    {
        private ulong _state = state;

        public int Next(int limit)
        {
            _state += 0x9E3779B97F4A7C15;
            var mixed = (_state ^ (_state >> 30)) * 0xBF58476D1CE4E5B9;
            mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
            return (int)((mixed ^ (mixed >> 31)) % (ulong)limit);
        }
    }
}
