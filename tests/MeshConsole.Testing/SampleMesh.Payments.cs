using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Testing;

public static partial class SampleMesh
{
    /// <summary>
    /// A small payments mesh: gateway → payment-api → card-processor (v1 at 90/s, v2 at 10/s of which 1/s fails) and ledger;
    /// ledger → postgres over TCP; payment-api → an external host; a batch job without proxy → ledger in plaintext at 2/s.
    /// Settlement has pods and no traffic.
    /// </summary>
    public static MeshSnapshot Payments() => Snapshot(PaymentsCluster());

    public static ClusterSnapshot PaymentsCluster() => ClusterOf(PaymentsObjects(), PaymentsEdges());

    public static ClusterObjects PaymentsObjects() => Objects(
        namespaces: [Namespace("istio-system"), Namespace("payments", ("istio-injection", "enabled")), Namespace("batch")],
        pods:
        [
            .. Pods("istio-system", "istiod", count: 1, proxy: SampleProxy.None),
            .. Pods("istio-system", "istio-ingressgateway", proxy: SampleProxy.Gateway, labels: ("istio", "ingressgateway")),
            .. Pods("payments", "payment-api", version: "v1"),
            .. Pods("payments", "card-processor-v1", count: 3, app: "card-processor", version: "v1"),
            .. Pods("payments", "card-processor-v2", count: 1, app: "card-processor", version: "v2", proxy: SampleProxy.NativeSidecar),
            .. Pods("payments", "ledger", version: "v1"),
            .. Pods("payments", "postgres", count: 1),
            .. Pods("payments", "settlement", count: 1, version: "v1"),
            .. Pods("batch", "nightly-export", count: 1, proxy: SampleProxy.None),
        ],
        deployments:
        [
            Deployment("istio-system", "istiod", 1),
            Deployment("istio-system", "istio-ingressgateway"),
            Deployment("payments", "payment-api"),
            Deployment("payments", "card-processor-v1", 3),
            Deployment("payments", "card-processor-v2", 1),
            Deployment("payments", "ledger"),
            Deployment("payments", "postgres", 1),
            Deployment("payments", "settlement", 1),
            Deployment("batch", "nightly-export", 1),
        ],
        replicaSets:
        [
            ReplicaSet("istio-system", "istiod", desired: 1),
            ReplicaSet("istio-system", "istio-ingressgateway"),
            ReplicaSet("payments", "payment-api"),
            ReplicaSet("payments", "card-processor-v1", desired: 3),
            ReplicaSet("payments", "card-processor-v2", desired: 1),
            ReplicaSet("payments", "ledger"),
            ReplicaSet("payments", "postgres", desired: 1),
            ReplicaSet("payments", "settlement", desired: 1),
            ReplicaSet("batch", "nightly-export", desired: 1),
        ],
        services:
        [
            Service("istio-system", "istio-ingressgateway", 443, "https", "8443", ("istio", "ingressgateway")),
            Service("payments", "payment-api"),
            Service("payments", "card-processor"),
            Service("payments", "ledger", 9090, "grpc"),
            Service("payments", "postgres", 5432, "tcp-postgres"),
            Service("payments", "settlement"),
        ]);

    /// <summary>The server takes 10 ms, the client sees 11.2 ms, but where the parts say otherwise.</summary>
    public static Edge[] PaymentsEdges()
    {
        var gateway = Peer("istio-system", "istio-ingressgateway", "istio-ingressgateway");
        var api = Peer("payments", "payment-api", "payment-api", "v1");
        var v1 = Peer("payments", "card-processor-v1", "card-processor", "v1");
        var v2 = Peer("payments", "card-processor-v2", "card-processor", "v2");
        var ledger = Peer("payments", "ledger", "ledger", "v1");
        var postgres = Peer("payments", "postgres", "postgres");
        return
        [
            Mutual(gateway, api, Requests(100, 36.2, durations: Durations(100)), Requests(100, 35, SampleSecurity.Mutual, Durations(100))),
            Mutual(api, v1, Requests(90, 11.2, durations: Durations(90)), Requests(90, 10, SampleSecurity.Mutual, Durations(90))),
            Mutual(
                api,
                v2,
                Requests(9, 11.2, durations: Durations(10), others: new ResponseRate(503, null, "-", 1)),
                Requests(9, 10, SampleSecurity.Mutual, Durations(10), new ResponseRate(503, null, "-", 1))),
            Mutual(api, ledger, Grpc(50, 6.2), Grpc(50, 5, SampleSecurity.Mutual), "grpc"),
            Edge(UnknownPeer(), ledger, "grpc", fromDestination: Grpc(2, 5, SampleSecurity.Plaintext)) with { DestinationPrincipals = [] },
            Mutual(ledger, postgres, Connections(0.5, sent: 20_000, received: 90_000), Connections(0.5, SampleSecurity.Mutual, 20_000, 90_000), "tcp"),
            Edge(api, UnknownPeer(), fromSource: Requests(5, 80), host: "api.fraud.example.com") with { ServiceNamespace = "unknown" },
        ];
    }

    private static Edge Mutual(Peer source, Peer target, ReporterTraffic fromSource, ReporterTraffic fromDestination, string protocol = "http") =>
        Edge(source, target, protocol, fromSource, fromDestination) with
        {
            SourcePrincipals = [Principal(source)],
            DestinationPrincipals = [Principal(target)],
        };

    private static string Principal(Peer peer) => $"spiffe://cluster.local/ns/{peer.Workload.Namespace}/sa/{peer.App ?? peer.Workload.Name}";

    private static ReporterTraffic Grpc(double rate, double meanMs, SampleSecurity security = SampleSecurity.Unknown) =>
        Requests(0, meanMs, security, null, new ResponseRate(200, 0, "-", rate));

    /// <summary>A tenth under 5 ms, eight tenths from 5 to 25, the last tenth up to 100.</summary>
    private static Histogram Durations(double rate) => Histogram((5, rate * 0.1), (25, rate * 0.8), (100, rate * 0.1), (double.PositiveInfinity, 0));
}
