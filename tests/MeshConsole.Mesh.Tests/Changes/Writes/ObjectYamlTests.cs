using System.Text.Json.Nodes;
using MeshConsole.Mesh.Changes.Plans;
using MeshConsole.Mesh.Changes.Writes;
using YamlDotNet.RepresentationModel;
using static MeshConsole.Mesh.Tests.Changes.RouteObjects;

namespace MeshConsole.Mesh.Tests.Changes.Writes;

public sealed class ObjectYamlTests
{
    [Fact]
    public void Object_IsWrittenAsPeopleWriteIt_WithoutWhatTheServerNotes() =>
        ObjectYaml.Write(CardProcessor).ShouldBe(
            """
            apiVersion: networking.istio.io/v1beta1
            kind: VirtualService
            metadata:
              creationTimestamp: "2026-01-01T00:00:00Z"
              generation: 4
              name: card-processor
              namespace: payments
              resourceVersion: "1234"
              uid: "4f1c"
            spec:
              hosts:
              - card-processor.payments.svc.cluster.local
              http:
              - match:
                - headers:
                    x-merchant-tier:
                      exact: enterprise
                route:
                - destination:
                    host: card-processor
                    subset: v2
                  weight: 100
              - route:
                - destination:
                    host: card-processor
                    subset: v1
                  weight: 90
                - destination:
                    host: card-processor
                    subset: v2
                  weight: 10
                retries:
                  attempts: 2
                  retryOn: connect-failure
                timeout: "8s"

            """);

    [Theory]
    [InlineData("plain text", "plain text")]
    [InlineData("true", "\"true\"")]
    [InlineData("No", "\"No\"")]
    [InlineData("12", "\"12\"")]
    [InlineData("8s", "\"8s\"")]
    [InlineData("", "\"\"")]
    [InlineData("a: b", "\"a: b\"")]
    [InlineData("a #b", "\"a #b\"")]
    [InlineData(" a", "\" a\"")]
    [InlineData("a\nspec: {}", "\"a\\nspec: {}\"")]
    [InlineData("a\u202eb", "\"a\\u202Eb\"")]
    [InlineData("a\u200bb", "\"a\\u200Bb\"")]
    [InlineData("a\u001b[31m", "\"a\\e[31m\"")]
    [InlineData("é日", "\"é日\"")]
    [InlineData("- weight: 100", "\"- weight: 100\"")]
    public void Text_ThatCouldMislead_IsQuotedAndVisible(string text, string expected)
    {
        var yaml = ObjectYaml.Write(Given.Json(new JsonObject { ["a"] = text }.ToJsonString()));
        yaml.ShouldBe($"a: {expected}\n");
    }

    [Fact]
    public void Hostile_Names_ReadBackAsTheyWere()
    {
        string[] texts = ["yes", "null", "~", "1e3", "0x1", "<<", "=", "a:b", "? a", "&a", "*a", "!a", "| a", "%a", "`a", "@a", "a\u0085b", "a\u2028b", "\ufeff", "🦀", "'", "\"", "\\", "{a: b}", "[a]", "#a", "a ", "-", "---", "...", new string('k', 2000)];
        var node = new JsonObject();
        foreach (var text in texts)
        {
            node[text] = new JsonArray(text, new JsonObject { [text] = new JsonObject() }, new JsonArray(), 1, true, null);
        }

        var yaml = ObjectYaml.Write(Given.Json(node.ToJsonString()));
        var stream = new YamlStream();
        stream.Load(new StringReader(yaml));
        var read = (YamlMappingNode)stream.Documents.Single().RootNode;
        read.Children.Keys.Select(k => ((YamlScalarNode)k).Value).ShouldBe(texts);
        read.Children.Values.Select(v => ((YamlScalarNode)((YamlSequenceNode)v).Children[0]).Value).ShouldBe(texts);
        yaml.ShouldNotContain('\u2028');
    }

    [Fact]
    public void Diff_ShowsTheWeightsAndThreeLinesAround()
    {
        var route = Route(CardProcessor, 1);
        UnifiedDiff.OfWeights(CardProcessor, ChangeTarget.Of(route), Backends(route), [75, 25]).ShouldBe(
            """
            --- now
            +++ after
            @@ -24,11 +24,11 @@
                 - destination:
                     host: card-processor
                     subset: v1
            -      weight: 90
            +      weight: 75
                 - destination:
                     host: card-processor
                     subset: v2
            -      weight: 10
            +      weight: 25
                 retries:
                   attempts: 2
                   retryOn: connect-failure

            """);
        UnifiedDiff.OfWeights(CardProcessor, ChangeTarget.Of(route), Backends(route), [90, 10]).ShouldBe("");
    }

    [Theory]
    [InlineData("", "a", "@@ -0,0 +1,1 @@\n+a\n")]
    [InlineData("a\nb\nc\nd\ne\nf\ng\nh\ni\nj", "A\nb\nc\nd\ne\nf\ng\nh\ni\nJ", "@@ -1,4 +1,4 @@\n-a\n+A\n b\n c\n d\n@@ -7,4 +7,4 @@\n g\n h\n i\n-j\n+J\n")]
    [InlineData("a\nb", "a", "@@ -1,2 +1,1 @@\n a\n-b\n")]
    public void Diff_IsUnified(string before, string after, string hunks) =>
        UnifiedDiff.Between(before, after, "x", "y").ShouldBe($"--- x\n+++ y\n{hunks}");
}
