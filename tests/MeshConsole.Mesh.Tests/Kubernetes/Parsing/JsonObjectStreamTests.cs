using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using MeshConsole.Mesh.Kubernetes.Parsing;

namespace MeshConsole.Mesh.Tests.Kubernetes.Parsing;

public sealed class JsonObjectStreamTests
{
    /// <summary>Brackets and quotes inside strings, escapes, a decoy "items" deeper down, characters of two, three and four bytes.</summary>
    private const string Hostile = """
        { "kind" : "PodList", "items":[ {"metadata":{"name":"a","labels":{"k":"}]{\"items\":[\\"}},"items":[{"x":1}],"metadata2":{"items":[{}]}} ,
          {"metadata":{"name":"ä€𝄞","note":"line\nbreak\u0000\\\""},"numbers":[1,-2.5e10,true,null]},{} ],
          "other":{"items":[{"decoy":true}]}, "metadata":{"resourceVersion":"42","continue":"next","remaining":{"a":[{}]}} }
        """;

    private static readonly string[] s_parts =
    [
        """Object {"metadata":{"name":"a","labels":{"k":"}]{\"items\":[\\"}},"items":[{"x":1}],"metadata2":{"items":[{}]}}""",
        """Object {"metadata":{"name":"ä€𝄞","note":"line\nbreak\u0000\\\""},"numbers":[1,-2.5e10,true,null]}""",
        "Object {}",
        """ListMetadata {"resourceVersion":"42","continue":"next","remaining":{"a":[{}]}}""",
    ];

    [Fact]
    public async Task List_ByteAfterByte_GivesTheSameParts() =>
        (await PartsAsync(Hostile, JsonLayout.List, 1)).ShouldBe(s_parts);

    [Fact]
    public async Task List_CutInTwoAtEveryByte_GivesTheSameParts()
    {
        for (var cut = 1; cut < Encoding.UTF8.GetByteCount(Hostile); cut++)
        {
            (await PartsAsync(Hostile, JsonLayout.List, cut, int.MaxValue)).ShouldBe(s_parts);
        }
    }

    [Fact]
    public void List_AnySplit_GivesTheSameParts() => Check.QuickThrowOnFailure(Prop.ForAll(
        Gen.Choose(1, 40).NonEmptyListOf().ToArbitrary(),
        sizes => PartsAsync(Hostile, JsonLayout.List, [.. sizes]).GetAwaiter().GetResult().SequenceEqual(s_parts, StringComparer.Ordinal)));

    [Fact]
    public void Sequence_AnySplitAnyObjects_GivesEachObject() => Check.QuickThrowOnFailure(Prop.ForAll(
        Gen.Choose(1, 50).NonEmptyListOf().ToArbitrary(),
        ArbMap.Default.ArbFor<string[]>(),
        (sizes, texts) =>
        {
            var objects = texts.Select(text => JsonSerializer.Serialize(new { type = "ADDED", @object = new { text = text ?? "null" } })).ToArray();
            var stream = string.Concat(objects.Select((json, index) => json + (index % 3 == 0 ? "\n" : index % 3 == 1 ? "" : " \r\n")));
            var parts = PartsAsync(stream, JsonLayout.Sequence, [.. sizes]).GetAwaiter().GetResult();
            return parts.SequenceEqual(objects.Select(json => "Object " + json), StringComparer.Ordinal);
        }));

    [Fact]
    public async Task List_ObjectsMuchLargerThanTheBuffer_AreWhole()
    {
        var texts = Enumerable.Range(0, 5).Select(index => new string((char)('a' + index), 40_000 * (index + 1))).ToArray();
        var items = texts.Select(text => JsonSerializer.Serialize(new { text })).ToArray();

        var parts = await PartsAsync(Json.List("7", null, items), JsonLayout.List, 8_191, 3, 65_536);

        parts.Length.ShouldBe(6);
        parts.Where(part => part.StartsWith("Object", StringComparison.Ordinal)).ShouldBe(items.Select(item => "Object " + item));
    }

    [Fact]
    public async Task List_DeeplyNestedItem_DoesNotHideTheOthers()
    {
        var deep = $$"""{"spec":{{string.Concat(Enumerable.Repeat("[", 9_000))}}{{string.Concat(Enumerable.Repeat("]", 9_000))}}}""";

        var parts = await PartsAsync(Json.List("7", null, """{"a":1}""", deep, """{"b":2}"""), JsonLayout.List, 4096);

        parts.Length.ShouldBe(4);
        parts[3].ShouldBe("""Object {"b":2}""");
    }

    [Fact]
    public async Task List_ObjectBeyondTheLimit_IsRefused()
    {
        var json = Json.List("7", null, JsonSerializer.Serialize(new { text = new string('x', 200_000) }));
        using var objects = new JsonObjectStream(new SplitStream(Encoding.UTF8.GetBytes(json)), JsonLayout.List, longestObject: 100_000);

        await Should.ThrowAsync<InvalidDataException>(async () =>
        {
            while (await objects.ReadAsync(CancellationToken.None) != JsonPart.None)
            {
            }
        });
    }

    [Theory]
    [InlineData("")]
    [InlineData("<html>login</html>")]
    [InlineData("""{"items":[{"a":1}""")]
    [InlineData("""{"items":[{"a":1}]""")]
    [InlineData("""{"items":[{"a":}]}""")]
    public async Task List_CutOffOrNotJson_IsAnError(string json) =>
        await Should.ThrowAsync<JsonException>(() => PartsAsync(json, JsonLayout.List, 5));

    [Fact]
    public async Task Buffer_AfterUse_HoldsNothingOfWhatPassed()
    {
        // The buffer goes back to a pool: what is rented next must not find a key in it.
        var secret = new string('K', 5_000);
        var json = Json.List("7", null, $$"""{"secret":"{{secret}}"}""", $$"""{"secret":"{{secret}}{{secret}}"}""");
        await PartsAsync(json, JsonLayout.List, 1_000);

        for (var size = 16; size <= 1 << 20; size *= 2)
        {
            var rented = Enumerable.Range(0, 8).Select(_ => System.Buffers.ArrayPool<byte>.Shared.Rent(size)).ToArray();
            rented.Count(buffer => buffer.AsSpan().IndexOf("KKKKKKKK"u8) >= 0).ShouldBe(0);
            foreach (var buffer in rented)
            {
                System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    private static async Task<string[]> PartsAsync(string json, JsonLayout layout, params int[] sizes)
    {
        using var objects = new JsonObjectStream(new SplitStream(Encoding.UTF8.GetBytes(json), sizes), layout, longestObject: 10_000_000);
        var parts = new List<string>();
        while (await objects.ReadAsync(CancellationToken.None) is var part and not JsonPart.None)
        {
            parts.Add($"{part} {Encoding.UTF8.GetString(objects.Current)}");
        }

        return [.. parts];
    }
}
