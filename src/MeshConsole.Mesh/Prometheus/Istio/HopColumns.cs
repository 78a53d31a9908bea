using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Prometheus.Istio;

/// <summary>Reads the labels that all answers share: the reporter and the key of the hop.</summary>
internal sealed class HopColumns
{
    private readonly int _source;
    private readonly int _destination;
    private readonly int _waypoint;
    private readonly int _tcp;

    public HopColumns(SymbolTable symbols, params ReadOnlySpan<string> more)
    {
        Unknown = symbols.Intern("unknown"u8);
        _source = symbols.Intern("source"u8);
        _destination = symbols.Intern("destination"u8);
        _waypoint = symbols.Intern("waypoint"u8);
        _tcp = symbols.Intern("tcp"u8);
        Labels = LabelColumns.Closed(
        [
            "reporter",
            "source_cluster", "source_workload_namespace", "source_workload",
            "destination_cluster", "destination_workload_namespace", "destination_workload",
            "destination_service", "destination_service_name", "request_protocol",
            .. more,
        ]);
    }

    /// <summary>Number of columns before those that an answer adds.</summary>
    public static int Shared => 10;

    public LabelColumns Labels { get; }

    public int Unknown { get; }

    /// <summary>The reporter; null for series that somebody else writes under the same name.</summary>
    public Reporter? Reporter(ReadOnlySpan<int> labels)
    {
        var reporter = labels[0];
        return reporter == _destination ? Model.Reporter.Destination
            : reporter == _source ? Model.Reporter.Source
            : reporter == _waypoint ? Model.Reporter.Waypoint
            : null;
    }

    /// <summary>The key by which HTTP answers meet: its service is the label as it is.</summary>
    public HopKey Http(ReadOnlySpan<int> labels) => Key(labels, Known(labels[7]), Known(labels[9]));

    /// <summary>The key of a TCP series, whatever protocol label it has.</summary>
    public HopKey Tcp(ReadOnlySpan<int> labels) => Key(labels, Host(labels), _tcp);

    /// <summary>
    /// The host that was called; where the proxy names none, the cluster that took the connection (PassthroughCluster,
    /// BlackHoleCluster …) says more than <c>unknown</c>.
    /// </summary>
    public int Host(ReadOnlySpan<int> labels)
    {
        var host = Known(labels[7]);
        return host == Unknown ? Known(labels[8]) : host;
    }

    /// <summary>One symbol for "not known", however the series says it.</summary>
    public int Known(int symbol) => symbol == SymbolTable.None ? Unknown : symbol;

    public bool IsKnown(int symbol) => symbol != SymbolTable.None && symbol != Unknown;

    private HopKey Key(ReadOnlySpan<int> labels, int service, int protocol) => new(
        IsKnown(labels[1]) ? labels[1] : SymbolTable.None,
        Known(labels[2]),
        Known(labels[3]),
        IsKnown(labels[4]) ? labels[4] : SymbolTable.None,
        Known(labels[5]),
        Known(labels[6]),
        service,
        protocol);
}
