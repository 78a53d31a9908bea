using System.Runtime.InteropServices;
using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Prometheus.Istio;

/// <summary>An edge while its series come in.</summary>
internal sealed class EdgeDraft(HopKey key, int host, int unknown, bool isTcp)
{
    private readonly Side?[] _sides = new Side?[3];
    private SymbolSet _sourceApps;
    private SymbolSet _sourceVersions;
    private SymbolSet _sourcePrincipals;
    private SymbolSet _targetApps;
    private SymbolSet _targetVersions;
    private SymbolSet _targetPrincipals;
    private SymbolSet _serviceNamespaces;
    private Dictionary<(int Operation, Reporter Reporter), Side>? _operations;

    /// <summary>With the home cluster written as none.</summary>
    public HopKey Key => key;

    public int Host => host;

    public bool IsTcp => isTcp;

    public SymbolSet SourceApps => _sourceApps;

    public SymbolSet SourceVersions => _sourceVersions;

    public SymbolSet SourcePrincipals => _sourcePrincipals;

    public SymbolSet TargetApps => _targetApps;

    public SymbolSet TargetVersions => _targetVersions;

    public SymbolSet TargetPrincipals => _targetPrincipals;

    public SymbolSet ServiceNamespaces => _serviceNamespaces;

    /// <summary>Whether some request of it is classified.</summary>
    public bool HasOperations { get; private set; }

    /// <summary>What <see cref="Classify"/> was given, by operation and reporter.</summary>
    public IReadOnlyDictionary<(int Operation, Reporter Reporter), Side> Operations => _operations ??= [];

    public Side? this[Reporter reporter] => _sides[(int)reporter];

    /// <param name="isFailure">Whether its flags say that a connection came to nothing.</param>
    public void Add(in TrafficAnswer.Row row, bool isFailure)
    {
        Note(ref _sourceApps, row.SourceApp);
        Note(ref _sourceVersions, row.SourceVersion);
        Note(ref _sourcePrincipals, row.SourcePrincipal);
        Note(ref _targetApps, row.TargetApp);
        Note(ref _targetVersions, row.TargetVersion);
        Note(ref _targetPrincipals, row.TargetPrincipal);
        Note(ref _serviceNamespaces, row.ServiceNamespace);
        HasOperations |= row.Operation != unknown;
        (_sides[(int)row.Reporter] ??= new Side()).Add(in row, isTcp, isFailure);
    }

    /// <summary>Counts a series once more, for its operation: for edges that have any.</summary>
    public void Classify(in TrafficAnswer.Row row)
    {
        ref var side = ref CollectionsMarshal.GetValueRefOrAddDefault(_operations ??= [], (row.Operation, row.Reporter), out _);
        (side ??= new Side()).Add(in row, isTcp, isFailure: false);
    }

    private void Note(ref SymbolSet values, int value)
    {
        if (value != SymbolTable.None && value != unknown)
        {
            values.Add(value);
        }
    }

    /// <summary>What one reporter says.</summary>
    internal sealed class Side
    {
        private double _total;
        private double _mutual;
        private double _plaintext;
        private double _unknown;
        private double _failed;

        /// <summary>Nearly always a handful: looked through, not looked up.</summary>
        public List<Response> Responses { get; } = new(2);

        /// <summary>Null when a part of it is no number: then the whole is not known.</summary>
        public double? Number => double.IsFinite(_total) ? _total : null;

        public double? Failed => double.IsFinite(_total) ? _failed : null;

        /// <summary>Where a part is no number nothing is called encrypted, since that part may be plaintext.</summary>
        public SecuritySplit Security => double.IsFinite(_total) ? new(_mutual, _plaintext, _unknown) : new(0, _plaintext, _mutual + _unknown);

        public void Add(in TrafficAnswer.Row row, bool isTcp, bool isFailure)
        {
            _total += row.Value;
            if (!double.IsFinite(row.Value))
            {
                return;
            }

            switch (row.Security)
            {
                case Protection.Mutual:
                    _mutual += row.Value;
                    break;
                case Protection.Plaintext:
                    _plaintext += row.Value;
                    break;
                case Protection.Unknown:
                    _unknown += row.Value;
                    break;
                default:
                    throw new ArgumentOutOfRangeException(nameof(row), row.Security, null);
            }

            if (isFailure)
            {
                _failed += row.Value;
            }

            if (!isTcp)
            {
                Count(in row);
            }
        }

        private void Count(in TrafficAnswer.Row row)
        {
            foreach (ref var response in CollectionsMarshal.AsSpan(Responses))
            {
                if (response.Code == row.Code && response.GrpcStatus == row.GrpcStatus && response.Flags == row.Flags)
                {
                    response.Rate += row.Value;
                    return;
                }
            }

            Responses.Add(new Response { Code = row.Code, GrpcStatus = row.GrpcStatus, Flags = row.Flags, Rate = row.Value });
        }
    }

    /// <summary>Requests that ended in one way, in symbols.</summary>
    internal struct Response
    {
        public int Code;
        public int GrpcStatus;
        public int Flags;
        public double Rate;
    }
}
