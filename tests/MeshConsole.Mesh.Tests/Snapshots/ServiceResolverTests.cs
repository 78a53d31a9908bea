using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Snapshots;
using static MeshConsole.Testing.SampleMesh;

namespace MeshConsole.Mesh.Tests.Snapshots;

public sealed class ServiceResolverTests
{
    [Fact]
    public void Resolve_Selector_FindsEveryVersionInItsNamespaceOnly()
    {
        var objects = Objects(
            pods: [.. Pods("payments", "card-v1", app: "card", version: "v1"), .. Pods("payments", "card-v2", app: "card", version: "v2"), .. Pods("other", "card-v1", app: "card")],
            services: [Service("payments", "card"), Service("payments", "card-v2", selector: [("app", "card"), ("version", "v2")])]);

        var services = ServiceResolver.Resolve("main", objects, WorkloadResolver.Resolve("main", objects));

        services.Select(service => (service.Id.Name, service.Host, string.Join(' ', service.Workloads))).ShouldBe(
        [
            ("card", "card.payments.svc.cluster.local", "main/payments/card-v1 main/payments/card-v2"),
            ("card-v2", "card-v2.payments.svc.cluster.local", "main/payments/card-v2"),
        ]);
    }

    [Fact]
    public void Resolve_NoSelector_SelectsNothingButItsEndpoints()
    {
        var pods = Pods("payments", "db", count: 2);
        var bare = Service("payments", "db-manual") with { Selector = Map([]) };
        var objects = Objects(pods: pods, services: [bare, Service("payments", "empty") with { Selector = Map([]) }]) with
        {
            EndpointSlices =
            [
                new EndpointSlice(Meta("payments", "db-manual-x"), "db-manual", [new Endpoint("10.0.0.1", true, pods[0].Meta.Name), new Endpoint("10.0.0.2", true, pods[1].Meta.Name), new Endpoint("192.0.2.1", true, null)]),
            ],
        };

        var services = ServiceResolver.Resolve("main", objects, WorkloadResolver.Resolve("main", objects));

        services.Single(service => service.Id.Name == "db-manual").Workloads.ShouldBe([Id("payments", "db")]);
        services.Single(service => service.Id.Name == "empty").Workloads.ShouldBeEmpty();
    }

    [Fact]
    public void Resolve_ServicesNotKnown_GivesNone() =>
        ServiceResolver.Resolve("main", new ClusterObjects(), []).ShouldBeEmpty();
}
