using MeshConsole.Mesh.Changes;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Tests.Changes;

public sealed class RouteDelegatesTests
{
    private static readonly MeshObject s_pay = Delegate(
        "pay",
        """
        [
          { "name": "enterprise", "match": [{ "headers": { "x-tier": { "exact": "enterprise" } } }], "route": [{ "destination": { "host": "card", "subset": "v2" } }], "timeout": "2s" },
          { "route": [{ "destination": { "host": "card", "subset": "v1" }, "weight": 90 }, { "destination": { "host": "card", "subset": "v2" }, "weight": 10 }] }
        ]
        """);

    private static readonly MeshObject s_shop = Root(
        "shop",
        """{ "name": "pay", "match": [{ "uri": { "prefix": "/pay" } }], "delegate": { "name": "pay", "namespace": "payments" }, "timeout": "8s", "retries": { "attempts": 2, "perTryTimeout": "3s" } }""");

    [Fact]
    public void Delegate_HasTheHostsGatewaysAndMatchesOfItsRootAroundItsOwn()
    {
        var rules = Rules("pay", s_shop, s_pay);

        rules.Length.ShouldBe(2);
        rules.ShouldAllBe(rule => rule.Hosts.Single() == "shop.example.com" && rule.AppliesAt.Single() == "web/edge" && rule.Object.Namespace == "payments");
        var enterprise = rules[0];
        enterprise.Rule.Name.ShouldBe("pay-enterprise");
        enterprise.Rule.Matches.ShouldBe(["path starts with /pay and header x-tier is enterprise"]);
        enterprise.Summary.ShouldBe("path starts with /pay and header x-tier is enterprise");
        enterprise.Backends.ShouldHaveSingleItem().Host.ShouldBe("card.payments.svc.cluster.local", "short names are those of the delegate's namespace");
        enterprise.Policy.ShouldBe(new RoutePolicy("2s", 2, "3s", null), "its own timeout, its root's retries");
        enterprise.Notes.ShouldContain("Takes what rule 0 of VirtualService web/shop (path starts with /pay) delegates.");
        var rest = rules[1];
        rest.Rule.Name.ShouldBe("pay");
        rest.Rule.Matches.ShouldBe(["path starts with /pay"]);
        rest.Policy.Timeout.ShouldBe("8s");
        rest.Backends.Select(backend => backend.Share).ShouldBe([0.9, 0.1]);
    }

    [Fact]
    public void Root_SaysWhereItsRequestsGo()
    {
        var rule = Rules("shop", s_shop, s_pay).ShouldHaveSingleItem();

        rule.Summary.ShouldBe("path starts with /pay: delegated to payments/pay");
        rule.Notes.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("""{"name":"gone"}""", "There is no VirtualService web/gone among those that are read: Istio leaves the rule out.")]
    [InlineData("""{"name":"pay"}""", "There is no VirtualService web/pay among those that are read: Istio leaves the rule out.")]
    [InlineData("""{"name":"shop"}""", "VirtualService web/shop has hosts, so it is no delegate: Istio leaves the rule out.")]
    [InlineData("""{"name":"private","namespace":"payments"}""", "VirtualService payments/private is not exported to namespace web (exportTo): Istio leaves the rule out.")]
    [InlineData("""{"namespace":"payments"}""", "The delegate has no name that can be read.")]
    [InlineData("7", "The delegate has no name that can be read.")]
    public void Root_WhoseDelegateCannotTakeIt_SaysWhy(string target, string expected)
    {
        var hidden = Delegate("private", """[{ "route": [] }]""", """, "exportTo": ["."]""");

        Rules("shop", Root("shop", $$"""{ "delegate": {{target}} }"""), s_pay, hidden).ShouldHaveSingleItem().Notes.ShouldBe([expected]);
    }

    [Fact]
    public void Root_WithARouteBesideItsDelegate_IsRefusedByIstio() =>
        Rules("shop", Root("shop", """{ "delegate": { "name": "pay", "namespace": "payments" }, "route": [{ "destination": { "host": "card" } }] }"""), s_pay)[0]
            .Notes.ShouldContain("A rule that delegates may have no route of its own: Istio refuses it.");

    [Fact]
    public void Delegate_ThatDelegatesAgain_IsRefusedByIstio()
    {
        var nested = Delegate("pay", """[{ "delegate": { "name": "other" } }]""");

        Rules("pay", s_shop, nested, Delegate("other", """[{ "route": [] }]""")).ShouldHaveSingleItem().Notes.ShouldContain("A delegate may not delegate again: Istio refuses the rule.");
    }

    [Fact]
    public void Delegate_ThatNobodyNames_DoesNothing()
    {
        var rule = Rules("pay", s_pay)[1];

        rule.Hosts.ShouldBeEmpty();
        rule.AppliesAt.ShouldBeEmpty();
        rule.Notes.ShouldContain("It has no hosts, and no VirtualService delegates to it: it does nothing.");
    }

    [Fact]
    public void Delegate_OfTwoRoots_TakesFromBoth()
    {
        var other = Root("kiosk", """{ "match": [{ "method": { "exact": "POST" } }], "delegate": { "name": "pay", "namespace": "payments" } }""", "kiosk.example.com");

        var rest = Rules("pay", s_shop, other, s_pay)[1];

        rest.Hosts.ShouldBe(["kiosk.example.com", "shop.example.com"], ignoreOrder: true);
        rest.Rule.Matches.ShouldBe(["path starts with /pay", "method is POST"], ignoreOrder: true);
        rest.Policy.Timeout.ShouldBeNull();
        rest.Notes.ShouldContain("Timeout and retries, where it sets none, are those of the rule that delegates, and these differ.");
    }

    /// <summary>Root, delegate, and what comes out; null where they contradict each other and istiod drops the pair.</summary>
    [Theory]
    [InlineData("""{"uri":{"prefix":"/pay"}}""", """{"uri":{"prefix":"/pay/cards"}}""", "path starts with /pay/cards")]
    [InlineData("""{"uri":{"prefix":"/pay"}}""", """{"uri":{"exact":"/pay/now"}}""", "path is /pay/now")]
    [InlineData("""{"uri":{"prefix":"/pay"}}""", """{"uri":{"prefix":"/other"}}""", null)]
    [InlineData("""{"uri":{"prefix":"/pay"}}""", """{"uri":{"exact":"/other"}}""", null)]
    [InlineData("""{"uri":{"exact":"/pay"}}""", """{"uri":{"exact":"/pay"}}""", "path is /pay")]
    [InlineData("""{"uri":{"exact":"/pay"}}""", """{"uri":{"exact":"/pay2"}}""", null)]
    [InlineData("""{"uri":{"exact":"/pay"}}""", """{"uri":{"prefix":"/pay"}}""", null)]
    [InlineData("""{"uri":{"regex":"/p.*"}}""", """{"uri":{"exact":"/pay"}}""", null)]
    [InlineData("""{"uri":{"prefix":"/pay"}}""", """{"uri":{"regex":"/p.*"}}""", null)]
    [InlineData("""{"uri":{"regex":"/p.*"}}""", """{"method":{"exact":"GET"}}""", "path matches /p.* and method is GET")]
    [InlineData("""{"headers":{"a":{"exact":"1"}}}""", """{"headers":{"b":{"exact":"2"}}}""", "header a is 1 and header b is 2")]
    [InlineData("""{"headers":{"a":{"exact":"1"}}}""", """{"headers":{"a":{"exact":"2"}}}""", null)]
    [InlineData("""{"port":80}""", """{"port":81}""", null)]
    [InlineData("""{"sourceNamespace":"a"}""", """{"sourceNamespace":"b"}""", null)]
    [InlineData("""{"sourceLabels":{"app":"a"}}""", """{"sourceLabels":{"app":"b"}}""", null)]
    [InlineData("""{"sourceLabels":{"app":"a"}}""", """{"sourceLabels":{"tier":"b"}}""", "caller has labels app=a and caller has labels tier=b")]
    [InlineData("""{"gateways":["web/edge"]}""", """{"gateways":["mesh"]}""", null)]
    [InlineData("""{"uri":{"prefix":"/pay"}}""", """{"uri":{"prefix":"/pay"},"ignoreUriCase":true}""", null)]
    public void Matches_AreJoined(string root, string own, string? expected)
    {
        var rule = Rules(
            "pay",
            Root("shop", $$"""{ "match": [{{root}}], "delegate": { "name": "pay", "namespace": "payments" } }"""),
            Delegate("pay", $$"""[{ "match": [{{own}}], "route": [{ "destination": { "host": "card" } }] }]""")).ShouldHaveSingleItem();

        rule.Rule.Matches.ShouldBe([expected ?? "nothing"]);
        rule.Notes.Any(note => note.StartsWith("Never reached from rule 0 of VirtualService web/shop", StringComparison.Ordinal)).ShouldBe(expected is null);
    }

    [Fact]
    public void Matches_AreEachWithEach()
    {
        var rule = Rules(
            "pay",
            Root("shop", """{ "match": [{ "uri": { "prefix": "/a" } }, { "uri": { "prefix": "/b" } }], "delegate": { "name": "pay", "namespace": "payments" } }"""),
            Delegate("pay", """[{ "match": [{ "uri": { "exact": "/a/1" } }, { "method": { "exact": "GET" } }], "route": [{ "destination": { "host": "card" } }] }]""")).ShouldHaveSingleItem();

        rule.Rule.Matches.ShouldBe(["path is /a/1", "path starts with /a and method is GET", "path starts with /b and method is GET"]);
    }

    [Fact]
    public void Mirror_OfTheRoot_IsMeantInItsNamespaceAndGivesWayToTheDelegates()
    {
        var root = Root("shop", """{ "delegate": { "name": "pay", "namespace": "payments" }, "mirror": { "host": "shadow" } }""");

        Rules("pay", root, s_pay)[1].Notes.ShouldContain("Copies requests to shadow.web.svc.cluster.local (mirror).");
        Rules("pay", root, Delegate("pay", """[{ "route": [{ "destination": { "host": "card" } }], "mirror": { "host": "own" } }]"""))[0].Notes
            .Where(note => note.Contains("mirror", StringComparison.Ordinal)).ShouldBe(["Copies requests to own.payments.svc.cluster.local (mirror)."]);
    }

    private static MeshObject Root(string name, string rule, string host = "shop.example.com") =>
        Given.Object("VirtualService", name, $$"""{ "hosts": ["{{host}}"], "gateways": ["edge"], "http": [{{rule}}] }""", "web");

    private static MeshObject Delegate(string name, string rules, string more = "") =>
        Given.Object("VirtualService", name, $$"""{ "http": {{rules}}{{more}} }""", "payments");

    private static RouteView[] Rules(string name, params MeshObject[] all) =>
        [.. RouteInventory.Build(Given.Snapshot(Given.ClusterOf(Given.NoObjects with { VirtualServices = [.. all] })), MeshQuery.All).Where(rule => rule.Object.Name == name)];
}
