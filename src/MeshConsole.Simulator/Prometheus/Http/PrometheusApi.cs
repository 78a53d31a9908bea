using System.Globalization;
using MeshConsole.Simulator.Prometheus.Evaluation;
using MeshConsole.Simulator.Prometheus.Language;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace MeshConsole.Simulator.Prometheus;

/// <summary>
/// Prometheus' HTTP API over a store: queries, series and labels, metadata, build information, health. Answers have the shape, the
/// codes and the words of Prometheus 2.42; they are streamed, and packed with gzip for callers that accept it.
/// </summary>
public sealed class PrometheusApi
{
    /// <summary>The version that is claimed, whose behaviour is followed.</summary>
    public const string Version = "2.42.0";

    private const int MaxPoints = 11_000;
    private static readonly string[] s_getAndPost = ["GET", "POST"];

    private readonly SampleStore _store;
    private readonly PromQlEngine _engine;
    private readonly TimeProvider _time;

    private PrometheusApi(SampleStore store, TimeProvider time, EngineOptions options)
    {
        _store = store;
        _engine = new PromQlEngine(store, options);
        _time = time;
    }

    /// <summary>Maps <c>/api/v1/…</c>, <c>/-/ready</c> and <c>/-/healthy</c>.</summary>
    /// <param name="time">What "now" is for a query that names no time.</param>
    public static void Map(IEndpointRouteBuilder endpoints, SampleStore store, TimeProvider time, EngineOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(time);
        var api = new PrometheusApi(store, time, options ?? new EngineOptions());
        endpoints.MapMethods("/api/v1/query", s_getAndPost, context => Answered(context, api.QueryAsync));
        endpoints.MapMethods("/api/v1/query_range", s_getAndPost, context => Answered(context, api.QueryRangeAsync));
        endpoints.MapMethods("/api/v1/series", s_getAndPost, context => Answered(context, api.SeriesAsync));
        endpoints.MapMethods("/api/v1/labels", s_getAndPost, context => Answered(context, api.LabelsAsync));
        endpoints.MapGet("/api/v1/label/{name}/values", context => Answered(context, api.LabelValuesAsync));
        endpoints.MapGet("/api/v1/metadata", context => Answered(context, api.MetadataAsync));
        endpoints.MapGet("/api/v1/status/buildinfo", context => Answered(context, BuildInfoAsync));
        endpoints.MapGet("/-/ready", () => Results.Text("Prometheus Server is Ready.\n"));
        endpoints.MapGet("/-/healthy", () => Results.Text("Prometheus Server is Healthy.\n"));
    }

    private static async Task Answered(HttpContext context, Func<ApiRequest, Task> answer)
    {
        try
        {
            await answer(await ApiRequest.ReadAsync(context).ConfigureAwait(false)).ConfigureAwait(false);
        }
        catch (ApiException fault) when (!context.Response.HasStarted)
        {
            await ApiResponse.WriteErrorAsync(context, fault).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is left to read an answer.
        }
    }

    private async Task QueryAsync(ApiRequest request)
    {
        var timeMs = request.Time("time") ?? NowMs;
        var expression = Parsed(request, static message => ApiException.BadParameter("query", message));
        using var answer = await EvaluatedAsync(request, (engine, token) => engine.Instant(expression, timeMs, token)).ConfigureAwait(false);
        await ApiResponse.WriteAsync(request.Context, writer => QueryAnswerWriter.WriteInstantAsync(writer, answer)).ConfigureAwait(false);
    }

    private async Task QueryRangeAsync(ApiRequest request)
    {
        var startMs = request.Time("start") ?? throw ApiException.BadParameter("start", "cannot parse \"\" to a valid timestamp");
        var endMs = request.Time("end") ?? throw ApiException.BadParameter("end", "cannot parse \"\" to a valid timestamp");
        if (endMs < startMs) throw ApiException.BadParameter("end", "end timestamp must not be before start timestamp");
        var stepMs = request.Duration("step") ?? throw ApiException.BadParameter("step", "cannot parse \"\" to a valid duration");
        if (stepMs <= 0) throw ApiException.BadParameter("step", "zero or negative query resolution step widths are not accepted. Try a positive integer");
        // Int128: the widest span of legal times does not fit 64 bits.
        if (((Int128)endMs - startMs) / stepMs > MaxPoints)
            throw ApiException.BadData("exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)");
        var expression = Parsed(request, ApiException.BadData);
        if (expression.Type is not (PromType.Scalar or PromType.Vector))
            throw ApiException.BadData($"invalid expression type {PromText.Quote(PromTypes.Describe(expression.Type))} for range query, must be Scalar or instant Vector");
        var grid = TimeGrid.Between(startMs, endMs, stepMs);
        using var answer = await EvaluatedAsync(request, (engine, token) => engine.Range(expression, grid, endMs, token)).ConfigureAwait(false);
        await ApiResponse.WriteAsync(request.Context, writer => QueryAnswerWriter.WriteRangeAsync(writer, answer)).ConfigureAwait(false);
    }

    /// <param name="fault">The two kinds of query word it differently.</param>
    private static PromExpr Parsed(ApiRequest request, Func<string, ApiException> fault)
    {
        try
        {
            return PromQlParser.Parse(request["query"] ?? "");
        }
        catch (PromQlSyntaxException syntax)
        {
            throw fault(syntax.Message);
        }
    }

    private async Task<QueryAnswer> EvaluatedAsync(ApiRequest request, Func<PromQlEngine, CancellationToken, QueryAnswer> evaluate)
    {
        var limit = _engine.Options.Timeout;
        if (request.Duration("timeout") is { } asked && asked < limit.TotalMilliseconds) limit = TimeSpan.FromMilliseconds(Math.Max(0, asked));
        using var timeout = new CancellationTokenSource(limit, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, request.Context.RequestAborted);
        try
        {
            return await Task.Run(() => evaluate(_engine, either.Token), either.Token).ConfigureAwait(false);
        }
        catch (PromQlExecutionException fault)
        {
            throw new ApiException(StatusCodes.Status422UnprocessableEntity, "execution", fault.Message);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !request.Context.RequestAborted.IsCancellationRequested)
        {
            throw new ApiException(StatusCodes.Status503ServiceUnavailable, "timeout", "query timed out in expression evaluation");
        }
    }

    private async Task SeriesAsync(ApiRequest request)
    {
        var selectors = request.All("match[]");
        if (selectors.Count == 0) throw ApiException.BadData("no match[] parameter provided");
        var found = Found(request, selectors);
        await ApiResponse.WriteAsync(request.Context, async writer =>
        {
            writer.Json.WriteStartArray();
            foreach (var series in found)
            {
                QueryAnswerWriter.WriteLabels(writer.Json, series.Labels, nameHidden: false);
                await writer.FlushWhenLargeAsync().ConfigureAwait(false);
            }

            writer.Json.WriteEndArray();
        }).ConfigureAwait(false);
    }

    private Task LabelsAsync(ApiRequest request)
    {
        var names = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var series in Found(request, request.All("match[]")))
            foreach (var name in series.Labels.Names.AsSpan()) names.Add(name);
        return WriteListAsync(request, names);
    }

    private Task LabelValuesAsync(ApiRequest request)
    {
        var name = (string)request.Context.GetRouteValue("name")!;
        if (!PromQlParser.IsLabelName(name)) throw ApiException.BadData($"invalid label name: {PromText.Quote(name)}");
        var values = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var series in Found(request, request.All("match[]")))
            if (series.Labels[name] is { Length: > 0 } value) values.Add(value);
        return WriteListAsync(request, values);
    }

    /// <summary>The series that one of the selectors finds within the request's time; all series when there is no selector.</summary>
    private IReadOnlyCollection<Series> Found(ApiRequest request, IReadOnlyList<string> selectors)
    {
        var startMs = request.Time("start") ?? long.MinValue;
        var endMs = request.Time("end") ?? long.MaxValue;
        if (selectors.Count == 0) return _store.Index.Select([], startMs, endMs);
        var found = new HashSet<Series>();
        foreach (var selector in selectors)
        {
            try
            {
                found.UnionWith(_store.Index.Select(PromQlParser.ParseSelector(selector), startMs, endMs));
            }
            catch (PromQlSyntaxException fault)
            {
                throw ApiException.BadParameter("match[]", fault.Message);
            }
        }

        return found;
    }

    private async Task MetadataAsync(ApiRequest request)
    {
        var metric = request["metric"];
        var limit = int.MaxValue;
        if (request["limit"] is { Length: > 0 } text && !int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out limit))
            throw ApiException.BadData("limit must be a number");
        var described = _store.Metadata.Where(pair => metric is not { Length: > 0 } || pair.Key == metric).OrderBy(pair => pair.Key, StringComparer.Ordinal);
        await ApiResponse.WriteAsync(request.Context, async writer =>
        {
            writer.Json.WriteStartObject();
            foreach (var (family, metadata) in limit < 0 ? described : described.Take(limit))
            {
                writer.Json.WriteStartArray(family);
                writer.Json.WriteStartObject();
                writer.Json.WriteString("type"u8, metadata.Type);
                writer.Json.WriteString("help"u8, metadata.Help);
                writer.Json.WriteString("unit"u8, metadata.Unit);
                writer.Json.WriteEndObject();
                writer.Json.WriteEndArray();
                await writer.FlushWhenLargeAsync().ConfigureAwait(false);
            }

            writer.Json.WriteEndObject();
        }).ConfigureAwait(false);
    }

    private static Task BuildInfoAsync(ApiRequest request) => ApiResponse.WriteAsync(request.Context, writer =>
    {
        writer.Json.WriteStartObject();
        writer.Json.WriteString("version"u8, Version);
        writer.Json.WriteString("revision"u8, "meshconsole-simulator");
        writer.Json.WriteString("branch"u8, "HEAD");
        writer.Json.WriteString("buildUser"u8, "");
        writer.Json.WriteString("buildDate"u8, "");
        writer.Json.WriteString("goVersion"u8, "");
        writer.Json.WriteEndObject();
        return Task.CompletedTask;
    });

    private static Task WriteListAsync(ApiRequest request, IEnumerable<string> texts) => ApiResponse.WriteAsync(request.Context, async writer =>
    {
        writer.Json.WriteStartArray();
        foreach (var text in texts)
        {
            writer.Json.WriteStringValue(text);
            await writer.FlushWhenLargeAsync().ConfigureAwait(false);
        }

        writer.Json.WriteEndArray();
    });

    private long NowMs => _time.GetUtcNow().ToUnixTimeMilliseconds();
}
