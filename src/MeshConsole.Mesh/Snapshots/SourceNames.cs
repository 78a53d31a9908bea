namespace MeshConsole.Mesh.Snapshots;

/// <summary>Names of telemetry sources that views ask for by name.</summary>
public static class SourceNames
{
    public const string Requests = "prometheus/requests";
    public const string DurationSums = "prometheus/duration-sums";
    public const string DurationCounts = "prometheus/duration-counts";
    public const string DurationBuckets = "prometheus/duration-buckets";
    public const string TcpOpened = "prometheus/tcp-opened";
    public const string TcpSent = "prometheus/tcp-sent";
    public const string TcpReceived = "prometheus/tcp-received";
    public const string RequestBytes = "prometheus/request-bytes";
    public const string ResponseBytes = "prometheus/response-bytes";
    public const string Certificates = "prometheus/certificates";
    public const string Proxies = "prometheus/proxies";
    public const string ControlPlane = "prometheus/control-plane";
}
