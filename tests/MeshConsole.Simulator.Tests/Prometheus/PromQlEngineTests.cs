using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using MeshConsole.Simulator.Prometheus;
using MeshConsole.Simulator.Prometheus.Evaluation;
using MeshConsole.Simulator.Prometheus.Language;

namespace MeshConsole.Simulator.Tests.Prometheus;

/// <summary>Values worked out by hand. That they are also Prometheus' own is shown in the system tests.</summary>
public sealed class PromQlEngineTests
{
    private readonly SampleStore _store = new();

    [Fact]
    public void Rate_SamplesUpToTheBorders_IsStretchedToTheWindow()
    {
        // Samples at 0, 10 … 60 s, growing by 3 every 10 s, from 100 on: nothing to stretch at either end.
        Load("c", 0, 10, 100, 103, 106, 109, 112, 115, 118);
        Value("rate(c[1m])", 60).ShouldBe(18 / 60.0, 1e-12);
        Value("increase(c[1m])", 60).ShouldBe(18, 1e-12);

        // At 64 s the window reaches from 4 to 64: 6 samples from 10 to 60 s grew by 15; 6 s before and 4 s after are within
        // 1.1 sample distances, so the growth of 50 s is stretched to 60 s.
        Value("increase(c[1m])", 64).ShouldBe(15 * 60 / 50.0, 1e-12);
    }

    [Fact]
    public void Rate_FarFromTheBorders_IsStretchedByHalfADistance()
    {
        Load("c", 100, 10, 1000, 1010, 1020);

        // From 60 to 160: samples at 100, 110, 120; 40 s before and 40 s after are more than 11 s, so 5 s each: 20 of 20 s become 30.
        Value("increase(c[100s])", 160).ShouldBe(30, 1e-12);
    }

    [Fact]
    public void Rate_NewCounter_IsNotStretchedBelowZero()
    {
        Load("c", 60, 10, 2, 12, 22);

        // From 55 to 80: growth 20 in 20 s; zero was 2 s before the first sample, nearer than the border at 5 s.
        Value("increase(c[25s])", 80).ShouldBe(20 * 22 / 20.0, 1e-12);
    }

    [Fact]
    public void Rate_Reset_CountsFromZeroAgain()
    {
        Load("c", 0, 10, 50, 60, 5, 15);
        Value("increase(c[30s])", 30).ShouldBe(10 + 5 + 10, 1e-12);
        Value("resets(c[30s])", 30).ShouldBe(1);
        Value("irate(c[30s])", 20).ShouldBe(0.5, 1e-12);
        Value("delta(c[30s])", 30).ShouldBe(-35, 1e-12);
    }

    [Fact]
    public void Rate_OneSample_IsNothing()
    {
        Load("c", 0, 60, 1, 2);
        Ask("rate(c[30s])", 60).ShouldBeEmpty();
    }

    [Fact]
    public void Selector_FiveMinutesBack_SeesTheSampleAndNoFurther()
    {
        Load("g", 0, 10, 7);
        Value("g", 300).ShouldBe(7);
        Ask("g", 300.001).ShouldBeEmpty();
        Value("g offset 1m", 360).ShouldBe(7);
        Value("g @ 5", 9_999).ShouldBe(7);
    }

    [Fact]
    public void StaleMarker_EndsASeriesAtOnce()
    {
        var series = Load("g", 0, 10, 7, 8);
        _store.MarkStale(series, 20_000);
        Value("g", 19.999).ShouldBe(8);
        Ask("g", 20).ShouldBeEmpty();
        Value("count_over_time(g[1m])", 30).ShouldBe(2);
        _store.Append(series, 30_000, 9);
        Value("g", 30).ShouldBe(9);
        RangeOf("g", 0, 40, 10).ShouldBe(["g: 7@0 8@10 9@30 9@40"]);
    }

    [Fact]
    public void Nan_AsAValue_IsNotAStaleMarker()
    {
        Load("g", 0, 10, double.NaN);
        Value("g", 10).ShouldBe(double.NaN);
    }

    [Fact]
    public void Aggregation_ByAndWithout_GroupAsSaid()
    {
        Load("m{a=\"1\",b=\"1\"}", 0, 10, 1);
        Load("m{a=\"1\",b=\"2\"}", 0, 10, 2);
        Load("m{a=\"2\",b=\"1\"}", 0, 10, 4);
        Load("m{b=\"3\"}", 0, 10, 8);
        Ask("sum by (a) (m)", 0).ShouldBe(["{a=\"1\"} 3", "{a=\"2\"} 4", "{} 8"]);
        Ask("sum without (a) (m)", 0).ShouldBe(["{b=\"1\"} 5", "{b=\"2\"} 2", "{b=\"3\"} 8"]);
        Ask("avg(m)", 0).ShouldBe(["{} 3.75"]);
        Ask("stddev(m{a=\"1\"})", 0).ShouldBe(["{} 0.5"]);
        Ask("quantile(0.5, m)", 0).ShouldBe(["{} 3"]);
        Ask("topk(2, m)", 0).ShouldBe(["m{b=\"3\"} 8", "m{a=\"2\", b=\"1\"} 4"]);
        Ask("bottomk by (a) (1, m)", 0).ShouldBe(["m{a=\"1\", b=\"1\"} 1", "m{a=\"2\", b=\"1\"} 4", "m{b=\"3\"} 8"]);
        Ask("count_values(\"v\", m > bool 1)", 0).ShouldBe(["{v=\"0\"} 1", "{v=\"1\"} 3"]);
        Ask("sum by (__name__) (m)", 0).ShouldBe(["m 15"]);
    }

    [Fact]
    public void HistogramQuantile_Buckets_AreInterpolated()
    {
        Load("h_bucket{le=\"1\"}", 0, 10, 10);
        Load("h_bucket{le=\"2\"}", 0, 10, 30);
        Load("h_bucket{le=\"4\"}", 0, 10, 40);
        Load("h_bucket{le=\"+Inf\"}", 0, 10, 50);

        // Rank 25 of 50 is 15 of the 20 in the bucket from 1 to 2.
        Value("histogram_quantile(0.5, h_bucket)", 0).ShouldBe(1.75, 1e-12);

        // Rank 5 of the 10 in the first bucket, which begins at 0.
        Value("histogram_quantile(0.1, h_bucket)", 0).ShouldBe(0.5, 1e-12);

        // In the bucket without an upper bound: its lower one.
        Value("histogram_quantile(0.99, h_bucket)", 0).ShouldBe(4);
        Value("histogram_quantile(0.5, h_bucket{le!=\"+Inf\"})", 0).ShouldBe(double.NaN);
        Value("histogram_quantile(-1, h_bucket)", 0).ShouldBe(double.NegativeInfinity);
        Value("histogram_quantile(1.1, h_bucket)", 0).ShouldBe(double.PositiveInfinity);
    }

    [Fact]
    public void HistogramQuantile_FallingCounts_AreLifted()
    {
        Load("h_bucket{le=\"1\"}", 0, 10, 20);
        Load("h_bucket{le=\"2\"}", 0, 10, 15);
        Load("h_bucket{le=\"+Inf\"}", 0, 10, 40);

        // The second bucket counts as 20: rank 10 of 40 lies in the middle of the first, rank 30 beyond the second.
        Value("histogram_quantile(0.25, h_bucket)", 0).ShouldBe(0.5, 1e-12);
        Value("histogram_quantile(0.75, h_bucket)", 0).ShouldBe(2);
    }

    [Fact]
    public void Matching_ManyToOne_TakesLabelsFromTheOne()
    {
        Load("r{code=\"200\",pod=\"a\"}", 0, 10, 6);
        Load("r{code=\"500\",pod=\"a\"}", 0, 10, 2);
        Load("i{node=\"n1\",pod=\"a\"}", 0, 10, 2);
        Ask("r / on(pod) group_left(node) i", 0).ShouldBe(["{code=\"200\", node=\"n1\", pod=\"a\"} 3", "{code=\"500\", node=\"n1\", pod=\"a\"} 1"]);
        Ask("i - on(pod) group_right r", 0).ShouldBe(["{code=\"200\", pod=\"a\"} -4", "{code=\"500\", pod=\"a\"} 0"]);
        Ask("r > on(pod) group_left i", 0).ShouldBe(["r{code=\"200\", pod=\"a\"} 6"]);
        Ask("r and on(pod) i", 0).Count.ShouldBe(2);
        Ask("r unless on(pod) i", 0).ShouldBeEmpty();
        Ask("i or r", 0).Count.ShouldBe(3);
    }

    [Fact]
    public void Matching_Ambiguous_FailsInPrometheusWords()
    {
        Load("r{code=\"200\",pod=\"a\"}", 0, 10, 6);
        Load("r{code=\"500\",pod=\"a\"}", 0, 10, 2);
        Load("i{pod=\"a\"}", 0, 10, 2);
        Fault("r / on(pod) i").ShouldBe("multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)");
        Fault("i / on(pod) r").ShouldBe(
            "found duplicate series for the match group {pod=\"a\"} on the right hand-side of the operation: "
            + "[{__name__=\"r\", code=\"500\", pod=\"a\"}, {__name__=\"r\", code=\"200\", pod=\"a\"}];many-to-many matching not allowed: matching labels must be unique on one side");
        Fault("r * on(pod) group_left(code) i").ShouldBe("multiple matches for labels: grouping labels must ensure unique matches");
        Fault("label_replace(r, \"code\", \"\", \"\", \"\")").ShouldBe("vector cannot contain metrics with the same labelset");
    }

    [Fact]
    public void DroppedNames_TwoSeriesBecomeOne_FailsOrMergesOverTime()
    {
        Load("x{a=\"1\"}", 0, 10, 1);
        Load("y{a=\"1\"}", 1000, 10, 2);
        Ask("abs({__name__=~\"x|y\"})", 0).ShouldBe(["{a=\"1\"} 1"]);
        RangeOf("abs({__name__=~\"x|y\"})", 0, 1000, 500).ShouldBe(["{a=\"1\"}: 1@0 2@1000"]);
        Load("z{a=\"1\"}", 1000, 10, 3);
        Fault("abs({__name__=~\"y|z\"})", atSeconds: 1000).ShouldBe("vector cannot contain metrics with the same labelset");
    }

    [Fact]
    public void LabelReplace_Groups_AreExpanded()
    {
        Load("up{instance=\"host-1:80\"}", 0, 10, 1);
        Ask("label_replace(up, \"host\", \"$1.$name\", \"instance\", \"(\\\\w+)-(?P<name>\\\\d+):.*\")", 0).ShouldBe(["up{host=\"host.1\", instance=\"host-1:80\"} 1"]);
        Ask("label_join(up, \"both\", \"/\", \"instance\", \"none\")", 0).ShouldBe(["up{both=\"host-1:80/\", instance=\"host-1:80\"} 1"]);
    }

    [Fact]
    public void Absent_Selector_GivesTheLabelsThatWereAskedFor()
    {
        Ask("absent(nothing{a=\"1\",b=~\"x.*\",c=\"2\",c=\"3\"})", 0).ShouldBe(["{a=\"1\"} 1"]);
        Load("up", 0, 10, 1);
        Ask("absent(up)", 0).ShouldBeEmpty();
    }

    [Fact]
    public void Subquery_Steps_LieAtMultiplesOfTheStep()
    {
        Load("g", 0, 10, [.. Enumerable.Range(0, 31).Select(i => (double)i)]);

        // At 125 s, [1m:30s]: steps at 90 and 120 s, where the samples 9 and 12 are.
        Value("sum_over_time(g[1m:30s])", 125).ShouldBe(21);
        Value("max_over_time(rate(g[20s])[1m:10s])", 200).ShouldBe(0.1, 1e-12);
    }

    [Fact]
    public void RangeQuery_EachStep_IsWhatAnInstantQueryGivesThen()
    {
        // The two ways differ in how series are read; the numbers must not.
        var random = new Random(11);
        for (var i = 0; i < 6; i++)
        {
            var series = _store.GetOrAdd(LabelSet.Metric(i % 2 == 0 ? "requests_total" : "up", ("a", $"{i % 3}"), ("job", $"{i}")));
            var (t, v) = (0L, 0.0);
            for (var n = 0; n < 120; n++)
            {
                t += 1000 + random.Next(40_000);
                v = random.Next(20) == 0 ? 0 : v + random.Next(30);
                _store.Append(series, t, random.Next(25) == 0 ? StaleMarker.Value : v);
            }
        }

        var grid = new TimeGrid(100_500, 61_000, 30);
        var engine = new PromQlEngine(_store, new EngineOptions());
        var answered = 0;
        Prop.ForAll(Arb.From(PromQlExpressions.Vectors.Where(query => !query.Contains('@', StringComparison.Ordinal))), query =>
        {
            var expression = PromQlParser.Parse(query);
            Dictionary<(string, long), double>? range;
            try
            {
                using var answer = engine.Range(expression, grid, grid.EndMs, CancellationToken.None);
                range = [];
                for (var row = 0; row < answer.Vector!.Rows; row++)
                    for (var step = 0; step < grid.Count; step++)
                        if (!StaleMarker.Is(answer.Vector.Row(row)[step])) range.Add((answer.Vector.Labels(row).ToString(), grid[step]), answer.Vector.Row(row)[step]);
            }
            catch (PromQlExecutionException)
            {
                range = null; // Then one of the instants fails, too, or two of them give the same series.
            }

            if (range is null) return;
            var instants = new Dictionary<(string, long), double>();
            for (var step = 0; step < grid.Count; step++)
            {
                using var answer = engine.Instant(expression, grid[step], CancellationToken.None);
                for (var row = 0; row < answer.Vector!.Rows; row++)
                    if (!StaleMarker.Is(answer.Vector.Row(row)[0])) instants.Add((answer.Vector.Labels(row).ToString(), grid[step]), answer.Vector.Row(row)[0]);
            }

            answered += instants.Count > 0 ? 1 : 0;
            range.Count.ShouldBe(instants.Count, query);
            foreach (var (key, value) in instants) AreClose(range[key], value).ShouldBeTrue($"{query}: {key} is {value}, in the range query {range[key]}");
        }).Check(Property.Runs(300));
        answered.ShouldBeGreaterThan(20);
    }

    [Fact]
    public void Invariants_OfRandomCounters_Hold()
    {
        var growth = Gen.ListOf(Gen.Choose(0, 100)).Where(list => list.Count >= 3);
        Prop.ForAll(Arb.From(Gen.Zip(growth, growth)), pair =>
        {
            var store = new SampleStore();
            foreach (var (name, steps) in new[] { ("a", pair.Item1), ("b", pair.Item2) })
            {
                var (series, value) = (store.GetOrAdd(LabelSet.Metric("c", ("x", name))), 0.0);
                for (var i = 0; i < steps.Count; i++) store.Append(series, i * 10_000, value += steps.ElementAt(i));
            }

            var at = Math.Min(pair.Item1.Count, pair.Item2.Count) * 10.0;
            double One(string query) => Single(store, query, at);
            One("increase(c{x=\"a\"}[1h])").ShouldBeGreaterThanOrEqualTo(0);
            One("increase(c{x=\"a\"}[1h])").ShouldBe(One("rate(c{x=\"a\"}[1h])") * 3600, 1e-6);
            One("sum(c)").ShouldBe(One("c{x=\"a\"}") + One("c{x=\"b\"}"), 1e-9);
            One("max(c)").ShouldBeGreaterThanOrEqualTo(One("avg(c)") - 1e-9);
            One("quantile(1, c)").ShouldBe(One("max(c)"));
            One("quantile(0, c)").ShouldBe(One("min(c)"));
            One("count(c unless c)  or vector(0)").ShouldBe(0);
            One("sum(topk(1, c)) + sum(bottomk(1, c))").ShouldBe(One("sum(c)"), 1e-9);
        }).Check(Property.Runs(100));
    }

    [Fact]
    public void TooManySamples_AreRefused()
    {
        for (var i = 0; i < 100; i++) Load($"m{{i=\"{i}\"}}", 0, 10, 1);
        var engine = new PromQlEngine(_store, new EngineOptions { MaxSamples = 1000 });
        Should.Throw<PromQlExecutionException>(() => engine.Range(PromQlParser.Parse("m"), new TimeGrid(0, 1000, 11), 10_000, CancellationToken.None))
            .Message.ShouldBe("query processing would load too many samples into memory in query execution");
    }

    [Fact]
    public void Cancelled_QueryEnds()
    {
        Load("m", 0, 10, 1);
        Should.Throw<OperationCanceledException>(() => new PromQlEngine(_store, new EngineOptions()).Instant(PromQlParser.Parse("m"), 0, new CancellationToken(canceled: true)));
    }

    /// <summary>Sums differ in the last digits when series come in another order.</summary>
    private static bool AreClose(double a, double b) => a.Equals(b) || Math.Abs(a - b) <= 1e-9 * Math.Max(Math.Abs(a), Math.Abs(b));

    private Series Load(string selector, long startSeconds, long stepSeconds, params double[] values)
    {
        var parsed = (SelectorExpr)PromQlParser.Parse(selector);
        var series = _store.GetOrAdd(LabelSet.From(parsed.Matchers.Select(matcher => KeyValuePair.Create(matcher.Name, matcher.Value))));
        for (var i = 0; i < values.Length; i++) _store.Append(series, (startSeconds + (i * stepSeconds)) * 1000, values[i]);
        return series;
    }

    private List<string> Ask(string query, double atSeconds)
    {
        using var answer = new PromQlEngine(_store, new EngineOptions()).Instant(PromQlParser.Parse(query), (long)(atSeconds * 1000), CancellationToken.None);
        return
        [
            .. Enumerable.Range(0, answer.Vector!.Rows).Where(row => !StaleMarker.Is(answer.Vector.Row(row)[0]))
                .Select(row => $"{answer.Vector.Labels(row)} {PromNumber.ToText(answer.Vector.Row(row)[0])}"),
        ];
    }

    private double Value(string query, double atSeconds) => Single(_store, query, atSeconds);

    private static double Single(SampleStore store, string query, double atSeconds)
    {
        using var answer = new PromQlEngine(store, new EngineOptions()).Instant(PromQlParser.Parse(query), (long)(atSeconds * 1000), CancellationToken.None);
        answer.Vector!.Rows.ShouldBe(1, query);
        return answer.Vector.Row(0)[0];
    }

    private string Fault(string query, double atSeconds = 0) =>
        Should.Throw<PromQlExecutionException>(() => Ask(query, atSeconds)).Message;

    private List<string> RangeOf(string query, long startSeconds, long endSeconds, long stepSeconds)
    {
        var grid = TimeGrid.Between(startSeconds * 1000, endSeconds * 1000, stepSeconds * 1000);
        using var answer = new PromQlEngine(_store, new EngineOptions()).Range(PromQlParser.Parse(query), grid, grid.EndMs, CancellationToken.None);
        return
        [
            .. answer.Order!.Select(row => $"{answer.Vector!.Labels(row)}: " + string.Join(' ', Enumerable.Range(0, grid.Count)
                .Where(step => !StaleMarker.Is(answer.Vector.Row(row)[step]))
                .Select(step => string.Create(CultureInfo.InvariantCulture, $"{PromNumber.ToText(answer.Vector.Row(row)[step])}@{grid[step] / 1000}")))),
        ];
    }
}
