using System.Collections.Immutable;
using MeshConsole.Configuration;
using MeshConsole.Mesh.Certificates;
using MeshConsole.Mesh.Snapshots;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace MeshConsole.Endpoints;

/// <summary>Certificates, what the namespaces trust, what will ask for somebody, and the same as a calendar.</summary>
internal static class CertificateEndpoints
{
    public static void MapCertificates(this IEndpointRouteBuilder api)
    {
        api.MapGet("/certificates", Task<Results<Ok<ImmutableArray<CertificateView>>, ProblemHttpResult>> ([AsParameters] ViewParameters parameters, SnapshotRequest request, IMeshViews views, CancellationToken cancellationToken) =>
                request.AnswerAsync(parameters, views.Certificates, cancellationToken))
            .WithSummary("Every certificate with its expiry, chain, who presents it and who renews it");

        api.MapGet("/certificates/trust", Task<Results<Ok<ImmutableArray<RootTrustView>>, ProblemHttpResult>> ([AsParameters] ViewParameters parameters, SnapshotRequest request, CancellationToken cancellationToken) =>
                request.AnswerAsync(parameters, RootTrust.Of, cancellationToken))
            .WithSummary("Which roots each namespace trusts, what a half-done rotation breaks there, and what to do next");

        api.MapGet("/certificates/forecast", Task<Results<Ok<CertificateForecastView>, ProblemHttpResult>> ([AsParameters] ViewParameters parameters, SnapshotRequest request, IMeshViews views, MeshConsoleOptions options, CancellationToken cancellationToken) =>
                request.AnswerAsync(parameters, (snapshot, query) => CertificateForecast.Of(views.Certificates(snapshot, query), snapshot.ObservedAt, options.Certificates.ToThresholds()), cancellationToken))
            .WithSummary("How many certificates ask for somebody within a day, a week, a month, if renewal works and if it does not");

        api.MapGet("/certificates.ics", CalendarAsync)
            .Produces<string>(contentType: "text/calendar")
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .WithSummary("The ends of certificates as an iCalendar to subscribe to; workloads, which renew themselves every day, only when asked for");
    }

    private static async Task<IResult> CalendarAsync(
        [AsParameters] ViewParameters parameters,
        [FromQuery(Name = "kind")] string? kind,
        SnapshotRequest request,
        IMeshViews views,
        MeshConsoleOptions options,
        CancellationToken cancellationToken)
    {
        var kinds = new HashSet<CertificateKind>();
        foreach (var name in kind?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [])
        {
            // By name only: an enumeration also parses numbers.
            if (!Enum.GetValues<CertificateKind>().Where(one => string.Equals(one.ToString(), name, StringComparison.OrdinalIgnoreCase)).Select(one => kinds.Add(one) || true).FirstOrDefault())
            {
                return ApiProblem.InvalidParameter("kind", name, "legal, comma separated: root, issuer, workload, gateway, certManager, webhook");
            }
        }

        var answer = await request.AnswerAsync(
            parameters,
            (snapshot, query) => ExpiryCalendar.Write(
                views.Certificates(snapshot, query).Where(one => kinds.Count == 0 ? one.Kind != CertificateKind.Workload : kinds.Contains(one.Kind)),
                snapshot.ObservedAt,
                options.Certificates.ToThresholds(),
                options.PublicUrl is { } address ? $"{address.TrimEnd('/')}/certificates" : null),
            cancellationToken);
        return answer.Result is Ok<string> { Value: { } calendar } ? TypedResults.Text(calendar, ExpiryCalendar.ContentType) : answer.Result;
    }
}
