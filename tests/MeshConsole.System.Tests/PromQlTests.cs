using System.Globalization;
using MeshConsole.Testing.RealServices;

namespace MeshConsole.System.Tests;

/// <summary>The simulator's Prometheus against a real one over the same samples.</summary>
public sealed class PromQlTests(PromQlComparison comparison) : IClassFixture<PromQlComparison>
{
    private const int GeneratedExpressions = 1500;

    /// <summary>In the middle, between samples, in a gap, at the first sample, at the very end, and after it.</summary>
    private static readonly string[] s_instants = ["1700002250", "1700001003.217", "1700000585", "1700000000", "1700004485", "1700004700.5", "1700006000"];

    private static readonly (string Start, string End, string Step)[] s_ranges =
    [
        ("1700000000", "1700004500", "60"),
        ("1699999700", "1700005100", "301.5"),
        ("1700002000.123", "1700002100.123", "7"),
    ];

    [SkippableFact]
    public async Task ConsoleQueries_OverAMesh_GiveTheSameAsPrometheus()
    {
        Requires.Prometheus();
        PromQlQueries.OfTheConsole.Count.ShouldBeGreaterThan(11);
        foreach (var query in PromQlQueries.OfTheConsole)
        {
            (await comparison.RealCountAsync(query, s_instants[0])).ShouldBeGreaterThan(0, query);
        }

        await CompareAsync(PromQlQueries.OfTheConsole);
    }

    [SkippableFact]
    public async Task Language_EveryCorner_GivesTheSameAsPrometheus()
    {
        Requires.Prometheus();
        await CompareAsync(PromQlQueries.OfTheLanguage);
    }

    [SkippableFact]
    public async Task GeneratedExpressions_Seeded_GiveTheSameAsPrometheus()
    {
        Requires.Prometheus();
        var generator = new PromQlGenerator(seed: 7);
        var differences = new List<string>();
        for (var i = 0; i < GeneratedExpressions; i++)
        {
            var query = generator.Next();
            var instant = s_instants[i % s_instants.Length];
            await AddDifferenceAsync(differences, "api/v1/query", [new("query", query), new("time", instant)]);
            if (i % 4 == 0)
            {
                var (start, end, step) = s_ranges[i / 4 % s_ranges.Length];
                await AddDifferenceAsync(differences, "api/v1/query_range", [new("query", query), new("start", start), new("end", end), new("step", step)]);
            }
        }

        Report(differences);
    }

    [SkippableFact]
    public async Task SeriesAndLabels_BySelectorAndTime_AreTheSameAsPrometheus()
    {
        Requires.Prometheus();
        var differences = new List<string>();
        var times = new KeyValuePair<string, string>[] { new("start", "1700000000"), new("end", "1700004500") };
        foreach (var selector in new[] { "up", "{job=\"api\"}", "hostile", "{__name__=~\"istio_.*\"}", "missing_metric", "{}", "up[5m]", "sum(up)", "" })
        {
            var parameters = times.Append(new("match[]", selector)).ToList();
            await AddDifferenceAsync(differences, "api/v1/labels", parameters);
            await AddDifferenceAsync(differences, "api/v1/label/instance/values", parameters);
            await AddDifferenceAsync(differences, "api/v1/label/__name__/values", parameters);
        }

        await AddDifferenceAsync(differences, "api/v1/series", times);
        await AddDifferenceAsync(differences, "api/v1/labels", times);
        await AddDifferenceAsync(differences, "api/v1/label/bad-name/values", times);
        await AddDifferenceAsync(differences, "api/v1/series", [new("match[]", "up"), new("match[]", "limit{instance=\"a:80\"}"), .. times]);
        foreach (var path in new[] { "series", "labels", "label/job/values" })
        {
            await AddDifferenceAsync(differences, "api/v1/" + path, [new("match[]", "up"), new("start", "5"), new("end", "1")]);
            await AddDifferenceAsync(differences, "api/v1/" + path, [new("match[]", "up"), new("start", "x")]);
        }

        Report(differences);
    }

    [SkippableFact]
    public async Task Parameters_WellAndBadlyFormed_AreTakenAsPrometheusTakesThem()
    {
        Requires.Prometheus();
        var differences = new List<string>();
        foreach (var time in new[] { "1700001000", "1700001000.1234", "2023-11-14T22:30:00Z", "2023-11-14T22:30:00.5+01:00", "yesterday", "-5", "1e9" })
        {
            await AddDifferenceAsync(differences, "api/v1/query", [new("query", "time()"), new("time", time)]);
        }

        foreach (var step in new[] { "60", "1m", "1.5", "0", "-5", "", "x", "1h30m", "0.0001", "1e300" })
        {
            await AddDifferenceAsync(differences, "api/v1/query_range", [new("query", "up"), new("start", "1700000000"), new("end", "1700000300"), new("step", step)]);
        }

        foreach (var (start, end, step) in new[] { ("5", "1", "1"), ("1700000000", "1700011000", "1"), ("1700000000", "1700011001", "1"), ("", "1", "1"), ("1", "", "1"), ("x", "1", "1") })
        {
            await AddDifferenceAsync(differences, "api/v1/query_range", [new("query", "time()"), new("start", start), new("end", end), new("step", step)]);
        }

        foreach (var query in new[] { "up[5m]", "\"text\"", "1", "up", "" })
        {
            await AddDifferenceAsync(differences, "api/v1/query_range", [new("query", query), new("start", "1700000000"), new("end", "1700000300"), new("step", "60")]);
        }

        foreach (var timeout in new[] { "10s", "5", "x", "1h" })
        {
            await AddDifferenceAsync(differences, "api/v1/query", [new("query", "up"), new("time", "1700001000"), new("timeout", timeout)]);
        }

        Report(differences);
    }

    private async Task CompareAsync(IEnumerable<string> queries)
    {
        var differences = new List<string>();
        foreach (var query in queries)
        {
            foreach (var instant in s_instants)
            {
                await AddDifferenceAsync(differences, "api/v1/query", [new("query", query), new("time", instant)], PromQlQueries.IsOrdered(query));
            }

            foreach (var (start, end, step) in s_ranges)
            {
                await AddDifferenceAsync(differences, "api/v1/query_range", [new("query", query), new("start", start), new("end", end), new("step", step)]);
            }
        }

        Report(differences);
    }

    private async Task AddDifferenceAsync(List<string> differences, string path, IEnumerable<KeyValuePair<string, string>> parameters, bool ordered = false)
    {
        if (await comparison.DifferenceAsync(path, parameters, ordered) is { } difference)
        {
            differences.Add(difference);
        }
    }

    /// <summary>Fails with the differences, the first of each query.</summary>
    private static void Report(List<string> differences)
    {
        var first = differences.DistinctBy(difference => difference.Split(" time=")[0]).Take(60);
        if (differences.Count > 0)
        {
            Assert.Fail(string.Create(CultureInfo.InvariantCulture, $"{differences.Count} answers differ:\n{string.Join('\n', first)}"));
        }
    }
}
