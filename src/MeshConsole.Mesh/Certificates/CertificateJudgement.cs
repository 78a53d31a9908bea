using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Certificates;

/// <summary>State of a certificate at one instant, with its reason in words.</summary>
internal readonly record struct CertificateJudgement(CertificateState State, string Message)
{
    /// <param name="notBefore">Null when not known.</param>
    /// <param name="notAfter">End of its life.</param>
    /// <param name="now">The instant judged.</param>
    /// <param name="renewal">When its renewer should act; null when nobody is known to renew it.</param>
    /// <param name="thresholds">How early to warn of certificates that nobody renews.</param>
    public static CertificateJudgement Of(DateTimeOffset? notBefore, DateTimeOffset notAfter, DateTimeOffset now, CertificateRenewal? renewal, CertificateThresholds thresholds)
    {
        var remaining = notAfter - now;
        if (remaining <= TimeSpan.Zero)
        {
            return new(CertificateState.Expired, $"Expired {DurationWords.Of(remaining)} ago.");
        }

        if (notBefore > now)
        {
            return new(CertificateState.Unknown, $"Not valid yet: its life begins in {DurationWords.Of(notBefore.Value - now)}.");
        }

        var left = $"expires in {DurationWords.Of(remaining)}";
        if (renewal is not null)
        {
            if (now >= renewal.LateFrom)
            {
                return new(
                    renewal.LongLived && remaining < thresholds.CriticalBefore ? CertificateState.Expiring : CertificateState.Late,
                    $"Late by {DurationWords.Of(now - renewal.DueAt)}: it should have been renewed; {left}.");
            }

            return now >= renewal.DueAt
                ? new(CertificateState.Valid, $"Renewal is due now; {left}.")
                : new(CertificateState.Valid, $"Renews in {DurationWords.Of(renewal.DueAt - now)}; {left}.");
        }

        return remaining < thresholds.WarnBefore
            ? new(CertificateState.Expiring, $"Expires in {DurationWords.Of(remaining)}; nobody is known to renew it.")
            : new(CertificateState.Valid, $"Valid for another {DurationWords.Of(remaining)}; nobody is known to renew it.");
    }
}

/// <summary>When a certificate is renewed by itself.</summary>
/// <param name="DueAt">When its renewer acts.</param>
/// <param name="LateFrom">From when a certificate that was not renewed is late: later than due, for renewal takes a moment.</param>
/// <param name="LongLived">Lives for weeks: when late, its last days are worth more alarm.</param>
internal sealed record CertificateRenewal(DateTimeOffset DueAt, DateTimeOffset LateFrom, bool LongLived)
{
    /// <summary>Renewed when a share of its life is left, late when a smaller share is.</summary>
    public static CertificateRenewal AtShare(DateTimeOffset notBefore, DateTimeOffset notAfter, double dueAtLifeLeft, double lateBelowLifeLeft)
    {
        var life = notAfter - notBefore;
        return new CertificateRenewal(notAfter - (life * dueAtLifeLeft), notAfter - (life * Math.Min(lateBelowLifeLeft, dueAtLifeLeft)), life > TimeSpan.FromDays(14));
    }
}
