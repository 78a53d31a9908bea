using System.Collections.Frozen;
using FsCheck;
using FsCheck.Fluent;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Snapshots;
using MeshConsole.Mesh.Topology;
using MeshConsole.Mesh.Topology.Compare;
using static MeshConsole.Testing.SampleMesh;

namespace MeshConsole.Mesh.Tests.Topology.Compare;

/// <summary>Two instants beside each other. The window is 60 s, so that 1/s is 60 requests; expected numbers are worked out by hand.</summary>
public sealed class TopologyComparisonTests
{
    private const string Api = "main/payments/workload/payment-api";
    private const string Ledger = "main/payments/workload/ledger";
    private const string Vault = "main/payments/workload/token-vault";

    private static readonly string[] s_nodes = [Api, Ledger, Vault, "main/unknown/external/bank.example"];

    [Fact]
    public void TrafficWhereThereWasNone_Appeared_TheOtherWayRound_Vanished()
    {
        var with = Moment(Edge(Api, Ledger, 2), Edge(Api, Vault, 0.5));
        var without = Moment(Edge(Api, Ledger, 2));

        // 0.5/s × 60 s = 30 requests beside none. The vault itself had no other traffic: it appeared too.
        var there = TopologyComparison.Of(without, with);
        there.Differences.Select(Text).ShouldBe([$"Appeared {Vault} traffic 0 → 0.5", $"Appeared {Api}|{Vault}|http requests 0 → 0.5"]);
        (there.Compared, there.TooFew).ShouldBe((2, 0));

        var back = TopologyComparison.Of(with, without);
        back.Differences.Select(Text).ShouldBe([$"Vanished {Vault} traffic 0.5 → 0", $"Vanished {Api}|{Vault}|http requests 0.5 → 0"]);
        back.GoneEdges.ShouldHaveSingleItem().Target.ShouldBe(Vault);
        back.GoneNodes.ShouldBeEmpty("the vault is still a node of the cluster");
    }

    [Fact]
    public void EdgeThatIsThereAndIdle_IsAsGood_AsNone() =>
        TopologyComparison.Of(Moment(Edge(Api, Ledger, 0), Edge(Api, Vault, 1)), Moment(Edge(Api, Ledger, 1), Edge(Api, Vault, 1)))
            .Differences.Select(Text).ShouldBe([$"Appeared {Ledger} traffic 0 → 1", $"Appeared {Api}|{Ledger}|http requests 0 → 1"]);

    [Theory]

    // 10/s is 600 in the window: the deviation of the difference of 10/s and 15/s is √(10/60 + 15/60) = 0.645/s, three are 1.94.
    [InlineData(10, 15, "Grew")]
    [InlineData(15, 10, "Shrank")]

    // 49 % more are less than half as much again.
    [InlineData(10, 14.9, null)]

    // 18 and 30 requests: the rate is 1.67 times, but 0.2/s is less than 3 × √(0.3/60 + 0.5/60) = 0.346/s.
    [InlineData(0.3, 0.5, null)]

    // 18 and 54: 0.6/s is more than 3 × √(0.3/60 + 0.9/60) = 0.424/s.
    [InlineData(0.3, 0.9, "Grew")]
    public void Rates_MustDiffer_ByMoreThanChance(double before, double after, string? kind) =>
        TopologyComparison.Of(Moment(Edge(Api, Ledger, before)), Moment(Edge(Api, Ledger, after))).Differences.Select(difference => difference.Kind.ToString()).ShouldBe(kind is null ? [] : [kind]);

    [Fact]
    public void FewerThanTenRequests_SayNothing_AndAreCounted()
    {
        // 0.15/s × 60 s = 9 requests.
        var comparison = TopologyComparison.Of(Moment(Edge(Api, Vault, 3)), Moment(Edge(Api, Ledger, 0.15), Edge(Api, Vault, 3)));
        comparison.Differences.ShouldBeEmpty();
        (comparison.Compared, comparison.TooFew).ShouldBe((2, 1));
    }

    [Theory]

    // 2 % of 600 beside 0.5 % of 600: together 1.25 %, deviation √(0.0125 × 0.9875 × 2/600) = 0.64 points, three are 1.92: not sure.
    [InlineData(10, 0.005, 0.02, null)]

    // 3 %: together 1.75 %, deviation 0.757 points, three are 2.27, and the difference is 2.5.
    [InlineData(10, 0.005, 0.03, "MoreErrors errors 0.005 → 0.03")]
    [InlineData(10, 0.03, 0.005, "FewerErrors errors 0.03 → 0.005")]

    // 6,000 requests: three deviations of 0.9 % are 0.52 points, the difference is sure, and below a point.
    [InlineData(100, 0.005, 0.013, null)]

    // 30 requests, one of them failed.
    [InlineData(0.5, 0, 0.0333, null)]
    public void Errors_MustDiffer_ByAPointAndByMoreThanChance(double rate, double before, double after, string? expected) =>
        TopologyComparison.Of(Moment(Edge(Api, Ledger, rate, errors: before)), Moment(Edge(Api, Ledger, rate, errors: after)))
            .Differences.Select(difference => Text(difference).Replace($"{Api}|{Ledger}|http ", "", StringComparison.Ordinal)).ShouldBe(expected is null ? [] : [expected]);

    [Theory]
    [InlineData(10, 13, "Slowed")]
    [InlineData(13, 10, "Faster")]
    [InlineData(10, 12.9, null)]
    [InlineData(1, 2.9, null)]
    [InlineData(1, 3, "Slowed")]
    [InlineData(double.NaN, 3, "Unknown")]
    public void Latency_MustDiffer_ByAThirdAndTwoMilliseconds(double before, double after, string? kind) =>
        TopologyComparison.Of(Moment(Edge(Api, Ledger, 5, mean: before)), Moment(Edge(Api, Ledger, 5, mean: after))).Differences.Select(difference => difference.Kind.ToString()).ShouldBe(kind is null ? [] : [kind]);

    [Fact]
    public void Latency_OfTheCaller_IsNotComparedWithThatOfTheCallee()
    {
        var caller = Edge(Api, Ledger, 5, mean: 30);
        var callee = caller with { ClientLatencyMs = null, LatencyMs = new LatencyMs(5, null, null, null, null) };
        TopologyComparison.Of(Moment(caller), Moment(callee)).Differences.ShouldBeEmpty();

        // Where both know the callee's, that is taken.
        var both = callee with { ClientLatencyMs = caller.ClientLatencyMs, LatencyMs = new LatencyMs(50, null, null, null, null) };
        Text(TopologyComparison.Of(Moment(callee), Moment(both)).Differences.ShouldHaveSingleItem()).ShouldBe($"Slowed {Api}|{Ledger}|http latency 5 → 50");
    }

    [Fact]
    public void EncryptedShare_Falls_LostMtls()
    {
        var mutual = Moment(Edge(Api, Ledger, 10));
        var mixed = Moment(Edge(Api, Ledger, 10, mtls: 0.9));
        Text(TopologyComparison.Of(mutual, mixed).Differences.ShouldHaveSingleItem()).ShouldBe($"LostMtls {Api}|{Ledger}|http mtls 1 → 0.9");
        TopologyComparison.Of(mixed, mutual).Differences.ShouldHaveSingleItem().Kind.ShouldBe(DifferenceKind.GainedMtls);
    }

    [Fact]
    public void EncryptionThatIsNotKnownThen_IsUnknown_NotLost()
    {
        var unknown = Edge(Api, Ledger, 10) with { Mtls = new EdgeMutualTls(MutualTlsState.Unknown, null, "The callee has no proxy.") };
        var difference = TopologyComparison.Of(Moment(Edge(Api, Ledger, 10)), Moment(unknown)).Differences.ShouldHaveSingleItem();
        (difference.Kind, difference.Measure, difference.To, difference.Reason).ShouldBe((DifferenceKind.Unknown, "mtls", null, "The callee has no proxy."));
    }

    [Fact]
    public void SilentPrometheus_MakesNothingVanish()
    {
        var silent = Moment() with { Silent = Words(("main", "Prometheus did not answer at 10:00.")) };
        var comparison = TopologyComparison.Of(Moment(Edge(Api, Ledger, 10)), silent);
        var difference = comparison.Differences.ShouldHaveSingleItem();
        (difference.Kind, difference.From, difference.To, difference.Reason).ShouldBe((DifferenceKind.Unknown, 10, null, "Prometheus did not answer at 10:00."));
        comparison.Compared.ShouldBe(0);
    }

    [Fact]
    public void SilentTcp_LeavesRequestsKnown()
    {
        var tcp = Edge(Ledger, Vault, 1) with { Protocol = "tcp", RequestsPerSecond = null, ConnectionsPerSecond = 1 };
        var after = Moment() with { SilentTcp = Words(("main", "Connections were not answered.")) };
        TopologyComparison.Of(Moment(Edge(Api, Ledger, 10), tcp), after).Differences.Select(difference => (difference.Kind, difference.Measure))
            .ShouldBe([(DifferenceKind.Vanished, "traffic"), (DifferenceKind.Vanished, "requests"), (DifferenceKind.Unknown, "connections")], "the API is gone, of the ledger it cannot be said");
    }

    [Fact]
    public void UnscrapedEnds_MakeNothingVanish_OneScrapedEndDoes()
    {
        var before = Moment(Edge(Api, Ledger, 10));

        // The callee is scraped whole: had anybody called, it would have counted.
        var calleeSees = Moment() with { Gaps = Words((Api, "2 of 3 proxies are not scraped")) };
        TopologyComparison.Of(before, calleeSees).Differences.Select(difference => difference.Kind).Distinct().ShouldBe([DifferenceKind.Vanished]);

        var nobodySees = Moment() with { Gaps = Words((Api, "2 of 3 proxies are not scraped"), (Ledger, "the only proxy is not scraped")) };
        var difference = TopologyComparison.Of(before, nobodySees).Differences.ShouldHaveSingleItem();
        (difference.Kind, difference.Reason).ShouldBe((DifferenceKind.Unknown, "Of the caller 2 of 3 proxies are not scraped."));

        var nobodyThen = Moment() with { Watched = FrozenSet<string>.Empty };
        TopologyComparison.Of(before, nobodyThen).Differences.ShouldHaveSingleItem().Kind.ShouldBe(DifferenceKind.Unknown);
    }

    [Fact]
    public void PartOfTheCallersUnscraped_IsNoDropOfTraffic()
    {
        var part = Moment(Edge(Api, Ledger, 4)) with { Gaps = Words((Api, "2 of 3 proxies are not scraped")) };
        var difference = TopologyComparison.Of(Moment(Edge(Api, Ledger, 12)), part).Differences.ShouldHaveSingleItem();
        (difference.Kind, difference.Reason).ShouldBe((DifferenceKind.Unknown, "Of payment-api 2 of 3 proxies are not scraped."));
    }

    [Fact]
    public void RateThatIsNotKnown_IsNoZero()
    {
        var unknown = Edge(Api, Ledger, 1) with { RequestsPerSecond = null };
        TopologyComparison.Of(Moment(Edge(Api, Ledger, 10)), Moment(unknown)).Differences.ShouldHaveSingleItem().Kind.ShouldBe(DifferenceKind.Unknown);
        TopologyComparison.Of(Moment(unknown), Moment(unknown)).Differences.ShouldBeEmpty();
    }

    [Fact]
    public void Ranking_PutsWhatHurtsFirst_AndMoreTrafficBeforeLess()
    {
        var before = Moment(Edge(Api, Ledger, 10, mean: 5), Edge(Api, Vault, 10), Edge(Vault, Ledger, 10));
        var after = Moment(Edge(Api, Ledger, 100, mean: 50, errors: 0.5), Edge(Api, Vault, 1, mtls: 0), Edge(Vault, Ledger, 30));
        TopologyComparison.Of(before, after).Differences.Select(difference => (difference.Kind, Short(difference))).ShouldBe(
        [
            (DifferenceKind.LostMtls, "payment-api→token-vault"),
            (DifferenceKind.MoreErrors, "payment-api→ledger"),
            (DifferenceKind.Slowed, "payment-api→ledger"),
            (DifferenceKind.Shrank, "payment-api→token-vault"),
            (DifferenceKind.Grew, "payment-api→ledger"),
            (DifferenceKind.Grew, "token-vault→ledger"),
        ]);
    }

    [Fact]
    public void WithItself_NothingDiffers() => Prop.ForAll(Arb.From(s_moments), moment =>
    {
        var comparison = TopologyComparison.Of(moment, moment);
        comparison.Differences.ShouldBeEmpty();
        comparison.GoneEdges.ShouldBeEmpty();
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Swapped_EveryDifferenceIsItsOpposite() => Prop.ForAll(Arb.From(s_moments), Arb.From(s_moments), (x, y) =>
    {
        var there = TopologyComparison.Of(x, y).Differences.Select(difference => (difference.Kind, difference.Id, difference.Measure, difference.From, difference.To));
        var back = TopologyComparison.Of(y, x).Differences.Select(difference => (Opposite(difference.Kind), difference.Id, difference.Measure, difference.To, difference.From));
        there.OrderBy(one => one.Id, StringComparer.Ordinal).ThenBy(one => one.Measure, StringComparer.Ordinal).ShouldBe(back.OrderBy(one => one.Id, StringComparer.Ordinal).ThenBy(one => one.Measure, StringComparer.Ordinal));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void NothingEverVanishes_WhereNobodyWatched() => Prop.ForAll(Arb.From(s_moments), Arb.From(s_moments), (x, y) =>
        TopologyComparison.Of(x, y with { Watched = FrozenSet<string>.Empty }).Differences.ShouldAllBe(difference => difference.Kind != DifferenceKind.Vanished)).QuickCheckThrowOnFailure();

    [Fact]
    public void Moment_OfASnapshot_KnowsWhoWasWatched()
    {
        // One of the proxies of the ledger has samples, the others are not in the list.
        var snapshot = Payments();
        var moment = TopologyMoment.Of(snapshot, MeshQuery.All, TopologyLevel.Workload);
        moment.Silent.ShouldBeEmpty();
        moment.Watched.ShouldContain("main/payments/workload/payment-api");
        moment.Watched.ShouldNotContain("main/unknown/external/api.fraud.example.com");
        moment.Watched.ShouldNotContain("main/unknown/unknown/unknown");

        var quiet = new MeshSnapshot(2, Now, [ClusterOf(PaymentsObjects(), [])]);
        TopologyMoment.Of(quiet, MeshQuery.All, TopologyLevel.Workload).Silent["main"].ShouldBe("Prometheus holds nothing of that instant.");
        TopologyComparison.Of(moment, TopologyMoment.Of(quiet, MeshQuery.All, TopologyLevel.Workload)).Differences.ShouldAllBe(difference => difference.Kind == DifferenceKind.Unknown);
    }

    private static readonly Gen<TopologyMoment> s_moments =
        from edges in (
            from source in Gen.Elements(s_nodes)
            from target in Gen.Elements(s_nodes)
            from rate in Gen.Elements<double?>(null, 0, 0.05, 0.2, 1, 3, 40)
            from errors in Gen.Elements<double?>(null, 0, 0.01, 0.5)
            from mean in Gen.Elements<double?>(null, 1, 20, double.NaN)
            from mtls in Gen.Elements<double?>(null, 0, 0.5, 1)
            from reporter in Gen.Elements("both", "source", "destination")
            select Edge(source, target, rate, errors, mean, mtls) with { ReportedBy = reporter }).ListOf()
        from watched in Gen.SubListOf(s_nodes)
        from gaps in Gen.SubListOf(s_nodes)
        from silent in Gen.Elements(true, false, false, false)
        select Moment([.. edges.DistinctBy(edge => edge.Key)]) with
        {
            Watched = watched.ToFrozenSet(StringComparer.Ordinal),
            Gaps = gaps.ToFrozenDictionary(node => node, _ => "1 of 2 proxies is not scraped", StringComparer.Ordinal),
            Silent = silent ? Words(("main", "Prometheus was silent.")) : FrozenDictionary<string, string>.Empty,
        };

    private static DifferenceKind Opposite(DifferenceKind kind) => kind switch
    {
        DifferenceKind.Appeared => DifferenceKind.Vanished,
        DifferenceKind.Vanished => DifferenceKind.Appeared,
        DifferenceKind.Grew => DifferenceKind.Shrank,
        DifferenceKind.Shrank => DifferenceKind.Grew,
        DifferenceKind.Slowed => DifferenceKind.Faster,
        DifferenceKind.Faster => DifferenceKind.Slowed,
        DifferenceKind.MoreErrors => DifferenceKind.FewerErrors,
        DifferenceKind.FewerErrors => DifferenceKind.MoreErrors,
        DifferenceKind.LostMtls => DifferenceKind.GainedMtls,
        DifferenceKind.GainedMtls => DifferenceKind.LostMtls,
        _ => kind,
    };

    private static TopologyMoment Moment(params TopologyEdge[] edges) => new(
        TopologyLevel.Workload,
        new TopologyView(1, Now, 60, [.. s_nodes.Select(Node)], [.. edges]),
        FrozenDictionary<string, string>.Empty,
        FrozenDictionary<string, string>.Empty,
        new[] { Api, Ledger, Vault }.ToFrozenSet(StringComparer.Ordinal),
        FrozenDictionary<string, string>.Empty);

    private static FrozenDictionary<string, string> Words(params (string Key, string Value)[] words) => words.ToFrozenDictionary(word => word.Key, word => word.Value, StringComparer.Ordinal);

    private static TopologyNode Node(string id)
    {
        NodeId.TryParse(id, out var node).ShouldBeTrue();
        return new TopologyNode { Id = id, Kind = node.Kind, Cluster = node.Cluster, Namespace = node.Namespace, Name = node.Name, Health = Health.Healthy, Reasons = ["Traffic flows."] };
    }

    private static TopologyEdge Edge(string source, string target, double? rate, double? errors = 0, double? mean = 5, double? mtls = 1) => new()
    {
        Source = source,
        Target = target,
        Protocol = "http",
        RequestsPerSecond = rate,
        ErrorRatio = rate > 0 ? errors : null,
        ClientLatencyMs = mean is null ? null : new LatencyMs(mean, null, null, null, null),
        Mtls = new EdgeMutualTls(mtls switch { null => MutualTlsState.Unknown, 1 => MutualTlsState.Mutual, 0 => MutualTlsState.Plaintext, _ => MutualTlsState.Mixed }, mtls, mtls is null ? "Nobody tells." : null),
        ReportedBy = "both",
        Health = Health.Healthy,
    };

    private static string Text(TopologyDifference difference) => FormattableString.Invariant($"{difference.Kind} {difference.Id} {difference.Measure} {difference.From} → {difference.To}");

    private static string Short(TopologyDifference difference) => $"{difference.Source!.Split('/')[3]}→{difference.Target!.Split('/')[3]}";
}
