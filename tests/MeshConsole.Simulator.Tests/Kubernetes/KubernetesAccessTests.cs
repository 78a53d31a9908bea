using System.Text.Json.Nodes;
using MeshConsole.Simulator.Kubernetes;
using MeshConsole.Testing;
using static MeshConsole.Simulator.Tests.Kubernetes.KubernetesObjects;

namespace MeshConsole.Simulator.Tests.Kubernetes;

public sealed class KubernetesAccessTests : KubernetesApiTestBase
{
    private const string Reviews = "/apis/authorization.k8s.io/v1";

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        Store.Create(ResourceTypes.ConfigMaps, ConfigMap("a"));
    }

    [Theory]
    [InlineData("/api/v1/pods", "")]
    [InlineData("/api", "")]
    [InlineData("/api/v1/pods", "wrong")]
    [InlineData("/version", "wrong")]
    public async Task Request_WithoutAKnownToken_IsUnauthorized(string path, string token) =>
        ShouldBeStatus(await GetAsync(path, token), 401, "Unauthorized", "Unauthorized");

    [Fact]
    public async Task Request_WithoutAToken_MayReadTheVersion() => (await GetAsync("/version", token: "")).Code.ShouldBe(200);

    [Fact]
    public async Task Token_AddedAndRemovedWhileRunning_CountsAtOnce()
    {
        (await GetAsync(ConfigMaps, "fresh")).Code.ShouldBe(401);
        Api.Options.Tokens["fresh"] = TokenIdentity.Of("fresh", BuiltInRoles.View);
        (await GetAsync(ConfigMaps, "fresh")).Code.ShouldBe(200);
        Api.Options.Tokens.TryRemove("fresh", out _);
        (await GetAsync(ConfigMaps, "fresh")).Code.ShouldBe(401);
    }

    [Fact]
    public async Task Viewer_OfSecretsOrWrites_IsForbiddenInKubernetesWords()
    {
        ShouldBeStatus(
            await GetAsync("/api/v1/secrets", SimulatedKubernetesApi.ViewToken),
            403,
            "Forbidden",
            "secrets is forbidden: User \"viewer\" cannot list resource \"secrets\" in API group \"\" at the cluster scope");
        ShouldBeStatus(
            await GetAsync("/api/v1/namespaces/payments/secrets/tls", SimulatedKubernetesApi.ViewToken),
            403,
            "Forbidden",
            "secrets \"tls\" is forbidden: User \"viewer\" cannot get resource \"secrets\" in API group \"\" in the namespace \"payments\"");
        var refused = await JsonPatchAsync(Routes + "/card-processor", "[]", SimulatedKubernetesApi.ViewToken);
        ShouldBeStatus(
            refused,
            403,
            "Forbidden",
            "virtualservices.networking.istio.io \"card-processor\" is forbidden: User \"viewer\" cannot patch resource \"virtualservices\" in API group \"networking.istio.io\" in the namespace \"payments\"");
        refused.Json["details"]!.ToJsonString().ShouldBe("""{"name":"card-processor","group":"networking.istio.io","kind":"virtualservices"}""");
    }

    [Fact]
    public async Task Viewer_ReadsAndWatchesTheRest()
    {
        (await GetAsync("/api/v1/nodes", SimulatedKubernetesApi.ViewToken)).Code.ShouldBe(200);
        (await GetAsync(Routes, SimulatedKubernetesApi.ViewToken)).Code.ShouldBe(200);
        using var watch = await WatchAsync(ConfigMaps, token: SimulatedKubernetesApi.ViewToken);
        (await watch.TakeAsync(1)).ShouldBe(["ADDED a"]);
    }

    [Fact]
    public async Task Editor_WritesInNamespacesOnly()
    {
        (await PostAsync(Routes, CardProcessorRoute(), SimulatedKubernetesApi.EditToken)).Code.ShouldBe(201);
        ShouldBeStatus(
            await PostAsync("/api/v1/namespaces", Namespace("ledger"), SimulatedKubernetesApi.EditToken),
            403,
            "Forbidden",
            "namespaces is forbidden: User \"editor\" cannot create resource \"namespaces\" in API group \"\" at the cluster scope");
    }

    [Fact]
    public async Task Grant_ForOneNamespace_ReachesNoFurther()
    {
        Api.Options.Tokens["team"] = new TokenIdentity("team") { Roles = [new RoleGrant(BuiltInRoles.View, "payments")] };
        (await GetAsync(ConfigMaps, "team")).Code.ShouldBe(200);
        (await GetAsync("/api/v1/namespaces/payments", "team")).Code.ShouldBe(200);
        (await GetAsync("/api/v1/namespaces/ledger/configmaps", "team")).Code.ShouldBe(403);
        ShouldBeStatus(
            await GetAsync("/api/v1/configmaps?watch=true", "team"),
            403,
            "Forbidden",
            "configmaps is forbidden: User \"team\" cannot watch resource \"configmaps\" in API group \"\" at the cluster scope");
    }

    [Fact]
    public async Task Grant_ForOneName_LetsItBeReadListedAndWatchedByName()
    {
        var role = new ApiRole("one-map", new PolicyRule { Verbs = ["get", "list", "watch"], ApiGroups = [""], Resources = ["configmaps"], ResourceNames = ["a"] });
        Api.Options.Tokens["narrow"] = TokenIdentity.Of("narrow", role);
        (await GetAsync(ConfigMaps + "/a", "narrow")).Code.ShouldBe(200);
        (await GetAsync(ConfigMaps + "/b", "narrow")).Code.ShouldBe(403);
        (await GetAsync(ConfigMaps, "narrow")).Code.ShouldBe(403);
        (await GetAsync(ConfigMaps + "?fieldSelector=metadata.name%3Da", "narrow")).Names.ShouldBe(["a"]);
    }

    [Fact]
    public async Task Grant_ForAGroup_HoldsForItsMembersOnly()
    {
        Api.Options.GroupGrants["sre"] = [new RoleGrant(BuiltInRoles.ViewWithSecrets)];
        Api.Options.Tokens["member"] = new TokenIdentity("carol") { Groups = ["sre"] };
        Api.Options.Tokens["other"] = new TokenIdentity("dave");
        (await GetAsync("/api/v1/secrets", "member")).Code.ShouldBe(200);
        (await GetAsync("/api/v1/secrets", "other")).Code.ShouldBe(403);
        Api.Options.Tokens["root"] = new TokenIdentity("root") { Groups = ["system:masters"] };
        (await SendAsync(HttpMethod.Delete, ConfigMaps + "/a", token: "root")).Code.ShouldBe(200);
    }

    [Fact]
    public async Task Grant_OfAStatus_DoesNotReachTheObject()
    {
        var role = new ApiRole("reporter", new PolicyRule { Verbs = ["patch"], ApiGroups = [""], Resources = ["pods/status"] });
        Api.Options.Tokens["reporter"] = TokenIdentity.Of("reporter", role);
        Store.Create(ResourceTypes.Pods, Pod("p"));
        (await MergePatchAsync(Pods + "/p/status", """{"status":{"phase":"Failed"}}""", "reporter")).Code.ShouldBe(200);
        ShouldBeStatus(
            await MergePatchAsync(Pods + "/p", "{}", "reporter"),
            403,
            "Forbidden",
            "pods \"p\" is forbidden: User \"reporter\" cannot patch resource \"pods\" in API group \"\" in the namespace \"payments\"");
    }

    [Fact]
    public async Task Impersonation_ByThoseWhoMay_ActsAsTheOther()
    {
        ShouldBeStatus(
            await ImpersonateAsync(SimulatedKubernetesApi.ViewToken, ("Impersonate-User", "alice")),
            403,
            "Forbidden",
            "users \"alice\" is forbidden: User \"viewer\" cannot impersonate resource \"users\" in API group \"\" at the cluster scope");

        var self = await ImpersonateAsync(SimulatedKubernetesApi.AdminToken, ("Impersonate-User", "alice"), ("Impersonate-Group", "sre"));
        self.Json["status"]!["userInfo"]!["username"]!.GetValue<string>().ShouldBe("alice");
        self.Json["status"]!["userInfo"]!["groups"]!.AsArray().Select(group => group!.GetValue<string>()).ShouldBe(["sre", "system:authenticated"]);
        (await SendAsync(HttpMethod.Get, ConfigMaps, headers: ("Impersonate-User", "viewer"))).Code.ShouldBe(200);
        ShouldBeStatus(
            await SendAsync(HttpMethod.Get, "/api/v1/secrets", headers: ("Impersonate-User", "viewer")),
            403,
            "Forbidden",
            "secrets is forbidden: User \"viewer\" cannot list resource \"secrets\" in API group \"\" at the cluster scope");

        Task<ApiAnswer> ImpersonateAsync(string token, params (string, string)[] headers) =>
            SendAsync(HttpMethod.Post, "/apis/authentication.k8s.io/v1/selfsubjectreviews", "{}", token: token, headers: headers);
    }

    [Theory]
    [InlineData("list", "", "pods", "", true)]
    [InlineData("list", "", "secrets", "", false)]
    [InlineData("patch", "networking.istio.io", "virtualservices", "payments", false)]
    [InlineData("get", "networking.istio.io", "virtualservices", "payments", true)]
    public async Task SelfSubjectAccessReview_OfTheViewer_AnswersAsTheRequestWould(string verb, string group, string resource, string @namespace, bool allowed)
    {
        var review = new JsonObject
        {
            ["apiVersion"] = "authorization.k8s.io/v1",
            ["kind"] = "SelfSubjectAccessReview",
            ["spec"] = new JsonObject
            {
                ["resourceAttributes"] = new JsonObject { ["verb"] = verb, ["group"] = group, ["resource"] = resource, ["namespace"] = @namespace },
            },
        };
        var answer = await PostAsync(Reviews + "/selfsubjectaccessreviews", review, SimulatedKubernetesApi.ViewToken);
        answer.Code.ShouldBe(201);
        answer.Json["kind"]!.GetValue<string>().ShouldBe("SelfSubjectAccessReview");
        answer.Json["status"]!["allowed"]!.GetValue<bool>().ShouldBe(allowed);
        if (allowed) answer.Json["status"]!["reason"]!.GetValue<string>().ShouldBe("RBAC: allowed by ClusterRoleBinding \"view\" of ClusterRole \"view\" to User \"viewer\"");
    }

    [Fact]
    public async Task SubjectAccessReview_NeedsTheRightAndSpeaksOfTheOther()
    {
        var review = (JsonObject)JsonNode.Parse("""{"spec":{"user":"editor","resourceAttributes":{"verb":"patch","group":"networking.istio.io","resource":"virtualservices","namespace":"payments"}}}""")!;
        (await PostAsync(Reviews + "/subjectaccessreviews", review, SimulatedKubernetesApi.ViewToken)).Code.ShouldBe(403);
        (await PostAsync(Reviews + "/subjectaccessreviews", review)).Json["status"]!["allowed"]!.GetValue<bool>().ShouldBeTrue();
        review["spec"]!["user"] = "nobody";
        (await PostAsync(Reviews + "/subjectaccessreviews", review)).Json["status"]!["allowed"]!.GetValue<bool>().ShouldBeFalse();
        review["spec"]!["user"] = "";
        (await PostAsync(Reviews + "/subjectaccessreviews", review)).Code.ShouldBe(422);
    }

    [Fact]
    public async Task SelfSubjectRulesReview_ListsTheRulesOfANamespace()
    {
        Api.Options.Tokens["team"] = new TokenIdentity("team") { Roles = [new RoleGrant(new ApiRole("maps", PolicyRule.For(["get"], ResourceTypes.ConfigMaps)), "payments")] };
        var rules = (await PostAsync(Reviews + "/selfsubjectrulesreviews", JsonNode.Parse("""{"spec":{"namespace":"payments"}}""")!, "team")).Json["status"]!;
        rules["resourceRules"]!.ToJsonString().ShouldContain("""{"verbs":["get"],"apiGroups":[""],"resources":["configmaps"]}""");
        rules["incomplete"]!.GetValue<bool>().ShouldBeFalse();
        (await PostAsync(Reviews + "/selfsubjectrulesreviews", JsonNode.Parse("""{"spec":{"namespace":"ledger"}}""")!, "team")).Text.ShouldNotContain("configmaps");
    }

    [Fact]
    public async Task TokenReview_KnowsTokensAndTheirUsers()
    {
        const string Path = "/apis/authentication.k8s.io/v1/tokenreviews";
        var known = (await PostAsync(Path, JsonNode.Parse($$$"""{"spec":{"token":"{{{SimulatedKubernetesApi.ViewToken}}}"}}""")!)).Json["status"]!;
        known["authenticated"]!.GetValue<bool>().ShouldBeTrue();
        known["user"]!["username"]!.GetValue<string>().ShouldBe("viewer");
        var unknown = (await PostAsync(Path, JsonNode.Parse("""{"spec":{"token":"wrong"}}""")!)).Json["status"]!;
        unknown["authenticated"].ShouldBeNull();
        unknown["error"]!.GetValue<string>().ShouldNotBeEmpty();
        (await PostAsync(Path, JsonNode.Parse("""{"spec":{}}""")!)).Code.ShouldBe(400);
    }

    [Fact]
    public async Task Reviews_AreOnlyCreated()
    {
        (await GetAsync(Reviews + "/selfsubjectaccessreviews")).Code.ShouldBe(405);
        (await PostAsync(Reviews + "/selfsubjectaccessreviews", new JsonObject())).Code.ShouldBe(422);
    }
}
