using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Prometheus.Istio;

/// <summary>
/// Joins the answers of one refresh into edges. Requests and TCP connections discover edges; durations, histograms and
/// bytes are attached where their key names exactly one edge, and are left out, not guessed, where it could mean several.
/// </summary>
internal sealed class IstioFrameBuilder(string cluster, SymbolTable symbols, TelemetryAnswers answers)
{
    private readonly Dictionary<(HopKey Key, int Host), EdgeDraft> _drafts = [];
    private readonly Dictionary<HopKey, EdgeDraft?> _withoutClusters = [];
    private readonly Dictionary<HopKey, EdgeDraft?> _byKey = [];
    private readonly Dictionary<int, bool> _failedFlags = [];
    private readonly HopValues? _durationSums = answers.Get<HopValues>(SourceNames.DurationSums);
    private readonly HopValues? _durationCounts = answers.Get<HopValues>(SourceNames.DurationCounts);
    private readonly HopValues? _requestBytes = answers.Get<HopValues>(SourceNames.RequestBytes);
    private readonly HopValues? _responseBytes = answers.Get<HopValues>(SourceNames.ResponseBytes);
    private readonly HopValues? _tcpSent = answers.Get<HopValues>(SourceNames.TcpSent);
    private readonly HopValues? _tcpReceived = answers.Get<HopValues>(SourceNames.TcpReceived);
    private readonly HopHistograms? _histograms = answers.Get<HopHistograms>(SourceNames.DurationBuckets);
    private readonly int _unknown = symbols.Intern("unknown"u8);
    private int _home;

    public TelemetryFrame Build(TimeSpan window)
    {
        var requests = answers.Get<TrafficAnswer>(SourceNames.Requests);
        var tcp = answers.Get<TrafficAnswer>(SourceNames.TcpOpened);
        _home = FindHome(requests, tcp);
        Discover(requests, isTcp: false);
        Discover(tcp, isTcp: true);
        Classify(requests);
        IndexDrafts();

        var edges = ImmutableArray.CreateBuilder<Edge>(_drafts.Count);
        foreach (var draft in _drafts.Values)
        {
            edges.Add(Finish(draft));
        }

        edges.Sort(IdOrder.Compare);
        return new TelemetryFrame
        {
            At = answers.All.Select(answer => answer.At).DefaultIfEmpty(DateTimeOffset.UnixEpoch).Max(),
            Window = window,
            Edges = edges.MoveToImmutable(),
            ProxyCertificates = answers.Get<CertificateAnswer>(SourceNames.Certificates)?.Samples ?? [],
            ScrapedProxies = answers.Get<ProxyAnswer>(SourceNames.Proxies)?.Scraped,
            ControlPlane = answers.Get<ControlPlaneAnswer>(SourceNames.ControlPlane)?.Samples ?? [],
        };
    }

    /// <summary>
    /// The cluster id that means "here": the configured name where telemetry uses it, else the one that most reporters give
    /// as their own (Istio's default is <c>Kubernetes</c>, whatever the console calls the cluster).
    /// </summary>
    private int FindHome(params ReadOnlySpan<TrafficAnswer?> traffic)
    {
        var votes = new Dictionary<int, int>();
        foreach (var answer in traffic)
        {
            foreach (ref readonly var row in CollectionsMarshal.AsSpan(answer?.Rows))
            {
                var own = row.Reporter == Reporter.Source ? row.Key.SourceCluster : row.Key.TargetCluster;
                if (own != SymbolTable.None)
                {
                    CollectionsMarshal.GetValueRefOrAddDefault(votes, own, out _)++;
                }
            }
        }

        var configured = symbols.Intern(cluster);
        return votes.ContainsKey(configured) ? configured
            : votes.Count == 0 ? SymbolTable.None
            : votes.OrderByDescending(vote => vote.Value).ThenBy(vote => symbols[vote.Key], StringComparer.Ordinal).First().Key;
    }

    private void Discover(TrafficAnswer? answer, bool isTcp)
    {
        if (answer is null)
        {
            return;
        }

        foreach (ref readonly var row in CollectionsMarshal.AsSpan(answer.Rows))
        {
            var key = AtHome(row.Key);
            ref var draft = ref CollectionsMarshal.GetValueRefOrAddDefault(_drafts, (key, row.Host), out _);
            draft ??= new EdgeDraft(key, row.Host, _unknown, isTcp);
            draft.Add(in row, isTcp && IsFailedConnection(row.Flags));
        }
    }

    /// <summary>Operations are rare: the series are gone through again only where some edge has any.</summary>
    private void Classify(TrafficAnswer? requests)
    {
        if (requests is null || !_drafts.Values.Any(draft => draft.HasOperations))
        {
            return;
        }

        foreach (ref readonly var row in CollectionsMarshal.AsSpan(requests.Rows))
        {
            if (_drafts[(AtHome(row.Key), row.Host)] is { HasOperations: true } draft)
            {
                draft.Classify(in row);
            }
        }
    }

    private bool IsFailedConnection(int flags)
    {
        ref var failed = ref CollectionsMarshal.GetValueRefOrAddDefault(_failedFlags, flags, out var known);
        return known ? failed : failed = ConnectionFlags.IsFailure(symbols[flags]);
    }

    /// <summary>The cluster of the console's own configuration is written as no cluster: series that lack the label mean it too.</summary>
    private HopKey AtHome(HopKey key) => key with
    {
        SourceCluster = key.SourceCluster == _home ? SymbolTable.None : key.SourceCluster,
        TargetCluster = key.TargetCluster == _home ? SymbolTable.None : key.TargetCluster,
    };

    private void IndexDrafts()
    {
        foreach (var draft in _drafts.Values)
        {
            Index(_byKey, draft.Key, draft);
            Index(_withoutClusters, draft.Key.WithoutClusters(), draft);
        }

        static void Index(Dictionary<HopKey, EdgeDraft?> index, HopKey key, EdgeDraft draft)
        {
            ref var entry = ref CollectionsMarshal.GetValueRefOrAddDefault(index, key, out var known);
            entry = known ? null : draft;
        }
    }

    private Edge Finish(EdgeDraft draft)
    {
        return new Edge
        {
            Source = new Peer(Id(draft.Key.SourceCluster, draft.Key.SourceNamespace, draft.Key.SourceWorkload), Least(draft.SourceApps), Least(draft.SourceVersions)),
            Target = new Peer(Id(draft.Key.TargetCluster, draft.Key.TargetNamespace, draft.Key.TargetWorkload), Least(draft.TargetApps), Least(draft.TargetVersions)),
            ServiceHost = symbols[draft.Host],
            ServiceNamespace = Least(draft.ServiceNamespaces) ?? WorkloadId.UnknownName,
            Protocol = draft.IsTcp ? "tcp" : draft.Key.Protocol == _unknown ? "http" : symbols[draft.Key.Protocol],
            FromSource = Traffic(draft, Reporter.Source),
            FromDestination = Traffic(draft, Reporter.Destination),
            FromWaypoint = Traffic(draft, Reporter.Waypoint),
            SourcePrincipals = Texts(draft.SourcePrincipals),
            DestinationPrincipals = Texts(draft.TargetPrincipals),
            Operations = draft.HasOperations ? Operations(draft) : [],
        };
    }

    /// <summary>
    /// The caller's proxy tells operations apart, since it alone counts what never arrived. What the callee's classifies is
    /// taken along where it classifies too; where it does not, its numbers belong to no operation.
    /// </summary>
    private ImmutableArray<EdgeOperation> Operations(EdgeDraft draft)
    {
        var named = draft.Operations
            .Where(part => part.Key.Reporter == Reporter.Source && part.Key.Operation != _unknown)
            .OrderByDescending(part => part.Value.Number ?? double.MaxValue)
            .ThenBy(part => symbols[part.Key.Operation], StringComparer.Ordinal)
            .Take(EdgeOperation.Most)
            .Select(part => part.Key.Operation)
            .ToHashSet();
        if (named.Count == 0)
        {
            return [];
        }

        var calleeClassifies = draft.Operations.Keys.Any(key => key.Reporter == Reporter.Destination && key.Operation != _unknown);
        var operations = named
            .Select(operation => new EdgeOperation(symbols[operation], Part(Reporter.Source, key => key == operation), Callee(key => key == operation)))
            .OrderBy(operation => operation.Name, StringComparer.Ordinal)
            .ToList();
        var others = new EdgeOperation(null, Part(Reporter.Source, key => !named.Contains(key)), Callee(key => !named.Contains(key)));
        return others is { FromSource: null, FromDestination: null } ? [.. operations] : [.. operations, others];

        ReporterTraffic? Callee(Func<int, bool> isPart) => calleeClassifies ? Part(Reporter.Destination, isPart) : null;

        ReporterTraffic? Part(Reporter reporter, Func<int, bool> isPart) => ReporterTrafficSum.Of(draft.Operations
            .Where(part => part.Key.Reporter == reporter && isPart(part.Key.Operation))
            .Select(part => new ReporterTraffic { Responses = Responses(part.Value), RequestsPerSecond = part.Value.Number, RequestSecurity = part.Value.Security }));
    }

    private ReporterTraffic? Traffic(EdgeDraft draft, Reporter reporter)
    {
        if (draft[reporter] is not { } side)
        {
            return null;
        }

        if (!draft.IsTcp)
        {
            return Http(draft, reporter, side);
        }

        // Sent and received are from the callee's point of view: what it sends is the response.
        var (response, request) = (Value(_tcpSent, draft, reporter), Value(_tcpReceived, draft, reporter));
        return new ReporterTraffic
        {
            ConnectionsPerSecond = side.Number,
            FailedConnectionsPerSecond = side.Failed,
            ConnectionSecurity = side.Security,
            ByteSecurity = response.Security.Add(request.Security),
            SentBytesPerSecond = request.All,
            ReceivedBytesPerSecond = response.All,
        };
    }

    private ReporterTraffic Http(EdgeDraft draft, Reporter reporter, EdgeDraft.Side side)
    {
        var (sum, cleanSum, _) = Value(_durationSums, draft, reporter);
        var (count, cleanCount, _) = Value(_durationCounts, draft, reporter);
        var histogram = _histograms is not null && IsOnly(draft, _histograms.SplitByCluster) ? _histograms.Of(draft.Key, reporter, _home) : null;
        return new ReporterTraffic
        {
            Responses = Responses(side),
            RequestsPerSecond = side.Number,
            RequestSecurity = side.Security,
            DurationSum = sum,
            DurationCount = count,
            CleanDurationSum = cleanSum,
            CleanDurationCount = cleanCount,
            Durations = histogram,
            HistogramAt = histogram is null ? null : _histograms!.At,
            SentBytesPerSecond = Value(_requestBytes, draft, reporter).All,
            ReceivedBytesPerSecond = Value(_responseBytes, draft, reporter).All,
        };
    }

    private HopNumbers Value(HopValues? values, EdgeDraft draft, Reporter reporter) =>
        values is not null && IsOnly(draft, values.SplitByCluster)
            ? values.Of(draft.Key, reporter, _home)
            : HopNumbers.None;

    /// <summary>Whether the key of an answer means this edge and no other.</summary>
    private bool IsOnly(EdgeDraft draft, bool splitByCluster) =>
        (splitByCluster ? _byKey[draft.Key] : _withoutClusters[draft.Key.WithoutClusters()]) is not null;

    private ImmutableArray<ResponseRate> Responses(EdgeDraft.Side side)
    {
        var responses = ImmutableArray.CreateBuilder<ResponseRate>(side.Responses.Count);
        foreach (ref readonly var response in CollectionsMarshal.AsSpan(side.Responses))
        {
            responses.Add(new ResponseRate(Number(response.Code) ?? 0, Number(response.GrpcStatus), response.Flags == SymbolTable.None ? "-" : symbols[response.Flags], response.Rate));
        }

        responses.Sort(static (x, y) =>
        {
            var order = x.Code.CompareTo(y.Code);
            order = order != 0 ? order : (x.GrpcStatus ?? -1).CompareTo(y.GrpcStatus ?? -1);
            return order != 0 ? order : string.CompareOrdinal(x.Flags, y.Flags);
        });
        return responses.DrainToImmutable();
    }

    private int? Number(int symbol) =>
        symbol != SymbolTable.None && int.TryParse(symbols.Utf8(symbol), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private WorkloadId Id(int clusterSymbol, int @namespace, int workload) => new(
        clusterSymbol == SymbolTable.None ? cluster : symbols[clusterSymbol],
        symbols[@namespace],
        symbols[workload]);

    /// <summary>The least of the known values, so that the same answer in another order gives the same frame; null without any.</summary>
    private string? Least(SymbolSet values)
    {
        string? least = null;
        for (var i = 0; i < values.Count; i++)
        {
            var text = symbols[values[i]];
            least = least is null || string.CompareOrdinal(text, least) < 0 ? text : least;
        }

        return least;
    }

    private ImmutableArray<string> Texts(SymbolSet values)
    {
        var texts = new string[values.Count];
        for (var i = 0; i < texts.Length; i++)
        {
            texts[i] = symbols[values[i]];
        }

        Array.Sort(texts, StringComparer.Ordinal);
        return ImmutableCollectionsMarshal.AsImmutableArray(texts);
    }
}
