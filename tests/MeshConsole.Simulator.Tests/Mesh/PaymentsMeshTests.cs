using System.Text.Json.Nodes;
using MeshConsole.Simulator.Kubernetes;
using MeshConsole.Simulator.Prometheus;
using MeshConsole.Simulator.Traffic;

namespace MeshConsole.Simulator.Tests.Mesh;

public sealed class PaymentsMeshTests(PaymentsMeshFixture mesh) : IClassFixture<PaymentsMeshFixture>
{
    private static readonly string[] s_platform = ["payments", "risk", "finance", "merchants", "platform"];

    [Fact]
    public void Platform_HasTwentyThreeServicesBehindOneGateway()
    {
        var services = mesh.Model.Objects.List(ResourceTypes.Services);

        services.Count(service => s_platform.Contains(service.Namespace)).ShouldBe(23);
        services.ShouldContain(service => service.Namespace == "istio-ingress" && service.Name == "istio-ingressgateway");
    }

    [Fact]
    public void Edges_AreAboutFifty()
    {
        var edges = mesh.Model.Traffic.Flows.Where(flow => flow.Key.Reporter == FlowReporter.Source)
            .Select(flow => (flow.Source!.Behaviour.App, flow.Host.Host)).Distinct().Count();

        edges.ShouldBeInRange(45, 60);
    }

    [Fact]
    public void EveryServiceOfThePlatform_HasTraffic()
    {
        foreach (var service in mesh.Model.Objects.List(ResourceTypes.Services).Where(service => s_platform.Contains(service.Namespace)))
        {
            var name = ("destination_service_name", service.Name);
            (mesh.Counted.Requests(name) + mesh.Counted.Increase("istio_tcp_received_bytes_total", name)).ShouldBeGreaterThan(0, service.Name);
        }
    }

    [Fact]
    public void CardProcessor_IsSplitNinetyToTenAndEnterpriseGoesToV2()
    {
        (string, string)[] from = [("reporter", "source"), ("destination_service_name", "card-processor"), ("source_workload", "payment-api")];

        var all = mesh.Counted.Requests(from);
        var v2 = mesh.Counted.Requests([.. from, ("destination_workload", "card-processor-v2")]) / all;

        // Payments of enterprise merchants are e of all: v2 has e + (1 - e) / 10. Between a seventh and a sixth of them are.
        ((v2 - 0.1) / 0.9).ShouldBeInRange(0.12, 0.18);
    }

    [Fact]
    public void ArticlesRoute_StandsAsWritten()
    {
        var stored = mesh.Model.Objects.Get(ResourceTypes.VirtualServices, "payments", "card-processor");
        var spec = stored.ToJson("v1beta1")["spec"]!;

        spec["hosts"]!.ToJsonString().ShouldBe("""["card-processor.payments.svc.cluster.local"]""");
        var rules = (JsonArray)spec["http"]!;
        rules.Count.ShouldBe(2);
        rules[0]!["match"]!.ToJsonString().ShouldBe("""[{"headers":{"x-merchant-tier":{"exact":"enterprise"}}}]""");
        Targets(rules[0]!).ShouldBe([("v2-new-provider", 100)]);
        Targets(rules[1]!).ShouldBe([("v1-stable", 90), ("v2-new-provider", 10)]);
        foreach (var rule in rules)
        {
            rule!["timeout"]!.GetValue<string>().ShouldBe("8s");
            rule["retries"]!.ToJsonString().ShouldBe("""{"attempts":2,"perTryTimeout":"3s","retryOn":"connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes"}""");
        }

        static (string, int)[] Targets(JsonNode rule) =>
            [.. ((JsonArray)rule["route"]!).Select(route => (route!["destination"]!["subset"]!.GetValue<string>(), route["weight"]!.GetValue<int>()))];
    }

    [Fact]
    public void ArticlesRule_StandsAsWritten()
    {
        var spec = mesh.Model.Objects.Get(ResourceTypes.DestinationRules, "payments", "card-processor").ToJson("v1beta1")["spec"]!;

        spec["host"]!.GetValue<string>().ShouldBe("card-processor.payments.svc.cluster.local");
        spec["trafficPolicy"]!["connectionPool"]!.ToJsonString().ShouldBe("""{"tcp":{"maxConnections":100},"http":{"h2UpgradePolicy":"DEFAULT","maxRequestsPerConnection":10}}""");
        spec["trafficPolicy"]!["outlierDetection"]!.ToJsonString().ShouldBe("""{"consecutive5xxErrors":3,"interval":"30s","baseEjectionTime":"60s","maxEjectionPercent":50}""");
        spec["subsets"]!.ToJsonString().ShouldBe(
            """[{"name":"v1-stable","labels":{"version":"v1"}},{"name":"v2-new-provider","labels":{"version":"v2"},"trafficPolicy":{"connectionPool":{"http":{"maxRequestsPerConnection":5}}}}]""");
    }

    [Fact]
    public void Plaintext_IsWhereItIsSupposedToBe()
    {
        (string, string)[] plain = [("reporter", "destination"), ("connection_security_policy", "none")];

        mesh.Counted.Requests([.. plain, ("destination_workload", "settlement"), ("source_workload", "unknown")]).ShouldBeGreaterThan(1_000);
        mesh.Counted.Requests(plain).ShouldBe(mesh.Counted.Requests([.. plain, ("destination_workload", "settlement")]));
        // The reconciliation's own proxy does not see what its annotation sends past it.
        mesh.Counted.Increase("istio_tcp_received_bytes_total", [.. plain, ("destination_workload", "postgres")]).ShouldBeGreaterThan(0);
        mesh.Counted.Series("istio_tcp_received_bytes_total", ("reporter", "source"), ("source_workload", "reconciliation")).ShouldBeEmpty();
    }

    [Fact]
    public void ExternalHosts_AreSeenByTheCallerAlone()
    {
        foreach (var host in (string[])["acquirer.example", "newpay.example", "hooks.merchant.example"])
        {
            mesh.Counted.Requests(("reporter", "source"), ("destination_service", host), ("destination_workload", "unknown")).ShouldBeGreaterThan(100, host);
            mesh.Counted.Requests(("reporter", "destination"), ("destination_service", host)).ShouldBe(0);
        }
    }

    [Fact]
    public void Pods_HaveSidecarsOfBothKinds()
    {
        var pods = mesh.Model.Observer.Workloads.Where(workload => s_platform.Contains(workload.Namespace)).SelectMany(workload => workload.Pods).ToList();

        pods.ShouldAllBe(pod => pod.HasProxy && pod.Ready);
        var native = pods.Count(pod => pod.Object.ToJson()["spec"]!["initContainers"]!.AsArray().Any(container => container!["name"]!.GetValue<string>() == "istio-proxy"));
        native.ShouldBeInRange(8, pods.Count - 8);
        mesh.Model.Observer.Workload("batch/legacy-batch").Pods.ShouldHaveSingleItem().HasProxy.ShouldBeFalse();
        mesh.Model.Observer.Workload("istio-ingress/istio-ingressgateway").Pods.ShouldAllBe(pod => pod.IsGateway);
    }

    [Fact]
    public void Histograms_AreConsistentAtEveryScrape()
    {
        var from = mesh.Model.TickedAt - TimeSpan.FromMinutes(20);
        foreach (var family in (string[])["istio_request_duration_milliseconds", "istio_request_bytes", "istio_response_bytes"])
        {
            var byLabels = mesh.Counted.Series(family + "_bucket").GroupBy(series => series.Labels.Without("le").Without(LabelSet.MetricNameLabel)).ToList();
            byLabels.Count.ShouldBeGreaterThan(150);
            // Every histogram is looked at, every fifth sample of it.
            foreach (var histogram in byLabels)
            {
                var buckets = histogram.OrderBy(series => HistogramDeck.BoundLabels.IndexOf(series.Labels["le"])).Select(Values).ToList();
                buckets.Count.ShouldBe(20);
                var count = Values(Single(family + "_count", histogram.Key));
                var sum = Values(Single(family + "_sum", histogram.Key));
                var requests = Values(Single("istio_requests_total", histogram.Key));
                requests.ShouldBe(count);
                buckets[^1].ShouldBe(count);
                for (var at = 0; at < count.Length; at += 5)
                {
                    var (low, high) = (0.0, 0.0);
                    for (var i = 0; i < buckets.Count; i++)
                    {
                        var own = buckets[i][at] - (i == 0 ? 0 : buckets[i - 1][at]);
                        own.ShouldBeGreaterThanOrEqualTo(0);
                        if (at > 0) own.ShouldBeGreaterThanOrEqualTo(buckets[i][at - 5] - (i == 0 ? 0 : buckets[i - 1][at - 5]));
                        low += own * (i == 0 ? 0 : HistogramDeck.Bounds[i - 1]);
                        high += own * (i < HistogramDeck.Bounds.Length ? HistogramDeck.Bounds[i] : double.PositiveInfinity);
                    }

                    // Not NaN when the last bucket is empty and its bound infinite.
                    sum[at].ShouldBeGreaterThanOrEqualTo(low);
                    if (!double.IsNaN(high)) sum[at].ShouldBeLessThanOrEqualTo(high);
                }
            }
        }

        double[] Values(Series series) => CountedSamples.Samples(series, from, mesh.Model.TickedAt).Values;

        Series Single(string metric, LabelSet labels) => mesh.Model.Samples.GetOrAdd(labels.With(LabelSet.MetricNameLabel, metric));
    }

    [Fact]
    public void ControlPlane_TellsOfItself()
    {
        Newest("pilot_xds").ShouldBe(mesh.Model.Observer.Workloads.Sum(workload => workload.Pods.Count(pod => pod.HasProxy)));
        Newest("pilot_services").ShouldBe(25);
        Newest("pilot_total_xds_rejects").ShouldBe(0);
        Newest("pilot_proxy_convergence_time_count").ShouldBeGreaterThan(0);
        Newest("citadel_server_root_cert_expiry_timestamp").ShouldBe(new DateTimeOffset(mesh.Model.Certificates.Root.Certificate.NotAfter).ToUnixTimeSeconds());
        mesh.Counted.Series("istio_build", ("component", "pilot"), ("tag", "1.30.3")).Count.ShouldBe(1);

        double Newest(string metric) => mesh.Counted.Series(metric).ShouldHaveSingleItem().Newest!.Value.Value;
    }
}
