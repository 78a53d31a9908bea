using MeshConsole.Mesh.Audit;
using MeshConsole.Mesh.Changes.Execution;
using MeshConsole.Mesh.Storage;
using Microsoft.AspNetCore.Http.HttpResults;

namespace MeshConsole.Endpoints;

/// <summary>
/// Errors of the API: RFC 9457 problem documents with a stable <c>code</c> that programs may compare, and a detail that
/// says what to do next.
/// </summary>
internal static class ApiProblem
{
    public static ProblemHttpResult UnknownCluster(string name, IEnumerable<string> known) =>
        Create(StatusCodes.Status404NotFound, "unknown-cluster", "Unknown cluster", $"There is no cluster '{Short(name)}'. Known: {List(known)}.");

    public static ProblemHttpResult UnknownNamespace(string name) =>
        Create(StatusCodes.Status404NotFound, "unknown-namespace", "Unknown namespace", $"No namespace '{Short(name)}' is known, neither from the cluster nor from telemetry. GET /api/v1/topology?view=namespace lists them.");

    public static ProblemHttpResult UnknownWorkload(string @namespace, string name) =>
        Create(StatusCodes.Status404NotFound, "unknown-workload", "Unknown workload", $"There is no workload '{Short(name)}' in namespace '{Short(@namespace)}'. GET /api/v1/mtls/policies lists them.");

    public static ProblemHttpResult UnknownSelection(string id) =>
        Create(StatusCodes.Status404NotFound, "unknown-selection", "Unknown selection", $"Nothing in this view is called '{Short(id)}': its traffic or its pods are gone, or it belongs to another view. GET /api/v1/topology with the same view lists nodes and edges.");

    public static ProblemHttpResult UnknownEndpoint(string path) =>
        Create(StatusCodes.Status404NotFound, "unknown-endpoint", "Unknown endpoint", $"There is nothing at {Short(path)}. GET /openapi/v1.json lists what there is.");

    public static ProblemHttpResult InvalidParameter(string name, string value, string legal) =>
        Create(StatusCodes.Status400BadRequest, "invalid-parameter", "Invalid parameter", $"Parameter '{name}' is '{Short(value)}'; {legal}.");

    public static ProblemHttpResult NotReady() =>
        Create(StatusCodes.Status503ServiceUnavailable, "not-ready", "Not ready", "Not every source has answered or failed once yet. Ask again in a few seconds; GET /api/v1/status says what is awaited.");

    public static ProblemHttpResult HistoryUnavailable(string detail) =>
        Create(StatusCodes.Status502BadGateway, "history-unavailable", "History not available", detail);

    public static ProblemHttpResult UnknownToken() =>
        Create(StatusCodes.Status401Unauthorized, "unknown-token", "Unknown token", "The bearer token is not known here. MeshConsole:Auth:ApiTokens lists the hashes of those that are; without a token you read as viewer where that is allowed.");

    /// <summary>What the change service refused; a guard that refused is named with its verdict.</summary>
    public static ProblemHttpResult OfChange(ChangeException exception)
    {
        var (status, title) = exception.Fault switch
        {
            ChangeFault.Invalid => (StatusCodes.Status400BadRequest, "Invalid request"),
            ChangeFault.Forbidden => (StatusCodes.Status403Forbidden, "Not allowed"),
            ChangeFault.NotFound => (StatusCodes.Status404NotFound, "Not found"),
            ChangeFault.Conflict => (StatusCodes.Status409Conflict, "Conflict"),
            ChangeFault.Refused => (StatusCodes.Status422UnprocessableEntity, "Refused by a guard"),
            _ => (StatusCodes.Status503ServiceUnavailable, "Not available"),
        };
        return TypedResults.Problem(detail: exception.Message, title: title, statusCode: status, extensions: new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["code"] = exception.Code,
            ["guards"] = exception.Guards.IsDefaultOrEmpty ? null : exception.Guards,
        });
    }

    /// <summary>Runs a call of a service that records what it does, and turns what it refuses into a problem document.</summary>
    public static async Task<IResult> AnswerAsync(Func<Task<IResult>> call)
    {
        try
        {
            return await call();
        }
        catch (ChangeException exception)
        {
            return OfChange(exception);
        }
        catch (Exception exception) when (exception is AuditUnavailableException or StorageException)
        {
            return OfChange(new ChangeException(ChangeFault.Unavailable, "audit-unavailable", exception.Message, exception));
        }
    }

    private static ProblemHttpResult Create(int status, string code, string title, string detail) =>
        TypedResults.Problem(detail: detail, title: title, statusCode: status, extensions: new Dictionary<string, object?>(StringComparer.Ordinal) { ["code"] = code });

    private static string List(IEnumerable<string> names) => string.Join(", ", names.Take(20)) is { Length: > 0 } text ? text : "none yet";

    /// <summary>Names come from the caller: they are cut, so that an answer is never larger than its question.</summary>
    private static string Short(string text) => text.Length <= 100 ? text : string.Concat(text.AsSpan(0, 100), "…");
}
