using System.Text.Json;
using MeshConsole.Mesh.Kubernetes.Objects;

namespace MeshConsole.Mesh.Tests.Kubernetes;

public sealed class SpecReaderTests
{
    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("7")]
    [InlineData("\"text\"")]
    [InlineData("true")]
    [InlineData("{}")]
    [InlineData("""{"a":null}""")]
    public void Reading_WrongShape_GivesNothing(string json)
    {
        var element = Given.Json(json);
        element.Get("a").IsPresent().ShouldBeFalse();
        element.Text("a").ShouldBeNull();
        element.Whole("a").ShouldBeNull();
        element.Flag("a").ShouldBeNull();
        element.Instant("a").ShouldBeNull();
        element.Items("a").ShouldBeEmpty();
        element.Texts("a").ShouldBeEmpty();
        element.Get("a").Members().ShouldBeEmpty();
        element.Get("a").Labels().ShouldBeEmpty();
    }

    [Fact]
    public void Reading_Undefined_GivesNothing() => default(JsonElement).Get("a").Get("b").Text("c").ShouldBeNull();

    [Fact]
    public void Reading_HalfASurrogatePair_DoesNotThrow()
    {
        var element = Given.Json("""{"\ud800":"x","a":"\udfff","list":["\ud800","ok"],"labels":{"\ud800":"x","app":"web","n":1}}""");
        element.Text("a").ShouldBeNull();
        element.Texts("list").ShouldBe(["ok"]);
        element.Get("labels").Labels().ShouldBe([new KeyValuePair<string, string>("app", "web")]);
        Should.NotThrow(() => element.Members());
        Should.NotThrow(() => element.Get("\\ud800"));
    }

    [Theory]
    [InlineData("90", 90)]
    [InlineData("-1", -1)]
    [InlineData("0", 0)]
    [InlineData("90.5", null)]
    [InlineData("99999999999", null)]
    [InlineData("\"90\"", null)]
    [InlineData("1e2", null)]
    public void Whole_OnlyIntegersThatFit_AreRead(string json, int? expected) => Given.Json(json).Whole().ShouldBe(expected);

    [Fact]
    public void Labels_EmptyValue_IsKept() => Given.Json("""{"a":""}""").Labels()["a"].ShouldBe("");

    [Fact]
    public void Instant_WithOffset_IsUtc() =>
        Given.Json("""{"t":"2026-03-01T04:00:00+02:00"}""").Instant("t").ShouldBe(new DateTimeOffset(2026, 3, 1, 2, 0, 0, TimeSpan.Zero));
}
