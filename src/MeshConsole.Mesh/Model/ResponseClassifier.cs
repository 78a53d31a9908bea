using System.Collections.Immutable;

namespace MeshConsole.Mesh.Model;

/// <summary>
/// The one definition of an error. Failures are what the server or the mesh failed to do: HTTP 5xx, gRPC 2 (unknown),
/// 4 (deadline), 8 (exhausted), 13 (internal), 14 (unavailable), 15 (data loss), and requests without a response (code 0)
/// unless the caller gave up (flag <c>DC</c>). HTTP 4xx and every other gRPC status but 0 are client errors.
/// </summary>
public static class ResponseClassifier
{
    public static ResponseClass Classify(ResponseRate response)
    {
        ArgumentNullException.ThrowIfNull(response);
        return Classify(response.Code, response.GrpcStatus, response.Flags);
    }

    /// <param name="code">HTTP status; 0 or less when no response was started.</param>
    /// <param name="grpcStatus">gRPC status, or null for other protocols.</param>
    /// <param name="flags">Envoy's response flags, comma separated; null, empty or <c>-</c> for none.</param>
    public static ResponseClass Classify(int code, int? grpcStatus, string? flags)
    {
        if (code is >= 500 and <= 599 || grpcStatus is 2 or 4 or 8 or 13 or 14 or 15)
        {
            return ResponseClass.Failure;
        }

        if (code <= 0)
        {
            return !HasFlag(flags, "DC") ? ResponseClass.Failure
                : grpcStatus is > 0 ? ResponseClass.ClientError
                : ResponseClass.Abandoned;
        }

        return code is >= 400 and <= 499 || grpcStatus is not (null or 0) ? ResponseClass.ClientError : ResponseClass.Success;
    }

    public static bool IsFailure(ResponseRate response) => Classify(response) == ResponseClass.Failure;

    public static bool IsClientError(ResponseRate response) => Classify(response) == ResponseClass.ClientError;

    /// <summary>Adds up outcomes. Rates that are not positive numbers (a counter without two samples gives NaN) count for nothing.</summary>
    public static ResponseTotals Total(ImmutableArray<ResponseRate> responses)
    {
        var totals = default(ResponseTotals);
        if (responses.IsDefaultOrEmpty)
        {
            return totals;
        }

        foreach (var response in responses)
        {
            var rate = response.RequestsPerSecond;
            if (!double.IsFinite(rate) || rate <= 0)
            {
                continue;
            }

            var outcome = Classify(response);
            totals = totals.Add(new ResponseTotals(
                rate,
                outcome == ResponseClass.Failure ? rate : 0,
                outcome == ResponseClass.ClientError ? rate : 0));
        }

        return totals;
    }

    /// <summary>Whether a comma-separated list of response flags holds one flag; <c>UC</c> is not found in <c>UCX</c>.</summary>
    public static bool HasFlag(string? flags, string flag)
    {
        if (string.IsNullOrEmpty(flags))
        {
            return false;
        }

        foreach (var range in flags.AsSpan().Split(','))
        {
            if (flags.AsSpan(range).Trim().Equals(flag, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}
