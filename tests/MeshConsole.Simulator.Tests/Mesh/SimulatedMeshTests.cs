using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using MeshConsole.Simulator.Hosting;
using MeshConsole.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeshConsole.Simulator.Tests.Mesh;

public sealed class SimulatedMeshTests : IAsyncLifetime, IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromSeconds(60));
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(20) };
    private SimulatedMesh _mesh = null!;

    public async Task InitializeAsync() =>
        _mesh = await SimulatedMesh.StartAsync(new SimulatorOptions { HistoryLength = TimeSpan.FromMinutes(3) }, NullLoggerFactory.Instance, _time, _limit.Token);

    public async Task DisposeAsync() => await _mesh.DisposeAsync();

    public void Dispose()
    {
        _limit.Dispose();
        _http.Dispose();
    }

    [Fact]
    public async Task Kubeconfig_OpensTheKubernetesApi()
    {
        var lines = _mesh.Kubeconfig.Split('\n');
        lines.ShouldContain("current-context: admin");
        lines.ShouldContain($"    server: {_mesh.KubernetesUrl.ToString().TrimEnd('/')}");
        var token = lines.First(line => line.Trim().StartsWith("token:", StringComparison.Ordinal)).Split(':')[1].Trim();

        (await GetAsync(new Uri(_mesh.KubernetesUrl, "api/v1/namespaces/payments/services"), null)).Status.ShouldBe(HttpStatusCode.Unauthorized);
        var (status, body) = await GetAsync(new Uri(_mesh.KubernetesUrl, "api/v1/namespaces/payments/services"), token);
        status.ShouldBe(HttpStatusCode.OK);
        using var document = JsonDocument.Parse(body);
        document.RootElement.GetProperty("items").GetArrayLength().ShouldBe(7);
    }

    [Fact]
    public async Task Prometheus_AnswersOverThePastAndTheMetricsPageHoldsTheNewestSamples()
    {
        var (_, answer) = await GetAsync(new Uri(_mesh.PrometheusUrl, "api/v1/query?query=" + Uri.EscapeDataString("sum(istio_requests_total{reporter=\"destination\",destination_workload=\"ledger\"})")), null);
        using var document = JsonDocument.Parse(answer);
        var value = double.Parse(document.RootElement.GetProperty("data").GetProperty("result")[0].GetProperty("value")[1].GetString()!, CultureInfo.InvariantCulture);

        var (_, page) = await GetAsync(new Uri(_mesh.PrometheusUrl, "metrics"), null);

        var lines = page.Split('\n').Where(line => line.StartsWith("istio_requests_total{", StringComparison.Ordinal)
            && line.Contains("reporter=\"destination\"", StringComparison.Ordinal) && line.Contains("destination_workload=\"ledger\"", StringComparison.Ordinal)).ToList();
        lines.ShouldAllBe(line => line.Contains("pod=\"ledger-") && line.Contains("namespace=\"finance\""));
        lines.Sum(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture)).ShouldBe(value);
        value.ShouldBeGreaterThan(1_000);
        page.ShouldContain("# TYPE istio_requests_total counter");
        page.ShouldContain("# TYPE istio_request_duration_milliseconds histogram");
        page.ShouldNotContain(" untyped\n");
    }

    [Fact]
    public async Task Clock_MovesTheSamples()
    {
        var before = _mesh.SampledAt;
        await _time.WaitForTimersAsync();

        for (var i = 0; i < 10; i++) _time.Advance(TimeSpan.FromSeconds(1));
        while (_mesh.SampledAt < before + TimeSpan.FromSeconds(10)) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, _limit.Token);

        _mesh.SampledAt.ShouldBe(before + TimeSpan.FromSeconds(10));
        _mesh.Samples.NewestMs.ShouldBe(_mesh.SampledAt.ToUnixTimeMilliseconds());
    }

    [Fact]
    public async Task Control_ListsAndSwitchesOnBothServers()
    {
        foreach (var server in (Uri[])[_mesh.KubernetesUrl, _mesh.PrometheusUrl])
        {
            var (status, body) = await GetAsync(new Uri(server, "simulator/scenarios"), null);
            status.ShouldBe(HttpStatusCode.OK);
            using var document = JsonDocument.Parse(body);
            document.RootElement.GetProperty("active").GetString().ShouldBe("healthy");
            document.RootElement.GetProperty("scenarios").GetArrayLength().ShouldBe(11);
            (await SwitchAsync(server, "provider-failing")).ShouldBe(HttpStatusCode.OK);
            _mesh.Scenarios.Active.Id.ShouldBe("provider-failing");
            (await SwitchAsync(server, "no-such-scenario")).ShouldBe(HttpStatusCode.NotFound);
            (await SwitchAsync(server, "healthy")).ShouldBe(HttpStatusCode.OK);
        }
    }

    [Fact]
    public async Task Scrapes_AreSwitchedByWorkloadOrPod()
    {
        async Task<HttpStatusCode> SendAsync(HttpMethod method, string target)
        {
            using var request = new HttpRequestMessage(method, new Uri(_mesh.PrometheusUrl, "simulator/scrapes/" + target));
            using var response = await _http.SendAsync(request, _limit.Token);
            return response.StatusCode;
        }

        (await SendAsync(HttpMethod.Delete, "finance/ledger")).ShouldBe(HttpStatusCode.NoContent);
        _mesh.Model.Telemetry.SetScraped("finance", "ledger", true).ShouldBeTrue();
        (await SendAsync(HttpMethod.Put, "finance/ledger")).ShouldBe(HttpStatusCode.NoContent);
        (await SendAsync(HttpMethod.Delete, "finance/no-such")).ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task PrometheusDown_CutsQueriesAndCanBeSwitchedOffAtTheSameServer()
    {
        var query = new Uri(_mesh.PrometheusUrl, "api/v1/query?query=up");
        await SwitchAsync(_mesh.PrometheusUrl, "prometheus-down");

        await Should.ThrowAsync<HttpRequestException>(() => GetAsync(query, null));
        (await SwitchAsync(_mesh.PrometheusUrl, "healthy")).ShouldBe(HttpStatusCode.OK);
        (await GetAsync(query, null)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task ApiServerRestarting_IsAwayForTwentySeconds()
    {
        var version = new Uri(_mesh.KubernetesUrl, "version");
        await SwitchAsync(_mesh.KubernetesUrl, "apiserver-restarting");

        await Should.ThrowAsync<HttpRequestException>(() => GetAsync(version, null));
        _time.Advance(TimeSpan.FromSeconds(21));
        (await GetAsync(version, null)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task PrometheusSlow_HoldsQueriesBack()
    {
        await SwitchAsync(_mesh.PrometheusUrl, "prometheus-slow");
        await _time.WaitForTimersAsync();
        var waiting = _time.PendingTimers;

        var answer = GetAsync(new Uri(_mesh.PrometheusUrl, "api/v1/query?query=up"), null);
        await _time.WaitForTimersAsync(waiting + 1);
        answer.IsCompleted.ShouldBeFalse();
        _time.Advance(TimeSpan.FromSeconds(4));

        (await answer).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Host_PrintsHowToReachTheMeshAndEndsWhenCancelled()
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("meshconsole-test-").FullName, "kubeconfig");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(_limit.Token);
        await using var output = new StringWriter(CultureInfo.InvariantCulture);
        var running = SimulatorHost.RunAsync(
            new SimulatorOptions { HistoryLength = TimeSpan.FromSeconds(10) }, path, output, NullLoggerFactory.Instance, TimeProvider.System, stop.Token);
        while (!File.Exists(path) && !running.IsCompleted) await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, _limit.Token);
        await stop.CancelAsync();

        (await running.WaitAsync(_limit.Token)).ShouldBe(0);
        File.ReadAllText(path).ShouldContain("current-context: admin");
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }

    [Fact]
    public async Task Host_OnATakenPort_SaysSoAndFails()
    {
        await using var output = new StringWriter(CultureInfo.InvariantCulture);

        var code = await SimulatorHost.RunAsync(
            new SimulatorOptions { HistoryLength = TimeSpan.FromSeconds(10), PrometheusPort = _mesh.PrometheusUrl.Port }, null, output, NullLoggerFactory.Instance, TimeProvider.System, _limit.Token);

        code.ShouldBe(1);
        output.ToString().ShouldContain(_mesh.PrometheusUrl.Port.ToString(CultureInfo.InvariantCulture));
    }

    private async Task<(HttpStatusCode Status, string Body)> GetAsync(Uri address, string? token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var response = await _http.SendAsync(request, _limit.Token);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(_limit.Token));
    }

    private async Task<HttpStatusCode> SwitchAsync(Uri server, string id)
    {
        using var response = await _http.PutAsync(new Uri(server, "simulator/scenarios/" + id), null, _limit.Token);
        return response.StatusCode;
    }
}
