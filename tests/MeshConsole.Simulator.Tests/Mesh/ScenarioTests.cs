using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using MeshConsole.Simulator.Hosting;
using MeshConsole.Simulator.Kubernetes;
using MeshConsole.Simulator.Prometheus;
using MeshConsole.Simulator.Scenarios;
using MeshConsole.Testing;

namespace MeshConsole.Simulator.Tests.Mesh;

public sealed class ScenarioTests : IDisposable
{
    private static readonly (string, string) s_source = ("reporter", "source");
    private static readonly (string, string) s_destination = ("reporter", "destination");

    private readonly FakeTimeProvider _time = new();
    private readonly MeshModel _model;
    private readonly PrometheusFaults _prometheus = new();
    private readonly ScenarioSwitch _scenarios;

    public ScenarioTests()
    {
        _model = new MeshModel(new SimulatorOptions { HistoryLength = TimeSpan.FromSeconds(10) }, _time);
        _model.CreateHistory(CancellationToken.None);
        _scenarios = new ScenarioSwitch(new ScenarioStage(_model, new KubernetesFaults(), _prometheus), _time);
    }

    private static readonly string[] s_ids =
    [
        "healthy", "provider-failing", "plaintext-caller", "leaf-not-renewing", "gateway-expiring", "retry-storm", "istiod-down", "prometheus-down", "prometheus-slow",
        "apiserver-restarting", "gitops-revert",
    ];

    public void Dispose() => _model.Dispose();

    [Fact]
    public void All_AreListedOnce_WithWords()
    {
        _scenarios.All.Select(scenario => scenario.Id).Order(StringComparer.Ordinal).ShouldBe(s_ids.Order(StringComparer.Ordinal));
        _scenarios.All.ShouldAllBe(scenario => scenario.Title.Length > 0 && scenario.Description.EndsWith('.'));
        _scenarios.Active.Id.ShouldBe("healthy");
    }

    [Fact]
    public async Task Activate_UnknownId_IsRefusedWithTheIdsThatThereAre()
    {
        var fault = await Should.ThrowAsync<ArgumentException>(() => _scenarios.ActivateAsync("no-such", CancellationToken.None));

        fault.Message.ShouldContain("gitops-revert");
    }

    [Fact]
    public async Task Activate_TellsOnce()
    {
        var told = 0;
        _scenarios.Changed += () => told++;

        await _scenarios.ActivateAsync("provider-failing", CancellationToken.None);
        await _scenarios.ActivateAsync("provider-failing", CancellationToken.None);

        told.ShouldBe(1);
        _scenarios.Active.Id.ShouldBe("provider-failing");
    }

    [Fact]
    public void Every_LeavesTheClusterAsItWas()
    {
        Run(1);
        var before = State();
        foreach (var scenario in _scenarios.All)
        {
            _scenarios.Activate(scenario.Id);
            Run(2);
            _scenarios.Activate("healthy");
            Run(1);

            var after = State();
            after.Except(before).ShouldBeEmpty(scenario.Id);
            before.Except(after).ShouldBeEmpty(scenario.Id);
            _model.Observer.Workloads.ShouldAllBe(workload => workload.Fault == null);
            _prometheus.Down.ShouldBeFalse();
            _prometheus.Delay.ShouldBe(TimeSpan.Zero);
            _model.Scraped.ShouldBeTrue();
        }
    }

    [Fact]
    public void ProviderFailing_FailsTheNewVersionAndSlowsItDown()
    {
        var healthy = Count(12).MeanMs(s_destination, ("destination_workload", "card-processor-v2"));

        _scenarios.Activate("provider-failing");
        var counted = Count(12);

        var all = counted.Requests(s_destination, ("destination_workload", "card-processor-v2"));
        counted.Requests(s_destination, ("destination_workload", "card-processor-v2"), ("response_code", "503")).ShouldBe(all * 0.34, all * 0.01);
        counted.Requests(s_destination, ("destination_workload", "card-processor-v1"), ("response_code", "503")).ShouldBe(0);
        counted.MeanMs(s_destination, ("destination_workload", "card-processor-v2"), ("response_code", "200")).ShouldBeGreaterThan(healthy + 300);
        // Merchants feel it: payments that need the new provider fail.
        counted.Requests(s_source, ("source_workload", "istio-ingressgateway"), ("response_code", "502")).ShouldBeGreaterThan(20);
    }

    [Fact]
    public void PlaintextCaller_IsADeploymentWithoutASidecarThatTheServerDoesNotKnow()
    {
        Count(1).Requests(s_destination, ("destination_workload", "token-vault"), ("connection_security_policy", "none")).ShouldBe(0);

        _scenarios.Activate("plaintext-caller");
        var counted = Count(12);

        counted.Requests(s_destination, ("destination_workload", "token-vault"), ("source_workload", "unknown"), ("connection_security_policy", "none")).ShouldBe(6 * counted.Seconds, 80);
        var pod = _model.Objects.List(ResourceTypes.Pods, "batch").Single(pod => pod.Labels["app"] == "report-export").ToJson();
        ((JsonArray)pod["spec"]!["containers"]!).Count.ShouldBe(1);
        pod["spec"]!["initContainers"].ShouldBeNull();

        _scenarios.Activate("healthy");
        Run(1);
        _model.Objects.List(ResourceTypes.Pods, "batch").ShouldNotContain(item => item.Labels["app"] == "report-export");
        Count(3).Requests(s_destination, ("destination_workload", "token-vault"), ("connection_security_policy", "none")).ShouldBe(0);
    }

    [Fact]
    public void LeafNotRenewing_SinksBelowTwoFifthsOfItsLife()
    {
        _scenarios.Activate("leaf-not-renewing");
        Run(1);

        var left = Left("fraud-engine");
        left.ShouldAllBe(seconds => seconds < 0.4 * 24 * 3_600 && seconds > 8 * 3_600);
        Run(12);
        Left("fraud-engine")[0].ShouldBe(left[0] - 60);
        Left("ledger").ShouldAllBe(seconds => seconds > 12 * 3_600 - 120);

        _scenarios.Activate("healthy");
        Run(1);
        Left("fraud-engine").ShouldAllBe(seconds => seconds > 12 * 3_600);

        List<double> Left(string app) => [.. Count(0, settle: 0).Series("istio_agent_cert_expiry_seconds", ("app", app)).Select(series => series.Newest!.Value.Value)];
    }

    [Fact]
    public void GatewayExpiring_PresentsACertificateWithFiveDaysLeft()
    {
        _scenarios.Activate("gateway-expiring");

        Leaf().NotAfter.ToUniversalTime().ShouldBe((_time.GetUtcNow() + TimeSpan.FromDays(5)).UtcDateTime, TimeSpan.FromSeconds(2));
        var status = _model.Objects.Get(ResourceTypes.Certificates, "istio-ingress", "pay-example").ToJson()["status"]!;
        status["renewalTime"]!.GetValue<DateTimeOffset>().ShouldBeLessThan(_time.GetUtcNow());
        ((JsonArray)status["conditions"]!).ShouldContain(condition => condition!["type"]!.GetValue<string>() == "Issuing" && condition["reason"]!.GetValue<string>() == "Failed");

        _scenarios.Activate("healthy");
        Leaf().NotAfter.ToUniversalTime().ShouldBeGreaterThan((_time.GetUtcNow() + TimeSpan.FromDays(50)).UtcDateTime);

        X509Certificate2 Leaf()
        {
            var pem = Encoding.ASCII.GetString(Convert.FromBase64String(_model.Objects.Get(ResourceTypes.Secrets, "istio-ingress", "pay-example-tls").ToJson()["data"]!["tls.crt"]!.GetValue<string>()));
            return X509Certificate2.CreateFromPem(pem);
        }
    }

    [Fact]
    public void RetryStorm_MultipliesWhatTheServerSees()
    {
        _scenarios.Activate("retry-storm");
        var counted = Count(12);

        (string, string)[] edge = [("destination_workload", "ledger"), ("source_workload", "payment-api")];
        var asked = counted.Requests([s_source, .. edge]);
        // With 46 % of attempts failing, six attempts at most: (1 - 0.46⁶) / (1 - 0.46) = 1.83.
        counted.Requests([s_destination, .. edge]).ShouldBe(asked * 1.83, asked * 0.08);
    }

    [Fact]
    public void RetryStorm_KeepsACorrectionThatSomebodyMadeMeanwhile()
    {
        _scenarios.Activate("retry-storm");
        _model.Objects.Update(ResourceTypes.VirtualServices, "finance", "ledger", route => route["spec"]!["http"]![0]!["retries"] = new JsonObject { ["attempts"] = 1 });

        _scenarios.Activate("healthy");

        _model.Objects.Get(ResourceTypes.VirtualServices, "finance", "ledger").ToJson()["spec"]!["http"]![0]!["retries"]!["attempts"]!.GetValue<int>().ShouldBe(1);
    }

    [Fact]
    public void IstiodDown_FreezesTheConfigurationAndTakesItsMetricsAway()
    {
        _scenarios.Activate("istiod-down");
        Patch(0, 100);
        var counted = Count(6);

        var all = counted.Requests(s_source, ("destination_service_name", "card-processor"));
        counted.Requests(s_source, ("destination_workload", "card-processor-v1")).ShouldBeGreaterThan(all * 0.6);
        counted.Series("up", ("app", "istiod")).ShouldHaveSingleItem().Newest!.Value.Value.ShouldBe(0);
        StaleMarker.Is(_model.Samples.Select([new LabelMatcher(LabelSet.MetricNameLabel, MatchKind.Equal, "pilot_xds")], 0, long.MaxValue).Single().Newest!.Value.Value).ShouldBeTrue();
        _model.Objects.Get(ResourceTypes.Deployments, "istio-system", "istiod").ToJson()["status"]!["readyReplicas"]!.GetValue<int>().ShouldBe(0);
        _model.Objects.List(ResourceTypes.Pods, "istio-system").Single().ToJson()["status"]!["containerStatuses"]![0]!["state"]!["waiting"]!["reason"]!.GetValue<string>().ShouldBe("CrashLoopBackOff");

        _scenarios.Activate("healthy");
        var after = Count(3);
        after.Requests(s_source, ("destination_workload", "card-processor-v1"), ("destination_service_name", "card-processor")).ShouldBe(0);
        after.Series("up", ("app", "istiod")).ShouldHaveSingleItem().Newest!.Value.Value.ShouldBe(1);
    }

    [Fact]
    public void PrometheusDown_LeavesAGapInTheSamples()
    {
        _scenarios.Activate("prometheus-down");
        _prometheus.Down.ShouldBeTrue();
        Run(12);
        _scenarios.Activate("healthy");
        Run(2);

        var series = _model.Samples.Select([new LabelMatcher(LabelSet.MetricNameLabel, MatchKind.Equal, "istio_requests_total")], 0, long.MaxValue)[0];
        var times = CountedSamples.Samples(series, _model.TickedAt - TimeSpan.FromSeconds(80), _model.TickedAt).Times;
        times.Zip(times.Skip(1), (a, b) => b - a).Max().ShouldBe(65_000);
    }

    [Fact]
    public void PrometheusSlow_MakesHistogramsSlowerThanRates()
    {
        _scenarios.Activate("prometheus-slow");

        _prometheus.Delay.ShouldBe(TimeSpan.FromSeconds(4));
        _prometheus.HistogramDelay.ShouldBeGreaterThan(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void ApiServerRestarting_ForgetsItsHistoryEachMinute()
    {
        var version = _model.Objects.CurrentVersion;

        _scenarios.Activate("apiserver-restarting");

        Should.Throw<ApiStatusException>(() => _model.Objects.ChangesSince(ResourceTypes.Pods, version, 10)).Status.Code.ShouldBe(410);
        var second = _model.Objects.CurrentVersion;
        _model.Objects.ChangesSince(ResourceTypes.Pods, second, 10).Changes.ShouldBeEmpty();
        Run(13);
        Should.Throw<ApiStatusException>(() => _model.Objects.ChangesSince(ResourceTypes.Pods, second, 10)).Status.Code.ShouldBe(410);
    }

    [Fact]
    public void GitOpsRevert_PutsTheWeightsBackAfterSomeSeconds()
    {
        _scenarios.Activate("gitops-revert");
        var route = _model.Objects.Get(ResourceTypes.VirtualServices, "payments", "card-processor").ToJson();
        route["metadata"]!["annotations"]!["argocd.argoproj.io/tracking-id"]!.GetValue<string>().ShouldBe("payments:networking.istio.io/VirtualService:payments/card-processor");
        route["metadata"]!["managedFields"]!.ToJsonString().ShouldContain("argocd-controller");

        Patch(50, 50);
        Run(1);
        Weights().ShouldBe([50, 50]);
        Run(2);
        Weights().ShouldBe([90, 10]);

        _scenarios.Activate("healthy");
        Patch(50, 50);
        Run(4);
        Weights().ShouldBe([50, 50]);

        int[] Weights() => [.. ((JsonArray)_model.Objects.Get(ResourceTypes.VirtualServices, "payments", "card-processor").ToJson()["spec"]!["http"]![1]!["route"]!)
            .Select(target => target!["weight"]!.GetValue<int>())];
    }

    private void Patch(int v1, int v2) => _model.Objects.Update(ResourceTypes.VirtualServices, "payments", "card-processor", route =>
    {
        route["spec"]!["http"]![1]!["route"]![0]!["weight"] = v1;
        route["spec"]!["http"]![1]!["route"]![1]!["weight"] = v2;
    });

    private void Run(int scrapes)
    {
        for (var i = 0; i < scrapes; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(5));
            _model.Tick();
        }
    }

    private CountedSamples Count(int scrapes, int settle = 1)
    {
        Run(settle);
        var from = _model.TickedAt;
        Run(scrapes);
        return new CountedSamples(_model.Samples, from, _model.TickedAt);
    }

    /// <summary>What everybody can see of every object, without versions, and without the traces that a crash leaves in a pod.</summary>
    private List<string> State()
    {
        var state = new List<string>();
        foreach (var type in ResourceTypes.All)
        {
            foreach (var item in _model.Objects.List(type))
            {
                var json = item.ToJson();
                var metadata = (JsonObject)json["metadata"]!;
                foreach (var name in (string[])["resourceVersion", "generation", "managedFields"]) metadata.Remove(name);
                if (metadata["annotations"] is JsonObject { Count: 0 }) metadata.Remove("annotations");
                foreach (var container in (json["status"]?["containerStatuses"] as JsonArray ?? []).OfType<JsonObject>())
                {
                    container.Remove("restartCount");
                    (container["state"]?["running"] as JsonObject)?.Remove("startedAt");
                }

                foreach (var condition in (json["status"]?["conditions"] as JsonArray ?? []).OfType<JsonObject>()) condition.Remove("lastTransitionTime");
                state.Add(json.ToJsonString());
            }
        }

        return state;
    }
}
