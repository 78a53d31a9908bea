using MeshConsole.Testing.RealServices;

namespace MeshConsole.Simulator.Tests.Mesh;

/// <summary>The label sets, against the templates that Istio's own proxy tests use.</summary>
public sealed class StandardLabelTests(PaymentsMeshFixture mesh) : IClassFixture<PaymentsMeshFixture>
{
    /// <summary>What a scrape adds to what the proxy says.</summary>
    private static readonly string[] s_target = ["__name__", "app", "instance", "job", "namespace", "pod"];

    [SkippableTheory]
    [InlineData("client_request_total", "istio_requests_total", "source")]
    [InlineData("server_request_total", "istio_requests_total", "destination")]
    [InlineData("tcp_client_connection_open", "istio_tcp_connections_opened_total", "source")]
    [InlineData("tcp_client_connection_close", "istio_tcp_connections_closed_total", "source")]
    [InlineData("tcp_client_sent_bytes", "istio_tcp_sent_bytes_total", "source")]
    [InlineData("tcp_server_received_bytes", "istio_tcp_received_bytes_total", "destination")]
    [InlineData("tcp_server_connection_open", "istio_tcp_connections_opened_total", "destination")]
    public void Labels_AreThoseOfTheTemplate(string template, string metric, string reporter)
    {
        var expected = LabelsOf(template).Select(label => label.Name).Order(StringComparer.Ordinal).ToList();
        var series = mesh.Counted.Series(metric, ("reporter", reporter));

        series.ShouldNotBeEmpty();
        foreach (var one in series)
        {
            // An empty value is no label to Prometheus: HTTP has no gRPC status.
            var names = expected.Where(name => name != "grpc_response_status" || one.Labels["request_protocol"] == "grpc" && one.Labels["response_code"] == "200");
            // What Istio labels by itself: the gateway's Telemetry object adds the operation.
            one.Labels.Enumerate().Select(label => label.Key).Except([.. s_target, "request_operation"]).ShouldBe(names, one.Labels.ToString());
        }
    }

    [SkippableFact]
    public void UnknownServer_HasTheTemplatesFallbacks()
    {
        var expected = LabelsOf("tcp_client_sent_bytes_unknown").Where(label => label.Name.StartsWith("destination_", StringComparison.Ordinal)
            && label.Name is not ("destination_service" or "destination_service_name" or "destination_service_namespace")).ToList();
        expected.Count.ShouldBe(8);
        var external = mesh.Counted.Series("istio_requests_total", ("destination_service", "acquirer.example"));

        external.ShouldNotBeEmpty();
        foreach (var series in external)
            foreach (var (name, value) in expected)
                series.Labels[name].ShouldBe(value, name);
    }

    [SkippableFact]
    public void UnknownCaller_HasTheTemplatesFallbacks()
    {
        // The template's caller has an identity; a caller without a proxy has none either.
        var expected = LabelsOf("tcp_server_connection_open_without_mx").Where(label => label.Name.StartsWith("source_", StringComparison.Ordinal)
            && label.Name is not ("source_principal" or "source_workload_namespace")).ToList();
        expected.Count.ShouldBe(6);
        var plain = mesh.Counted.Series("istio_requests_total", ("reporter", "destination"), ("source_workload", "unknown"));

        plain.ShouldNotBeEmpty();
        foreach (var series in plain)
        {
            foreach (var (name, value) in expected) series.Labels[name].ShouldBe(value, name);
            series.Labels["source_principal"].ShouldBe("unknown");
            series.Labels["connection_security_policy"].ShouldBe("none");
        }
    }

    [Fact]
    public void SecurityPolicy_IsUnknownAtTheSourceAndPrincipalsTellThere()
    {
        var source = mesh.Counted.Series("istio_requests_total", ("reporter", "source"));
        source.ShouldAllBe(series => series.Labels["connection_security_policy"] == "unknown");
        source.ShouldContain(series => series.Labels["destination_principal"] == "spiffe://cluster.local/ns/risk/sa/fraud-engine" && series.Labels["source_principal"] == "spiffe://cluster.local/ns/payments/sa/payment-api");

        var destination = mesh.Counted.Series("istio_requests_total", ("reporter", "destination"));
        destination.ShouldAllBe(series => series.Labels["connection_security_policy"] == "mutual_tls" || series.Labels["connection_security_policy"] == "none");
        destination.Where(series => series.Labels["connection_security_policy"] == "mutual_tls").ShouldAllBe(series => series.Labels["source_principal"].StartsWith("spiffe://"));
    }

    /// <summary>Names and values of a template, as it stands when none of its conditions hold.</summary>
    private static List<(string Name, string Value)> LabelsOf(string template)
    {
        var labels = new List<(string Name, string Value)>();
        var name = "";
        var held = false;
        foreach (var line in File.ReadLines(Path.Combine(Requires.UpstreamData(), "metrics", template + ".yaml.tmpl")))
        {
            var text = line.Trim();
            if (text.StartsWith("{{", StringComparison.Ordinal) && !text.Contains("value", StringComparison.Ordinal)) held = text.Contains(" if ", StringComparison.Ordinal);
            else if (held) continue;
            else if (text.StartsWith("- name:", StringComparison.Ordinal)) labels.Add((name = text["- name:".Length..].Trim(), ""));
            else if (text.StartsWith("value:", StringComparison.Ordinal) && name.Length > 0) labels[^1] = (name, text["value:".Length..].Trim().Trim('"'));
        }

        return labels;
    }
}
