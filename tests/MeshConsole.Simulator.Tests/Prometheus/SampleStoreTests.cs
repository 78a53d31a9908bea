using FsCheck;
using FsCheck.Fluent;
using MeshConsole.Simulator.Prometheus;

namespace MeshConsole.Simulator.Tests.Prometheus;

public sealed class SampleStoreTests
{
    private static readonly LabelSet s_up = LabelSet.Metric("up", ("job", "proxy"));

    [Fact]
    public void GetOrAdd_SameLabelsInAnyOrder_GivesTheSameSeries()
    {
        var store = new SampleStore();
        var first = store.GetOrAdd(LabelSet.Of(("__name__", "a"), ("x", "1"), ("y", "2")));
        store.GetOrAdd(LabelSet.Of(("y", "2"), ("x", "1"), ("empty", ""), ("__name__", "a"))).ShouldBeSameAs(first);
        store.SeriesCount.ShouldBe(1);
    }

    [Fact]
    public void Append_NotNewerThanTheLast_IsRefused()
    {
        var store = new SampleStore();
        var series = store.GetOrAdd(s_up);
        store.Append(series, 1000, 1);
        Should.Throw<ArgumentException>(() => store.Append(series, 1000, 2));
        Should.Throw<ArgumentException>(() => store.Append(series, 999, 2));
        Read(series, 0, 2000).ShouldBe([(1000, 1)]);
    }

    [Fact]
    public void Append_ValuesOfEveryKind_AreReadBackBitForBit()
    {
        // Whatever the encoding of a chunk does with runs, whole numbers, gaps and oddities, the bits come back.
        var odd = new[] { 0.0, -0.0, double.NaN, double.PositiveInfinity, double.NegativeInfinity, 1e300, 5e-324, 9007199254740993, 0.1, StaleMarker.Value };
        var value = Gen.Frequency(
            (6, Gen.Choose(0, 50).Select(n => (double)n)),
            (3, Gen.Choose(-70_000, 70_000).Select(n => (double)n)),
            (2, Gen.Choose(int.MinValue, int.MaxValue).Select(n => n * 4.0)),
            (1, Gen.Elements(odd)));
        var step = Gen.Frequency((8, Gen.Constant(10)), (1, Gen.Choose(1, 30)));
        var run = Gen.Zip(step, Gen.Zip(value, Gen.Frequency((5, Gen.Constant(1)), (1, Gen.Choose(1, 150)))));
        Prop.ForAll(Arb.From(Gen.ListOf(run).Select(list => list.ToArray())), runs =>
        {
            var store = new SampleStore();
            var series = store.GetOrAdd(s_up);
            var other = store.GetOrAdd(LabelSet.Metric("other"));
            var expected = new List<(long, double)>();
            var now = 0L;
            foreach (var (wait, (v, times)) in runs)
            {
                for (var i = 0; i < times; i++)
                {
                    now += wait;
                    expected.Add((now, v));
                    if (now % 3 == 0) store.Append([series, other], [v, 1], now);
                    else store.Append(series, now, v);
                }
            }

            Bits(Read(series, 0, long.MaxValue)).ShouldBe(Bits(expected));
            var (from, to) = (now / 3, now / 2);
            Bits(Read(series, from, to)).ShouldBe(Bits(expected.Where(sample => sample.Item1 >= from && sample.Item1 <= to)));
            var at = expected.LastOrDefault(sample => sample.Item1 <= to);
            series.TryGetAt(to, out var foundAt, out var found).ShouldBe(at.Item1 > 0);
            if (at.Item1 > 0) (foundAt, BitConverter.DoubleToInt64Bits(found)).ShouldBe((at.Item1, BitConverter.DoubleToInt64Bits(at.Item2)));
        }).Check(Property.Runs(100));
    }

    [Fact]
    public void MarkStale_WritesPrometheusBitsOnce()
    {
        var store = new SampleStore();
        var series = store.GetOrAdd(s_up);
        store.MarkStale(series, 500);
        store.Append(series, 1000, 1);
        store.MarkStale(series, 2000);
        store.MarkStale(series, 3000);
        var samples = Read(series, 0, 5000);
        samples.Select(sample => sample.Item1).ShouldBe([1000, 2000]);
        BitConverter.DoubleToInt64Bits(samples[1].Item2).ShouldBe(0x7ff0000000000002);
    }

    [Fact]
    public void Retention_OldSamplesAndSpentSeries_Leave()
    {
        var store = new SampleStore(TimeSpan.FromHours(1));
        var gone = store.GetOrAdd(LabelSet.Metric("gone"));
        var kept = store.GetOrAdd(LabelSet.Metric("kept"));
        store.Append([gone, kept], [1, 1], 0);
        for (var minute = 1; minute <= 60 * 6; minute++) store.Append(kept, minute * 60_000L, minute);
        store.SeriesCount.ShouldBe(1);
        store.Select([new LabelMatcher("__name__", MatchKind.Equal, "gone")], 0, long.MaxValue).ShouldBeEmpty();
        var oldest = Read(kept, 0, long.MaxValue)[0].Item1;
        oldest.ShouldBeInRange(60_000L * 60 * 2, 60_000L * 60 * 5); // a block of 120 samples leaves whole
        store.Append(gone, 60_000L * 400, 7);
        store.Select([new LabelMatcher("__name__", MatchKind.Equal, "gone")], 0, long.MaxValue).ShouldBe([gone]);
    }

    [Fact]
    public void Append_SeriesThatLeftAndWasReplaced_IsRefused()
    {
        var store = new SampleStore(TimeSpan.FromMinutes(10));
        var old = store.GetOrAdd(LabelSet.Metric("gone"));
        var kept = store.GetOrAdd(LabelSet.Metric("kept"));
        store.Append([old, kept], [1, 1], 0);
        for (var minute = 1; minute <= 300; minute++) store.Append(kept, minute * 60_000L, minute);
        var replacement = store.GetOrAdd(LabelSet.Metric("gone"));
        replacement.ShouldNotBeSameAs(old);
        store.Append(replacement, 301 * 60_000L, 1);
        Should.Throw<ArgumentException>(() => store.Append(old, 302 * 60_000L, 1));
    }

    [Theory]
    [InlineData("a", MatchKind.Equal, "1", "m1 m2")]
    [InlineData("a", MatchKind.NotEqual, "1", "m3 m4 n")]
    [InlineData("a", MatchKind.Equal, "", "n")]
    [InlineData("a", MatchKind.NotEqual, "", "m1 m2 m3 m4")]
    [InlineData("a", MatchKind.Regex, "1|2", "m1 m2 m3")]
    [InlineData("a", MatchKind.Regex, "1|", "m1 m2 n")]
    [InlineData("a", MatchKind.Regex, "[23]", "m3 m4")]
    [InlineData("a", MatchKind.Regex, ".*", "m1 m2 m3 m4 n")]
    [InlineData("a", MatchKind.Regex, ".+", "m1 m2 m3 m4")]
    [InlineData("a", MatchKind.NotRegex, "1|2", "m4 n")]
    [InlineData("a", MatchKind.NotRegex, ".+", "n")]
    [InlineData("none", MatchKind.Equal, "1", "")]
    [InlineData("none", MatchKind.NotEqual, "1", "m1 m2 m3 m4 n")]
    [InlineData("__name__", MatchKind.Regex, "m[12]", "m1 m2")]
    public void Select_OneMatcher_FindsTheSeries(string name, MatchKind kind, string value, string expected)
    {
        var store = new SampleStore();
        foreach (var labels in new[]
        {
            LabelSet.Metric("m1", ("a", "1")), LabelSet.Metric("m2", ("a", "1"), ("b", "2")), LabelSet.Metric("m3", ("a", "2")),
            LabelSet.Metric("m4", ("a", "3")), LabelSet.Metric("n", ("b", "1")),
        }) store.Append(store.GetOrAdd(labels), 1000, 1);
        string.Join(' ', store.Select([new LabelMatcher(name, kind, value)], 0, 2000).Select(series => series.Labels.MetricName)).ShouldBe(expected);
    }

    [Fact]
    public void Select_ManyMatchers_AgreesWithTryingEachSeries()
    {
        var matcher = from name in Gen.Elements("__name__", "a", "b", "c", "d")
                      from kind in Gen.Elements(MatchKind.Equal, MatchKind.NotEqual, MatchKind.Regex, MatchKind.NotRegex)
                      from value in kind is MatchKind.Equal or MatchKind.NotEqual
                          ? Gen.Elements("", "0", "1", "2", "m0", "m1")
                          : Gen.Elements("", "0|1", "m0|m1|0", ".+", ".*", "[12m]+.*", "1|")
                      select new LabelMatcher(name, kind, value);
        var store = new SampleStore();
        var all = new List<Series>();
        for (var i = 0; i < 300; i++)
        {
            var labels = LabelSet.Metric($"m{i % 7 % 3}", ("a", i % 4 == 3 ? "" : $"{i % 4}"), ("b", $"{i % 5}"), ("c", $"{i}"));
            all.Add(store.GetOrAdd(labels));
            store.Append(all[^1], 1000, 1);
        }

        Prop.ForAll(Arb.From(Gen.ListOf(matcher).Select(list => list.ToArray())), matchers =>
            store.Select(matchers, 0, 2000).ShouldBe(all.Where(series => matchers.All(one => one.Matches(series.Labels[one.Name])))))
            .Check(Property.Runs(100));
    }

    [Fact]
    public async Task Store_ReadWhileWritten_ShowsAscendingPrefixes()
    {
        var store = new SampleStore();
        var series = Enumerable.Range(0, 50).Select(i => store.GetOrAdd(LabelSet.Metric("m", ("i", $"{i}")))).ToArray();
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var written = 0;
        var reader = Task.Run(() =>
        {
            using var buffer = new SampleBuffer();
            var seen = 0;
            while (Volatile.Read(ref written) < 2000 && !stop.IsCancellationRequested)
            {
                foreach (var one in series)
                {
                    buffer.Clear();
                    one.CopyTo(buffer, 0, long.MaxValue);
                    for (var i = 0; i < buffer.Count; i++)
                        if (buffer.Times[i] != (i + 1) * 10L || buffer.Values[i] != (i / 97 * 1.5) + i) return -1;
                    seen = Math.Max(seen, buffer.Count);
                }
            }

            return seen;
        });
        var values = new double[series.Length];
        for (var i = 0; i < 2000; i++)
        {
            Array.Fill(values, (i / 97 * 1.5) + i);
            store.Append(series, values, (i + 1) * 10L);
            Volatile.Write(ref written, i + 1);
        }

        (await reader.WaitAsync(TimeSpan.FromSeconds(30))).ShouldBeGreaterThanOrEqualTo(0);
    }

    private static List<(long, double)> Read(Series series, long from, long to)
    {
        using var buffer = new SampleBuffer();
        series.CopyTo(buffer, from, to);
        var samples = new List<(long, double)>();
        for (var i = 0; i < buffer.Count; i++) samples.Add((buffer.Times[i], buffer.Values[i]));
        return samples;
    }

    private static IEnumerable<(long, long)> Bits(IEnumerable<(long Time, double Value)> samples) =>
        samples.Select(sample => (sample.Time, BitConverter.DoubleToInt64Bits(sample.Value))).ToList();
}
