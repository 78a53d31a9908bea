using System.Text.Json.Nodes;
using MeshConsole.Mesh.Changes;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Changes.Plans;
using MeshConsole.Mesh.Changes.Writes;
using MeshConsole.Mesh.Kubernetes;
using MeshConsole.Mesh.Kubernetes.Connections;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.System.Tests.Watching;
using MeshConsole.Testing.RealServices;

namespace MeshConsole.System.Tests.Changes;

/// <summary>
/// Weights moved on a real API server, with the meshes' own CRDs where they are there: as a person with rights of their own,
/// by an account that may impersonate and nothing else. Everything is read back by another client.
/// </summary>
[Collection(SharedKubernetes.Collection)]
public sealed class WeightWritingTests(SharedKubernetes shared)
{
    private static readonly CancellationToken s_none = CancellationToken.None;

    public static TheoryData<string, string, string, string> Kinds => new()
    {
        { "apis/networking.istio.io/v1beta1", "virtualservices", "http/1", Istio },
        { "apis/networking.istio.io/v1beta1", "virtualservices", "tcp/0", """{"hosts":["ledger"],"tcp":[{"route":[{"destination":{"host":"ledger-v1","port":{"number":5432}},"weight":90},{"destination":{"host":"ledger-v2","port":{"number":5432}},"weight":10}]}]}""" },
        { "apis/networking.istio.io/v1beta1", "virtualservices", "tls/0", """{"hosts":["a.example.com"],"tls":[{"match":[{"sniHosts":["a.example.com"]}],"route":[{"destination":{"host":"a"},"weight":90},{"destination":{"host":"b"},"weight":10}]}]}""" },
        { "apis/gateway.networking.k8s.io/v1", "httproutes", "http/1", """{"parentRefs":[{"group":"core","kind":"Service","name":"card"}],"rules":[{"matches":[{"headers":[{"name":"x-merchant-tier","value":"enterprise"}]}],"backendRefs":[{"name":"v2","port":80}]},{"backendRefs":[{"name":"v1","port":80,"weight":90},{"name":"v2","port":80,"weight":10}]}]}""" },
        { "apis/gateway.networking.k8s.io/v1", "grpcroutes", "grpc/0", """{"parentRefs":[{"name":"edge"}],"rules":[{"matches":[{"method":{"service":"ledger.Ledger"}}],"backendRefs":[{"name":"v1","port":80,"weight":90},{"name":"v2","port":80,"weight":10}]}]}""" },
        { "apis/split.smi-spec.io/v1alpha1", "trafficsplits", "http/0", """{"service":"card","backends":[{"service":"v1","weight":"900m"},{"service":"v2","weight":"100m"}]}""" },
        { "apis/split.smi-spec.io/v1alpha2", "trafficsplits", "http/0", """{"service":"card","backends":[{"service":"v1","weight":90},{"service":"v2","weight":10}]}""" },
    };

    /// <summary>An enterprise rule with every character that JSON writers disagree on.</summary>
    private const string Istio = """
        {
          "hosts": ["card"],
          "http": [
            { "name": "a<b>&c", "match": [{ "headers": { "x-merchant-tier": { "regex": "^(a|b)<&>\"\\d+ é日🦀$" } } }], "route": [{ "destination": { "host": "card", "subset": "v2" }, "weight": 100 }], "timeout": "8s" },
            { "name": "rest <&>", "match": [{ "uri": { "regex": "^/<&>\"\\d+ é日🦀$" } }], "route": [{ "destination": { "host": "card", "subset": "v1" }, "weight": 90 }, { "destination": { "host": "card", "subset": "v2" }, "weight": 10 }], "retries": { "attempts": 2 } }
          ]
        }
        """;

    [SkippableTheory]
    [MemberData(nameof(Kinds))]
    public async Task Plan_CarriedOutStageByStageAndBack_ChangesWeightsOnly(string api, string plural, string rule, string spec)
    {
        await using var room = await Room.MakeAsync(await shared.GetAsync(), api, plural, spec);
        var (plan, before) = (await room.PlanAsync(rule), await room.ObjectAsync());
        var writer = room.Writer;
        (await writer.ReviewAsync(plan.Target, false, room.Operator, s_none)).Allowed.ShouldBeTrue();

        plan.Stages.Length.ShouldBe(3);
        var number = 0;
        foreach (var weights in plan.Stages.Select(s => s.Weights).Append(plan.BaseWeights))
        {
            var live = await writer.ReadAsync(plan.Target, plan.Backends, room.Operator, s_none);
            var patch = WeightPatch.Build(live, plan.Target, plan.Backends, weights, $"write-{++number}");
            var rehearsed = await writer.DryRunAsync(plan.Target, patch, room.Operator, s_none);
            rehearsed.Accepted.ShouldBeTrue(rehearsed.Message);
            (await room.ObjectAsync())["metadata"]!["resourceVersion"]!.GetValue<string>().ShouldBe(live.ResourceVersion);

            var written = await writer.PatchAsync(plan.Target, plan.Backends, patch, room.Operator, s_none);
            written.Unexpected.ShouldBeNull();
            written.Target.Weights.ShouldBe(weights);
            var after = await room.ObjectAsync();
            after["metadata"]!["resourceVersion"]!.GetValue<string>().ShouldBe(written.Target.ResourceVersion);
            after["metadata"]!["annotations"]!["meshconsole.io/last-change"]!.GetValue<string>().ShouldBe($"write-{number}");
            after["metadata"]!["managedFields"]!.AsArray().ShouldContain(m => m!["manager"]!.GetValue<string>() == "meshconsole");
            if (rule == "http/1")
            {
                var list = plural == "virtualservices" ? "http" : "rules";
                after["spec"]![list]![0]!.ToJsonString().ShouldBe(before["spec"]![list]![0]!.ToJsonString());
            }
        }

        (await room.ObjectAsync())["spec"]!.ToJsonString().ShouldBe(before["spec"]!.ToJsonString());
    }

    [SkippableFact]
    public async Task Edit_BetweenReadAndPatch_IsRefusedAndNothingWritten()
    {
        await using var room = await Room.MakeAsync(await shared.GetAsync(), "apis/networking.istio.io/v1beta1", "virtualservices", Istio);
        var plan = await room.PlanAsync("http/1");
        var live = await room.Writer.ReadAsync(plan.Target, plan.Backends, room.Operator, s_none);
        var patch = WeightPatch.Build(live, plan.Target, plan.Backends, [50, 50], "write-1");

        // Nothing of the rule: another label is enough.
        await room.Admin.MergePatchAsync(room.Path, JsonNode.Parse("""{"metadata":{"labels":{"edited":"yes"}}}""")!);
        var edited = await room.ObjectAsync();
        (await Should.ThrowAsync<TargetChangedException>(() => room.Writer.PatchAsync(plan.Target, plan.Backends, patch, room.Operator, s_none))).Message.ShouldContain("HTTP 422");
        (await room.Writer.DryRunAsync(plan.Target, patch, room.Operator, s_none)).Code.ShouldBe(422);
        (await room.ObjectAsync()).ToJsonString().ShouldBe(edited.ToJsonString());

        // Deleted and made anew it is another object.
        await room.Admin.DeleteAsync(room.Path);
        await room.CreateAsync();
        (await Should.ThrowAsync<TargetChangedException>(() => room.Writer.ReadAsync(plan.Target, plan.Backends, room.Operator, s_none))).Message.ShouldContain("made anew");
        (await Should.ThrowAsync<TargetChangedException>(() => room.Writer.PatchAsync(plan.Target, plan.Backends, patch, room.Operator, s_none))).Message.ShouldContain("HTTP 422");
    }

    [SkippableFact]
    public async Task FiftyPatches_AtOnce_WriteOnce()
    {
        await using var room = await Room.MakeAsync(await shared.GetAsync(), "apis/networking.istio.io/v1beta1", "virtualservices", Istio);
        var plan = await room.PlanAsync("http/1");
        var live = await room.Writer.ReadAsync(plan.Target, plan.Backends, room.Operator, s_none);
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 50).Select(async i =>
        {
            try
            {
                await room.Writer.PatchAsync(plan.Target, plan.Backends, WeightPatch.Build(live, plan.Target, plan.Backends, [50, 50], $"write-{i}"), room.Operator, s_none);
                return $"write-{i}";
            }
            catch (TargetChangedException)
            {
                return null;
            }
        }));

        var winner = outcomes.OfType<string>().ShouldHaveSingleItem();
        var after = await room.ObjectAsync();
        after["metadata"]!["annotations"]!["meshconsole.io/last-change"]!.GetValue<string>().ShouldBe(winner);
        after["metadata"]!["generation"]!.GetValue<int>().ShouldBe(2);
    }

    [SkippableFact]
    public async Task Person_WithoutTheRight_GetsTheServersRefusal()
    {
        await using var room = await Room.MakeAsync(await shared.GetAsync(), "apis/networking.istio.io/v1beta1", "virtualservices", Istio);
        var plan = await room.PlanAsync("http/1");
        var viewer = new Impersonation("viktor", [$"{room.Namespace}-viewers"]);
        var live = await room.Writer.ReadAsync(plan.Target, plan.Backends, viewer, s_none);
        var patch = WeightPatch.Build(live, plan.Target, plan.Backends, [50, 50], "write-1");

        (await room.Writer.ReviewAsync(plan.Target, false, viewer, s_none)).Allowed.ShouldBeFalse();
        (await room.Writer.DryRunAsync(plan.Target, patch, viewer, s_none)).Message.ShouldContain("User \"viktor\" cannot patch resource \"virtualservices\"");
        var refused = await Should.ThrowAsync<KubernetesException>(() => room.Writer.PatchAsync(plan.Target, plan.Backends, patch, viewer, s_none));
        refused.Kind.ShouldBe(KubernetesErrorKind.Forbidden);
        refused.ServerMessage.ShouldNotBeNull().ShouldContain("User \"viktor\" cannot patch resource \"virtualservices\"");
        (await Should.ThrowAsync<KubernetesException>(() => room.Writer.ReadAsync(plan.Target, plan.Backends, new Impersonation("eve", []), s_none))).Kind.ShouldBe(KubernetesErrorKind.Forbidden);
        (await room.ObjectAsync())["metadata"]!["resourceVersion"]!.GetValue<string>().ShouldBe(live.ResourceVersion);
    }

    [SkippableFact]
    public async Task DryRun_OfWhatTheSchemaRefuses_SaysItInTheServersWords()
    {
        Requires.UpstreamData();
        await using var room = await Room.MakeAsync(await shared.GetAsync(), "apis/gateway.networking.k8s.io/v1", "httproutes", """{"parentRefs":[{"name":"edge"}],"rules":[{"backendRefs":[{"name":"v1","port":80,"weight":600000},{"name":"v2","port":80,"weight":400000}]}]}""");
        var plan = await room.PlanAsync("http/0");
        var live = await room.Writer.ReadAsync(plan.Target, plan.Backends, room.Operator, s_none);
        var patch = WeightPatch.Build(live, plan.Target, plan.Backends, [0, 1_000_001], "write-1");
        var answer = await room.Writer.DryRunAsync(plan.Target, patch, room.Operator, s_none);
        (answer.Accepted, answer.Code).ShouldBe((false, 422));
        answer.Message.ShouldContain("spec.rules.backendRefs.weight");
        var refused = await Should.ThrowAsync<KubernetesException>(() => room.Writer.PatchAsync(plan.Target, plan.Backends, patch, room.Operator, s_none));
        (refused.Kind, refused.LeavesOutcomeUnknown).ShouldBe((KubernetesErrorKind.Invalid, false));
        (await room.ObjectAsync())["metadata"]!["resourceVersion"]!.GetValue<string>().ShouldBe(live.ResourceVersion);
    }

    /// <summary>A namespace with one object, an account that impersonates, and rights of groups in that namespace.</summary>
    private sealed class Room : IAsyncDisposable
    {
        private static int s_count;

        private readonly RealKubernetes _cluster;
        private readonly KubernetesClient _client;
        private readonly string _api;
        private readonly string _plural;
        private readonly string _spec;

        private Room(RealKubernetes cluster, string api, string plural, string spec)
        {
            (_cluster, _api, _plural, _spec) = (cluster, api, plural, spec);
            Namespace = $"writes-{Interlocked.Increment(ref s_count)}";
            _client = new KubernetesClient(Kubeconfig.Load(cluster.WriteKubeconfig("console")).Connect(null, TimeProvider.System), TimeProvider.System);
            Writer = new KubernetesTargetWriter(_ => _client);
            Operator = new Impersonation("maria", [$"{Namespace}-operators"]);
        }

        public string Namespace { get; }

        public Impersonation Operator { get; }

        public KubernetesTargetWriter Writer { get; }

        public ApiClient Admin => _cluster.Admin;

        public string Path => $"{_api}/namespaces/{Namespace}/{_plural}/card-processor";

        private string Kind => _plural switch { "virtualservices" => "VirtualService", "httproutes" => "HTTPRoute", "grpcroutes" => "GRPCRoute", _ => "TrafficSplit" };

        public static async Task<Room> MakeAsync(RealKubernetes cluster, string api, string plural, string spec)
        {
            var room = new Room(cluster, api, plural, spec);
            await room.Admin.CreateNamespaceAsync(room.Namespace);
            var group = api.Split('/')[1];
            await cluster.AllowAsync("console", null, "", ["users", "groups"], ["impersonate"]);
            await room.AllowGroupAsync("operators", group, "get", "list", "watch", "patch");
            await room.AllowGroupAsync("viewers", group, "get", "list", "watch");
            await room.CreateAsync();
            await Eventually.BecomesAsync(
                "the rights of the operators count",
                TimeSpan.FromSeconds(20),
                async token =>
                {
                    try
                    {
                        return (await room._client.As(room.Operator).ReviewAccessAsync(new AccessReview("patch", new ResourceType(group, api.Split('/')[2], plural, room.Kind, true), room.Namespace), token)).Allowed;
                    }
                    catch (KubernetesException)
                    {
                        return false;
                    }
                },
                allowed => allowed);
            return room;
        }

        public Task CreateAsync() => Admin.CreateAsync(
            $"{_api}/namespaces/{Namespace}/{_plural}",
            new JsonObject
            {
                ["apiVersion"] = _api["apis/".Length..],
                ["kind"] = Kind,
                ["metadata"] = new JsonObject { ["name"] = "card-processor" },
                ["spec"] = JsonNode.Parse(_spec),
            });

        public Task<JsonNode> ObjectAsync() => Admin.GetAsync(Path);

        /// <summary>The usual plan for a rule, as the console's own watch and inventory see it.</summary>
        public async Task<ChangePlan> PlanAsync(string rule)
        {
            await using var watched = WatchedCluster.Start(_cluster.WriteKubeconfig());
            await watched.ReadyAsync();
            var snapshot = new MeshSnapshot(1, DateTimeOffset.UnixEpoch, [new ClusterSnapshot { Name = "real", Sources = [], Objects = watched.Source.Objects, Workloads = [], Services = [], Edges = [], Telemetry = null }]);
            var route = RouteInventory.Build(snapshot, MeshQuery.For(null, [Namespace])).Single(r => r.Id == $"real/{Namespace}/{Kind}/card-processor/{rule}");

            // The watch reads one version; a test that names another one writes through that.
            route = route with { Object = route.Object with { ApiVersion = _api["apis/".Length..] } };
            var outcome = ChangePlanner.Plan(new ChangeRequest(route.Id), route, ChangePolicy.Default);
            outcome.Faults.ShouldBeEmpty();
            return outcome.Plan.ShouldNotBeNull();
        }

        public async ValueTask DisposeAsync()
        {
            await Admin.DeleteAsync($"api/v1/namespaces/{Namespace}");
            _client.Dispose();
        }

        private async Task AllowGroupAsync(string name, string apiGroup, params string[] verbs)
        {
            const string rbac = "rbac.authorization.k8s.io";
            await Admin.CreateAsync($"apis/{rbac}/v1/namespaces/{Namespace}/roles", new JsonObject
            {
                ["apiVersion"] = $"{rbac}/v1",
                ["kind"] = "Role",
                ["metadata"] = new JsonObject { ["name"] = name },
                ["rules"] = new JsonArray(new JsonObject
                {
                    ["apiGroups"] = new JsonArray(apiGroup),
                    ["resources"] = new JsonArray(_plural),
                    ["verbs"] = new JsonArray([.. verbs.Select(v => JsonValue.Create(v))]),
                }),
            });
            await Admin.CreateAsync($"apis/{rbac}/v1/namespaces/{Namespace}/rolebindings", new JsonObject
            {
                ["apiVersion"] = $"{rbac}/v1",
                ["kind"] = "RoleBinding",
                ["metadata"] = new JsonObject { ["name"] = name },
                ["subjects"] = new JsonArray(new JsonObject { ["kind"] = "Group", ["name"] = $"{Namespace}-{name}", ["apiGroup"] = rbac }),
                ["roleRef"] = new JsonObject { ["kind"] = "Role", ["name"] = name, ["apiGroup"] = rbac },
            });
        }
    }
}
