using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using MeshConsole.Mesh.Kubernetes;
using MeshConsole.Mesh.Kubernetes.Connections;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Simulator.Kubernetes;
using MeshConsole.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeshConsole.Mesh.Tests.Kubernetes;

/// <summary>The whole source over real HTTP against the simulated API server.</summary>
public sealed class ClusterObjectSourceTests : IAsyncLifetime
{
    private readonly CancellationTokenSource _stop = new();
    private readonly List<IDisposable> _disposables = [];
    private readonly List<Task> _running = [];
    private SimulatedKubernetesApi _api = null!;

    public async Task InitializeAsync()
    {
        _api = await SimulatedKubernetesApi.StartAsync();
        var store = _api.Store;
        store.Create(ResourceTypes.Namespaces, Object("v1", "Namespace", null, "payments"));
        store.Create(ResourceTypes.Namespaces, Object("v1", "Namespace", null, "ledger"));
        store.Create(ResourceTypes.Pods, Pod("payments", "card-1"));
        store.Create(ResourceTypes.Pods, Pod("ledger", "ledger-1"));
        store.Create(ResourceTypes.Services, Object("v1", "Service", "payments", "card", """{"spec":{"selector":{"app":"card"},"ports":[{"name":"http","port":80}]}}"""));
        store.Create(ResourceTypes.VirtualServices, Object("networking.istio.io/v1beta1", "VirtualService", "payments", "card", """{"spec":{"hosts":["card"],"http":[{"route":[{"destination":{"host":"card"}}]}]}}"""));
        store.Create(ResourceTypes.IstioGateways, Object("networking.istio.io/v1", "Gateway", "payments", "edge", """{"spec":{"selector":{"istio":"ingressgateway"},"servers":[]}}"""));
        store.Create(ResourceTypes.Gateways, Object("gateway.networking.k8s.io/v1", "Gateway", "payments", "waypoint", """{"spec":{"gatewayClassName":"istio-waypoint","listeners":[]}}"""));
        store.Create(ResourceTypes.ConfigMaps, Object("v1", "ConfigMap", "payments", "istio-ca-root-cert", new JsonObject { ["data"] = new JsonObject { ["root-cert.pem"] = CertificatePem() } }.ToJsonString()));
        store.Create(ResourceTypes.ConfigMaps, Object("v1", "ConfigMap", "payments", "other", new JsonObject { ["data"] = new JsonObject { ["root-cert.pem"] = CertificatePem() } }.ToJsonString()));
        store.Create(ResourceTypes.CronJobs, Object("batch/v1", "CronJob", "payments", "nightly", """{"spec":{"schedule":"0 2 * * *","jobTemplate":{"spec":{"template":{"spec":{"containers":[{"name":"a","args":["--to","card.payments:80"]}]}}}}}}"""));
        store.Create(ResourceTypes.ApiServices, Object("apiregistration.k8s.io/v1", "APIService", null, "v1.cards.example", """{"spec":{"group":"cards.example","version":"v1","service":{"namespace":"payments","name":"card"}}}"""));
        store.Create(ResourceTypes.ApiServices, Object("apiregistration.k8s.io/v1", "APIService", null, "v1.apps", """{"spec":{"group":"apps","version":"v1"}}"""));
        foreach (var (name, revision, mesh) in new[] { ("istio", "default", "accessLogFile: /dev/stdout"), ("istio-1-30", "1-30", "enableAutoMtls: false"), ("istio-sidecar-injector", "default", "enableAutoMtls: false") })
        {
            var map = Object("v1", "ConfigMap", "payments", name, new JsonObject { ["data"] = new JsonObject { ["mesh"] = mesh } }.ToJsonString());
            map["metadata"]!["labels"] = new JsonObject { ["istio.io/rev"] = revision };
            store.Create(ResourceTypes.ConfigMaps, map);
        }

        var tls = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(CertificatePem()));
        store.Create(ResourceTypes.Secrets, Object("v1", "Secret", "payments", "edge-tls", $$$"""{"type":"kubernetes.io/tls","data":{"tls.crt":"{{{tls}}}","tls.key":"{{{tls}}}"}}"""));
        store.Create(ResourceTypes.Secrets, Object("v1", "Secret", "payments", "sh.helm.release.v1.a.v1", $$$"""{"type":"helm.sh/release.v1","data":{"ca.crt":"{{{tls}}}"}}"""));
        store.Create(ResourceTypes.Secrets, Object("v1", "Secret", "payments", "password", """{"type":"Opaque","data":{"password":"aHVudGVyMg=="}}"""));
    }

    public async Task DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running).WaitAsync(ScriptedApi.Patience, TimeProvider.System);
        foreach (var disposable in _disposables)
        {
            disposable.Dispose();
        }

        await _api.DisposeAsync();
        _stop.Dispose();
    }

    [Fact]
    public async Task Source_WholeCluster_HoldsEachKindAndIsLive()
    {
        var source = await StartAsync();

        var objects = source.Objects;
        objects.Namespaces.Select(item => item.Meta.Name).ShouldBe(["ledger", "payments"]);
        objects.Pods.Select(item => $"{item.Meta.Namespace}/{item.Meta.Name}").ShouldBe(["ledger/ledger-1", "payments/card-1"]);
        objects.Services.ShouldHaveSingleItem().Selector["app"].ShouldBe("card");
        objects.VirtualServices.ShouldHaveSingleItem().ApiVersion.ShouldBe("networking.istio.io/v1");
        objects.Gateways.ShouldHaveSingleItem().Meta.Name.ShouldBe("edge");
        objects.KubernetesGateways.ShouldHaveSingleItem().Meta.Name.ShouldBe("waypoint");
        objects.RootConfigMaps.ShouldHaveSingleItem().Entries.ShouldHaveSingleItem().Certificates.Length.ShouldBe(1);
        objects.Secrets.ShouldHaveSingleItem().Meta.Name.ShouldBe("edge-tls");
        objects.Secrets[0].Entries.ShouldHaveSingleItem().Key.ShouldBe("tls.crt");
        objects.HttpRoutes.IsDefault.ShouldBeFalse();
        objects.HttpRoutes.ShouldBeEmpty();
        source.Sources.Select(status => status.Name).ShouldBe(source.Sources.Select(status => status.Name).Order(StringComparer.Ordinal));
        source.Sources.Select(status => status.Name).ShouldContain("kubernetes/gateways.gateway.networking.k8s.io");
        source.Sources.Length.ShouldBe(32);
        var job = objects.CronJobs.ShouldHaveSingleItem();
        (job.Meta.Name, job.Schedule, job.Hosts.Single()).ShouldBe(("nightly", "0 2 * * *", "card.payments"));
        var api = objects.ApiServices.ShouldHaveSingleItem();
        (api.Meta.Name, api.ServiceNamespace, api.ServiceName, api.ServicePort).ShouldBe(("v1.cards.example", "payments", "card", 443));
        objects.MeshConfigurations.Select(one => (one.Revision, one.AutoMtls)).ShouldBe([("default", true), ("1-30", false)]);
        objects.TrafficSplits.ShouldBeEmpty();
        source.Sources.ShouldAllBe(status => status.State == SourceState.Live && status.Message == null && status.LastSuccess != null);
    }

    [Fact]
    public async Task Objects_NothingChanged_AreTheSameInstance_AndOneKindChangingLeavesTheOthers()
    {
        var source = await StartAsync();
        var before = source.Objects;
        source.Objects.ShouldBeSameAs(before);
        var changed = new TaskCompletionSource();
        source.Changed += () => changed.TrySetResult();

        _api.Store.Create(ResourceTypes.Pods, Pod("payments", "card-2"));

        await changed.Task.WaitAsync(ScriptedApi.Patience, TimeProvider.System);
        await Until(() => source.Objects.Pods.Length == 3);
        source.Objects.Services.Equals(before.Services).ShouldBeTrue();
        source.Objects.VirtualServices.Equals(before.VirtualServices).ShouldBeTrue();
    }

    [Fact]
    public async Task Weight_PatchedByAnotherClient_IsSeenWithinASecond()
    {
        var source = await StartAsync();
        var started = TimeProvider.System.GetTimestamp();

        _api.Store.Update(ResourceTypes.VirtualServices, "payments", "card", json => json["spec"]!["http"]![0]!["route"]![0]!["weight"] = 37);

        await Until(() => source.Objects.VirtualServices[0].Spec.GetProperty("http")[0].GetProperty("route")[0].TryGetProperty("weight", out var weight) && weight.GetInt32() == 37);
        TimeProvider.System.GetElapsedTime(started).ShouldBeLessThan(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task Versions_Expired_DeletionsInTheGapAreSeen()
    {
        var source = await StartAsync();
        _api.Faults.MuteWatches = true;
        _api.Store.Delete(ResourceTypes.Pods, "payments", "card-1");
        _api.Store.Create(ResourceTypes.Pods, Pod("payments", "card-9"));
        _api.Faults.ExpireResourceVersions();
        _api.Faults.MuteWatches = false;

        await Until(() => source.Objects.Pods.Select(pod => pod.Meta.Name).SequenceEqual(["ledger-1", "card-9"], StringComparer.Ordinal));
        await Until(() => source.Sources.All(status => status.State == SourceState.Live));
    }

    [Fact]
    public async Task Server_Down_KeepsDataAsStaleAndEqualsAFreshListAfterwards()
    {
        var source = await StartAsync();
        _api.Faults.RefuseConnections();
        await Until(() => source.Sources.All(status => status.State == SourceState.Stale));
        source.Objects.Pods.Length.ShouldBe(2);
        source.Sources.ShouldAllBe(status => status.LastSuccess != null && status.Message != null);

        _api.Store.Delete(ResourceTypes.Pods, "ledger", "ledger-1");
        _api.Store.Create(ResourceTypes.Services, Object("v1", "Service", "payments", "new", """{"spec":{"ports":[]}}"""));
        _api.Faults.Clear();
        var started = TimeProvider.System.GetTimestamp();

        await Until(() => source.Sources.All(status => status.State == SourceState.Live));
        TimeProvider.System.GetElapsedTime(started).ShouldBeLessThan(TimeSpan.FromSeconds(10));
        source.Objects.Pods.ShouldHaveSingleItem().Meta.Name.ShouldBe("card-1");
        source.Objects.Services.Select(service => service.Meta.Name).ShouldBe(["card", "new"]);
    }

    [Fact]
    public async Task Server_Throttling_IsSurvived()
    {
        _api.Faults.Throttle(TimeSpan.FromSeconds(1), requests: 20);
        var source = await StartAsync(waitForLive: false);
        await Until(() => source.Sources.All(status => status.State == SourceState.Live));
        source.Objects.Pods.Length.ShouldBe(2);
    }

    [Fact]
    public async Task Definitions_OldOrMissing_AreReadInTheServedVersionOrDisabled()
    {
        _api.Options.Serves = (type, version) => type.Group switch
        {
            "networking.istio.io" => version == "v1beta1",
            "gateway.networking.k8s.io" or "cert-manager.io" => false,
            _ => true,
        };
        var source = await StartAsync(waitForLive: false);
        await source.Ready.WaitAsync(ScriptedApi.Patience, TimeProvider.System);

        source.Objects.VirtualServices.ShouldHaveSingleItem().ApiVersion.ShouldBe("networking.istio.io/v1beta1");
        var certificates = source.Sources.Single(status => status.Name == "kubernetes/certificates");
        certificates.State.ShouldBe(SourceState.Disabled);
        certificates.Message!.ShouldContain("group cert-manager.io is missing");
        source.Objects.Certificates.IsDefault.ShouldBeTrue();
        source.Objects.HttpRoutes.IsDefault.ShouldBeTrue();
        source.Sources.Count(status => status.State == SourceState.Disabled).ShouldBe(7);

        // Installed while the console runs.
        _api.Options.Serves = (_, _) => true;
        await Until(() => source.Sources.All(status => status.State == SourceState.Live));
    }

    [Fact]
    public async Task Rights_ForOneNamespaceOnly_TheRestIsNamed()
    {
        _api.Options.Tokens["payments-only"] = new TokenIdentity("jane") { Roles = [new RoleGrant(BuiltInRoles.View, "payments")] };
        var source = await StartAsync("payments-only", waitForLive: false, "payments", "ledger");
        await source.Ready.WaitAsync(ScriptedApi.Patience, TimeProvider.System);

        var pods = source.Sources.Single(status => status.Name == "kubernetes/pods");
        pods.State.ShouldBe(SourceState.Live);
        pods.Message!.ShouldContain("namespace ledger");
        source.Objects.Pods.ShouldHaveSingleItem().Meta.Name.ShouldBe("card-1");
        source.Sources.Single(status => status.Name == "kubernetes/namespaces").State.ShouldBe(SourceState.Disabled);
        source.Sources.Single(status => status.Name == "kubernetes/nodes").State.ShouldBe(SourceState.Disabled);
    }

    [Fact]
    public async Task Namespaces_Configured_AreTheOnlyOnesShown()
    {
        var source = await StartAsync(SimulatedKubernetesApi.AdminToken, true, "ledger", "not-there-yet");

        source.Objects.Namespaces.ShouldHaveSingleItem().Meta.Name.ShouldBe("ledger");
        source.Objects.Pods.ShouldHaveSingleItem().Meta.Name.ShouldBe("ledger-1");
        _api.Store.Create(ResourceTypes.Namespaces, Object("v1", "Namespace", null, "not-there-yet"));
        await Until(() => source.Objects.Namespaces.Length == 2);
    }

    private static JsonObject Object(string apiVersion, string kind, string? @namespace, string name, string content = "{}")
    {
        var json = (JsonObject)JsonNode.Parse(content)!;
        json["apiVersion"] = apiVersion;
        json["kind"] = kind;
        json["metadata"] = new JsonObject { ["name"] = name };
        if (@namespace is not null)
        {
            json["metadata"]!["namespace"] = @namespace;
        }

        return json;
    }

    private static JsonObject Pod(string @namespace, string name) =>
        Object("v1", "Pod", @namespace, name, """{"spec":{"containers":[{"name":"app","image":"a:1"}]},"status":{"phase":"Running"}}""");

    private static string CertificatePem()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = new CertificateRequest("CN=test", key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return certificate.ExportCertificatePem();
    }

    private static async Task Until(Func<bool> condition)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            TimeProvider.System.GetElapsedTime(started).ShouldBeLessThan(TimeSpan.FromSeconds(30));
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, CancellationToken.None);
        }
    }

    private async Task<ClusterObjectSource> StartAsync(string token = SimulatedKubernetesApi.AdminToken, bool waitForLive = true, params string[] namespaces)
    {
        var client = new KubernetesClient(KubernetesConnection.To(_api.Address, CredentialSource.BearerToken(token)), TimeProvider.System);
        var source = new ClusterObjectSource(client, new ClusterWatchOptions { Namespaces = [.. namespaces] }, TimeProvider.System, NullLogger<ClusterObjectSource>.Instance);
        _disposables.Add(source);
        _disposables.Add(client);
        _running.Add(source.RunAsync(_stop.Token));
        if (waitForLive)
        {
            await source.Ready.WaitAsync(ScriptedApi.Patience, TimeProvider.System);
            await Until(() => source.Sources.All(status => status.State == SourceState.Live));
        }

        return source;
    }
}
