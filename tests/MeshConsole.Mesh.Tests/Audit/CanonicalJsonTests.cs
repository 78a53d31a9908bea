using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using MeshConsole.Mesh.Audit;

namespace MeshConsole.Mesh.Tests.Audit;

public sealed class CanonicalJsonTests
{
    /// <summary>Appendix B of RFC 8785.</summary>
    [Theory]
    [InlineData(0x0000000000000000UL, "0")]
    [InlineData(0x8000000000000000UL, "0")]
    [InlineData(0x0000000000000001UL, "5e-324")]
    [InlineData(0x8000000000000001UL, "-5e-324")]
    [InlineData(0x7fefffffffffffffUL, "1.7976931348623157e+308")]
    [InlineData(0xffefffffffffffffUL, "-1.7976931348623157e+308")]
    [InlineData(0x4340000000000000UL, "9007199254740992")]
    [InlineData(0xc340000000000000UL, "-9007199254740992")]
    [InlineData(0x4430000000000000UL, "295147905179352830000")]
    [InlineData(0x44b52d02c7e14af5UL, "9.999999999999997e+22")]
    [InlineData(0x44b52d02c7e14af6UL, "1e+23")]
    [InlineData(0x44b52d02c7e14af7UL, "1.0000000000000001e+23")]
    [InlineData(0x444b1ae4d6e2ef4eUL, "999999999999999700000")]
    [InlineData(0x444b1ae4d6e2ef4fUL, "999999999999999900000")]
    [InlineData(0x444b1ae4d6e2ef50UL, "1e+21")]
    [InlineData(0x3eb0c6f7a0b5ed8cUL, "9.999999999999997e-7")]
    [InlineData(0x3eb0c6f7a0b5ed8dUL, "0.000001")]
    [InlineData(0x41b3de4355555553UL, "333333333.3333332")]
    [InlineData(0x41b3de4355555557UL, "333333333.33333343")]
    [InlineData(0xbecbf647612f3696UL, "-0.0000033333333333333333")]
    [InlineData(0x43143ff3c1cb0959UL, "1424953923781206.2")]
    public void Number_OfTheStandard_IsWrittenAsItSays(ulong bits, string expected) =>
        CanonicalJson.Number(BitConverter.UInt64BitsToDouble(bits)).ShouldBe(expected);

    /// <summary>Section 3.2.3 and 3.2.4 of RFC 8785: order by UTF-16 code units, escapes.</summary>
    [Fact]
    public void Object_OfTheStandard_IsSortedAndEscapedAsItSays()
    {
        const string Text = """{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis","literals":[null,true,false],"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/"}""";
        using var document = JsonDocument.Parse(Text);
        CanonicalJson.Write(document.RootElement).ShouldBe(
            "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"literals\":[null,true,false],\"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\",\"\u0080\":\"Control\",\"ö\":\"Latin Small Letter O With Diaeresis\",\"€\":\"Euro Sign\",\"😀\":\"Emoji: Grinning Face\",\"\ufb33\":\"Hebrew Letter Dalet With Dagesh\"}");
    }

    [Theory]
    [InlineData("""{"a":1,"a":2}""")]
    [InlineData("""{"x":{"a":1,"\u0061":2}}""")]
    [InlineData("1e999")]
    [InlineData("""["\ud800"]""")]
    public void Value_WithoutACanonicalForm_IsRefused(string json)
    {
        using var document = JsonDocument.Parse(json);
        Should.Throw<FormatException>(() => CanonicalJson.Utf8(CanonicalJson.Write(document.RootElement)));
    }

    [Fact]
    public void Number_Any_ReadsBackAsTheSameDouble() => Prop.ForAll(
        ArbMap.Default.ArbFor<long>(),
        bits =>
        {
            var value = BitConverter.Int64BitsToDouble(bits);
            return !double.IsFinite(value) || double.Parse(CanonicalJson.Number(value), CultureInfo.InvariantCulture).Equals(value + 0.0);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Value_Any_MeansTheSameAndIsAFixedPoint() => Prop.ForAll(
        Values(4).ToArbitrary(),
        node =>
        {
            var canonical = CanonicalJson.Write(node);
            using var read = JsonDocument.Parse(canonical);
            return string.Equals(CanonicalJson.Write(read.RootElement), canonical, StringComparison.Ordinal)
                && JsonNode.DeepEquals(JsonNode.Parse(canonical), JsonNode.Parse(node?.ToJsonString() ?? "null"));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Object_WithItsMembersInAnyOrder_HasOneForm() => Prop.ForAll(
        ArbMap.Default.GeneratorFor<Dictionary<NonNull<string>, int>>().ToArbitrary(),
        members =>
        {
            var usable = members.Where(member => IsWhole(member.Key.Get)).ToList();
            var forward = new JsonObject(usable.Select(member => KeyValuePair.Create(member.Key.Get, (JsonNode?)member.Value)));
            var backward = new JsonObject(usable.AsEnumerable().Reverse().Select(member => KeyValuePair.Create(member.Key.Get, (JsonNode?)member.Value)));
            return string.Equals(CanonicalJson.Write(forward), CanonicalJson.Write(backward), StringComparison.Ordinal);
        }).QuickCheckThrowOnFailure();

    private static Gen<JsonNode?> Values(int depth)
    {
        var text = ArbMap.Default.GeneratorFor<string>().Where(value => value is not null && IsWhole(value));
        var leaf = Gen.OneOf(
            text.Select(value => (JsonNode?)JsonValue.Create(value)),
            ArbMap.Default.GeneratorFor<NormalFloat>().Select(value => (JsonNode?)JsonValue.Create(value.Get)),
            ArbMap.Default.GeneratorFor<int>().Select(value => (JsonNode?)JsonValue.Create(value)),
            ArbMap.Default.GeneratorFor<bool>().Select(value => (JsonNode?)JsonValue.Create(value)),
            Gen.Constant<JsonNode?>(null));
        if (depth == 0)
        {
            return leaf;
        }

        // A node has one parent: each is made anew.
        var below = Values(depth - 1).Select(node => node?.ToJsonString());
        var array = below.ListOf().Select(items => (JsonNode?)new JsonArray([.. items.Take(4).Select(item => item is null ? null : JsonNode.Parse(item))]));
        var members = text.Zip(below).ListOf().Select(pairs => (JsonNode?)new JsonObject(pairs.Take(4).DistinctBy(pair => pair.Item1, StringComparer.Ordinal).Select(pair => KeyValuePair.Create(pair.Item1, pair.Item2 is null ? null : JsonNode.Parse(pair.Item2)))));
        return Gen.OneOf(leaf, array, members);
    }

    private static bool IsWhole(string text) => text.EnumerateRunes().Sum(rune => rune.Utf16SequenceLength) == text.Length && !text.Contains('\ufffd');
}
