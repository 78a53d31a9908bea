using System.Collections.Immutable;

namespace MeshConsole.Mesh.Certificates;

/// <summary>
/// Which certificates will ask for somebody, and when. Two futures: every renewer that is known does its work, or none
/// does. What is late or expiring now asks in both; what nobody renews asks in both.
/// </summary>
public static class CertificateForecast
{
    /// <summary>The spans that are told: a shift, a week, a month.</summary>
    public static ImmutableArray<TimeSpan> Spans { get; } = [TimeSpan.FromHours(24), TimeSpan.FromDays(7), TimeSpan.FromDays(30)];

    /// <param name="certificates">As <see cref="CertificateInventory"/> judged them at <paramref name="now"/>.</param>
    public static CertificateForecastView Of(ImmutableArray<CertificateView> certificates, DateTimeOffset now, CertificateThresholds thresholds)
    {
        ArgumentNullException.ThrowIfNull(thresholds);

        // The gateway that presents a certificate and the object that renews it are two rows and one page.
        var events = certificates
            .DistinctBy(row => row.Fingerprint ?? row.Id, StringComparer.Ordinal)
            .Select(row => Next(row, now, thresholds))
            .OfType<ForecastEvent>()
            .Where(one => one.At - now <= Spans[^1])
            .OrderBy(one => one.At)
            .ThenBy(one => one.Id, StringComparer.Ordinal)
            .ToImmutableArray();
        return new CertificateForecastView(
            now,
            [.. Spans.Select(span => new ForecastSpan(
                span.TotalSeconds,
                events.Count(one => one.At - now <= span && !one.OnlyWithoutRenewal),
                events.Count(one => one.At - now <= span)))],
            events,
            certificates.Count(row => row.NotAfter is null));
    }

    /// <summary>The first moment at which it asks for somebody; null when its end is not known.</summary>
    private static ForecastEvent? Next(CertificateView row, DateTimeOffset now, CertificateThresholds thresholds)
    {
        if (row.NotAfter is not { } notAfter)
        {
            return null;
        }

        // Also of what is late now: that is for somebody already.
        if (row.State is CertificateState.Expired or CertificateState.Late or CertificateState.Expiring)
        {
            return new ForecastEvent(row.Id, row.Kind, row.Subject, row.State, now, OnlyWithoutRenewal: false, notAfter);
        }

        if (row.State == CertificateState.Unknown)
        {
            return null;
        }

        if (row.LateFrom is { } late)
        {
            return new ForecastEvent(row.Id, row.Kind, row.Subject, CertificateState.Late, late > now ? late : now, OnlyWithoutRenewal: true, notAfter);
        }

        // A workload that lives longer than is taken for granted is renewed by its agent, when is not known: it asks at its end.
        if (row.RenewedBy is not null)
        {
            return new ForecastEvent(row.Id, row.Kind, row.Subject, CertificateState.Expired, notAfter, OnlyWithoutRenewal: true, notAfter);
        }

        var warned = notAfter - thresholds.WarnBefore;
        return new ForecastEvent(row.Id, row.Kind, row.Subject, CertificateState.Expiring, warned > now ? warned : now, OnlyWithoutRenewal: false, notAfter);
    }
}

/// <summary>What is to come.</summary>
/// <param name="At">From when it is told.</param>
/// <param name="Events">Ordered by time, up to the longest span; one per certificate, its first.</param>
/// <param name="NotKnown">Certificates whose end is not known: they are in no figure.</param>
public sealed record CertificateForecastView(DateTimeOffset At, ImmutableArray<ForecastSpan> Spans, ImmutableArray<ForecastEvent> Events, int NotKnown);

/// <summary>How many certificates ask for somebody within a span.</summary>
/// <param name="WhenRenewalWorks">If every renewer that is known does its work.</param>
/// <param name="WhenNothingRenews">If none does.</param>
public sealed record ForecastSpan(double Seconds, int WhenRenewalWorks, int WhenNothingRenews);

/// <summary>The first moment at which a certificate asks for somebody.</summary>
/// <param name="Becomes">Late, expiring or expired.</param>
/// <param name="At">When; the instant of the forecast where it does already.</param>
/// <param name="OnlyWithoutRenewal">It does so only if its renewer fails.</param>
public sealed record ForecastEvent(string Id, CertificateKind Kind, string Subject, CertificateState Becomes, DateTimeOffset At, bool OnlyWithoutRenewal, DateTimeOffset NotAfter);
