using System.Collections.Immutable;
using System.Text.Json.Nodes;
using MeshConsole.Mesh.Changes.Plans;
using MeshConsole.Mesh.Changes.Writes;
using MeshConsole.Mesh.Kubernetes;
using MeshConsole.Mesh.Kubernetes.Connections;
using MeshConsole.Mesh.Tests.Kubernetes;
using MeshConsole.Simulator.Kubernetes;
using MeshConsole.Testing;
using static MeshConsole.Mesh.Tests.Changes.RouteObjects;

namespace MeshConsole.Mesh.Tests.Changes.Writes;

/// <summary>The writer over real HTTP against the simulated API server, as people of groups with and without rights.</summary>
public sealed class KubernetesTargetWriterTests : IAsyncLifetime
{
    private static readonly Impersonation s_operator = new("maria", ["mesh-operators"]);
    private static readonly Impersonation s_viewer = new("viktor", ["mesh-viewers"]);
    private static readonly CancellationToken s_none = CancellationToken.None;

    private readonly HookWebhook _webhook = new();
    private SimulatedKubernetesApi _api = null!;
    private KubernetesClient _client = null!;
    private KubernetesTargetWriter _writer = null!;
    private ChangeTarget _target = null!;
    private ImmutableArray<PlanBackend> _backends;

    public async Task InitializeAsync()
    {
        _api = await SimulatedKubernetesApi.StartAsync(options: new KubernetesApiOptions { Admission = [.. new KubernetesApiOptions().Admission, _webhook] });
        _api.Options.GroupGrants["mesh-operators"] = [new RoleGrant(BuiltInRoles.RouteOperator)];
        _api.Options.GroupGrants["mesh-viewers"] = [new RoleGrant(BuiltInRoles.RouteViewer)];
        _api.Store.Create(ResourceTypes.Namespaces, new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Namespace", ["metadata"] = new JsonObject { ["name"] = "payments" } });
        _client = new KubernetesClient(KubernetesConnection.To(_api.Address, CredentialSource.BearerToken(SimulatedKubernetesApi.AdminToken)), TimeProvider.System);
        _writer = new KubernetesTargetWriter(name => name == "test" ? _client : null);
        await UseAsync(CardProcessor, 1);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _api.DisposeAsync();
    }

    [Fact]
    public async Task Patch_ByAnOperator_MovesTheWeightsAndNothingElse()
    {
        var before = await ReadAsync();
        before.Weights.ShouldBe([90, 10]);
        before.LastChange.ShouldBeNull();
        (await _writer.ReviewAsync(_target, false, s_operator, s_none)).Allowed.ShouldBeTrue();
        var patch = WeightPatch.Build(before, _target, _backends, [75, 25], "w-1");

        var rehearsed = await _writer.DryRunAsync(_target, patch, s_operator, s_none);
        (rehearsed.Accepted, rehearsed.Code).ShouldBe((true, 200));
        rehearsed.Result!.Value.GetProperty("spec").GetProperty("http")[1].GetProperty("route")[1].GetProperty("weight").GetInt32().ShouldBe(25);
        (await ReadAsync()).ResourceVersion.ShouldBe(before.ResourceVersion);

        var written = await _writer.PatchAsync(_target, _backends, patch, s_operator, s_none);
        written.Target.Weights.ShouldBe([75, 25]);
        written.Target.LastChange.ShouldBe("w-1");
        written.Target.SpecHash.ShouldNotBe(before.SpecHash);
        written.Target.ResourceVersion.ShouldNotBe(before.ResourceVersion);
        Guid.TryParse(written.AuditId, out _).ShouldBeTrue();
        written.Unexpected.ShouldBeNull();
        var now = await ReadAsync();
        now.Object.GetProperty("spec").GetProperty("http")[0].GetRawText().ShouldBe(before.Object.GetProperty("spec").GetProperty("http")[0].GetRawText());
        now.Object.GetProperty("metadata").GetProperty("managedFields").GetRawText().ShouldContain("\"meshconsole\"");
        (await _writer.PatchAsync(_target, _backends, WeightPatch.Build(now, _target, _backends, [90, 10], "w-2"), s_operator, s_none)).Target.SpecHash.ShouldBe(before.SpecHash);
    }

    [Fact]
    public async Task Patch_AfterSomebodyElses_WritesNothing()
    {
        var patch = WeightPatch.Build(await ReadAsync(), _target, _backends, [75, 25], "w-1");
        await _client.PatchAsync(new MeshConsole.Mesh.Kubernetes.ResourceType("networking.istio.io", "v1beta1", "virtualservices", "VirtualService", true), "payments", "card-processor", new V1Patch("""{"metadata":{"labels":{"a":"b"}}}""", V1Patch.PatchType.MergePatch), new MeshConsole.Mesh.Kubernetes.WriteOptions(), s_none);

        (await Should.ThrowAsync<TargetChangedException>(() => _writer.PatchAsync(_target, _backends, patch, s_operator, s_none))).Message.ShouldContain("was changed by somebody else");
        (await _writer.DryRunAsync(_target, patch, s_operator, s_none)).ShouldSatisfyAllConditions(
            a => a.Accepted.ShouldBeFalse(),
            a => a.Code.ShouldBe(422),
            a => a.Message.ShouldContain("was changed by somebody else"));
        (await ReadAsync()).Weights.ShouldBe([90, 10]);
    }

    [Fact]
    public async Task Patch_SentTwiceOnItsWay_IsFoundToBeOurs()
    {
        var patch = WeightPatch.Build(await ReadAsync(), _target, _backends, [75, 25], "w-1");
        await _writer.PatchAsync(_target, _backends, patch, s_operator, s_none);
        var again = await _writer.PatchAsync(_target, _backends, patch, s_operator, s_none);
        again.Target.LastChange.ShouldBe("w-1");
        again.AuditId.ShouldBeNull();
    }

    [Fact]
    public async Task Patch_WithoutTheRight_IsTheServersRefusal()
    {
        var patch = WeightPatch.Build(await ReadAsync(), _target, _backends, [75, 25], "w-1");
        (await _writer.ReviewAsync(_target, false, s_viewer, s_none)).Allowed.ShouldBeFalse();
        const string words = "User \"viktor\" cannot patch resource \"virtualservices\" in API group \"networking.istio.io\" in the namespace \"payments\"";
        var refused = await Should.ThrowAsync<KubernetesException>(() => _writer.PatchAsync(_target, _backends, patch, s_viewer, s_none));
        (refused.Kind, refused.LeavesOutcomeUnknown).ShouldBe((KubernetesErrorKind.Forbidden, false));
        refused.Message.ShouldContain(words);
        refused.AuditId.ShouldNotBeNull();
        var rehearsed = await _writer.DryRunAsync(_target, patch, s_viewer, s_none);
        (rehearsed.Accepted, rehearsed.Code, rehearsed.Result).ShouldBe((false, 403, null));
        rehearsed.Message.ShouldContain(words);
        (await Should.ThrowAsync<KubernetesException>(() => _writer.ReadAsync(_target, _backends, new Impersonation("nobody", []), s_none))).Kind.ShouldBe(KubernetesErrorKind.Forbidden);
        (await ReadAsync()).Weights.ShouldBe([90, 10]);
    }

    [Fact]
    public async Task Webhook_Refusing_SaysWhyInTheDryRun()
    {
        _webhook.Answer = request => AdmissionRequest.DeniedBy("policy.example.com", "not on Fridays");
        var patch = WeightPatch.Build(await ReadAsync(), _target, _backends, [75, 25], "w-1");
        (await _writer.DryRunAsync(_target, patch, s_operator, s_none)).ShouldSatisfyAllConditions(a => a.Accepted.ShouldBeFalse(), a => a.Message.ShouldContain("not on Fridays"));
        (await Should.ThrowAsync<KubernetesException>(() => _writer.PatchAsync(_target, _backends, patch, s_operator, s_none))).Message.ShouldContain("not on Fridays");
    }

    [Fact]
    public async Task Webhook_WithSideEffects_IsSaidAsCannotDryRun()
    {
        _webhook.Answer = request => request.DryRun ? ApiStatus.BadRequest("admission webhook \"a.example.com\" does not support dry run") : null;
        var answer = await _writer.DryRunAsync(_target, WeightPatch.Build(await ReadAsync(), _target, _backends, [75, 25], "w-1"), s_operator, s_none);
        (answer.Accepted, answer.Code).ShouldBe((false, 400));
        answer.Message.ShouldStartWith("Cannot dry-run: admission webhook \"a.example.com\" does not support dry run.");
    }

    [Fact]
    public async Task Webhook_ChangingMoreThanTheWeights_IsNoticed()
    {
        var patch = WeightPatch.Build(await ReadAsync(), _target, _backends, [75, 25], "w-1");
        _webhook.Answer = request =>
        {
            request.Object["spec"]!["http"]![0]!["timeout"] = "1s";
            return null;
        };
        var rehearsed = await _writer.DryRunAsync(_target, patch, s_operator, s_none);
        rehearsed.Accepted.ShouldBeFalse();
        rehearsed.Message.ShouldContain("/spec/http/0/timeout");
        var written = await _writer.PatchAsync(_target, _backends, patch, s_operator, s_none);
        written.Unexpected.ShouldNotBeNull().ShouldContain("/spec/http/0/timeout");
        written.Target.Weights.ShouldBe([75, 25]);
    }

    [Fact]
    public async Task Target_Gone_IsChanged()
    {
        var patch = WeightPatch.Build(await ReadAsync(), _target, _backends, [75, 25], "w-1");
        _api.Store.Delete(ResourceTypes.VirtualServices, "payments", "card-processor");
        (await Should.ThrowAsync<TargetChangedException>(ReadAsync)).Message.ShouldContain("is not there any more");
        (await Should.ThrowAsync<TargetChangedException>(() => _writer.PatchAsync(_target, _backends, patch, s_operator, s_none))).Message.ShouldContain("is not there any more");
        _api.Options.Serves = (_, _) => false;
        (await Should.ThrowAsync<KubernetesException>(ReadAsync)).Kind.ShouldBe(KubernetesErrorKind.NotFound);
    }

    [Fact]
    public async Task Weights_ThatTheKindRefuses_AreRefusedInTheServersWords()
    {
        await UseAsync(HttpRoute("""{"rules":[{"backendRefs":[{"name":"a","port":80,"weight":500000},{"name":"b","port":80,"weight":500000}]}]}"""), 0);
        var answer = await _writer.DryRunAsync(_target, WeightPatch.Build(await ReadAsync(), _target, _backends, [0, 1_000_001], "w-1"), s_operator, s_none);
        (answer.Accepted, answer.Code).ShouldBe((false, 422));
        answer.Message.ShouldContain("should be less than or equal to 1000000");
    }

    [Theory]
    [InlineData("v1alpha1", "\"900m\"", "\"100m\"", "\"250m\"")]
    [InlineData("v1alpha2", "90", "10", "25")]
    [InlineData("v1alpha3", "90", "10", "25")]
    [InlineData("v1alpha4", "90", "10", "25")]
    public async Task TrafficSplit_OfEveryServedVersion_IsMoved(string version, string stable, string canary, string expected)
    {
        await UseAsync(TrafficSplit($$"""{"service":"card","backends":[{"service":"a","weight":{{stable}}},{"service":"b","weight":{{canary}}}]}""", version), 0);
        var live = await ReadAsync();
        var next = WeightSplit.WithCanaryAt(live.Weights, 1, 0, 25);
        (await _writer.DryRunAsync(_target, WeightPatch.Build(live, _target, _backends, next, "w-1"), s_operator, s_none)).Message.ShouldStartWith("The server accepts");
        var written = await _writer.PatchAsync(_target, _backends, WeightPatch.Build(live, _target, _backends, next, "w-1"), s_operator, s_none);
        written.Target.Weights.ShouldBe(next);
        written.Target.Object.GetProperty("spec").GetProperty("backends")[1].GetProperty("weight").GetRawText().ShouldBe(expected);
        written.Target.Object.GetProperty("apiVersion").GetString().ShouldBe($"split.smi-spec.io/{version}");
    }

    [Fact]
    public async Task Targets_OfOtherKindsVersionsOrClusters_AreNotWritten()
    {
        await Should.ThrowAsync<ArgumentException>(() => _writer.ReadAsync(_target with { Kind = "Secret" }, _backends, s_operator, s_none));
        await Should.ThrowAsync<ArgumentException>(() => _writer.ReadAsync(_target with { ApiVersion = "v1" }, _backends, s_operator, s_none));
        await Should.ThrowAsync<ArgumentException>(() => _writer.ReadAsync(_target with { Cluster = "other" }, _backends, s_operator, s_none));
        await Should.ThrowAsync<ArgumentException>(() => _writer.ReadAsync(_target with { Name = "../x" }, _backends, s_operator, s_none));
        await Should.ThrowAsync<ArgumentException>(() => _writer.ReadAsync(_target, _backends, new Impersonation("maria\r\nX: y", []), s_none));
    }

    /// <summary>Answers that only a scripted server gives.</summary>
    [Theory]
    [InlineData(409, "Conflict", "the object has been modified", true, false)]
    [InlineData(422, "Invalid", "the server rejected our request due to an error in our request", true, false)]
    [InlineData(500, "InternalError", "Testing value /spec/http/1/route/0/weight failed", true, false)]
    [InlineData(500, "InternalError", "etcdserver: request timed out", false, true)]
    [InlineData(504, "Timeout", "request did not complete within requested timeout", false, true)]
    [InlineData(503, "ServiceUnavailable", "apiserver is shutting down", false, true)]
    [InlineData(403, "Forbidden", "no", false, false)]
    public async Task Refusals_AreToldApart(int code, string reason, string message, bool changed, bool unknown)
    {
        using var api = new ScriptedApi();
        using var client = new KubernetesClient(KubernetesConnection.Through(() => api, new Uri("http://api.test/"), CredentialSource.BearerToken("t")), TimeProvider.System);
        var writer = new KubernetesTargetWriter(_ => client);
        var patch = WeightPatch.Build(await ReadAsync(), _target, _backends, [75, 25], "w-1");
        var writing = writer.PatchAsync(_target, _backends, patch, s_operator, s_none);
        var request = await api.NextAsync();
        (request.Method, request.ContentType, request["fieldManager"], request["dryRun"]).ShouldBe(("PATCH", "application/json-patch+json", "meshconsole", null));
        request.Headers["Impersonate-User"].ShouldBe("maria");
        request.Headers["Impersonate-Group"].ShouldBe("mesh-operators");
        request.Body.ShouldBe(patch.Json);
        request.ReplyStatus(code, reason, message);
        if (changed)
        {
            // It looks whether its own write was there first.
            (await api.NextAsync()).Reply(Node(CardProcessor).ToJsonString());
            (await Should.ThrowAsync<TargetChangedException>(writing)).Message.ShouldContain($"(HTTP {code})");
            return;
        }

        var refused = await Should.ThrowAsync<KubernetesException>(writing);
        refused.LeavesOutcomeUnknown.ShouldBe(unknown);
        refused.Code.ShouldBe(code);
    }

    [Fact]
    public async Task NoAnswer_LeavesTheOutcomeUnknown()
    {
        using var api = new ScriptedApi();
        using var client = new KubernetesClient(
            KubernetesConnection.Through(() => api, new Uri("http://api.test/"), CredentialSource.BearerToken("t")),
            TimeProvider.System,
            new KubernetesClientOptions { RequestTimeout = TimeSpan.FromMilliseconds(200) });
        var patch = WeightPatch.Build(await ReadAsync(), _target, _backends, [75, 25], "w-1");
        var refused = await Should.ThrowAsync<KubernetesException>(() => new KubernetesTargetWriter(_ => client).PatchAsync(_target, _backends, patch, s_operator, s_none));
        (refused.Kind, refused.LeavesOutcomeUnknown).ShouldBe((KubernetesErrorKind.TimedOut, true));
        var answer = await new KubernetesTargetWriter(_ => client).DryRunAsync(_target, patch, s_operator, s_none);
        (answer.Accepted, answer.Code).ShouldBe((false, null));
        answer.Message.ShouldStartWith("Cannot dry-run: ");
    }

    private Task<LiveTarget> ReadAsync() => _writer.ReadAsync(_target, _backends, s_viewer, s_none);

    /// <summary>Puts an object into the cluster and aims at one of its rules.</summary>
    private async Task UseAsync(System.Text.Json.JsonElement @object, int rule)
    {
        var node = Node(@object).AsObject();
        var metadata = node["metadata"]!.AsObject();
        foreach (var name in new[] { "resourceVersion", "uid", "managedFields", "creationTimestamp", "generation" })
        {
            metadata.Remove(name);
        }

        node.Remove("status");
        var apiVersion = node["apiVersion"]!.GetValue<string>().Split('/');
        var kind = node["kind"]!.GetValue<string>();
        var type = new MeshConsole.Mesh.Kubernetes.ResourceType(apiVersion[0], apiVersion[1], $"{kind.ToLowerInvariant()}s", kind, true);
        var created = await _client.CreateAsync(type, "payments", node, new MeshConsole.Mesh.Kubernetes.WriteOptions(), s_none);
        var route = Route(created, rule);
        (_target, _backends) = (ChangeTarget.Of(route), Backends(route));
    }

    private sealed class HookWebhook : IAdmissionCheck
    {
        public Func<AdmissionRequest, ApiStatus?>? Answer { get; set; }

        public ApiStatus? Review(AdmissionRequest request) => request.Operation == "UPDATE" ? Answer?.Invoke(request) : null;
    }
}
