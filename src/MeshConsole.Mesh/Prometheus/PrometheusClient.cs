using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Prometheus;

/// <summary>
/// Speaks the HTTP API of Prometheus (and of what answers like it: Thanos, Mimir, VictoriaMetrics). Answers are read as they
/// arrive, with a limit on time and size; every failure is a <see cref="PrometheusException"/>. Safe for several threads.
/// </summary>
public sealed class PrometheusClient
{
    /// <summary>Longer queries go as a POST: proxies cut URLs from 2 KiB on.</summary>
    private const int LongestGet = 1800;
    private const int LongestErrorBody = 64 * 1024;
    private const int SmallestBuffer = 64 * 1024;

    private readonly HttpClient _http;
    private readonly PrometheusEndpoint _endpoint;
    private readonly TimeProvider _time;
    private readonly BearerTokenFile? _token;
    private long _queriesSent;
    private volatile bool _postRefused;
    private volatile ClockSkew? _clock;

    /// <param name="http">Its own timeout must not be shorter than the endpoint's; decompression is the handler's to do.</param>
    public PrometheusClient(HttpClient http, PrometheusEndpoint endpoint, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(http);
        ArgumentNullException.ThrowIfNull(endpoint);
        ArgumentNullException.ThrowIfNull(time);
        _http = http;
        _endpoint = endpoint;
        _time = time;
        _token = endpoint.BearerTokenFile is { } path ? new BearerTokenFile(path, time) : null;
    }

    public PrometheusEndpoint Endpoint => _endpoint;

    /// <summary>Its clock by its last answer; null before the first.</summary>
    public ClockSkew? Clock => _clock;

    /// <summary>Queries sent since the start of the process, repeated ones (after a refused method or token) included.</summary>
    public long QueriesSent => Interlocked.Read(ref _queriesSent);

    /// <summary>Runs an instant query and collects its answer.</summary>
    /// <param name="at">Evaluation time; null for now.</param>
    public async Task<PrometheusAnswer> QueryAsync(string query, DateTimeOffset? at, CancellationToken cancellationToken)
    {
        var symbols = new SymbolTable();
        var collector = new SeriesCollector(symbols);
        var receipt = await QueryAsync(query, at, symbols, collector, null, cancellationToken).ConfigureAwait(false);
        return new PrometheusAnswer(collector.Series, receipt);
    }

    /// <summary>Runs an instant query and hands its series to <paramref name="sink"/> as they arrive.</summary>
    /// <param name="timeout">Null for the endpoint's.</param>
    public Task<QueryReceipt> QueryAsync(string query, DateTimeOffset? at, SymbolTable symbols, ISeriesSink sink, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(query);
        ArgumentNullException.ThrowIfNull(symbols);
        ArgumentNullException.ThrowIfNull(sink);
        var limit = timeout ?? _endpoint.QueryTimeout;
        List<KeyValuePair<string, string>> parameters = [new("query", query), new("timeout", PromQl.Duration(limit))];
        if (at is { } instant)
        {
            parameters.Add(new("time", Seconds(instant)));
        }

        return SendAsync("query", parameters, symbols, sink, limit, cancellationToken);
    }

    /// <summary>Runs a range query: one point per step from <paramref name="start"/> to <paramref name="end"/>, both included.</summary>
    public async Task<PrometheusAnswer> QueryRangeAsync(string query, DateTimeOffset start, DateTimeOffset end, TimeSpan step, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(query);
        ArgumentOutOfRangeException.ThrowIfLessThan(end, start);
        ArgumentOutOfRangeException.ThrowIfLessThan(step, TimeSpan.FromMilliseconds(1));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((end - start) / step, 11_000, nameof(step));
        var symbols = new SymbolTable();
        var collector = new SeriesCollector(symbols);
        List<KeyValuePair<string, string>> parameters =
        [
            new("query", query),
            new("start", Seconds(start)),
            new("end", Seconds(end)),
            new("step", PromQl.Duration(step)),
            new("timeout", PromQl.Duration(_endpoint.QueryTimeout)),
        ];
        var receipt = await SendAsync("query_range", parameters, symbols, collector, _endpoint.QueryTimeout, cancellationToken).ConfigureAwait(false);
        return new PrometheusAnswer(collector.Series, receipt);
    }

    /// <summary>What answers there. Tells a Prometheus from something else at that address.</summary>
    public async Task<PrometheusBuildInfo> BuildInfoAsync(CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(_endpoint.QueryTimeout, _time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            using var response = await SendAsync(() => new HttpRequestMessage(HttpMethod.Get, _endpoint.Api("status/buildinfo")), linked.Token).ConfigureAwait(false);
            if (!response.IsSuccessStatusCode)
            {
                throw await RefusalAsync(response, linked.Token).ConfigureAwait(false);
            }

            using var body = await ReadLimitedAsync(response, LongestErrorBody, linked.Token).ConfigureAwait(false);
            using var document = JsonDocument.Parse(body.Memory[..body.Length]);
            var data = document.RootElement.GetProperty("data");
            return new PrometheusBuildInfo(Text(data, "version"), Text(data, "revision"));
        }
        catch (Exception exception) when (!IsFinal(exception, cancellationToken))
        {
            throw Translate(exception, timeout.IsCancellationRequested, _endpoint.QueryTimeout, null);
        }

        static string? Text(JsonElement data, string name) =>
            data.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? ErrorText.Clean(value.GetString()!, 100) : null;
    }

    private async Task<QueryReceipt> SendAsync(string path, List<KeyValuePair<string, string>> parameters, SymbolTable symbols, ISeriesSink sink, TimeSpan limit, CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        using var timeout = new CancellationTokenSource(limit, _time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        var reader = new AnswerReader(symbols, sink);
        try
        {
            using var response = await SendQueryAsync(path, parameters, linked.Token).ConfigureAwait(false);
            if (!response.IsSuccessStatusCode)
            {
                throw await RefusalAsync(response, linked.Token).ConfigureAwait(false);
            }

            var stream = await response.Content.ReadAsStreamAsync(linked.Token).ConfigureAwait(false);
            long bytes;
            await using (stream.ConfigureAwait(false))
            {
                bytes = await ReadAnswerAsync(stream, reader, symbols, linked.Token).ConfigureAwait(false);
            }

            if (!string.Equals(reader.Status, "success", StringComparison.Ordinal))
            {
                throw reader.Status is null ? NotPrometheus(null) : Refusal(reader.ErrorType, reader.Error);
            }

            return new QueryReceipt(reader.Series, bytes, _time.GetElapsedTime(started), [.. reader.Warnings]);
        }
        catch (Exception exception) when (!IsFinal(exception, cancellationToken))
        {
            throw Translate(exception, timeout.IsCancellationRequested, limit, reader);
        }
    }

    /// <summary>Feeds the reader from one buffer that keeps the token it stopped in; returns the bytes read.</summary>
    private async Task<long> ReadAnswerAsync(Stream stream, AnswerReader reader, SymbolTable symbols, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(SmallestBuffer);
        try
        {
            var held = 0;
            long total = 0;
            while (true)
            {
                if (held == buffer.Length)
                {
                    var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
                    buffer.AsSpan(0, held).CopyTo(larger);
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = larger;
                }

                var read = await stream.ReadAsync(buffer.AsMemory(held), cancellationToken).ConfigureAwait(false);
                total += read;
                held += read;
                if (total > _endpoint.MaxAnswerBytes)
                {
                    throw new PrometheusException(
                        PrometheusFault.TooLarge,
                        $"The answer of Prometheus at {_endpoint.DisplayName} is larger than {_endpoint.MaxAnswerBytes / (1024 * 1024)} MiB. Fewer series are needed: drop labels or idle series, or record rules.");
                }

                int used;
                lock (symbols)
                {
                    // Several answers of one refresh arrive at once and share the table.
                    used = reader.Read(buffer.AsSpan(0, held), last: read == 0);
                }

                if (read == 0)
                {
                    return total;
                }

                held -= used;
                buffer.AsSpan(used, held).CopyTo(buffer);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task<HttpResponseMessage> SendQueryAsync(string path, List<KeyValuePair<string, string>> parameters, CancellationToken cancellationToken)
    {
        var address = _endpoint.Api(path);
        var encoded = string.Join('&', parameters.Select(parameter => $"{parameter.Key}={Uri.EscapeDataString(parameter.Value)}"));
        if (encoded.Length > LongestGet && !_postRefused)
        {
            var response = await SendAsync(() => new HttpRequestMessage(HttpMethod.Post, address) { Content = new FormUrlEncodedContent(parameters) }, cancellationToken).ConfigureAwait(false);
            if (response.StatusCode != HttpStatusCode.MethodNotAllowed)
            {
                return response;
            }

            // Remembered: a read-only proxy in front of Prometheus will not change its mind.
            response.Dispose();
            _postRefused = true;
        }

        return await SendAsync(() => new HttpRequestMessage(HttpMethod.Get, new Uri($"{address}?{encoded}")), cancellationToken).ConfigureAwait(false);
    }

    private async Task<HttpResponseMessage> SendAsync(Func<HttpRequestMessage> create, CancellationToken cancellationToken)
    {
        var token = _token is null ? null : await _token.ReadAsync(fresh: false, cancellationToken).ConfigureAwait(false);
        var response = await SendOnceAsync(create, token, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode == HttpStatusCode.Unauthorized && _token is not null
            && await _token.ReadAsync(fresh: true, cancellationToken).ConfigureAwait(false) is { } renewed && !string.Equals(renewed, token, StringComparison.Ordinal))
        {
            response.Dispose();
            response = await SendOnceAsync(create, renewed, cancellationToken).ConfigureAwait(false);
        }

        return response;
    }

    private async Task<HttpResponseMessage> SendOnceAsync(Func<HttpRequestMessage> create, string? token, CancellationToken cancellationToken)
    {
        using var request = create();
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        if (token is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        Interlocked.Increment(ref _queriesSent);
        var sent = _time.GetUtcNow();
        var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        if (response.Headers.Date is { } date)
        {
            _clock = ClockSkew.Of("Prometheus", date, sent, _time.GetUtcNow());
        }

        return response;
    }

    private async Task<PrometheusException> RefusalAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
        {
            return new PrometheusException(
                PrometheusFault.Unauthorized,
                $"Prometheus at {_endpoint.DisplayName} refuses the console ({(int)response.StatusCode}). Check the bearer token of this cluster and what it may read.");
        }

        using var body = await ReadLimitedAsync(response, LongestErrorBody, cancellationToken).ConfigureAwait(false);
        var reader = new AnswerReader(new SymbolTable(), new SeriesCollector(new SymbolTable()));
        try
        {
            reader.Read(body.Memory.Span[..body.Length], last: true);
        }
        catch (JsonException)
        {
            // Not Prometheus's own words: the status code has to do.
        }

        if (reader.ErrorType is not null)
        {
            return Refusal(reader.ErrorType, reader.Error);
        }

        return response.StatusCode switch
        {
            HttpStatusCode.GatewayTimeout or HttpStatusCode.RequestTimeout => new PrometheusException(PrometheusFault.Timeout, $"Prometheus at {_endpoint.DisplayName} did not answer the proxy before it in time ({(int)response.StatusCode})."),
            HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests or HttpStatusCode.InternalServerError =>
                new PrometheusException(PrometheusFault.Unreachable, $"Prometheus at {_endpoint.DisplayName} cannot answer now ({(int)response.StatusCode})."),
            _ => NotPrometheus(response.StatusCode),
        };
    }

    private PrometheusException Refusal(string? type, string? error)
    {
        var text = ErrorText.Clean(error ?? "no reason given");
        return type switch
        {
            "bad_data" => new PrometheusException(PrometheusFault.BadData, $"Prometheus at {_endpoint.DisplayName} does not understand the query: {text}"),
            "timeout" or "canceled" => new PrometheusException(PrometheusFault.Timeout, $"Prometheus at {_endpoint.DisplayName} gave the query up: {text}"),
            "unavailable" => new PrometheusException(PrometheusFault.Unreachable, $"Prometheus at {_endpoint.DisplayName} cannot answer now: {text}"),
            _ => new PrometheusException(PrometheusFault.Execution, $"Prometheus at {_endpoint.DisplayName} could not run the query: {text}"),
        };
    }

    private PrometheusException NotPrometheus(HttpStatusCode? status, Exception? inner = null) => new(
        PrometheusFault.NotPrometheus,
        $"What answers at {_endpoint.DisplayName}{(status is { } code ? string.Create(CultureInfo.InvariantCulture, $" ({(int)code})") : "")} is no Prometheus. Check the address and its path prefix.",
        inner);

    /// <summary>Ours already, cancelled by the caller, or a fault of the program: to be passed on as it is.</summary>
    private static bool IsFinal(Exception exception, CancellationToken caller) =>
        caller.IsCancellationRequested
        || exception is PrometheusException
        || exception is not (OperationCanceledException or HttpRequestException or IOException or JsonException or KeyNotFoundException or InvalidOperationException or InvalidDataException);

    private PrometheusException Translate(Exception exception, bool timedOut, TimeSpan limit, AnswerReader? reader)
    {
        if (timedOut || exception is OperationCanceledException)
        {
            return new PrometheusException(
                PrometheusFault.Timeout,
                string.Create(CultureInfo.InvariantCulture, $"Prometheus at {_endpoint.DisplayName} did not answer within {limit.TotalSeconds:0.###} s."),
                exception);
        }

        return exception switch
        {
            HttpRequestException http => new PrometheusException(PrometheusFault.Unreachable, Unreachable(http), exception),
            IOException => new PrometheusException(PrometheusFault.Unreachable, $"The answer of Prometheus at {_endpoint.DisplayName} broke off.", exception),
            JsonException when reader?.Status is not null => new PrometheusException(PrometheusFault.Unreachable, $"The answer of Prometheus at {_endpoint.DisplayName} broke off after {reader.Series} series.", exception),
            _ => NotPrometheus(null, exception),
        };
    }

    private string Unreachable(HttpRequestException exception) => exception.HttpRequestError switch
    {
        HttpRequestError.NameResolutionError => $"The host of Prometheus ({_endpoint.DisplayName}) has no address: check its name.",
        HttpRequestError.ConnectionError => $"Prometheus at {_endpoint.DisplayName} accepts no connection.",
        HttpRequestError.SecureConnectionError => $"No TLS connection with Prometheus at {_endpoint.DisplayName}: check its certificate and that the address is meant to be https.",
        HttpRequestError.ResponseEnded => $"Prometheus at {_endpoint.DisplayName} closed the connection before it answered.",
        _ => $"Prometheus at {_endpoint.DisplayName} cannot be reached.",
    };

    private static async Task<LimitedBody> ReadLimitedAsync(HttpResponseMessage response, int limit, CancellationToken cancellationToken)
    {
        var owner = MemoryPool<byte>.Shared.Rent(limit);
        try
        {
            var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
            {
                return new LimitedBody(owner, await stream.ReadAtLeastAsync(owner.Memory[..limit], limit, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false));
            }
        }
        catch
        {
            owner.Dispose();
            throw;
        }
    }

    private static string Seconds(DateTimeOffset instant) =>
        (instant.ToUnixTimeMilliseconds() / 1000m).ToString("0.###", CultureInfo.InvariantCulture);

    private sealed class LimitedBody(IMemoryOwner<byte> owner, int length) : IDisposable
    {
        public Memory<byte> Memory => owner.Memory;

        public int Length => length;

        public void Dispose() => owner.Dispose();
    }
}
