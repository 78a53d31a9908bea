using System.Collections.Concurrent;

namespace MeshConsole.Mesh.Prometheus;

/// <summary>Runs a set of queries for one instant, a few at a time. No query's failure ends the others, unless it shows that all will fail.</summary>
internal sealed class TelemetryRefresh(PrometheusClient client, ITelemetryDialect dialect, int maxParallel)
{
    /// <summary>Slow answers in one refresh after which no further query is started: Prometheus is overloaded, not the query wrong.</summary>
    private const int TimeoutsBeforeGivingUp = 2;

    /// <summary>The outcome of each query, in the order given.</summary>
    /// <param name="before">The answers so far, which tell how large the next ones will be.</param>
    public async Task<IReadOnlyList<QueryOutcome>> RunAsync(IReadOnlyList<TelemetryQuery> queries, DateTimeOffset at, SymbolTable symbols, bool severalClusters, TelemetryAnswers? before, CancellationToken cancellationToken)
    {
        var outcomes = new QueryOutcome[queries.Count];
        var answers = queries.Select(query => dialect.NewAnswer(query.Name, symbols, severalClusters, before?.Get<TelemetryAnswer>(query.Name)?.Series ?? 0)).ToArray();
        var waiting = new ConcurrentQueue<int>(Enumerable.Range(0, queries.Count));
        PrometheusException? hopeless = null;
        var timeouts = 0;
        await Task.WhenAll(Enumerable.Range(0, Math.Min(maxParallel, queries.Count)).Select(_ => WorkAsync())).ConfigureAwait(false);
        return outcomes;

        async Task WorkAsync()
        {
            while (waiting.TryDequeue(out var index))
            {
                var query = queries[index];
                if (Volatile.Read(ref hopeless) is { } fault)
                {
                    outcomes[index] = new QueryOutcome(query, null, null, fault);
                    continue;
                }

                var answer = answers[index];
                try
                {
                    var receipt = await client.QueryAsync(query.Text, at, answer.Symbols, answer, null, cancellationToken).ConfigureAwait(false);
                    answer.At = at;
                    answer.Series = receipt.Series;
                    answer.Complete();
                    outcomes[index] = new QueryOutcome(query, answer, receipt, null);
                }
                catch (PrometheusException exception)
                {
                    outcomes[index] = new QueryOutcome(query, null, null, exception);
                    if (exception.Fault is PrometheusFault.Unreachable or PrometheusFault.Unauthorized or PrometheusFault.NotPrometheus
                        || (exception.Fault == PrometheusFault.Timeout && Interlocked.Increment(ref timeouts) >= TimeoutsBeforeGivingUp))
                    {
                        Volatile.Write(ref hopeless, exception);
                    }
                }
            }
        }
    }
}
