using System.Reflection;
using MeshConsole.Mesh.Model;
using MeshConsole.Mesh.Prometheus;

namespace MeshConsole.System.Tests;

/// <summary>The expressions that are compared: those the console sends, and one for each corner of the language.</summary>
internal static class PromQlQueries
{
    private static readonly HistoryScope[] s_scopes =
    [
        HistoryScope.All,
        new([], ["payments", "other \"ns\""]),
        new([new WorkloadId("main", "payments", "api-gateway"), new WorkloadId("main", "payments", "payment-api"), new WorkloadId("main", "other", "a|b")], []),
        new([new WorkloadId("main", "other", "gateway"), new WorkloadId("main", "payments", "api-gateway")], ["payments"]),

        // Of panels: an edge, what arrives at an app from outside, a host.
        new([], []) { From = [new("payments", ["api-gateway", "payment-api"])], To = [new("payments", ["card-processor", "a|b"])], Protocol = "http" },
        new([], []) { From = [new("payments", ["api-gateway", "payment-api"])], To = [new("payments", ["card-processor", "a|b"])], Protocol = "tcp" },
        new([], []) { From = [new("payments", [], Except: true), new("payments", ["ledger"], Except: true)], To = [new("payments", ["ledger"])] },
        new([], []) { From = [new("payments", [])], To = [new("other \"ns\"", [], Except: true)] },
        new([], []) { Hosts = ["ledger.payments.svc.cluster.local"], To = [new("payments", ["ledger"])] },
    ];

    /// <summary>Everything the dialects of the product ask, as they ask it. A new dialect or a new query is in here by itself.</summary>
    public static IReadOnlyList<string> OfTheConsole { get; } =
    [
        .. Dialects()
            .SelectMany(dialect => new[] { false, true }.SelectMany(clusters => dialect.Queries(TimeSpan.FromMinutes(1), clusters).Concat(dialect.Queries(TimeSpan.FromMinutes(5), clusters))))
            .Select(query => query.Text)

            // Range queries of pages: each history of each dialect, for each kind of scope.
            .Concat(Dialects().SelectMany(dialect => Enum.GetValues<HistoryPart>().SelectMany(part => s_scopes.Where(scope => Meet(part, scope)).Select(scope => dialect.HistoryQuery(part, scope, TimeSpan.FromMinutes(1))))))

            // Texts that no dialect sends at each refresh, but a page does on demand.
            .Concat(typeof(ITelemetryDialect).Assembly.GetTypes()
                .Where(type => type.Name.EndsWith("Queries", StringComparison.Ordinal))
                .SelectMany(type => type.GetFields(BindingFlags.Public | BindingFlags.Static))
                .Where(field => field.IsLiteral && field.FieldType == typeof(string))
                .Select(field => ((string)field.GetRawConstantValue()!)
                    .Replace("$window", "2m", StringComparison.Ordinal).Replace("$slot", "30s", StringComparison.Ordinal).Replace("$clusters", ", source_cluster, destination_cluster", StringComparison.Ordinal)
                    .Replace("$namespaces", "\"payments|finance\"", StringComparison.Ordinal).Replace("$workloads", "\"payment-api|ledger|fraud-engine\"", StringComparison.Ordinal)
                    .Replace("$hosts", "\"ledger\\\\.payments\\\\.svc\\\\.cluster\\\\.local\"", StringComparison.Ordinal)))
            .Distinct(StringComparer.Ordinal),
    ];

    /// <summary>A panel asks for connections of an edge of TCP and for requests of any other.</summary>
    private static bool Meet(HistoryPart part, HistoryScope scope) =>
        scope.Protocol is null || (scope.Protocol == "tcp") == (part is HistoryPart.Connections or HistoryPart.ConnectionSecurity or HistoryPart.ByteSecurity);

    private static IEnumerable<ITelemetryDialect> Dialects() => typeof(ITelemetryDialect).Assembly.GetTypes()
        .Where(type => type is { IsAbstract: false, IsClass: true } && type.IsAssignableTo(typeof(ITelemetryDialect)))
        .Select(type => (ITelemetryDialect)Activator.CreateInstance(type)!);

    /// <summary>One expression per line; empty lines and comments are skipped.</summary>
    public static IReadOnlyList<string> OfTheLanguage { get; } =
    [
        .. """
        # selectors
        up
        up{}
        up{job="api"}
        up{job="api",}
        up{job!="api"}
        up{job=~"a.*"}
        up{job=~"a"}
        up{job!~"api|web"}
        up{job=~"api|web"}
        up{job=~""}
        up{missing=""}
        up{missing!=""}
        up{missing=~".+"}
        up{missing!~".+"}
        {__name__="up"}
        {__name__=~"up|limit"}
        {__name__=~"up|limit",instance="a:80"}
        {job="api"}
        {job="api",__name__!="up",__name__!~"latency.*|requests.*"}
        {instance=~".*:80",__name__=~"u[p]"}
        {"up"}
        up{"job"="api"}
        {}
        {job=~".*"}
        {job=~".+"}
        {job=""}
        up{job="api"
        up{job='api'}
        up{job=`api`}
        up{job="api" job="web"}
        up{job="\x61pi"}
        up{job="\u0061\160i"}
        hostile
        hostile{value="say \"hi\" \\ back"}
        hostile{value="two\nlines"}
        hostile{value=~"two.lines"}
        hostile{value=~"(?s)two.lines"}
        hostile{value=~"two\\slines"}
        hostile{value=~"gr.+er .*"}
        hostile{value=~"gr\\w+er.*"}
        hostile{value=~"größer . than"}
        hostile{value=~"größer [^a] than"}
        hostile{value=~"[[:alpha:]]+"}
        hostile{value=~"x{500}"}
        hostile{value=~"x{1,1001}"}
        hostile{value=~"(x"}
        hostile{value=~"x**"}
        hostile{value=~"(?=x)x+"}
        hostile{value=~"(x)\\1+"}
        hostile{value=~"(?i)X+"}
        hostile{value=~"(?P<a>x)+"}
        hostile{value=~"\\Qsay \"hi\"\\E.*"}
        hostile{value=~"\\pL+"}
        hostile{value=~"\\p{L}+"}
        hostile{value=~"\\PL+"}
        hostile{value=~"[^\\pL]+"}
        hostile{value=~"gr.[[:^digit:]]er [😀-🙏] .*"}
        hostile{value=~"gr.[^[:digit:]]er [^😀-🙀] .*"}
        hostile{value=~"gr\\Wß\\wr\\s\\S than"}
        hostile{value=~"[\\x00-\\x{10FFFF}]+"}
        hostile{value=~"[^\\x00-\\x{10FFFF}]"}
        hostile{value=~"^x+$"}
        hostile{value=~"x+|^$"}
        hostile{value=~"[]a]+"}
        hostile{value=~"[a-z-[aeiou]]+"}
        hostile{value=~"x+?"}
        hostile{value=~"*"}
        hostile{value=~"say .hi. \\\\ back"}
        namespaced:rule:rate5m
        namespaced:rule:rate5m{job="api"}
        :rule
        missing_metric
        sum
        by
        on
        count{}

        # literals
        1
        -1
        +1
        1.5
        .5
        5.
        1e3
        1E-3
        1e+3
        0x1F
        0xff
        0x
        010
        08
        0777
        1_000
        Inf
        +inf
        -Inf
        NaN
        nan
        iNf
        "text"
        'te"xt'
        `raw\n`
        "unterminated
        "bad \q escape"
        "\400"
        1 2
        5m
        1 # comment
        up # comment {
        (((1)))
        ((1)
        )
        ()

        # arithmetic
        1 + 2 * 3
        (1 + 2) * 3
        2 ^ 3 ^ 2
        -2 ^ 2
        2 ^ -1
        2 ^ -1 * 3
        10 % 3
        -10 % 3
        10.5 % -3
        1 / 0
        0 / 0
        -1 / 0
        1 % 0
        5 - 3 - 1
        2 * 3 % 4
        1 atan2 2
        temperature atan2 limit
        1 + up
        up + 1
        -up
        +up
        -(up)
        --up
        - - 1
        -{__name__=~"up|limit"}
        temperature * 2
        temperature ^ 2
        2 ^ temperature
        temperature % 7
        7 % temperature
        temperature / 0
        temperature + on(instance) limit
        temperature + ignoring(job) limit
        temperature + limit
        temperature * on(instance) up
        temperature - on(job) up
        temperature + on(instance, job) up
        temperature + on() limit
        temperature + on(instance) group_left limit
        temperature + on(instance) group_left() limit
        temperature + on(instance) group_left(job) limit
        limit + on(instance) group_right temperature
        limit + on(instance) group_right(job) temperature
        limit - on(instance) group_right temperature
        requests_total / on(instance) group_left limit
        requests_total / on(instance) limit
        limit / on(instance) requests_total
        requests_total / on(instance) group_left(job) up
        requests_total / on(job) group_left errors_total
        requests_total / on(job, code) group_left errors_total
        requests_total * on(instance) group_left(missing) limit
        requests_total * on(job) group_left(code) errors_total{code="500"}
        sum by (job) (requests_total) / sum by (job) (up)
        sum by (job, code) (requests_total) / ignoring(code) group_left sum by (job) (requests_total)
        sum by (job, code) (requests_total) / ignoring(code) sum by (job) (requests_total)
        up + on(job) group_left(job) limit
        up + on(instance) group_left(instance) limit
        missing_metric + up
        up + missing_metric
        {__name__=~"up|limit"} + up
        {__name__=~"up|limit"} * on(instance) group_left up
        {__name__=~"up|limit"} + 1
        {__name__=~"up|temperature"} * 1
        {__name__=~"errors_total|namespaced:rule:rate5m"} * 1
        up + "text"
        up + up[5m]
        1 + on(job) 2
        up + on(job) 2

        # comparison
        1 == 1
        1 == bool 1
        1 < bool 2
        1 > bool 2
        NaN == bool NaN
        NaN != bool NaN
        temperature > 0
        temperature > bool 0
        0 < temperature
        0 < bool temperature
        10 > temperature
        temperature >= 10
        temperature <= -10
        temperature == temperature
        temperature != temperature
        temperature > on(instance) limit
        limit > on(instance) temperature
        temperature > bool on(instance) limit
        temperature > ignoring(job) limit
        limit > on(instance) group_right temperature
        limit > bool on(instance) group_right temperature
        temperature < on(instance) group_left limit
        odd == odd
        odd != odd
        odd > 0
        odd > bool 0
        {__name__=~"up|limit"} > 0
        {__name__=~"up|limit"} > bool 0
        up == 1
        up == 0
        up + bool 1
        up and bool up
        up == on(job) up
        up > bool

        # sets
        up and temperature
        up and on(instance) temperature
        up and on(instance) (temperature > 0)
        up unless on(instance) (temperature > 0)
        up or temperature
        up or on(job) limit
        up or on(instance) missing_metric
        missing_metric or up
        temperature > 0 or on(instance) limit
        up and ignoring(job) limit
        up unless ignoring(job) limit
        up or ignoring(job) limit
        up and on() vector(1)
        up unless on() vector(1)
        up and on() missing_metric
        up and group_left up
        up and on(job) group_left() up
        1 and up
        up or 1
        up or vector(1)
        up and 1
        (up or temperature) and on(instance) limit
        up or up and up unless up
        errors_total or requests_total
        errors_total or on(code) requests_total
        {__name__=~"up|limit"} or temperature

        # aggregation
        sum(up)
        sum(requests_total) by (job)
        sum by (job) (requests_total)
        sum by (job,) (requests_total)
        sum by () (requests_total)
        sum without () (requests_total)
        sum without (instance, code) (requests_total)
        sum by (missing) (requests_total)
        sum by (__name__) ({__name__=~"up|limit"})
        sum without (__name__) ({__name__=~"up|limit"})
        sum by (job) by (code) (requests_total)
        sum by (a:b) (requests_total)
        sum by (sum, by, on, and, bool, offset, start, ignoring, group_left, atan2, without) (requests_total)
        sum by (inf) (requests_total)
        SUM BY (job) (up)
        Sum(up)
        avg(temperature)
        avg by (job) (temperature)
        avg(odd)
        avg(odd{kind=~".*inf.*"})
        min(odd)
        max(odd)
        min by (job) (temperature)
        max by (job) (temperature)
        count(odd)
        count by (code) (requests_total)
        group by (code) (requests_total)
        stddev(temperature)
        stdvar by (job) (temperature)
        stddev(odd)
        stddev(up)
        quantile(0.5, temperature)
        quantile(0.9, temperature)
        quantile(-1, temperature)
        quantile(2, temperature)
        quantile(NaN, temperature)
        quantile by (job) (0.25, temperature)
        quantile(0.5, odd)
        quantile(scalar(limit{instance="a:80"}) / 20, temperature)
        topk(2, temperature)
        topk by (job) (1, temperature)
        bottomk(2, temperature)
        bottomk without (instance) (1, temperature)
        topk(0, temperature)
        topk(-1, temperature)
        topk(100, temperature)
        topk(1.9, temperature)
        topk(3, odd)
        bottomk(3, odd)
        topk(NaN, temperature)
        topk(Inf, temperature)
        topk(scalar(count(up)), requests_total)
        topk(2, up)
        bottomk(2, up)
        topk by (code) (2, requests_total)
        count_values("value", up)
        count_values by (job) ("value", up)
        count_values without (instance) ("value", up)
        count_values without (value) ("value", up)
        count_values("job", up)
        count_values("bad-name", up)
        count_values("value", odd)
        count_values("value", temperature)
        count_values("value", 1e25 * limit)
        sum()
        sum(1)
        sum("x")
        sum(up, up)
        sum(up[5m])
        topk(temperature)
        topk("1", temperature)
        quantile(up, temperature)
        count_values(1, up)
        sum(sum(up))
        sum(missing_metric)
        sum(-requests_total)
        sum by (code) (rate(requests_total[5m])) / on() group_left sum(rate(requests_total[5m]))

        # ranges
        rate(requests_total[1m])
        rate(requests_total[5m])
        rate(requests_total[15s])
        rate(requests_total[16s])
        rate(requests_total[30s])
        rate(requests_total[1h])
        rate(requests_total[1h30m])
        rate(gappy_total[1m])
        rate(gappy_total[5m])
        rate(gappy_total[10m])
        increase(requests_total[5m])
        increase(gappy_total[7m])
        delta(temperature[5m])
        delta(odd[5m])
        rate(odd[5m])
        irate(requests_total[5m])
        irate(gappy_total[10m])
        idelta(temperature[5m])
        idelta(odd[5m])
        changes(odd[10m])
        changes(up[30m])
        resets(gappy_total[10m])
        resets(requests_total[1h])
        resets(odd[10m])
        deriv(temperature[5m])
        deriv(odd[5m])
        deriv(requests_total[10m])
        predict_linear(temperature[10m], 3600)
        predict_linear(odd[10m], 60)
        predict_linear(temperature[10m] offset 5m, 600)
        holt_winters(temperature[10m], 0.5, 0.1)
        holt_winters(temperature[10m], 1, 0.1)
        holt_winters(temperature[10m], 0.5, 0)
        sum_over_time(odd[5m])
        avg_over_time(odd[5m])
        min_over_time(odd[5m])
        max_over_time(odd[5m])
        count_over_time(odd[5m])
        last_over_time(odd[5m])
        present_over_time(odd[5m])
        stddev_over_time(odd[5m])
        stdvar_over_time(temperature[5m])
        quantile_over_time(0.9, odd[5m])
        quantile_over_time(0.5, temperature[17m])
        quantile_over_time(-1, temperature[5m])
        quantile_over_time(2, temperature[5m])
        quantile_over_time(scalar(up{instance="a:80"}), temperature[5m])
        avg_over_time(gappy_total[10m])
        sum_over_time(gappy_total{kind="huge"}[1h])
        last_over_time({__name__=~"up|limit"}[5m])
        count_over_time({__name__=~"up|limit"}[5m])
        count_over_time({__name__=~"up|temperature"}[5m])
        sum_over_time(up[0s])
        sum_over_time(up[5])
        sum_over_time(up[5m1h])
        sum_over_time(up[1h5m30s])
        sum_over_time(up[1w])
        sum_over_time(up[1y1w1d1h1m1s1ms])
        sum_over_time(up[5M])
        sum_over_time(up[-5m])
        rate(up)
        rate(up[5m)
        rate(up[])
        rate((up[5m]))
        up[5m]
        up{job="api"}[31s]
        (up[1m])
        up[5m] offset 1m
        up[5m] + 1
        -up[5m]
        up[5m][5m]
        (up)[5m]
        up offset 5m [5m]
        requests_total{code="500"}[2m] @ 1700001000

        # time shifts
        up offset 5m
        up offset -5m
        up offset 1h
        up offset 0s
        up offset 5
        up offset
        up offset 5m offset 5m
        temperature offset 333s
        rate(requests_total[5m] offset 5m)
        rate(requests_total[5m] offset -90s)
        temperature @ 1700001000
        temperature @ 1700001000.5
        temperature @ 0
        temperature @ -1
        temperature @ start()
        temperature @ end()
        temperature @ end() offset 5m
        temperature offset 5m @ end()
        temperature @ start
        temperature @ 1 @ 2
        temperature @ inf
        temperature @ nan
        temperature @ 1e30
        rate(requests_total[5m] @ 1700002000)
        rate(requests_total[5m] @ end())
        sum(rate(requests_total[5m] @ start() offset 1m)) by (code)
        temperature - temperature @ start()
        1 offset 5m
        sum(up) offset 5m
        (up) offset 5m
        (up) @ 5
        timestamp(temperature @ 1700001000)
        time() - timestamp(up)
        timestamp(up)
        timestamp(up offset 1m)
        timestamp((up))
        timestamp(up + 1)
        timestamp(-up)
        timestamp(timestamp(up))
        timestamp(sum(up))
        timestamp({__name__=~"up|limit"})
        timestamp(vector(1))

        # subqueries
        temperature[5m:1m]
        temperature[5m:]
        max_over_time(temperature[10m:1m])
        max_over_time(rate(requests_total[1m])[10m:30s])
        max_over_time(rate(requests_total[1m])[10m:])
        avg_over_time(sum(rate(requests_total[1m]))[10m:1m])
        rate(requests_total[10m:1m])
        rate(sum(requests_total)[10m:45s])
        increase(requests_total[10m:1m] offset 3m)
        sum_over_time(temperature[10m:1m] @ 1700002000)
        sum_over_time(temperature[10m:1m] @ end())
        sum_over_time((temperature @ start())[10m:1m])
        max_over_time(max_over_time(temperature[5m:1m])[10m:2m])
        count_over_time(up[5m:1m] offset -2m)
        sum_over_time(time()[5m:1m])
        sum_over_time(vector(time())[5m:1m])
        absent_over_time(up[5m:1m])
        deriv(temperature[10m:30s])
        predict_linear(temperature[10m:30s], 60)
        sum_over_time(up[5m:0s])
        sum_over_time(up[5m:1m:1m])
        up[5m][5m:1m]
        1[5m:1m]
        (up)[5m:1m]
        -up[5m:1m]
        count_over_time(temperature[10s:20s])
        count_over_time(({__name__=~"up|limit"} > 0)[5m:1m])

        # functions of values
        abs(temperature)
        abs(odd)
        ceil(temperature)
        floor(odd)
        round(temperature)
        round(temperature, 0.1)
        round(temperature, 5)
        round(temperature, -5)
        round(temperature, 0)
        round(odd)
        exp(temperature)
        ln(odd)
        log2(odd)
        log10(temperature)
        sqrt(temperature)
        sgn(odd)
        sgn(temperature)
        clamp(temperature, -5, 5)
        clamp(temperature, 5, -5)
        clamp(odd, -5, 5)
        clamp(odd, NaN, 5)
        clamp_min(odd, 1)
        clamp_max(odd, 1)
        clamp_max(odd, NaN)
        clamp(temperature, scalar(up{instance="a:80"}), 3)
        acos(up)
        asin(temperature / 30)
        atan(temperature)
        cos(temperature)
        cosh(temperature)
        sin(temperature)
        sinh(temperature / 10)
        tan(temperature)
        tanh(temperature)
        asinh(temperature)
        acosh(limit)
        atanh(temperature / 30)
        deg(temperature)
        rad(temperature)
        pi()
        abs({__name__=~"up|limit"})
        abs({__name__=~"up|temperature"})
        abs()
        abs(1)
        abs(up, 1)
        abs(up,)
        round(up, 1, 2)
        unknown_function(up)
        absolutely(up)
        minute()
        hour()
        day_of_week()
        day_of_month()
        day_of_year()
        days_in_month()
        month()
        year()
        hour(timestamp(up))
        day_of_week(vector(1700000000))
        year(vector(-1e9))
        minute(odd{kind!~".*(inf|nan).*"})
        days_in_month(vector(1709164800))

        # scalars and vectors
        time()
        vector(1)
        vector(time())
        vector(up)
        scalar(up)
        scalar(up{instance="a:80"})
        scalar(missing_metric)
        scalar(1)
        time() - 1
        time() / 60 % 60
        scalar(sum(up)) + 1
        up + scalar(sum(up))
        -time()
        absent(up)
        absent(missing_metric)
        absent(missing_metric{job="x",instance=~"y"})
        absent(missing_metric{job="x",job="y",a="b"})
        absent((missing_metric{job="x"}))
        absent(sum(missing_metric{job="x"}))
        absent(missing_metric{job="x"} offset 5m)
        absent(rate(missing_metric{job="x"}[5m]))
        absent(gappy_total{kind="early"})
        absent_over_time(up[5m])
        absent_over_time(missing_metric{job="x"}[5m])
        absent_over_time((missing_metric{job="x"}[5m]))
        absent_over_time({__name__=~"up|limit"}[5m])
        absent_over_time(gappy_total{kind="gaps"}[1m])
        absent_over_time(missing_metric{job="x"}[5m:1m])
        sort(temperature)
        sort_desc(temperature)
        sort(odd)
        sort_desc(odd)
        sort(temperature > 0)
        sort(topk(2, temperature))

        # labels
        label_replace(up, "short", "$1", "instance", "(.*):.*")
        label_replace(up, "short", "${1}-x", "instance", "(.*):.*")
        label_replace(up, "short", "$1x", "instance", "(.*):.*")
        label_replace(up, "short", "$$1", "instance", "(.*):.*")
        label_replace(up, "short", "$", "instance", "(.*):.*")
        label_replace(up, "short", "$-", "instance", "(.*):.*")
        label_replace(up, "short", "${1", "instance", "(.*):.*")
        label_replace(up, "short", "$name", "instance", "(?P<name>.*):(.*)")
        label_replace(up, "short", "$2$name$1", "instance", "(?P<name>.*):(.*)")
        label_replace(up, "short", "x", "instance", "a")
        label_replace(up, "job", "", "instance", ".*")
        label_replace(up, "instance", "same", "job", "api")
        label_replace(up, "instance", "same", "instance", ".*")
        label_replace(up, "__name__", "other", "instance", ".*")
        label_replace(up, "__name__", "", "instance", ".*")
        label_replace(up, "bad-name", "x", "instance", ".*")
        label_replace(up, "short", "x", "bad-name", ".*")
        label_replace(up, "short", "$1", "missing", "(.*)")
        label_replace(up, "short", "none", "missing", "")
        label_replace(up, "short", "$1", "instance", "(.*")
        label_replace(rate(requests_total[5m]), "short", "$1", "instance", "(.*):.*")
        label_replace(up, "short", "$1", "instance")
        label_replace(up, "a", "b", "c", up)
        label_replace(sum(up), "metric", "total", "", "")
        label_replace(hostile, "copy", "$1", "value", "(.*)")
        label_replace(hostile, "copy", "$1", "value", "(?s)(.*)")
        label_join(up, "joined", "-", "job", "instance")
        label_join(up, "joined", "-")
        label_join(up, "job", "-", "missing")
        label_join(up, "instance", "", "job")
        label_join(up, "bad-name", "-", "job")
        label_join(up, "joined", "-", "bad-name")
        label_join(up, "joined", ", ", "job", "missing", "instance")
        sum by (short) (label_replace(up, "short", "$1", "instance", "(.*):.*"))

        # histograms
        histogram_quantile(0.5, latency_bucket)
        histogram_quantile(0.9, rate(latency_bucket[5m]))
        histogram_quantile(0.99, sum by (le) (rate(latency_bucket[5m])))
        histogram_quantile(0.99, sum by (le, job) (rate(latency_bucket[5m])))
        histogram_quantile(0, rate(latency_bucket[5m]))
        histogram_quantile(1, rate(latency_bucket[5m]))
        histogram_quantile(-1, rate(latency_bucket[5m]))
        histogram_quantile(2, rate(latency_bucket[5m]))
        histogram_quantile(NaN, rate(latency_bucket[5m]))
        histogram_quantile(scalar(up{instance="a:80"}), rate(latency_bucket[5m]))
        histogram_quantile(0.9, idle_bucket)
        histogram_quantile(0.9, up)
        histogram_quantile(0.9, {__name__=~"latency_bucket|idle_bucket"})
        histogram_quantile(0.5, -latency_bucket)
        histogram_quantile(0.5, latency_bucket * NaN)
        histogram_quantile(up, latency_bucket)
        histogram_quantile(0.5, odd)
        sum(rate(latency_sum[5m])) / sum(rate(latency_count[5m]))
        histogram_quantile(0.95, sum by (le, destination_workload) (rate(istio_request_duration_milliseconds_bucket{reporter="destination"}[2m])))

        # whole questions
        sum by (job) (rate(requests_total{code=~"5.."}[5m])) / sum by (job) (rate(requests_total[5m])) * 100 > 1
        1 - avg(up) by (job)
        (sum(rate(istio_requests_total{reporter="source",response_code!~"5.."}[5m])) / sum(rate(istio_requests_total{reporter="source"}[5m]))) < 0.9999
        round(sum(irate(istio_requests_total{reporter="destination",destination_service=~"card-processor.payments.svc.cluster.local"}[5m])) by (source_workload, response_code, connection_security_policy), 0.001)
        sum(istio_build{component="pilot"}) by (tag)
        topk(3, sum by (source_workload, destination_workload) (rate(istio_requests_total[1m])))
        label_join(sum by (destination_workload, destination_workload_namespace) (rate(istio_requests_total{reporter=~"source|waypoint"}[1m])), "workload", ".", "destination_workload", "destination_workload_namespace")
        sum(rate(istio_tcp_sent_bytes_total{reporter="source"}[1m])) by (destination_workload) or sum(rate(istio_tcp_received_bytes_total[1m])) by (destination_workload)
        count(count by (instance) (up)) == bool 4
        avg_over_time((sum(rate(requests_total{code="500"}[1m])) / sum(rate(requests_total[1m])))[30m:1m])
        """.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0 && !line.StartsWith('#')),
        "",
        " ",
        "\tup\n+\n1 # one\n",
        "up # comment \n + limit",
    ];

    public static bool IsOrdered(string query) =>
        // Several NaN have no order among each other.
        !query.Contains("odd", StringComparison.Ordinal)
        && (query.StartsWith("sort", StringComparison.Ordinal) || query.StartsWith("topk(", StringComparison.Ordinal) || query.StartsWith("bottomk(", StringComparison.Ordinal));
}
