using System.Globalization;
using MeshConsole.Simulator.Blueprints;
using MeshConsole.Simulator.Prometheus;
using MeshConsole.Simulator.Traffic;

namespace MeshConsole.Simulator.Telemetry;

/// <summary>The labels of Istio's standard metrics, with the fallbacks that its proxies write when they do not know a peer.</summary>
internal static class FlowLabels
{
    private const string Unknown = "unknown";
    private const string Cluster = "Kubernetes";

    public static LabelSetBuilder Of(Flow flow, PodModel pod)
    {
        var key = flow.Key;
        var labels = Target(pod);
        var mutual = key.Security == FlowSecurity.Mutual;
        labels.Set("reporter", key.Reporter == FlowReporter.Source ? "source" : "destination");
        Peer(labels, "source", flow.Source, mutual, key.Reporter == FlowReporter.Source);
        Peer(labels, "destination", flow.Destination, mutual, key.Reporter == FlowReporter.Destination);
        labels.Set("destination_service", flow.Host.Host);
        labels.Set("destination_service_name", flow.Host.Name);
        labels.Set("destination_service_namespace", key.Reporter == FlowReporter.Destination && flow.Destination is not null ? flow.Destination.Namespace : flow.Host.Namespace);
        labels.Set("request_protocol", key.Protocol switch { TrafficProtocol.Grpc => "grpc", TrafficProtocol.Tcp => "tcp", _ => "http" });
        labels.Set("response_flags", key.Flags);
        // The source proxy does not say how the connection was secured; its principals tell.
        labels.Set("connection_security_policy", key.Reporter == FlowReporter.Source ? Unknown : mutual ? "mutual_tls" : "none");
        if (key.Protocol == TrafficProtocol.Tcp) return labels;
        labels.Set("response_code", key.Status.ToString(CultureInfo.InvariantCulture));
        if (key.Operation.Length > 0) labels.Set("request_operation", key.Operation);
        labels.Set("grpc_response_status", key.Grpc < 0 ? "" : key.Grpc.ToString(CultureInfo.InvariantCulture));
        return labels;
    }

    /// <summary>What Prometheus knows of the scraped pod.</summary>
    public static LabelSetBuilder Target(PodModel pod, int port = 15020, string job = "kubernetes-pods") => new LabelSetBuilder()
        .Set("job", job)
        .Set("instance", string.Create(CultureInfo.InvariantCulture, $"{pod.Ip}:{port}"))
        .Set("namespace", pod.Namespace)
        .Set("pod", pod.Name)
        .Set("app", pod.Labels.GetValueOrDefault("app") ?? "");

    private static void Peer(LabelSetBuilder labels, string side, WorkloadNode? workload, bool mutual, bool self)
    {
        if (workload is null || workload.Pods.IsEmpty)
        {
            foreach (var name in (ReadOnlySpan<string>)["_workload", "_workload_namespace", "_principal", "_app", "_version", "_canonical_service", "_cluster"])
                labels.Set(side + name, Unknown);
            labels.Set(side + "_canonical_revision", "latest");
            return;
        }

        var app = workload.Label("app");
        var version = workload.Label("version");
        labels.Set(side + "_workload", workload.Name);
        labels.Set(side + "_workload_namespace", workload.Namespace);
        labels.Set(side + "_principal", mutual ? workload.Pods[0].Principal : Unknown);
        labels.Set(side + "_app", app.Length == 0 && !self ? Unknown : app);
        labels.Set(side + "_version", version.Length == 0 && !self ? Unknown : version);
        labels.Set(side + "_canonical_service", app.Length == 0 ? workload.Name : app);
        labels.Set(side + "_canonical_revision", version.Length == 0 ? "latest" : version);
        labels.Set(side + "_cluster", Cluster);
    }
}
