using MeshConsole.Mesh.Links;

namespace MeshConsole.Mesh.Tests.Links;

public sealed class LinkTemplateTests
{
    private static readonly DateTimeOffset s_from = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000);

    [Fact]
    public void Fill_Workload_EncodesEveryValueAndWritesTimesBothWays()
    {
        var context = LinkContext.OfNode("demo/payments/workload/card-processor-v2", s_from, s_from.AddMinutes(5)).ShouldNotBeNull();
        Template(LinkSubject.Workload, "https://grafana.example/d/x?var-ns={namespace}&var-w={workload}&from={from}&to={to}").Fill(context)
            .ShouldBe("https://grafana.example/d/x?var-ns=payments&var-w=card-processor-v2&from=1700000000000&to=1700000300000");
        Template(LinkSubject.Workload, "http://loki.example:3100/{cluster}#{from.iso}").Fill(context)
            .ShouldBe("http://loki.example:3100/demo#2023-11-14T22%3A13%3A20.000Z");
    }

    [Fact]
    public void Fill_Edge_NamesBothEnds()
    {
        var context = LinkContext.OfEdge("demo/payments/workload/payment-api", "demo/finance/workload/ledger", "ledger.finance.svc.cluster.local", s_from, s_from);
        Template(LinkSubject.Edge, "https://j.example/search?service={source}.{source.namespace}&to={destination}.{namespace}&host={service}").Fill(context!)
            .ShouldBe("https://j.example/search?service=payment-api.payments&to=ledger.finance&host=ledger.finance.svc.cluster.local");
        LinkContext.OfEdge("demo//unknown/unknown", "demo/finance/workload/ledger", null, s_from, s_from).ShouldBeNull();
    }

    [Theory]
    [InlineData("a\"b")]
    [InlineData("a b")]
    [InlineData("x&admin=1{}")]
    [InlineData("..")]
    [InlineData("<script>")]
    [InlineData("x\u202ey")]
    [InlineData("")]
    public void Fill_WithWhatIsNoName_GivesNoLink(string hostile) =>
        Template(LinkSubject.Namespace, "https://g.example/?ns={namespace}").Fill(new LinkContext(LinkSubject.Namespace, s_from, s_from) { Namespace = hostile }).ShouldBeNull();

    [Fact]
    public void Fill_WithSlashInAValue_DoesNotClimbInThePath() =>
        Template(LinkSubject.Namespace, "https://g.example/{namespace}/logs").Fill(new LinkContext(LinkSubject.Namespace, s_from, s_from) { Namespace = "a/../../b" })
            .ShouldBe("https://g.example/a%2F..%2F..%2Fb/logs");

    [Fact]
    public void Fill_WithoutAValueThatIsAskedFor_GivesNoLink()
    {
        var problem = LinkContext.OfProblem("control-plane:demo", null, null, s_from, s_from);
        Template(LinkSubject.Problem, "https://g.example/?ns={namespace}").Fill(problem).ShouldBeNull();
        Template(LinkSubject.Problem, "https://g.example/?p={problem}").Fill(problem).ShouldBe("https://g.example/?p=control-plane%3Ademo");
    }

    [Theory]
    [InlineData("javascript:alert(1)", "absolute http or https address")]
    [InlineData("ftp://g.example/{namespace}", "absolute http or https address")]
    [InlineData("//g.example/{namespace}", "not in scheme, host or port")]
    [InlineData("https://user:pw@g.example/", "without user name")]
    [InlineData("https://{namespace}.example/", "not in scheme, host or port")]
    [InlineData("https://g.example:{namespace}/", "not in scheme, host or port")]
    [InlineData("https://g.example/{workload", "a '{' is not closed")]
    [InlineData("https://g.example/{pod}", "legal are {cluster}, {namespace}, {from}")]
    [InlineData("https://g.example/ {namespace}", "blanks, quotes")]
    [InlineData("", "absolute http or https address")]
    public void TryParse_OfWhatIsWrong_SaysWhatIsLegal(string address, string expected)
    {
        LinkTemplate.TryParse("G", LinkKind.Logs, LinkSubject.Namespace, address, out var template, out var problem).ShouldBeFalse();
        template.ShouldBeNull();
        problem.ShouldContain(expected);
    }

    [Fact]
    public void Set_GivesTheLinksOfTheSubjectInTheirOrder()
    {
        var set = new LinkSet([Template(LinkSubject.Workload, "https://b.example/{workload}", "B"), Template(LinkSubject.Edge, "https://e.example/{source}", "E"), Template(LinkSubject.Workload, "https://a.example/{workload}", "A")]);
        set.Of(LinkContext.OfNode("demo/payments/workload/api", s_from, s_from)).Select(link => link.Name).ShouldBe(["B", "A"]);
        set.Of(null).ShouldBeEmpty();
        set.Of(LinkContext.OfNode("demo//external/bank.example", s_from, s_from)).ShouldBeEmpty();
    }

    private static LinkTemplate Template(LinkSubject subject, string address, string name = "G")
    {
        LinkTemplate.TryParse(name, LinkKind.Dashboard, subject, address, out var template, out var problem).ShouldBeTrue(problem);
        return template!;
    }
}
