using MeshConsole.Mesh.Certificates;

namespace MeshConsole.Components;

/// <summary>A certificate's state in the few words of a table: "renews in 11 h", "late by 3 h", "expires in 5 d", "expired 60 s ago".</summary>
public static class CertificateWords
{
    public static string Of(CertificateView certificate, DateTimeOffset now)
    {
        if (certificate.NotAfter is not { } notAfter)
        {
            return "expiry not known";
        }

        if (notAfter <= now)
        {
            return $"expired {Format.Duration(now - notAfter)} ago";
        }

        var renews = RenewsAt(certificate);
        return certificate.State switch
        {
            CertificateState.Late when renews is { } at && at <= now => $"late by {Format.Duration(now - at)}",
            CertificateState.Valid when renews is { } at && at > now => $"renews in {Format.Duration(at - now)}",
            _ => $"expires in {Format.Duration(notAfter - now)}",
        };
    }

    /// <summary>What a reader calls it: a webhook's authority by its configuration, for several share one root; everything else by its subject.</summary>
    public static string NameOf(CertificateView certificate) =>
        certificate.Kind == CertificateKind.Webhook && certificate.Source.Split(' ') is [_, { Length: > 0 } configuration, ..] ? configuration : NameOf(certificate.Subject);

    /// <summary>
    /// What a reader calls it: the common name of a subject, namespace and service account of a SPIFFE identity, else the
    /// subject as it is.
    /// </summary>
    public static string NameOf(string subject)
    {
        if (subject.StartsWith("spiffe://", StringComparison.Ordinal))
        {
            var parts = subject.Split('/');
            return parts is [_, _, _, "ns", { Length: > 0 } space, "sa", { Length: > 0 } account] ? $"{space}/{account}" : subject;
        }

        const string CommonName = "CN=";
        if (!subject.StartsWith(CommonName, StringComparison.OrdinalIgnoreCase))
        {
            return subject;
        }

        // A comma that belongs to the name is escaped; such a name is shown as it is.
        var end = subject.IndexOf(',', StringComparison.Ordinal);
        var name = end < 0 ? subject[CommonName.Length..] : subject[CommonName.Length..end];
        return name.Length == 0 || name.Contains('\\', StringComparison.Ordinal) || name.Contains('"', StringComparison.Ordinal) ? subject : name;
    }

    /// <summary>When it should be renewed; null when nobody renews it or its life is not known.</summary>
    public static DateTimeOffset? RenewsAt(CertificateView certificate) =>
        certificate.RenewsAt ?? (certificate is { NotBefore: { } from, NotAfter: { } until, RenewsAtLifeLeft: { } left } ? until - (until - from) * left : null);

    /// <summary>When its life began: as it says itself, else worked out of what is left; null when neither is known.</summary>
    public static DateTimeOffset? BeganAt(CertificateView certificate) =>
        certificate.NotBefore ?? (certificate is { NotAfter: { } until, RemainingSeconds: > 0 and var remaining, LifeLeft: > 0 and var left } ? until.AddSeconds(-remaining / left) : null);

    /// <summary>For a headline: "5 days", "18 hours", "40 minutes", "8 years".</summary>
    public static string Long(TimeSpan duration)
    {
        var (count, unit) = duration.Duration() switch
        {
            { TotalMinutes: < 2 } seconds => (Math.Floor(seconds.TotalSeconds), "second"),
            { TotalHours: < 2 } minutes => (Math.Floor(minutes.TotalMinutes), "minute"),
            { TotalDays: < 2 } hours => (Math.Floor(hours.TotalHours), "hour"),
            { TotalDays: < 730 } days => (Math.Floor(days.TotalDays), "day"),
            var years => (Math.Floor(years.TotalDays / 365.25), "year"),
        };
        return $"{Format.Count((long)count)} {unit}{(count == 1 ? "" : "s")}";
    }
}
