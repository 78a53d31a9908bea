using System.Globalization;
using System.IO.Compression;
using System.Text.Json.Nodes;
using MeshConsole.Simulator.Kubernetes;
using static MeshConsole.Simulator.Tests.Kubernetes.KubernetesObjects;

namespace MeshConsole.Simulator.Tests.Kubernetes;

public sealed class KubernetesReadTests : KubernetesApiTestBase
{
    [Fact]
    public async Task Get_AnObject_AnswersItInTheAskedVersion()
    {
        Store.Create(ResourceTypes.VirtualServices, CardProcessorRoute());
        foreach (var version in (string[])["v1", "v1beta1", "v1alpha3"])
        {
            var answer = await GetAsync($"/apis/networking.istio.io/{version}/namespaces/payments/virtualservices/card-processor");
            answer.Code.ShouldBe(200);
            answer.Json["apiVersion"]!.GetValue<string>().ShouldBe("networking.istio.io/" + version);
            answer.Json["kind"]!.GetValue<string>().ShouldBe("VirtualService");
            answer.Json["spec"]!["http"]![1]!["route"]![0]!["weight"]!.GetValue<int>().ShouldBe(90);
        }
    }

    [Fact]
    public async Task Get_WhatIsNotThere_SaysSoAsKubernetesDoes()
    {
        var answer = await GetAsync(Routes + "/nothing");
        ShouldBeStatus(answer, 404, "NotFound", "virtualservices.networking.istio.io \"nothing\" not found");
        answer.Json["details"]!.ToJsonString().ShouldBe("""{"name":"nothing","group":"networking.istio.io","kind":"virtualservices"}""");
    }

    [Theory]
    [InlineData("/api/v1/namespaces/payments/gadgets")]
    [InlineData("/api/v2/pods")]
    [InlineData("/apis/apps/v1beta1/deployments")]
    [InlineData("/apis/example.com/v1/gadgets")]
    [InlineData("/apis/example.com")]
    [InlineData("/api/v1/namespaces/payments/nodes")]
    [InlineData("/api/v1/pods/p")]
    [InlineData("/api/v1/namespaces/payments/configmaps/a/status")]
    [InlineData("/api/v1/namespaces/payments/pods/p/log")]
    public async Task Get_AnUnknownPath_IsNotFound(string path)
    {
        Store.Create(ResourceTypes.ConfigMaps, ConfigMap("a"));
        ShouldBeStatus(await GetAsync(path), 404, "NotFound", "the server could not find the requested resource");
    }

    [Fact]
    public async Task Get_OfAVersionThatIsNotInstalled_IsNotFoundUntilItIs()
    {
        Api.Options.Serves = (type, version) => type != ResourceTypes.VirtualServices || version == "v1alpha3";
        ShouldBeStatus(await GetAsync(Routes), 404, "NotFound", "the server could not find the requested resource");
        (await GetAsync("/apis/networking.istio.io/v1alpha3/virtualservices")).Code.ShouldBe(200);
        Api.Options.Serves = (_, _) => true;
        (await GetAsync(Routes)).Code.ShouldBe(200);
    }

    [Theory]
    [InlineData("PUT", ConfigMaps)]
    [InlineData("PATCH", ConfigMaps)]
    [InlineData("POST", ConfigMaps + "/a")]
    [InlineData("POST", "/api/v1/configmaps")]
    [InlineData("DELETE", "/api/v1/configmaps")]
    [InlineData("DELETE", "/api/v1/namespaces")]
    [InlineData("POST", "/version")]
    public async Task AnyPath_WithAMethodItDoesNotHave_IsRefused(string method, string path) =>
        ShouldBeStatus(await SendAsync(new HttpMethod(method), path, "{}"), 405, "MethodNotAllowed", "the server does not allow this method on the requested resource");

    [Fact]
    public async Task List_OfANamespace_CarriesTheVersionOfTheMoment()
    {
        Store.Create(ResourceTypes.ConfigMaps, ConfigMap("b"));
        Store.Create(ResourceTypes.ConfigMaps, ConfigMap("a"));
        Store.Create(ResourceTypes.ConfigMaps, ConfigMap("c", "ledger"));

        var list = await GetAsync(ConfigMaps);
        list.Names.ShouldBe(["a", "b"]);
        list.MediaType.ShouldBe("application/json");
        list.Json["kind"]!.GetValue<string>().ShouldBe("ConfigMapList");
        list.Json["apiVersion"]!.GetValue<string>().ShouldBe("v1");
        list.ResourceVersion.ShouldBe(Store.CurrentVersion.ToString(CultureInfo.InvariantCulture));
        list.Json["items"]![0]!.AsObject().ContainsKey("kind").ShouldBeFalse();
        (await GetAsync("/api/v1/configmaps")).Names.ShouldBe(["c", "a", "b"]);
    }

    [Fact]
    public async Task List_OfADefinedKind_NamesTheKindOfEachItem()
    {
        Store.Create(ResourceTypes.VirtualServices, CardProcessorRoute());
        var item = (await GetAsync(Routes)).Json["items"]![0]!;
        item["kind"]!.GetValue<string>().ShouldBe("VirtualService");
        item["apiVersion"]!.GetValue<string>().ShouldBe("networking.istio.io/v1beta1");
    }

    [Theory]
    [InlineData("app=card-processor", "v1 v2")]
    [InlineData("app==card-processor,version=v2", "v2")]
    [InlineData("app!=card-processor", "ledger bare")]
    [InlineData("version in (v1, v2)", "v1 v2")]
    [InlineData("version notin (v1,v2)", "ledger bare")]
    [InlineData("version", "v1 v2")]
    [InlineData("!version", "ledger bare")]
    [InlineData("app,version!=v1", "v2 ledger")]
    [InlineData("example.com/tier=", "")]
    [InlineData("tier>1", "v2")]
    [InlineData("tier<2", "v1")]
    [InlineData("", "v1 v2 ledger bare")]
    public async Task List_WithALabelSelector_GivesThoseThatMatch(string selector, string expected)
    {
        LoadLabelled();
        var names = (await GetAsync($"{Pods}?labelSelector={Uri.EscapeDataString(selector)}")).Names;
        names.ShouldBe(expected.Split(' ', StringSplitOptions.RemoveEmptyEntries), ignoreOrder: true);
    }

    [Theory]
    [InlineData("app=a=b")]
    [InlineData("app in")]
    [InlineData("app in (a")]
    [InlineData("app near (a)")]
    [InlineData("=a")]
    [InlineData("app=a,")]
    [InlineData("tier>high")]
    [InlineData("a/b/c=d")]
    [InlineData("app=\"v\"")]
    public async Task List_WithABrokenLabelSelector_IsABadRequest(string selector)
    {
        var answer = await GetAsync($"{Pods}?labelSelector={Uri.EscapeDataString(selector)}");
        answer.Code.ShouldBe(400);
        answer.Json["reason"]!.GetValue<string>().ShouldBe("BadRequest");
        answer.Json["message"]!.GetValue<string>().ShouldStartWith("unable to parse requirement: ");
    }

    [Theory]
    [InlineData("status.phase=Running", "v1 ledger bare")]
    [InlineData("status.phase!=Running", "v2")]
    [InlineData("spec.nodeName=node-2", "ledger")]
    [InlineData("metadata.name=v1", "v1")]
    [InlineData("metadata.namespace=payments,metadata.name!=v1", "v2 ledger bare")]
    [InlineData("status.podIP=", "v1 v2 ledger bare")]
    public async Task List_WithAFieldSelector_GivesThoseThatMatch(string selector, string expected)
    {
        LoadLabelled();
        var names = (await GetAsync($"{Pods}?fieldSelector={Uri.EscapeDataString(selector)}")).Names;
        names.ShouldBe(expected.Split(' '), ignoreOrder: true);
    }

    [Fact]
    public async Task List_BySomethingThatCannotBeSelected_IsABadRequest()
    {
        ShouldBeStatus(await GetAsync(Pods + "?fieldSelector=spec.hostname%3Da"), 400, "BadRequest", "field label not supported: spec.hostname");
        ShouldBeStatus(await GetAsync(ConfigMaps + "?fieldSelector=type%3Da"), 400, "BadRequest", "field label not supported: type");
        (await GetAsync(Pods + "?fieldSelector=nonsense")).Code.ShouldBe(400);
    }

    [Fact]
    public async Task List_OfSecretsByType_GivesThoseOfTheType()
    {
        var secret = ConfigMap("tls");
        secret["kind"] = "Secret";
        secret["type"] = "kubernetes.io/tls";
        Store.Create(ResourceTypes.Secrets, secret);
        var other = ConfigMap("other");
        other["kind"] = "Secret";
        other["type"] = "Opaque";
        Store.Create(ResourceTypes.Secrets, other);
        (await GetAsync("/api/v1/secrets?fieldSelector=type%3Dkubernetes.io%2Ftls")).Names.ShouldBe(["tls"]);
    }

    [Fact]
    public async Task List_InPagesWhileObjectsComeAndGo_GivesTheSetOfTheFirstPage()
    {
        Store.Load(Enumerable.Range(0, 25).Select(index => ConfigMap($"m-{index:00}")));
        var expected = Enumerable.Range(0, 25).Select(index => $"m-{index:00}").ToArray();

        var seen = new List<string>();
        var (next, version, pages) = ("", "", 0);
        do
        {
            var page = await GetAsync($"{ConfigMaps}?limit=10&continue={Uri.EscapeDataString(next)}");
            page.Code.ShouldBe(200, page.Text);
            if (pages == 0) version = page.ResourceVersion;
            page.ResourceVersion.ShouldBe(version);
            seen.AddRange(page.Names);
            next = page.Json["metadata"]!["continue"]?.GetValue<string>() ?? "";
            if (next.Length > 0) page.Json["metadata"]!["remainingItemCount"]!.GetValue<int>().ShouldBe(25 - seen.Count);
            pages++;
            Store.Create(ResourceTypes.ConfigMaps, ConfigMap($"m-05-{pages}"));
            Store.Create(ResourceTypes.ConfigMaps, ConfigMap($"m-22-{pages}"));
            Store.Delete(ResourceTypes.ConfigMaps, "payments", $"m-{20 + pages}");
        }
        while (next.Length > 0);
        pages.ShouldBe(3);
        seen.ShouldBe(expected);
    }

    [Fact]
    public async Task List_ContinuedTooLate_SaysExpiredAndHowToGoOnInconsistently()
    {
        Store.Load(Enumerable.Range(0, 5).Select(index => ConfigMap($"m-{index}")));
        var first = await GetAsync(ConfigMaps + "?limit=2");
        var token = first.Json["metadata"]!["continue"]!.GetValue<string>();
        Api.Faults.ExpireResourceVersions();
        Store.Create(ResourceTypes.ConfigMaps, ConfigMap("m-9"));

        var answer = await GetAsync($"{ConfigMaps}?limit=2&continue={token}");
        answer.Code.ShouldBe(410);
        answer.Json["reason"]!.GetValue<string>().ShouldBe("Expired");
        answer.Json["message"]!.GetValue<string>().ShouldStartWith("The provided continue parameter is too old");
        var rest = await GetAsync($"{ConfigMaps}?continue={answer.Json["metadata"]!["continue"]!.GetValue<string>()}");
        rest.Names.ShouldBe(["m-2", "m-3", "m-4", "m-9"]);
    }

    [Fact]
    public async Task List_WithSelectorAndLimit_PagesOverThoseThatMatch()
    {
        Store.Load(Enumerable.Range(0, 10).Select(index => Pod($"p-{index}", labels: [("odd", index % 2 == 1 ? "yes" : "no")])));
        var first = await GetAsync(Pods + "?limit=2&labelSelector=odd%3Dyes");
        first.Names.ShouldBe(["p-1", "p-3"]);
        first.Json["metadata"]!.AsObject().ContainsKey("remainingItemCount").ShouldBeFalse();
        (await GetAsync(Pods + "?labelSelector=odd%3Dyes&continue=" + first.Json["metadata"]!["continue"])).Names.ShouldBe(["p-5", "p-7", "p-9"]);
    }

    [Theory]
    [InlineData("?continue=garbage")]
    [InlineData("?continue=e30")]
    [InlineData("?limit=many")]
    [InlineData("?resourceVersion=latest")]
    public async Task List_WithAQueryThatCannotBeRead_IsABadRequest(string query) => (await GetAsync(ConfigMaps + query)).Code.ShouldBe(400);

    [Fact]
    public async Task List_AtAVersion_FollowsItsMatch()
    {
        Store.Create(ResourceTypes.ConfigMaps, ConfigMap("a"));
        var then = Store.CurrentVersion;
        Store.Create(ResourceTypes.ConfigMaps, ConfigMap("b"));

        (await GetAsync($"{ConfigMaps}?resourceVersion={then}&resourceVersionMatch=Exact")).Names.ShouldBe(["a"]);
        (await GetAsync($"{ConfigMaps}?resourceVersion={then}&limit=10")).Names.ShouldBe(["a"]);
        (await GetAsync($"{ConfigMaps}?resourceVersion={then}&resourceVersionMatch=NotOlderThan")).Names.ShouldBe(["a", "b"]);
        (await GetAsync($"{ConfigMaps}?resourceVersion={then}")).Names.ShouldBe(["a", "b"]);
        (await GetAsync($"{ConfigMaps}?resourceVersion=0&limit=1")).Names.ShouldBe(["a", "b"]);
        ShouldBeStatus(
            await GetAsync($"{ConfigMaps}?resourceVersion={then + 10}"), 504, "Timeout", $"Timeout: Too large resource version: {then + 10}, current: {then + 1}");
        ShouldBeStatus(
            await GetAsync($"{ConfigMaps}?resourceVersionMatch=Exact"),
            422,
            "Invalid",
            "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided");
        Api.Faults.ExpireResourceVersions();
        ShouldBeStatus(await GetAsync($"{ConfigMaps}?resourceVersion={then}&resourceVersionMatch=Exact"), 410, "Expired", "The resourceVersion for the provided list is too old.");
    }

    [Fact]
    public async Task List_OfMuch_IsCompressedForThoseWhoTakeIt()
    {
        Store.Load(Enumerable.Range(0, 500).Select(index => Pod($"p-{index:000}")));
        using var request = new HttpRequestMessage(HttpMethod.Get, Pods);
        request.Headers.TryAddWithoutValidation("Accept-Encoding", "br;q=1.0, gzip;q=0.8");
        using var response = await Client.SendAsync(request);
        response.Content.Headers.ContentEncoding.ShouldBe(["gzip"]);
        await using var stream = new GZipStream(await response.Content.ReadAsStreamAsync(), CompressionMode.Decompress);
        (await JsonNode.ParseAsync(stream))!["items"]!.AsArray().Count.ShouldBe(500);

        using var refused = new HttpRequestMessage(HttpMethod.Get, Pods);
        refused.Headers.TryAddWithoutValidation("Accept-Encoding", "gzip;q=0");
        using var plain = await Client.SendAsync(refused);
        plain.Content.Headers.ContentEncoding.ShouldBeEmpty();
    }

    [Fact]
    public async Task List_WithHostileText_IsStillJson()
    {
        var hostile = "\"\\\n\u0000</script><b>&\u2028" + new string('x', 5000);
        var pod = Pod("p", labels: ("app", hostile));
        pod["metadata"]!["annotations"] = new JsonObject { [hostile] = hostile };
        Store.Create(ResourceTypes.Pods, pod);
        var item = (await GetAsync(Pods)).Json["items"]![0]!;
        item["metadata"]!["labels"]!["app"]!.GetValue<string>().ShouldBe(hostile);
        item["metadata"]!["annotations"]![hostile]!.GetValue<string>().ShouldBe(hostile);
    }

    [Fact]
    public async Task Accept_TableOrProtobuf_IsAnsweredWithPlainJson()
    {
        Store.Create(ResourceTypes.ConfigMaps, ConfigMap("a"));
        var answer = await SendAsync(HttpMethod.Get, ConfigMaps, headers: ("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io,application/vnd.kubernetes.protobuf,application/json"));
        answer.MediaType.ShouldBe("application/json");
        answer.Json["kind"]!.GetValue<string>().ShouldBe("ConfigMapList");
    }

    [Fact]
    public async Task Discovery_NamesGroupsVersionsAndResources()
    {
        (await GetAsync("/version")).Json["gitVersion"]!.GetValue<string>().ShouldBe("v1.33.4");
        (await GetAsync("/version")).Json["minor"]!.GetValue<string>().ShouldBe("33");
        (await GetAsync("/api")).Json["versions"]!.ToJsonString().ShouldBe("""["v1"]""");

        var core = (await GetAsync("/api/v1")).Json;
        core["kind"]!.GetValue<string>().ShouldBe("APIResourceList");
        core["groupVersion"]!.GetValue<string>().ShouldBe("v1");
        var pods = core["resources"]!.AsArray().Single(resource => resource!["name"]!.GetValue<string>() == "pods")!;
        pods["kind"]!.GetValue<string>().ShouldBe("Pod");
        pods["namespaced"]!.GetValue<bool>().ShouldBeTrue();
        pods["shortNames"]![0]!.GetValue<string>().ShouldBe("po");
        pods["verbs"]!.AsArray().Select(verb => verb!.GetValue<string>()).ShouldBe(["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]);
        core["resources"]!.AsArray().Select(resource => resource!["name"]!.GetValue<string>()).ShouldContain("pods/status");

        var groups = (await GetAsync("/apis")).Json["groups"]!.AsArray();
        var networking = groups.Single(group => group!["name"]!.GetValue<string>() == "networking.istio.io")!;
        networking["versions"]!.AsArray().Select(version => version!["version"]!.GetValue<string>()).ShouldBe(["v1", "v1beta1", "v1alpha3"]);
        networking["preferredVersion"]!["groupVersion"]!.GetValue<string>().ShouldBe("networking.istio.io/v1");
        (await GetAsync("/apis/networking.istio.io")).Json["kind"]!.GetValue<string>().ShouldBe("APIGroup");
        (await GetAsync("/apis/networking.istio.io/v1alpha3")).Json["resources"]!.AsArray().Select(resource => resource!["name"]!.GetValue<string>()).ShouldContain("envoyfilters");
        (await GetAsync("/apis/networking.istio.io/v1")).Json["resources"]!.AsArray().Select(resource => resource!["name"]!.GetValue<string>()).ShouldNotContain("envoyfilters");
        (await GetAsync("/apis/authorization.k8s.io/v1")).Json["resources"]!.AsArray().Select(resource => resource!["name"]!.GetValue<string>()).ShouldContain("selfsubjectaccessreviews");
    }

    [Fact]
    public async Task Discovery_OfAGroupThatIsNotInstalled_IsNotFound()
    {
        Api.Options.Serves = (type, _) => type.Group != "gateway.networking.k8s.io";
        (await GetAsync("/apis")).Json["groups"]!.AsArray().Select(group => group!["name"]!.GetValue<string>()).ShouldNotContain("gateway.networking.k8s.io");
        (await GetAsync("/apis/gateway.networking.k8s.io")).Code.ShouldBe(404);
        (await GetAsync("/apis/gateway.networking.k8s.io/v1")).Code.ShouldBe(404);
    }

    [Fact]
    public async Task Discovery_OfEveryServedKind_LeadsToAList()
    {
        foreach (var type in ResourceTypes.All)
        {
            foreach (var version in type.Versions)
            {
                var root = type.Group.Length == 0 ? "/api/" + version : $"/apis/{type.Group}/{version}";
                var found = (await GetAsync(root)).Json["resources"]!.AsArray().Single(resource => resource!["name"]!.GetValue<string>() == type.Plural)!;
                found["kind"]!.GetValue<string>().ShouldBe(type.Kind);
                found["namespaced"]!.GetValue<bool>().ShouldBe(type.Namespaced);
                var list = await GetAsync($"{root}/{type.Plural}");
                list.Json["kind"]!.GetValue<string>().ShouldBe(type.Kind + "List");
                list.Json["apiVersion"]!.GetValue<string>().ShouldBe(type.Group.Length == 0 ? version : $"{type.Group}/{version}");
            }
        }
    }

    [Theory]
    [InlineData("/healthz")]
    [InlineData("/livez")]
    [InlineData("/readyz")]
    [InlineData("/readyz/etcd")]
    public async Task Health_WithoutAToken_AnswersOk(string path)
    {
        var answer = await GetAsync(path, token: "");
        answer.Code.ShouldBe(200);
        answer.Text.ShouldBe("ok");
    }

    private void LoadLabelled() => Store.Load(
    [
        Pod("v1", labels: [("app", "card-processor"), ("version", "v1"), ("tier", "1")]),
        Pod("v2", phase: "Pending", labels: [("app", "card-processor"), ("version", "v2"), ("tier", "2")]),
        Pod("ledger", node: "node-2", labels: [("app", "ledger"), ("tier", "many")]),
        Pod("bare"),
    ]);
}
