using System.Collections.Immutable;
using System.Text.Json.Nodes;
using MeshConsole.Mesh.Changes;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Changes.Plans;
using MeshConsole.Mesh.Changes.Writes;
using MeshConsole.Mesh.Kubernetes;
using MeshConsole.Mesh.Kubernetes.Connections;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.System.Tests.Watching;
using MeshConsole.Testing.RealServices;

namespace MeshConsole.System.Tests.Changes;

/// <summary>
/// PeerAuthentications made, edited and taken away on a real API server, and back: as a person with rights of their own, by an
/// account that may impersonate and nothing else. Everything is read back by another client.
/// </summary>
[Collection(SharedKubernetes.Collection)]
public sealed class PolicyWritingTests(SharedKubernetes shared)
{
    private static readonly CancellationToken s_none = CancellationToken.None;

    /// <summary>A policy with every character that JSON writers disagree on, and a port that is not this change's.</summary>
    private const string Existing = """
        {
          "metadata": { "name": "vault", "labels": { "team": "vault" }, "annotations": { "note": "<&>\"é日🦀\u2028", "other/mark": "kept" } },
          "spec": { "selector": { "matchLabels": { "app": "token-vault" } }, "mtls": { "mode": "PERMISSIVE" }, "portLevelMtls": { "9090": { "mode": "DISABLE" } } }
        }
        """;

    [SkippableFact]
    public async Task Policy_IsEditedAndRestored_AndEverythingElseIsAsItWas()
    {
        await using var room = await Room.MakeAsync(await shared.GetAsync(), Existing);
        var before = (await room.FindAsync("vault"))!;
        var plan = await room.PlanAsync("STRICT");
        (plan.Target.Name, plan.Target.Policy!.Before is not null).ShouldBe(("vault", true));
        (await room.Writer.ReviewAsync(plan.Target, false, room.Operator, s_none)).Allowed.ShouldBeTrue();

        (await room.WriteAsync(plan.Target, PolicyEdit.AsPlanned, "c.1")).Target.Weights.ShouldBe(PolicyEdit.AsPlanned);
        var strict = (await room.FindAsync("vault"))!;
        strict["spec"]!["mtls"]!["mode"]!.GetValue<string>().ShouldBe("STRICT");
        strict["metadata"]!["managedFields"]!.AsArray().ShouldContain(m => m!["manager"]!.GetValue<string>() == "meshconsole");

        (await room.WriteAsync(plan.Target, PolicyEdit.AsItWas, "c.2")).Target.Weights.ShouldBe(PolicyEdit.AsItWas);
        var after = (await room.FindAsync("vault"))!;
        after["spec"]!.ToJsonString().ShouldBe(before["spec"]!.ToJsonString());
        (after["metadata"]!["uid"]!.ToString(), after["metadata"]!["labels"]!.ToJsonString()).ShouldBe((before["metadata"]!["uid"]!.ToString(), before["metadata"]!["labels"]!.ToJsonString()));
        after["metadata"]!["annotations"]!["note"]!.GetValue<string>().ShouldBe("<&>\"é日🦀\u2028");
    }

    [SkippableTheory]
    [InlineData(null)]
    [InlineData(8080)]
    public async Task Policy_IsMadeAndTakenAwayAgain(int? port)
    {
        await using var room = await Room.MakeAsync(await shared.GetAsync(), null);
        var plan = await room.PlanAsync("STRICT", port);
        (plan.Target.Name, plan.Target.Policy!.Before).ShouldBe(("token-vault", null));
        (await room.ReadAsync(plan.Target)).IsAbsent.ShouldBeTrue();

        var made = await room.WriteAsync(plan.Target, PolicyEdit.AsPlanned, "c.1");
        (made.Target.Weights, made.Target.LastChange).ShouldBe((PolicyEdit.AsPlanned, "c.1"));
        var there = (await room.FindAsync("token-vault"))!;
        there["spec"]!["selector"]!.ToJsonString().ShouldBe("""{"matchLabels":{"app":"token-vault"}}""");
        (port is null ? there["spec"]!["mtls"]! : there["spec"]!["portLevelMtls"]!["8080"]!)["mode"]!.GetValue<string>().ShouldBe("STRICT");

        (await room.WriteAsync(plan.Target, PolicyEdit.AsItWas, "c.2")).Target.IsAbsent.ShouldBeTrue();
        (await room.FindAsync("token-vault")).ShouldBeNull();
    }

    [SkippableFact]
    public async Task Policy_IsTakenAwayAndMadeAnewExactly()
    {
        await using var room = await Room.MakeAsync(await shared.GetAsync(), Existing.Replace(""", "portLevelMtls": { "9090": { "mode": "DISABLE" } }""", "", StringComparison.Ordinal));
        var before = (await room.FindAsync("vault"))!;
        var plan = await room.PlanAsync("UNSET");
        var live = await room.ReadAsync(plan.Target);
        var target = plan.Target with { Policy = plan.Target.Policy! with { Labels = Pairs(before, "labels"), Annotations = Pairs(before, "annotations") } };
        (target.Policy!.After, live.Weights).ShouldBe((null, PolicyEdit.AsItWas));

        (await room.WriteAsync(target, PolicyEdit.AsPlanned, "c.1")).Target.IsAbsent.ShouldBeTrue();
        (await room.FindAsync("vault")).ShouldBeNull();

        (await room.WriteAsync(target, PolicyEdit.AsItWas, "c.2")).Target.Weights.ShouldBe(PolicyEdit.AsItWas);
        var after = (await room.FindAsync("vault"))!;
        after["spec"]!.ToJsonString().ShouldBe(before["spec"]!.ToJsonString());
        after["metadata"]!["uid"]!.ToString().ShouldNotBe(before["metadata"]!["uid"]!.ToString());
        Pairs(after, "labels").ShouldBe(Pairs(before, "labels"));
        Pairs(after, "annotations").Remove("meshconsole.io/last-change").ShouldBe(Pairs(before, "annotations"));

        static ImmutableSortedDictionary<string, string> Pairs(JsonNode item, string of) =>
            item["metadata"]![of]!.AsObject().ToImmutableSortedDictionary(p => p.Key, p => p.Value!.GetValue<string>(), StringComparer.Ordinal);
    }

    [SkippableFact]
    public async Task Edit_InBetween_IsRefusedAndNothingWritten()
    {
        await using var room = await Room.MakeAsync(await shared.GetAsync(), Existing);
        var plan = await room.PlanAsync("STRICT");
        var stale = PolicyWrite.Build(await room.ReadAsync(plan.Target), plan.Target, PolicyEdit.AsPlanned, "c.1");
        await room.Admin.MergePatchAsync(room.PathOf("vault"), JsonNode.Parse("""{"metadata":{"labels":{"edited":"yes"}}}""")!);
        (await Should.ThrowAsync<TargetChangedException>(() => room.Writer.PatchAsync(plan.Target, plan.Backends, stale, room.Operator, s_none))).Message.ShouldContain("HTTP 422");
        (await room.Writer.DryRunAsync(plan.Target, stale, room.Operator, s_none)).Code.ShouldBe(422);
        (await room.FindAsync("vault"))!["spec"]!["mtls"]!["mode"]!.GetValue<string>().ShouldBe("PERMISSIVE");
    }

    [SkippableFact]
    public async Task Deletion_OfAnotherVersion_OrObject_IsRefused()
    {
        await using var room = await Room.MakeAsync(await shared.GetAsync(), null);
        var plan = await room.PlanAsync("STRICT");
        await room.WriteAsync(plan.Target, PolicyEdit.AsPlanned, "c.1");
        var stale = PolicyWrite.Build(await room.ReadAsync(plan.Target), plan.Target, PolicyEdit.AsItWas, "c.2");
        await room.Admin.MergePatchAsync(room.PathOf("token-vault"), JsonNode.Parse("""{"metadata":{"labels":{"edited":"yes"}}}""")!);
        (await Should.ThrowAsync<TargetChangedException>(() => room.Writer.PatchAsync(plan.Target, plan.Backends, stale, room.Operator, s_none))).Message.ShouldContain("HTTP 409");
        (await room.FindAsync("token-vault")).ShouldNotBeNull();

        // Made anew under the same name it is another object, whatever its version.
        await room.Admin.DeleteAsync(room.PathOf("token-vault"));
        await room.CreateAsync("""{"metadata":{"name":"token-vault"},"spec":{"selector":{"matchLabels":{"app":"token-vault"}},"mtls":{"mode":"STRICT"}}}""");
        await Should.ThrowAsync<TargetChangedException>(() => room.Writer.PatchAsync(plan.Target, plan.Backends, stale, room.Operator, s_none));
        (await Should.ThrowAsync<TargetChangedException>(() => room.WriteAsync(plan.Target, PolicyEdit.AsItWas, "c.3"))).Message.ShouldContain("made by somebody else");
        (await room.FindAsync("token-vault")).ShouldNotBeNull();
    }

    [SkippableFact]
    public async Task Creation_WhereSomebodyWasFirst_IsRefused()
    {
        await using var room = await Room.MakeAsync(await shared.GetAsync(), null);
        var plan = await room.PlanAsync("STRICT");
        var write = PolicyWrite.Build(await room.ReadAsync(plan.Target), plan.Target, PolicyEdit.AsPlanned, "c.1");
        await room.CreateAsync("""{"metadata":{"name":"token-vault"},"spec":{"selector":{"matchLabels":{"app":"token-vault"}},"mtls":{"mode":"DISABLE"}}}""");
        (await Should.ThrowAsync<TargetChangedException>(() => room.Writer.PatchAsync(plan.Target, plan.Backends, write, room.Operator, s_none))).Message.ShouldContain("HTTP 409");
        (await room.FindAsync("token-vault"))!["spec"]!["mtls"]!["mode"]!.GetValue<string>().ShouldBe("DISABLE");
    }

    [SkippableFact]
    public async Task Person_WithoutTheVerb_IsRefused_AndTheVerbIsNamed()
    {
        await using var room = await Room.MakeAsync(await shared.GetAsync(), null);
        var plan = await room.PlanAsync("STRICT");
        var patcher = new Impersonation("paula", [$"{room.Namespace}-patchers"]);
        var verdict = await room.Writer.ReviewAsync(plan.Target, false, patcher, s_none);
        (verdict.Allowed, verdict.Reason!.StartsWith("create is refused", StringComparison.Ordinal)).ShouldBe((false, true));
        var write = PolicyWrite.Build(await room.ReadAsync(plan.Target), plan.Target, PolicyEdit.AsPlanned, "c.1");
        (await room.Writer.DryRunAsync(plan.Target, write, patcher, s_none)).Code.ShouldBe(403);
        (await Should.ThrowAsync<KubernetesException>(() => room.Writer.PatchAsync(plan.Target, plan.Backends, write, patcher, s_none))).Kind.ShouldBe(KubernetesErrorKind.Forbidden);
        (await room.FindAsync("token-vault")).ShouldBeNull();
    }

    private sealed class Room : IAsyncDisposable
    {
        private const string Group = "security.istio.io";

        private static int s_count;

        private readonly RealKubernetes _cluster;
        private readonly KubernetesClient _client;

        private Room(RealKubernetes cluster)
        {
            _cluster = cluster;
            Namespace = $"policies-{Interlocked.Increment(ref s_count)}";
            _client = new KubernetesClient(Kubeconfig.Load(cluster.WriteKubeconfig("console")).Connect(null, TimeProvider.System), TimeProvider.System);
            Writer = new KubernetesTargetWriter(_ => _client);
            Operator = new Impersonation("maria", [$"{Namespace}-operators"]);
        }

        public string Namespace { get; }

        public Impersonation Operator { get; }

        public KubernetesTargetWriter Writer { get; }

        public ApiClient Admin => _cluster.Admin;

        public static async Task<Room> MakeAsync(RealKubernetes cluster, string? policy)
        {
            var room = new Room(cluster);
            await room.Admin.CreateNamespaceAsync(room.Namespace);
            await cluster.AllowAsync("console", null, "", ["users", "groups"], ["impersonate"]);
            await room.AllowGroupAsync("operators", "get", "create", "patch", "delete");
            await room.AllowGroupAsync("patchers", "get", "patch");
            if (policy is not null)
            {
                await room.CreateAsync(policy);
            }

            await Eventually.BecomesAsync(
                "the rights of the operators count",
                TimeSpan.FromSeconds(20),
                async token =>
                {
                    try
                    {
                        return (await room._client.As(room.Operator).ReviewAccessAsync(new AccessReview("delete", ResourceKinds.PeerAuthentications.In("v1beta1"), room.Namespace), token)).Allowed;
                    }
                    catch (KubernetesException)
                    {
                        return false;
                    }
                },
                allowed => allowed);
            return room;
        }

        public string PathOf(string name) => $"apis/{Group}/v1beta1/namespaces/{Namespace}/peerauthentications/{name}";

        public Task CreateAsync(string policy)
        {
            var item = JsonNode.Parse(policy)!.AsObject();
            item["apiVersion"] = $"{Group}/v1beta1";
            item["kind"] = "PeerAuthentication";
            return Admin.CreateAsync($"apis/{Group}/v1beta1/namespaces/{Namespace}/peerauthentications", item);
        }

        /// <summary>Read by the administrator; null when it is not there.</summary>
        public async Task<JsonNode?> FindAsync(string name) =>
            (await Admin.GetAsync($"apis/{Group}/v1beta1/namespaces/{Namespace}/peerauthentications"))["items"]!.AsArray().FirstOrDefault(i => i!["metadata"]!["name"]!.GetValue<string>() == name);

        public Task<LiveTarget> ReadAsync(ChangeTarget target) => Writer.ReadAsync(target, [], Operator, s_none);

        /// <summary>Read, tried, written: as the executor does it.</summary>
        public async Task<WrittenTarget> WriteAsync(ChangeTarget target, ImmutableArray<int> state, string id)
        {
            var write = PolicyWrite.Build(await ReadAsync(target), target, state, id);
            var before = (await FindAsync(target.Name))?.ToJsonString();
            var rehearsed = await Writer.DryRunAsync(target, write, Operator, s_none);
            rehearsed.Accepted.ShouldBeTrue(rehearsed.Message);
            (await FindAsync(target.Name))?.ToJsonString().ShouldBe(before, "a trial writes nothing");
            var written = await Writer.PatchAsync(target, [], write, Operator, s_none);
            written.Unexpected.ShouldBeNull();
            return written;
        }

        /// <summary>The plan for the token vault, as the console's own watch sees the policies.</summary>
        public async Task<ChangePlan> PlanAsync(string mode, int? port = null)
        {
            await using var watched = WatchedCluster.Start(_cluster.WriteKubeconfig());
            await watched.ReadyAsync();
            var workload = new Workload
            {
                Id = new WorkloadId("real", Namespace, "token-vault"),
                Kind = "Deployment",
                Labels = ImmutableSortedDictionary<string, string>.Empty.Add("app", "token-vault"),
                Pods = [],
                DataPlane = DataPlane.Sidecar,
            };
            var snapshot = new MeshSnapshot(1, DateTimeOffset.UnixEpoch, [new ClusterSnapshot { Name = "real", Sources = [], Objects = watched.Source.Objects, Workloads = [workload], Services = [], Edges = [], Telemetry = null }]);
            var request = new ChangeRequest(Reason: "nobody needs plaintext") { Policy = new PolicyRequest("real", Namespace, "token-vault", port, mode) };
            var outcome = PolicyPlanner.Plan(request, snapshot, ChangePolicy.Default);
            outcome.Faults.ShouldBeEmpty();

            // The watch may read a newer version than every server of the tests has.
            return outcome.Plan! with { Target = outcome.Plan.Target with { ApiVersion = $"{Group}/v1beta1" } };
        }

        public async ValueTask DisposeAsync()
        {
            await Admin.DeleteAsync($"api/v1/namespaces/{Namespace}");
            _client.Dispose();
        }

        private async Task AllowGroupAsync(string name, params string[] verbs)
        {
            const string rbac = "rbac.authorization.k8s.io";
            await Admin.CreateAsync($"apis/{rbac}/v1/namespaces/{Namespace}/roles", new JsonObject
            {
                ["apiVersion"] = $"{rbac}/v1",
                ["kind"] = "Role",
                ["metadata"] = new JsonObject { ["name"] = name },
                ["rules"] = new JsonArray(new JsonObject { ["apiGroups"] = new JsonArray(Group), ["resources"] = new JsonArray("peerauthentications"), ["verbs"] = new JsonArray([.. verbs.Select(v => JsonValue.Create(v))]) }),
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
