using Microsoft.AspNetCore.Http;

namespace MeshConsole.Simulator.Hosting;

/// <summary>What can go wrong with Prometheus. Its metrics page and the control addresses are spared.</summary>
public sealed class PrometheusFaults
{
    /// <summary>Cuts every connection that sends a request.</summary>
    public bool Down { get; set; }

    /// <summary>How long every query waits.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>How long a query over buckets waits, when that is longer.</summary>
    public TimeSpan HistogramDelay { get; set; }

    /// <summary>Requests to the API since the start, those that failed by a fault included.</summary>
    public long Requests => Interlocked.Read(ref _requests);

    private long _requests;

    internal async Task ApplyAsync(HttpContext context, Func<Task> next, TimeProvider time)
    {
        if (!context.Request.Path.StartsWithSegments("/api") && !context.Request.Path.StartsWithSegments("/-"))
        {
            await next().ConfigureAwait(false);
            return;
        }

        Interlocked.Increment(ref _requests);
        if (Down)
        {
            context.Abort();
            return;
        }

        var delay = Delay;
        if (HistogramDelay > delay && await AsksForBucketsAsync(context).ConfigureAwait(false)) delay = HistogramDelay;
        if (delay > TimeSpan.Zero)
        {
            try
            {
                await Task.Delay(delay, time, context.RequestAborted).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return; // The caller did not wait.
            }

            if (Down)
            {
                context.Abort();
                return;
            }
        }

        await next().ConfigureAwait(false);
    }

    private static async Task<bool> AsksForBucketsAsync(HttpContext context)
    {
        var query = context.Request.Query["query"].ToString();
        // The form is kept by the request, so that the API reads it again.
        if (query.Length == 0 && context.Request.HasFormContentType)
            query = (await context.Request.ReadFormAsync(context.RequestAborted).ConfigureAwait(false))["query"].ToString();
        return query.Contains("_bucket", StringComparison.Ordinal);
    }
}
