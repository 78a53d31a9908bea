using System.Globalization;
using System.Text.Json.Nodes;
using MeshConsole.Simulator.Kubernetes;
using static MeshConsole.Simulator.Tests.Kubernetes.KubernetesObjects;

namespace MeshConsole.Simulator.Tests.Kubernetes;

public sealed class KubernetesWriteTests : KubernetesApiTestBase
{
    private const string Rejected = "the server rejected our request due to an error in our request";

    [Fact]
    public async Task Post_ANewObject_AnswersItWithWhatTheServerAdds()
    {
        var answer = await PostAsync(Routes + "?fieldManager=deployer", CardProcessorRoute());
        answer.Code.ShouldBe(201);
        answer.Json["apiVersion"]!.GetValue<string>().ShouldBe("networking.istio.io/v1beta1");
        answer.Json["metadata"]!["creationTimestamp"]!.GetValue<string>().ShouldBe("2026-03-01T12:00:00Z");
        var manager = answer.Json["metadata"]!["managedFields"]![0]!;
        manager["manager"]!.GetValue<string>().ShouldBe("deployer");
        manager["apiVersion"]!.GetValue<string>().ShouldBe("networking.istio.io/v1beta1");
        ShouldBeStatus(await PostAsync(Routes, CardProcessorRoute()), 409, "AlreadyExists", "virtualservices.networking.istio.io \"card-processor\" already exists");
    }

    [Fact]
    public async Task Post_WithAUserAgent_NamesItsProgramAsManager()
    {
        var answer = await SendAsync(HttpMethod.Post, ConfigMaps, ConfigMap("a", data: ("k", "v")).ToJsonString(), headers: ("User-Agent", "kubectl/v1.33.4 (linux/amd64)"));
        answer.Json["metadata"]!["managedFields"]![0]!["manager"]!.GetValue<string>().ShouldBe("kubectl");
    }

    [Fact]
    public async Task Post_IntoANamespaceThatIsNotThere_IsNotFound() =>
        ShouldBeStatus(await PostAsync("/api/v1/namespaces/nowhere/configmaps", ConfigMap("a", "nowhere")), 404, "NotFound", "namespaces \"nowhere\" not found");

    [Fact]
    public async Task Post_WithoutNamespaceInTheBody_TakesThatOfThePath()
    {
        var json = ConfigMap("a");
        json["metadata"]!.AsObject().Remove("namespace");
        (await PostAsync(ConfigMaps, json)).Json["metadata"]!["namespace"]!.GetValue<string>().ShouldBe("payments");
    }

    [Fact]
    public async Task Post_ABodyThatDoesNotFit_IsABadRequest()
    {
        ShouldBeStatus(await PostAsync(ConfigMaps, ConfigMap("a", "ledger")), 400, "BadRequest", "the namespace of the provided object does not match the namespace sent on the request");
        (await PostAsync(ConfigMaps, Pod("a"))).Code.ShouldBe(400);
        ShouldBeStatus(
            await PostAsync(Routes, CardProcessorRoute(apiVersion: "networking.istio.io/v1")),
            400,
            "BadRequest",
            "the API version in the data (networking.istio.io/v1) does not match the expected API version (networking.istio.io/v1beta1)");
        (await SendAsync(HttpMethod.Post, ConfigMaps, "{\"metadata\":")).Code.ShouldBe(400);
        (await SendAsync(HttpMethod.Post, ConfigMaps, "")).Code.ShouldBe(400);
        (await SendAsync(HttpMethod.Post, ConfigMaps, "[]")).Code.ShouldBe(400);
        (await SendAsync(HttpMethod.Post, ConfigMaps, """{"metadata":{"name":"a","name":"b"}}""")).Code.ShouldBe(400);
        (await SendAsync(HttpMethod.Post, ConfigMaps, """{"metadata":{"name":1}}""")).Code.ShouldBe(400);
        (await SendAsync(HttpMethod.Post, ConfigMaps, """{"metadata":{"name":"a","labels":{"x":1}}}""")).Code.ShouldBe(400);
        (await SendAsync(HttpMethod.Post, ConfigMaps, """{"metadata":[]}""")).Code.ShouldBe(400);
        (await SendAsync(HttpMethod.Post, Routes, """{"metadata":{"name":"a"}}""")).Code.ShouldBe(400);
        var versioned = ConfigMap("a");
        versioned["metadata"]!["resourceVersion"] = "1";
        (await PostAsync(ConfigMaps, versioned)).Code.ShouldBe(500);
        (await PostAsync(ConfigMaps, versioned)).Json["message"]!.GetValue<string>().ShouldBe("resourceVersion should not be set on objects to be created");
        Store.List(ResourceTypes.ConfigMaps).ShouldBeEmpty();
    }

    [Fact]
    public async Task Post_InAnotherMediaType_IsRefused()
    {
        var answer = await SendAsync(HttpMethod.Post, ConfigMaps, "a: b", "application/yaml");
        answer.Code.ShouldBe(415);
        answer.Json["reason"]!.GetValue<string>().ShouldBe("UnsupportedMediaType");
        (await SendAsync(HttpMethod.Post, ConfigMaps, ConfigMap("a").ToJsonString(), "")).Code.ShouldBe(201);
        (await SendAsync(HttpMethod.Post, ConfigMaps, ConfigMap("b").ToJsonString(), "application/json; charset=utf-8")).Code.ShouldBe(201);
    }

    [Fact]
    public async Task Post_TooMuch_IsRefused()
    {
        var answer = await PostAsync(ConfigMaps, ConfigMap("a", data: ("k", new string('x', 3 * 1024 * 1024))));
        answer.Code.ShouldBe(413);
        answer.Json["reason"]!.GetValue<string>().ShouldBe("RequestEntityTooLarge");
    }

    [Theory]
    [InlineData("Big")]
    [InlineData("-a")]
    [InlineData("a..b")]
    [InlineData("a\nb")]
    [InlineData("a b")]
    public async Task Post_WithANameThatIsNone_IsInvalid(string name)
    {
        var answer = await PostAsync(ConfigMaps, ConfigMap(name));
        answer.Code.ShouldBe(422);
        answer.Json["reason"]!.GetValue<string>().ShouldBe("Invalid");
        answer.Json["message"]!.GetValue<string>().ShouldStartWith($"ConfigMap \"{name}\" is invalid: metadata.name: Invalid value: ");
        var cause = answer.Json["details"]!["causes"]![0]!;
        cause["reason"]!.GetValue<string>().ShouldBe("FieldValueInvalid");
        cause["field"]!.GetValue<string>().ShouldBe("metadata.name");
    }

    [Fact]
    public async Task Post_WithoutAName_IsInvalidUnlessAPrefixIsGiven()
    {
        var json = ConfigMap("a");
        json["metadata"]!.AsObject().Remove("name");
        ShouldBeStatus(await PostAsync(ConfigMaps, json), 422, "Invalid", "ConfigMap \"\" is invalid: metadata.name: Required value: name or generateName is required");
        json["metadata"]!["generateName"] = "notes-";
        (await PostAsync(ConfigMaps, json)).Json["metadata"]!["name"]!.GetValue<string>().ShouldMatch("^notes-[a-z0-9]{5}$");
    }

    [Fact]
    public async Task Post_WithLabelsThatAreNone_IsInvalid()
    {
        var json = ConfigMap("a");
        json["metadata"]!["labels"] = new JsonObject { ["app"] = "a\"b" };
        (await PostAsync(ConfigMaps, json)).Json["message"]!.GetValue<string>().ShouldStartWith("ConfigMap \"a\" is invalid: metadata.labels: Invalid value: \"a\\\"b\": a valid label must be");
        json["metadata"]!["labels"] = new JsonObject { ["a/b/c"] = "x" };
        (await PostAsync(ConfigMaps, json)).Code.ShouldBe(422);
        json["metadata"]!.AsObject().Remove("labels");
        json["metadata"]!["annotations"] = new JsonObject { ["note"] = new string('x', 300_000) };
        (await PostAsync(ConfigMaps, json)).Code.ShouldBe(422);
    }

    [Fact]
    public async Task Post_OfANamespaceOrSecret_FillsInWhatReadersRelyOn()
    {
        var created = (await PostAsync("/api/v1/namespaces", Namespace("ledger"))).Json;
        created["metadata"]!["labels"]!["kubernetes.io/metadata.name"]!.GetValue<string>().ShouldBe("ledger");
        created["status"]!["phase"]!.GetValue<string>().ShouldBe("Active");

        var secret = ConfigMap("s");
        secret["kind"] = "Secret";
        secret.Remove("data");
        secret["stringData"] = new JsonObject { ["password"] = "hunter2" };
        var kept = (await PostAsync("/api/v1/namespaces/payments/secrets", secret)).Json;
        kept["type"]!.GetValue<string>().ShouldBe("Opaque");
        kept["data"]!["password"]!.GetValue<string>().ShouldBe("aHVudGVyMg==");
        kept.AsObject().ContainsKey("stringData").ShouldBeFalse();
    }

    [Fact]
    public async Task Put_WithTheVersionRead_WritesAndWithAnOldOneConflicts()
    {
        var first = await PostAsync(ConfigMaps, ConfigMap("a", data: ("k", "one")));
        var next = first.Json;
        next["data"]!["k"] = "two";
        var second = await PutAsync(ConfigMaps + "/a", next);
        second.Code.ShouldBe(200);
        second.ResourceVersion.ShouldNotBe(first.ResourceVersion);
        ShouldBeStatus(
            await PutAsync(ConfigMaps + "/a", next),
            409,
            "Conflict",
            "Operation cannot be fulfilled on configmaps \"a\": the object has been modified; please apply your changes to the latest version and try again");
        (await GetAsync(ConfigMaps + "/a")).Json["data"]!["k"]!.GetValue<string>().ShouldBe("two");
    }

    [Fact]
    public async Task Put_WithoutAVersion_IsTakenForBuiltInKindsOnly()
    {
        await PostAsync(ConfigMaps, ConfigMap("a"));
        (await PutAsync(ConfigMaps + "/a", ConfigMap("a", data: ("k", "v")))).Code.ShouldBe(200);
        await PostAsync(Routes, CardProcessorRoute());
        ShouldBeStatus(
            await PutAsync(Routes + "/card-processor", CardProcessorRoute(50, 50)),
            422,
            "Invalid",
            "virtualservices.networking.istio.io \"card-processor\" is invalid: metadata.resourceVersion: Invalid value: 0x0: must be specified for an update");
    }

    [Fact]
    public async Task Put_OfAnotherNameOrUid_IsRefused()
    {
        await PostAsync(ConfigMaps, ConfigMap("a"));
        ShouldBeStatus(await PutAsync(ConfigMaps + "/a", ConfigMap("b")), 400, "BadRequest", "the name of the object (b) does not match the name on the URL (a)");
        var other = ConfigMap("a");
        other["metadata"]!["uid"] = "00000000-0000-4000-8000-000000000000";
        var answer = await PutAsync(ConfigMaps + "/a", other);
        answer.Code.ShouldBe(409);
        answer.Json["message"]!.GetValue<string>().ShouldContain("Precondition failed: UID in precondition: 00000000-0000-4000-8000-000000000000");
        ShouldBeStatus(await PutAsync(ConfigMaps + "/b", ConfigMap("b")), 404, "NotFound", "configmaps \"b\" not found");
    }

    [Fact]
    public async Task Put_WhatTheServerOwns_IsIgnored()
    {
        var created = (await PostAsync(Routes, CardProcessorRoute())).Json;
        var next = created.DeepClone();
        next["metadata"]!["creationTimestamp"] = "2001-01-01T00:00:00Z";
        next["metadata"]!["generation"] = 99;
        next["status"] = new JsonObject { ["made"] = "up" };
        next["spec"]!["http"]![1]!["route"]![0]!["weight"] = 80;
        var written = (await PutAsync(Routes + "/card-processor", next)).Json;
        written["metadata"]!["creationTimestamp"]!.GetValue<string>().ShouldBe("2026-03-01T12:00:00Z");
        written["metadata"]!["generation"]!.GetValue<int>().ShouldBe(2);
        written.AsObject().ContainsKey("status").ShouldBeFalse();
    }

    [Fact]
    public async Task Put_OfTheStatus_ChangesNothingElse()
    {
        Store.Create(ResourceTypes.Pods, Pod("p"));
        var next = Pod("p", phase: "Failed", node: "node-9");
        var written = (await PutAsync(Pods + "/p/status", next)).Json;
        written["status"]!["phase"]!.GetValue<string>().ShouldBe("Failed");
        written["spec"]!["nodeName"]!.GetValue<string>().ShouldBe("node-1");
        (await MergePatchAsync(Pods + "/p/status", """{"status":{"phase":"Succeeded"},"spec":{"nodeName":"x"}}""")).Json["spec"]!["nodeName"]!.GetValue<string>().ShouldBe("node-1");
        (await GetAsync(Pods + "/p/status")).Json["status"]!["phase"]!.GetValue<string>().ShouldBe("Succeeded");
        (await GetAsync(Pods + "/p")).Json["metadata"]!["managedFields"]!.AsArray().Count(entry => entry!["subresource"]?.GetValue<string>() == "status").ShouldBe(1);
    }

    [Fact]
    public async Task Put_OfALeaseThatIsNotThere_CreatesIt()
    {
        const string Leases = "/apis/coordination.k8s.io/v1/namespaces/payments/leases";
        var lease = new JsonObject
        {
            ["apiVersion"] = "coordination.k8s.io/v1",
            ["kind"] = "Lease",
            ["metadata"] = new JsonObject { ["name"] = "console", ["namespace"] = "payments" },
            ["spec"] = new JsonObject { ["holderIdentity"] = "a", ["leaseDurationSeconds"] = 15 },
        };
        var created = await PutAsync(Leases + "/console", lease);
        created.Code.ShouldBe(201);
        // Two replicas want it at once: one gets it.
        var (left, right) = (created.Json, created.Json);
        left["spec"]!["holderIdentity"] = "b";
        right["spec"]!["holderIdentity"] = "c";
        var codes = (await Task.WhenAll(PutAsync(Leases + "/console", left), PutAsync(Leases + "/console", right))).Select(answer => answer.Code).Order();
        codes.ShouldBe([200, 409]);
        (await PutAsync(Leases + "/console", lease)).Code.ShouldBe(422);
    }

    [Fact]
    public async Task Patch_AsJsonPatch_MovesAWeight()
    {
        await PostAsync(Routes, CardProcessorRoute());
        var answer = await JsonPatchAsync(
            Routes + "/card-processor?fieldManager=meshconsole",
            """
            [{"op":"test","path":"/spec/http/1/route/0/weight","value":90},
             {"op":"replace","path":"/spec/http/1/route/0/weight","value":75},
             {"op":"replace","path":"/spec/http/1/route/1/weight","value":25}]
            """);
        answer.Code.ShouldBe(200, answer.Text);
        answer.Json["spec"]!["http"]![1]!["route"]!.AsArray().Select(route => route!["weight"]!.GetValue<int>()).ShouldBe([75, 25]);
        answer.Json["metadata"]!["generation"]!.GetValue<int>().ShouldBe(2);
        answer.Json["metadata"]!["managedFields"]!.AsArray().Select(entry => entry!["manager"]!.GetValue<string>()).ShouldContain("meshconsole");
    }

    [Theory]
    [InlineData("""[{"op":"test","path":"/spec/http/1/route/0/weight","value":89}]""")]
    [InlineData("""[{"op":"test","path":"/metadata/resourceVersion","value":"1"}]""")]
    [InlineData("""[{"op":"replace","path":"/spec/nothing","value":1}]""")]
    [InlineData("""[{"op":"remove","path":"/spec/http/7"}]""")]
    [InlineData("""[{"op":"add","path":"/spec/http/1/route/5","value":{}}]""")]
    [InlineData("""[{"op":"frobnicate","path":"/spec"}]""")]
    public async Task Patch_ThatCannotBeApplied_IsUnprocessableAndChangesNothing(string patch)
    {
        var before = await PostAsync(Routes, CardProcessorRoute());
        var answer = await JsonPatchAsync(Routes + "/card-processor", patch);
        ShouldBeStatus(answer, 422, "Invalid", Rejected);
        answer.Json["details"]!.ToJsonString().ShouldBe("{}");
        (await GetAsync(Routes + "/card-processor")).Text.ShouldBe(before.Text);
    }

    [Theory]
    [InlineData("{}", "application/json-patch+json")]
    [InlineData("[1]", "application/json-patch+json")]
    [InlineData("[", "application/json-patch+json")]
    [InlineData("[]", "application/merge-patch+json")]
    [InlineData("nonsense", "application/merge-patch+json")]
    public async Task Patch_ThatIsNone_IsABadRequest(string patch, string mediaType)
    {
        await PostAsync(ConfigMaps, ConfigMap("a"));
        (await SendAsync(HttpMethod.Patch, ConfigMaps + "/a", patch, mediaType)).Code.ShouldBe(400);
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/strategic-merge-patch+json")]
    [InlineData("application/apply-patch+yaml")]
    public async Task Patch_OfADefinedKindInAnUnknownForm_IsRefused(string mediaType)
    {
        await PostAsync(Routes, CardProcessorRoute());
        ShouldBeStatus(
            await SendAsync(HttpMethod.Patch, Routes + "/card-processor", "{}", mediaType),
            415,
            "UnsupportedMediaType",
            "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json");
    }

    [Fact]
    public async Task Patch_AsMergePatch_MergesAndDeletes()
    {
        await PostAsync(ConfigMaps, ConfigMap("a", data: [("keep", "1"), ("drop", "2")]));
        var answer = await MergePatchAsync(ConfigMaps + "/a", """{"data":{"drop":null,"new":"3"},"metadata":{"labels":{"team":"cards"}}}""");
        answer.Json["data"]!.ToJsonString().ShouldBe("""{"keep":"1","new":"3"}""");
        answer.Json["metadata"]!["labels"]!["team"]!.GetValue<string>().ShouldBe("cards");
    }

    [Fact]
    public async Task Patch_AsStrategicMerge_MergesContainersByName()
    {
        Store.Create(ResourceTypes.Pods, Pod("p"));
        var answer = await SendAsync(
            HttpMethod.Patch,
            Pods + "/p",
            """{"spec":{"containers":[{"name":"app","image":"registry.example/app:2"},{"name":"istio-proxy","image":"registry.example/proxy:1"}]}}""",
            "application/strategic-merge-patch+json");
        answer.Json["spec"]!["containers"]!.AsArray().Select(container => container!["name"]!.GetValue<string>()).ShouldBe(["app", "istio-proxy"]);
        answer.Json["spec"]!["containers"]![0]!["image"]!.GetValue<string>().ShouldBe("registry.example/app:2");
        answer = await SendAsync(HttpMethod.Patch, Pods + "/p", """{"spec":{"containers":[{"name":"app","$patch":"delete"}]}}""", "application/strategic-merge-patch+json");
        answer.Json["spec"]!["containers"]!.AsArray().Single()!["name"]!.GetValue<string>().ShouldBe("istio-proxy");
        (await SendAsync(HttpMethod.Patch, Pods + "/p", """{"spec":{"containers":[{"image":"x"}]}}""", "application/strategic-merge-patch+json")).Code.ShouldBe(400);
    }

    [Fact]
    public async Task Patch_WithAnOldVersionInIt_Conflicts()
    {
        var created = await PostAsync(ConfigMaps, ConfigMap("a"));
        await MergePatchAsync(ConfigMaps + "/a", """{"data":{"k":"1"}}""");
        var patch = """{"metadata":{"resourceVersion":"VERSION"},"data":{"k":"2"}}""";
        (await MergePatchAsync(ConfigMaps + "/a", patch.Replace("VERSION", created.ResourceVersion, StringComparison.Ordinal))).Json["reason"]!.GetValue<string>().ShouldBe("Conflict");
        var now = await GetAsync(ConfigMaps + "/a");
        (await MergePatchAsync(ConfigMaps + "/a", patch.Replace("VERSION", now.ResourceVersion, StringComparison.Ordinal))).Code.ShouldBe(200);
    }

    [Fact]
    public async Task Patch_OfWhatNeverChanges_IsRefused()
    {
        await PostAsync(ConfigMaps, ConfigMap("a"));
        (await MergePatchAsync(ConfigMaps + "/a", """{"metadata":{"uid":"00000000-0000-4000-8000-000000000000"}}""")).Json["message"]!.GetValue<string>()
            .ShouldBe("ConfigMap \"a\" is invalid: metadata.uid: Invalid value: \"00000000-0000-4000-8000-000000000000\": field is immutable");
        (await MergePatchAsync(ConfigMaps + "/a", """{"metadata":{"name":"b"}}""")).Code.ShouldBe(400);
        (await MergePatchAsync(ConfigMaps + "/a", """{"metadata":{"namespace":"ledger"}}""")).Code.ShouldBe(400);
        (await MergePatchAsync(ConfigMaps + "/a", """{"apiVersion":"v2"}""")).Code.ShouldBe(422);
        (await MergePatchAsync(ConfigMaps + "/a", """{"metadata":{"labels":{"x":1}}}""")).Json["message"]!.GetValue<string>().ShouldStartWith(" \"\" is invalid: patch: Invalid value: ");
        (await MergePatchAsync(ConfigMaps + "/b", "{}")).Code.ShouldBe(404);
    }

    [Fact]
    public async Task Patch_ThatChangesNothing_KeepsTheVersion()
    {
        var created = await PostAsync(ConfigMaps, ConfigMap("a", data: ("k", "v")));
        (await MergePatchAsync(ConfigMaps + "/a", """{"data":{"k":"v"}}""")).ResourceVersion.ShouldBe(created.ResourceVersion);
    }

    [Fact]
    public async Task Patch_TwoHundredAtOnceWithOnePrecondition_HasOneWinner()
    {
        var created = await PostAsync(Routes, CardProcessorRoute());
        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(index => JsonPatchAsync(
            Routes + "/card-processor",
            $$"""
            [{"op":"test","path":"/metadata/resourceVersion","value":"{{created.ResourceVersion}}"},
             {"op":"replace","path":"/spec/http/1/route/0/weight","value":{{index % 89}}}]
            """)));
        answers.Count(answer => answer.Code == 200).ShouldBe(1);
        answers.Count(answer => answer.Code == 422).ShouldBe(199);
        var now = await GetAsync(Routes + "/card-processor");
        now.Text.ShouldBe(answers.Single(answer => answer.Code == 200).Text);
    }

    [Fact]
    public async Task Patch_ManyAtOnceWithoutAPrecondition_AllCount()
    {
        await PostAsync(ConfigMaps, ConfigMap("a"));
        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(index => MergePatchAsync(ConfigMaps + "/a", $$$"""{"data":{"k{{{index}}}":"v"}}""")));
        answers.ShouldAllBe(answer => answer.Code == 200);
        answers.Select(answer => answer.ResourceVersion).Distinct().Count().ShouldBe(100);
        (await GetAsync(ConfigMaps + "/a")).Json["data"]!.AsObject().Count.ShouldBe(100);
    }

    [Fact]
    public async Task Write_AsDryRun_IsJudgedAndNotKept()
    {
        var dryPost = await PostAsync(Routes + "?dryRun=All", CardProcessorRoute());
        dryPost.Code.ShouldBe(201);
        dryPost.Json["metadata"]!["uid"].ShouldNotBeNull();
        (await GetAsync(Routes + "/card-processor")).Code.ShouldBe(404);

        var created = await PostAsync(Routes, CardProcessorRoute());
        var patch = """[{"op":"replace","path":"/spec/http/1/route/0/weight","value":50}]""";
        var dryPatch = await JsonPatchAsync(Routes + "/card-processor?dryRun=All", patch);
        dryPatch.Json["spec"]!["http"]![1]!["route"]![0]!["weight"]!.GetValue<int>().ShouldBe(50);
        dryPatch.ResourceVersion.ShouldBe(created.ResourceVersion);
        (await JsonPatchAsync(Routes + "/card-processor?dryRun=All", patch.Replace("50", "-1", StringComparison.Ordinal))).Code.ShouldBe(400);
        (await SendAsync(HttpMethod.Delete, Routes + "/card-processor?dryRun=All")).Code.ShouldBe(200);
        (await SendAsync(HttpMethod.Delete, Routes + "/card-processor", """{"dryRun":["All"]}""")).Code.ShouldBe(200);
        (await GetAsync(Routes + "/card-processor")).Text.ShouldBe(created.Text);
        ShouldBeStatus(
            await JsonPatchAsync(Routes + "/card-processor?dryRun=Some", patch),
            422,
            "Invalid",
            "PatchOptions.meta.k8s.io \"\" is invalid: dryRun: Unsupported value: []string{\"Some\"}: supported values: \"All\"");
    }

    [Theory]
    [InlineData(-5, 105, "weight -5 < 0")]
    [InlineData(0, 0, "total destination weight = 0")]
    public async Task Route_WithWeightsThatIstioRefuses_IsDenied(int stable, int canary, string why)
    {
        var refusal = "admission webhook \"validation.istio.io\" denied the request: configuration is invalid: " + why;
        ShouldBeStatus(await PostAsync(Routes, CardProcessorRoute(stable, canary)), 400, "", refusal);
        await PostAsync(Routes, CardProcessorRoute());
        ShouldBeStatus(await JsonPatchAsync(Routes + "/card-processor", Weights(stable, canary)), 400, "", refusal);
        // Other sums than 100 are shares of their sum: Istio takes them.
        (await JsonPatchAsync(Routes + "/card-processor", Weights(3, 1))).Code.ShouldBe(200);
    }

    [Fact]
    public async Task Route_ThatTheSchemaRefuses_IsInvalid()
    {
        await PostAsync(Routes, CardProcessorRoute());
        ShouldBeStatus(
            await JsonPatchAsync(Routes + "/card-processor", """[{"op":"replace","path":"/spec/http/1/route/0/weight","value":"90"}]"""),
            422,
            "Invalid",
            "VirtualService.networking.istio.io \"card-processor\" is invalid: spec.http[1].route[0].weight: Invalid value: \"string\": spec.http[1].route[0].weight in body must be of type integer: \"string\"");
        (await JsonPatchAsync(Routes + "/card-processor", """[{"op":"remove","path":"/spec/http/1/route/0/destination"}]""")).Json["message"]!.GetValue<string>()
            .ShouldBe("VirtualService.networking.istio.io \"card-processor\" is invalid: spec.http[1].route[0].destination: Required value");
        (await JsonPatchAsync(Routes + "/card-processor", """[{"op":"replace","path":"/spec/http/1/route/0/weight","value":0.5}]""")).Code.ShouldBe(422);
        (await JsonPatchAsync(Routes + "/card-processor", """[{"op":"replace","path":"/spec/http","value":{}}]""")).Code.ShouldBe(422);
        (await JsonPatchAsync(Routes + "/card-processor", """[{"op":"remove","path":"/spec/http"}]""")).Json["message"]!.GetValue<string>()
            .ShouldEndWith("http, tcp or tls must be provided in virtual service");
    }

    [Fact]
    public async Task Delete_AnObject_NamesItOnceAndIsThenNotFound()
    {
        var created = await PostAsync(Routes, CardProcessorRoute());
        var answer = await SendAsync(HttpMethod.Delete, Routes + "/card-processor");
        answer.Code.ShouldBe(200);
        answer.Json["status"]!.GetValue<string>().ShouldBe("Success");
        answer.Json["details"]!["uid"]!.GetValue<string>().ShouldBe(created.Json["metadata"]!["uid"]!.GetValue<string>());
        (await SendAsync(HttpMethod.Delete, Routes + "/card-processor")).Code.ShouldBe(404);
    }

    [Fact]
    public async Task Delete_WithPreconditions_HoldsThem()
    {
        var created = await PostAsync(ConfigMaps, ConfigMap("a"));
        (await SendAsync(HttpMethod.Delete, ConfigMaps + "/a", """{"kind":"DeleteOptions","preconditions":{"uid":"other"}}""")).Code.ShouldBe(409);
        (await SendAsync(HttpMethod.Delete, ConfigMaps + "/a", """{"preconditions":{"resourceVersion":"1"}}""")).Json["reason"]!.GetValue<string>().ShouldBe("Conflict");
        var held = $$$"""{"preconditions":{"uid":"{{{created.Json["metadata"]!["uid"]}}}","resourceVersion":"{{{created.ResourceVersion}}}"}}""";
        (await SendAsync(HttpMethod.Delete, ConfigMaps + "/a", held)).Code.ShouldBe(200);
    }

    [Fact]
    public async Task DeleteCollection_WithASelector_LeavesTheRest()
    {
        Store.Load([Pod("a", labels: ("app", "x")), Pod("b", labels: ("app", "y")), Pod("c", "ledger", labels: ("app", "x"))]);
        (await SendAsync(HttpMethod.Delete, Pods + "?labelSelector=app%3Dx")).Names.ShouldBe(["a"]);
        (await GetAsync("/api/v1/pods")).Names.ShouldBe(["c", "b"]);
    }

    [Fact]
    public async Task Delete_OfANamespace_TakesItsContentAlong()
    {
        Store.Create(ResourceTypes.Pods, Pod("p"));
        Store.Create(ResourceTypes.Pods, Pod("q", "ledger"));
        await PostAsync(Routes, CardProcessorRoute());
        (await SendAsync(HttpMethod.Delete, "/api/v1/namespaces/payments")).Code.ShouldBe(200);
        (await GetAsync("/api/v1/pods")).Names.ShouldBe(["q"]);
        (await GetAsync(Routes)).Names.ShouldBeEmpty();
        (await GetAsync("/api/v1/namespaces/payments")).Code.ShouldBe(404);
    }

    [Fact]
    public async Task Post_AnEvent_KeepsIt()
    {
        var json = (JsonObject)JsonNode.Parse("""
            { "apiVersion": "v1", "kind": "Event", "metadata": { "generateName": "card-processor." }, "type": "Normal", "reason": "WeightChanged",
              "involvedObject": { "kind": "VirtualService", "namespace": "payments", "name": "card-processor" }, "message": "90/10 to 75/25" }
            """)!;
        (await PostAsync("/api/v1/namespaces/payments/events", json)).Code.ShouldBe(201);
        (await GetAsync("/api/v1/events?fieldSelector=involvedObject.name%3Dcard-processor,reason%3DWeightChanged")).Names.Length.ShouldBe(1);
    }

    [Fact]
    public async Task Objects_WithNumbersOfEveryKind_ComeBackAsTheyWere()
    {
        var json = CardProcessorRoute();
        json["spec"]!["exportTo"] = new JsonArray("*");
        json["metadata"]!["annotations"] = new JsonObject { ["example.com/note"] = "ünïcode ✓ \u2028" };
        json["spec"]!["http"]![0]!["fault"] = JsonNode.Parse("""{"abort":{"percentage":{"value":0.10},"httpStatus":503},"delay":{"percentage":{"value":1e-3}}}""");
        var answer = await PostAsync(Routes, json);
        answer.Text.ShouldContain("\"value\":0.10");
        answer.Text.ShouldContain("\"value\":1e-3");
        answer.Json["metadata"]!["annotations"]!["example.com/note"]!.GetValue<string>().ShouldBe("ünïcode ✓ \u2028");
    }

    [Fact]
    public async Task Write_JudgedByAHook_IsAskedOnEveryWriteAndDryRun()
    {
        var seen = new List<string>();
        var hook = new RecordingCheck(request =>
        {
            seen.Add($"{request.Operation} {request.Type.Plural} {request.User.Name} {request.DryRun}");
            return request.Operation == "DELETE" ? AdmissionRequest.DeniedBy("keep.example.com", "nothing is deleted on a Friday") : null;
        });
        await using var api = await MeshConsole.Testing.SimulatedKubernetesApi.StartAsync(Time, new KubernetesApiOptions { Admission = [hook] });
        api.Store.Create(ResourceTypes.Namespaces, Namespace("payments"));
        using var client = api.Client();
        using var created = await client.PostAsync(ConfigMaps, new StringContent(ConfigMap("a").ToJsonString(), null, "application/json"));
        using var patched = await client.PatchAsync(ConfigMaps + "/a?dryRun=All", new StringContent("{}", null, "application/merge-patch+json"));
        using var deleted = await client.DeleteAsync(ConfigMaps + "/a");

        seen.ShouldBe(["CREATE configmaps admin False", "UPDATE configmaps admin True", "DELETE configmaps admin False"]);
        ((int)deleted.StatusCode).ShouldBe(400);
        JsonNode.Parse(await deleted.Content.ReadAsByteArrayAsync())!["message"]!.GetValue<string>()
            .ShouldBe("admission webhook \"keep.example.com\" denied the request: nothing is deleted on a Friday");
        api.Store.Find(ResourceTypes.ConfigMaps, "payments", "a").ShouldNotBeNull();
    }

    private sealed class RecordingCheck(Func<AdmissionRequest, ApiStatus?> review) : IAdmissionCheck
    {
        public ApiStatus? Review(AdmissionRequest request) => review(request);
    }

    private static string Weights(int stable, int canary) => string.Create(
        CultureInfo.InvariantCulture,
        $$"""
        [{"op":"replace","path":"/spec/http/1/route/0/weight","value":{{stable}} },
         {"op":"replace","path":"/spec/http/1/route/1/weight","value":{{canary}} }]
        """);
}
