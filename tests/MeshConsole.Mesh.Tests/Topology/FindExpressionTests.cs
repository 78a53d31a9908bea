using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Topology;
using MeshConsole.Mesh.Topology.Find;

namespace MeshConsole.Mesh.Tests.Topology;

/// <summary>What an expression finds among three nodes and three edges whose every number stands here.</summary>
public sealed class FindExpressionTests
{
    private static readonly TopologyNode s_api = Node("payment-api", "payments") with { App = "payment-api", Health = Health.Healthy, RequestsPerSecond = 100, ErrorRatio = 0.002, Mesh = DataPlane.Sidecar, ReadyReplicas = 3 };
    private static readonly TopologyNode s_card = Node("card-processor-v2", "payments") with { App = "card-processor", Version = "v2", Health = Health.Failing, RequestsPerSecond = 10, ErrorRatio = 0.34, Mesh = DataPlane.Sidecar, ReadyReplicas = 1 };
    private static readonly TopologyNode s_batch = Node("legacy-batch", "batch") with { Health = Health.Unknown, Mesh = DataPlane.None };

    private static readonly TopologyEdge s_slow = Edge(s_api, s_card, "http") with { RequestsPerSecond = 10, ErrorRatio = 0.34, LatencyMs = new LatencyMs(200, 150, 400, 700, 900), Responses = [new ResponseShare("200", "-", 6), new ResponseShare("503", "UF,URX", 4)] };
    private static readonly TopologyEdge s_plain = Edge(s_batch, s_api, "http") with { RequestsPerSecond = 0.05, ErrorRatio = 0, Mtls = new EdgeMutualTls(MutualTlsState.Plaintext, 0, null) };
    private static readonly TopologyEdge s_tcp = Edge(s_card, s_batch, "tcp") with { ConnectionsPerSecond = 2, Mtls = new EdgeMutualTls(MutualTlsState.Unknown, null, null), BytesPerSecond = new BytesPerSecond(1_500_000, 500_000) };

    private static readonly TopologyView s_view = new(1, Given.Now, 60, [s_api, s_card, s_batch], [s_slow, s_plain, s_tcp]);

    [Theory]
    [InlineData("card", "card-processor-v2", "slow tcp")]
    [InlineData("CARD", "card-processor-v2", "slow tcp")]
    [InlineData("\"card-processor-v2\"", "card-processor-v2", "slow tcp")]
    [InlineData("name = payment-api", "payment-api", "")]
    [InlineData("name != payment-api", "card-processor-v2 legacy-batch", "")]
    [InlineData("namespace = batch", "legacy-batch", "plain tcp")]
    [InlineData("namespace != batch", "payment-api card-processor-v2", "slow")]
    [InlineData("name contains PROC", "card-processor-v2", "")]
    [InlineData("name ~ '^(card|legacy)-'", "card-processor-v2 legacy-batch", "")]
    [InlineData("name !~ api$", "card-processor-v2 legacy-batch", "")]
    [InlineData("app = card-processor", "card-processor-v2", "")]
    [InlineData("version = v2", "card-processor-v2", "")]
    [InlineData("not version = v2", "", "")] // The others have no version: nothing is known of it.
    [InlineData("failing", "card-processor-v2", "slow")]
    [InlineData("!failing", "payment-api legacy-batch", "plain tcp")]
    [InlineData("not not failing", "card-processor-v2", "slow")]
    [InlineData("errors > 5%", "card-processor-v2", "slow")]
    [InlineData("errors > 5", "card-processor-v2", "slow")]
    [InlineData("errors <= 0.2%", "payment-api", "plain")]
    [InlineData("errors = 0.2%", "payment-api", "")]
    [InlineData("errors = 34%", "card-processor-v2", "slow")]
    [InlineData("p99 > 250ms", "", "slow")]
    [InlineData("p99 > 0.25s", "", "slow")]
    [InlineData("p99 > 1s", "", "")]
    [InlineData("p99 < 1s", "", "slow")]
    [InlineData("not p99 > 1s", "", "slow")] // An edge without percentiles is not faster than a second.
    [InlineData("mean = 200", "", "slow")]
    [InlineData("rate >= 10/s", "payment-api card-processor-v2", "slow")]
    [InlineData("rate < 6/min", "", "plain")]
    [InlineData("rate = 3rpm", "", "plain")]
    [InlineData("bytes > 1.9MB", "", "tcp")]
    [InlineData("bytes > 2000001", "", "")]
    [InlineData("replicas < 2", "card-processor-v2", "")]
    [InlineData("mtls", "", "slow")]
    [InlineData("!mtls", "", "plain")] // What is not known is neither.
    [InlineData("plaintext", "", "plain")]
    [InlineData("encrypted < 100%", "", "plain")]
    [InlineData("flag = UF", "", "slow")]
    [InlineData("flag = U", "", "")]
    [InlineData("flag != UF", "", "")] // The others have no flags.
    [InlineData("code = 503", "", "slow")]
    [InlineData("code ~ ^5", "", "slow")]
    [InlineData("protocol = tcp", "", "tcp")]
    [InlineData("tcp", "", "tcp")]
    [InlineData("source = payment-api", "", "slow")]
    [InlineData("target contains batch", "", "tcp")]
    [InlineData("noproxy", "legacy-batch", "")]
    [InlineData("sidecar", "payment-api card-processor-v2", "")]
    [InlineData("kind = workload and mesh = none", "legacy-batch", "")]
    [InlineData("namespace = payments errors > 5%", "card-processor-v2", "slow")]
    [InlineData("namespace = payments && errors > 5%", "card-processor-v2", "slow")]
    [InlineData("failing or noproxy", "card-processor-v2 legacy-batch", "slow")]
    [InlineData("failing || noproxy and name = nothing", "card-processor-v2", "slow")] // and binds tighter.
    [InlineData("(failing or noproxy) and name contains b", "legacy-batch", "")]
    [InlineData("!(failing or noproxy)", "payment-api", "")]
    [InlineData("health=failing", "card-processor-v2", "slow")]
    [InlineData("p99>250ms&&mtls", "", "slow")]
    public void In_FindsWhatIsMeant(string text, string nodes, string edges)
    {
        var (expression, fault) = FindExpression.Parse(text);
        fault.ShouldBeNull();
        var found = expression!.In(s_view);
        string.Join(' ', found.Nodes.Select(id => id.Split('/')[^1])).ShouldBe(nodes);
        var named = new Dictionary<string, string> { [s_slow.Key] = "slow", [s_plain.Key] = "plain", [s_tcp.Key] = "tcp" };
        string.Join(' ', found.Edges.Select(key => named[key])).ShouldBe(edges);
    }

    [Theory]
    [InlineData("p99 >", 5, "A value is missing: for example p99 > 250ms.")]
    [InlineData("p99 > fast", 6, "'fast' is no duration: for example p99 > 250ms.")]
    [InlineData("p99 > 5%", 6, "'5%' is no duration")]
    [InlineData("errors > 250ms", 9, "'250ms' is no share")]
    [InlineData("p99 ~ 5", 4, "'p99' is a number")]
    [InlineData("name > x", 5, "'name' is text")]
    [InlineData("speed = 5", 0, "There is no field 'speed'; there are name, namespace")]
    [InlineData("mtls = yes", 0, "'mtls' is true or false by itself: write mtls or !mtls.")]
    [InlineData("errors", 6, "'errors' is compared with something: for example errors > 5%.")]
    [InlineData("> 5", 0, "A field is missing before '>'")]
    [InlineData("failing and", 11, "The expression ends where")]
    [InlineData("(failing", 0, "A parenthesis is not closed.")]
    [InlineData("failing)", 7, "This parenthesis closes nothing.")]
    [InlineData("failing or or idle", 11, "'or' is not expected here")]
    [InlineData("name = \"open", 7, "The quote is not closed.")]
    [InlineData("name ~ \"[\"", 7, "The pattern cannot be read")]
    [InlineData("name ~ \"(a)\\1\"", 7, "references back")]
    [InlineData("a & b", 2, "'&' alone means nothing here")]
    [InlineData("()", 1, "')' is not expected here")]
    public void Parse_Wrong_PointsAtIt(string text, int position, string message)
    {
        var (expression, fault) = FindExpression.Parse(text);
        expression.ShouldBeNull();
        fault!.Position.ShouldBe(position);
        fault.Length.ShouldBeGreaterThan(0);
        fault.Message.ShouldContain(message);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("  \t")]
    public void Parse_Nothing_IsNeitherAnExpressionNorAFault(string? text) => FindExpression.Parse(text).ShouldBe((null, null));

    [Fact]
    public void Parse_TooLong_IsRefused() => FindExpression.Parse(new string('a', 10_000)).Fault!.Message.ShouldBe("An expression has at most 1000 characters, and this one has 10000.");

    [Fact]
    public void Parse_NestedTooDeep_IsRefused() => FindExpression.Parse(new string('(', 400)).Fault!.Message.ShouldBe("Parentheses are nested deeper than 60.");

    [Fact]
    public void Pattern_ThatWouldTakeForEver_ComesBack()
    {
        var (expression, _) = FindExpression.Parse("name ~ \"^(a+)+$\"");
        var node = s_api with { Name = new string('a', 5_000) + "!" };

        // An engine that tries every division of the letters would not be back in this century.
        expression!.Matches(node).ShouldBeFalse();
    }

    [Fact]
    public void Parse_AnyText_AnswersOrPoints_AndNeverThrows()
    {
        // Texts out of the language's own pieces, so that most of them nearly make sense.
        string[] pieces = ["(", ")", "and", "or", "not", "!", "=", "!=", "<", ">=", "~", "contains", "name", "p99", "errors", "mtls", "failing", "5%", "250ms", "\"", "'", "x", "[", "\\", "&&", "||", "|", "\u202e", "💥", "\ud800"];
        var random = new Random(7);
        for (var i = 0; i < 20_000; i++)
        {
            var text = string.Join(random.Next(3) == 0 ? "" : " ", Enumerable.Range(0, random.Next(1, 12)).Select(_ => pieces[random.Next(pieces.Length)]));
            var (expression, fault) = FindExpression.Parse(text);
            (expression is null).ShouldBe(fault is not null, text);
            if (fault is not null)
            {
                fault.Position.ShouldBeInRange(0, text.Length, text);
                (fault.Position + fault.Length).ShouldBeLessThanOrEqualTo(text.Length + 1, text);
                continue;
            }

            // Nothing is both found and, negated, found; and what is neither is not known.
            var negated = FindExpression.Parse($"not ({text})").Expression!;
            s_view.Nodes.Any(n => expression!.Matches(n) && negated.Matches(n)).ShouldBeFalse(text);
            s_view.Edges.Any(e => expression!.Matches(e) && negated.Matches(e)).ShouldBeFalse(text);
        }
    }

    [Theory]
    [InlineData("na", "name namespace")]
    [InlineData("errors ", "> >= < <= = !=")]
    [InlineData("name ", "= != contains ~ !~")]
    [InlineData("namespace = pa", "payments")]
    [InlineData("namespace = payments and he", "health healthy")]
    [InlineData("health = f", "failing")]
    [InlineData("name = \"unclosed", "")]
    [InlineData("zzz", "")]
    public void Completion_OffersWhatCouldStandThere(string text, string offered) =>
        string.Join(' ', FindCompletion.At(text, text.Length, f => f.Name == "namespace" ? ["payments", "batch"] : []).Select(s => s.Text)).ShouldBe(offered);

    [Fact]
    public void Completion_QuotesWhatNeedsIt()
    {
        var suggestion = FindCompletion.At("app = a", 7, f => f.Name == "app" ? ["a \"b\" c"] : []).ShouldHaveSingleItem();
        (suggestion.Start, suggestion.Length, suggestion.Text).ShouldBe((6, 1, "\"a \\\"b\\\" c\""));
        FindExpression.Parse($"app = {suggestion.Text}").Expression!.Matches(s_api with { App = "a \"b\" c" }).ShouldBeTrue();
    }

    private static TopologyNode Node(string name, string @namespace) => new()
    {
        Id = new NodeId("demo", @namespace, NodeKind.Workload, name).ToString(),
        Kind = NodeKind.Workload,
        Cluster = "demo",
        Namespace = @namespace,
        Name = name,
        Health = Health.Healthy,
        Reasons = ["x"],
    };

    private static TopologyEdge Edge(TopologyNode source, TopologyNode target, string protocol) => new()
    {
        Source = source.Id,
        Target = target.Id,
        Protocol = protocol,
        Mtls = new EdgeMutualTls(MutualTlsState.Mutual, 1, null),
        ReportedBy = "both",
        Health = protocol == "http" && target.Health == Health.Failing ? Health.Failing : Health.Healthy,
    };
}
