using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Testing;
using static MeshConsole.Testing.SampleMesh;

namespace MeshConsole.Mesh.Tests.Snapshots;

public sealed class WorkloadResolverTests
{
    [Fact]
    public void Resolve_PodsOfADeployment_GivesOneWorkloadWithTheControllersReplicas()
    {
        var objects = Objects(
            pods: Pods("payments", "ledger", count: 2, version: "v1"),
            deployments: [Deployment("payments", "ledger", desired: 3)],
            replicaSets: [ReplicaSet("payments", "ledger")]);

        var workload = WorkloadResolver.Resolve("main", objects).ShouldHaveSingleItem();

        workload.Id.ShouldBe(new WorkloadId("main", "payments", "ledger"));
        workload.Kind.ShouldBe("Deployment");
        workload.App.ShouldBe("ledger");
        workload.Version.ShouldBe("v1");
        workload.ServiceAccount.ShouldBe("ledger");
        workload.DesiredReplicas.ShouldBe(3);
        workload.ReadyReplicas.ShouldBe(2);
        workload.Pods.Length.ShouldBe(2);
        workload.DataPlane.ShouldBe(DataPlane.Sidecar);
        workload.PodsWithProxy.ShouldBe(2);
        workload.ProxyVersion.ShouldBe("1.30.3");
        workload.IsGateway.ShouldBeFalse();
        workload.Labels.ShouldNotContainKey("pod-template-hash");
    }

    [Fact]
    public void Resolve_WithoutReplicaSets_FindsTheDeploymentByTheHash()
    {
        var objects = Objects(pods: Pods("payments", "ledger", count: 1)) with { ReplicaSets = default, Deployments = default };

        var workload = WorkloadResolver.Resolve("main", objects).ShouldHaveSingleItem();

        (workload.Kind, workload.Id.Name).ShouldBe(("Deployment", "ledger"));
        workload.DesiredReplicas.ShouldBeNull();
    }

    [Theory]
    [InlineData("StatefulSet", "postgres", "StatefulSet", "postgres")]
    [InlineData("DaemonSet", "node-agent", "DaemonSet", "node-agent")]
    [InlineData("Job", "settle-29531520", "CronJob", "settle")]
    [InlineData("Job", "settle-1", "Job", "settle-1")]
    [InlineData("Job", "29531520", "Job", "29531520")]
    [InlineData("ReplicaSet", "orphan", "ReplicaSet", "orphan")]
    [InlineData("ReplicaSet", "web-abc12", "Deployment", "web")]
    [InlineData("ReplicaSet", "-abc12", "ReplicaSet", "-abc12")]
    public void WorkloadName_OfAnOwner_IsNamedAsIstioNamesIt(string ownerKind, string ownerName, string kind, string name)
    {
        var pod = Pods("payments", "x", count: 1)[0];
        pod = pod with
        {
            Meta = pod.Meta with
            {
                Owners = [new OwnerReference("v1", ownerKind, ownerName, "u", true)],
                Labels = Map([("pod-template-hash", "abc12")]),
            },
        };

        WorkloadName.Of(pod, _ => null).ShouldBe(new WorkloadName(kind, name));
    }

    [Fact]
    public void WorkloadName_OfARolloutsPod_IsTheRollout()
    {
        var pod = Pods("payments", "x", count: 1)[0];
        pod = pod with { Meta = pod.Meta with { Owners = [new OwnerReference("apps/v1", "ReplicaSet", "card-77f", "u", true)], Labels = Map([("rollouts-pod-template-hash", "77f")]) } };

        WorkloadName.Of(pod, _ => null).ShouldBe(new WorkloadName("Rollout", "card"));
    }

    [Fact]
    public void WorkloadName_OfABarePod_IsThePod()
    {
        var pod = Pods("payments", "x", count: 1)[0];
        pod = pod with { Meta = pod.Meta with { Owners = [new OwnerReference("v1", "Node", "n", "u", false)] } };

        WorkloadName.Of(pod, _ => null).ShouldBe(new WorkloadName("Pod", pod.Meta.Name));
    }

    [Theory]
    [InlineData(SampleProxy.None, DataPlane.None, 0)]
    [InlineData(SampleProxy.Sidecar, DataPlane.Sidecar, 2)]
    [InlineData(SampleProxy.NativeSidecar, DataPlane.Sidecar, 2)]
    [InlineData(SampleProxy.Ambient, DataPlane.Ambient, 2)]
    [InlineData(SampleProxy.Linkerd, DataPlane.Linkerd, 2)]
    [InlineData(SampleProxy.Gateway, DataPlane.Sidecar, 2)]
    public void Resolve_Proxy_IsReadFromThePods(SampleProxy proxy, DataPlane plane, int withProxy)
    {
        var workload = WorkloadResolver.Resolve("main", Objects(pods: Pods("payments", "ledger", proxy: proxy))).ShouldHaveSingleItem();

        workload.DataPlane.ShouldBe(plane);
        workload.PodsWithProxy.ShouldBe(withProxy);
        workload.IsGateway.ShouldBe(proxy == SampleProxy.Gateway);
    }

    [Fact]
    public void Resolve_HalfInjectedRollout_CountsThePodsWithProxy()
    {
        var objects = Objects(pods: [.. Pods("payments", "ledger", count: 2, proxy: SampleProxy.None, hash: "aaa"), .. Pods("payments", "ledger", count: 1, hash: "bbb")]);

        var workload = WorkloadResolver.Resolve("main", objects).ShouldHaveSingleItem();

        workload.DataPlane.ShouldBe(DataPlane.None);
        workload.PodsWithProxy.ShouldBe(1);
    }

    [Fact]
    public void Resolve_ProxiesOfTwoVersions_TellsNone()
    {
        var objects = Objects(pods: [.. Pods("payments", "ledger", count: 1, hash: "aaa"), .. Pods("payments", "ledger", count: 1, hash: "bbb", proxyImage: "istio/proxyv2:1.29.0")]);

        WorkloadResolver.Resolve("main", objects).ShouldHaveSingleItem().ProxyVersion.ShouldBeNull();
    }

    [Fact]
    public void Resolve_Ztunnel_IsNoProxyOfItsOwn()
    {
        var pod = Pods("istio-system", "ztunnel", count: 1, proxy: SampleProxy.Gateway)[0];
        pod = pod with { Meta = pod.Meta with { Owners = [new OwnerReference("apps/v1", "DaemonSet", "ztunnel", "u", true)] } };

        var workload = WorkloadResolver.Resolve("main", Objects(pods: [pod])).ShouldHaveSingleItem();

        workload.DataPlane.ShouldBe(DataPlane.None);
        workload.IsGateway.ShouldBeFalse();
        workload.ProxyVersion.ShouldBeNull();
    }

    [Fact]
    public void Resolve_Waypoint_IsToldFromAGateway()
    {
        var objects = Objects(pods: Pods("payments", "waypoint", count: 1, proxy: SampleProxy.Gateway, labels: ("gateway.istio.io/managed", "istio.io-mesh-controller")));

        var workload = WorkloadResolver.Resolve("main", objects).ShouldHaveSingleItem();

        workload.IsWaypoint.ShouldBeTrue();
        workload.IsGateway.ShouldBeFalse();
        workload.DataPlane.ShouldBe(DataPlane.Ambient);
    }

    [Fact]
    public void Resolve_DeploymentWithoutPods_IsThereWithNoReplicaReady()
    {
        var workload = WorkloadResolver.Resolve("main", Objects(deployments: [Deployment("payments", "ledger", desired: 2, ready: 0)])).ShouldHaveSingleItem();

        workload.DesiredReplicas.ShouldBe(2);
        workload.ReadyReplicas.ShouldBe(0);
        workload.Pods.ShouldBeEmpty();
    }

    [Fact]
    public void Resolve_PodsNotKnown_TrustsTheController()
    {
        var objects = Objects(deployments: [Deployment("payments", "ledger", desired: 2, ready: 2)]) with { Pods = default };

        WorkloadResolver.Resolve("main", objects).ShouldHaveSingleItem().ReadyReplicas.ShouldBe(2);
    }

    [Fact]
    public void Resolve_EndedPods_BelongToNothing()
    {
        var pods = Pods("payments", "ledger").Select(pod => pod with { Phase = PodPhase.Succeeded });

        WorkloadResolver.Resolve("main", Objects(pods: pods)).ShouldBeEmpty();
    }

    [Fact]
    public void Resolve_TerminatingPod_IsNotReady()
    {
        var pods = Pods("payments", "ledger", count: 2);
        pods = pods.SetItem(0, pods[0] with { Meta = pods[0].Meta with { DeletedAt = Now } });

        WorkloadResolver.Resolve("main", Objects(pods: pods)).ShouldHaveSingleItem().ReadyReplicas.ShouldBe(1);
    }

    [Theory]
    [InlineData("docker.io/istio/proxyv2:1.30.3", "1.30.3")]
    [InlineData("istio/proxyv2:1.30.3-distroless", "1.30.3")]
    [InlineData("istio/proxyv2:1.30.3-debug@sha256:0123", "1.30.3")]
    [InlineData("registry.example:5000/proxyv2", null)]
    [InlineData("registry.example:5000/proxyv2:1.2", "1.2")]
    [InlineData("proxyv2@sha256:0123", null)]
    [InlineData("proxyv2:", null)]
    [InlineData("", null)]
    public void Version_OfAnImage_IsItsTagWithoutVariant(string image, string? version) => ProxyDetection.Version(image).ShouldBe(version);
}
