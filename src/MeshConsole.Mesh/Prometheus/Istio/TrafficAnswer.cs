using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Prometheus.Istio;

/// <summary>
/// The answers that discover edges: requests and TCP connections, with everything else that is known of both ends.
/// </summary>
internal sealed class TrafficAnswer(SymbolTable symbols, bool tcp, int expectedSeries) : TelemetryAnswer(symbols)
{
    private readonly HopColumns _hop = new(
        symbols,
        "source_app", "source_version", "source_principal",
        "destination_app", "destination_version", "destination_principal",
        "destination_service_namespace",
        "response_code", "grpc_response_status", "response_flags", "connection_security_policy", "app", "request_operation");

    private readonly ProtectionReader _protection = new(symbols);

    public override LabelColumns Columns => _hop.Labels;

    public List<Row> Rows { get; } = new(expectedSeries);

    public override void Add(ReadOnlySpan<int> labels, ReadOnlySpan<SamplePoint> points)
    {
        if (_hop.Reporter(labels) is not { } reporter)
        {
            return;
        }

        var own = labels[HopColumns.Shared..];
        Rows.Add(new Row
        {
            Key = tcp ? _hop.Tcp(labels) : _hop.Http(labels),
            Host = _hop.Host(labels),
            Reporter = reporter,
            Security = _protection.Read(reporter, tcp, own[10], own[11]),
            SourceApp = own[0],
            SourceVersion = own[1],
            SourcePrincipal = own[2],
            TargetApp = own[3],
            TargetVersion = own[4],
            TargetPrincipal = own[5],
            ServiceNamespace = _hop.Known(own[6]),
            Code = own[7],
            GrpcStatus = own[8],
            Flags = own[9],
            Operation = _hop.Known(own[12]),
            Value = points[^1].Value,
        });
    }

    protected override void Move(SymbolMap map)
    {
        for (var i = 0; i < Rows.Count; i++)
        {
            var row = Rows[i];
            Rows[i] = row with
            {
                Key = row.Key.MoveTo(map),
                Host = map[row.Host],
                SourceApp = map[row.SourceApp],
                SourceVersion = map[row.SourceVersion],
                SourcePrincipal = map[row.SourcePrincipal],
                TargetApp = map[row.TargetApp],
                TargetVersion = map[row.TargetVersion],
                TargetPrincipal = map[row.TargetPrincipal],
                ServiceNamespace = map[row.ServiceNamespace],
                Code = map[row.Code],
                GrpcStatus = map[row.GrpcStatus],
                Flags = map[row.Flags],
                Operation = map[row.Operation],
            };
        }
    }

    /// <summary>One series. Symbols of labels are as they came, <see cref="SymbolTable.None"/> where absent.</summary>
    internal readonly record struct Row
    {
        public HopKey Key { get; init; }
        public int Host { get; init; }
        public Reporter Reporter { get; init; }
        public Protection Security { get; init; }
        public int SourceApp { get; init; }
        public int SourceVersion { get; init; }
        public int SourcePrincipal { get; init; }
        public int TargetApp { get; init; }
        public int TargetVersion { get; init; }
        public int TargetPrincipal { get; init; }
        public int ServiceNamespace { get; init; }
        public int Code { get; init; }
        public int GrpcStatus { get; init; }
        public int Flags { get; init; }

        /// <summary>The symbol of <c>unknown</c> where requests are not classified.</summary>
        public int Operation { get; init; }
        public double Value { get; init; }
    }
}
