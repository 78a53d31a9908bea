using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace MeshConsole.Mesh.Certificates;

/// <summary>
/// Writes the ends of certificates as an iCalendar (RFC 5545): one event per certificate at its end, with an alarm before
/// it. The same certificate has the same UID in every export, so that a calendar which subscribes moves the event when a
/// renewed one takes its place and does not add another.
/// </summary>
public static class ExpiryCalendar
{
    public const string ContentType = "text/calendar; charset=utf-8";

    /// <summary>Octets of a line without its end (section 3.1).</summary>
    private const int LongestLine = 75;

    /// <summary>Longest text of one property: names come from the cluster.</summary>
    private const int LongestText = 2_000;

    private static readonly TimeSpan s_eventLength = TimeSpan.FromMinutes(30);

    /// <param name="certificates">Those without a known end are left out.</param>
    /// <param name="stampedAt">When the facts were read.</param>
    /// <param name="pageUrl">Address of the page of certificates; null for no links.</param>
    public static string Write(IEnumerable<CertificateView> certificates, DateTimeOffset stampedAt, CertificateThresholds thresholds, string? pageUrl = null)
    {
        ArgumentNullException.ThrowIfNull(certificates);
        ArgumentNullException.ThrowIfNull(thresholds);
        var text = new StringBuilder();
        Line(text, "BEGIN", "VCALENDAR");
        Line(text, "VERSION", "2.0");
        Line(text, "PRODID", "-//MeshConsole//Certificates//EN");
        Line(text, "CALSCALE", "GREGORIAN");
        Line(text, "METHOD", "PUBLISH");
        Line(text, "NAME", "Certificates of the mesh");
        Line(text, "X-WR-CALNAME", "Certificates of the mesh");
        Line(text, "REFRESH-INTERVAL;VALUE=DURATION", "PT1H");

        // The gateway that presents a certificate and the object that renews it are two rows and one appointment.
        foreach (var certificate in certificates.Where(one => one.NotAfter is not null).DistinctBy(one => one.Fingerprint ?? one.Id, StringComparer.Ordinal).OrderBy(one => one.NotAfter).ThenBy(one => one.Id, StringComparer.Ordinal))
        {
            Event(text, certificate, stampedAt, thresholds, pageUrl);
        }

        Line(text, "END", "VCALENDAR");
        return text.ToString();
    }

    private static void Event(StringBuilder text, CertificateView certificate, DateTimeOffset stampedAt, CertificateThresholds thresholds, string? pageUrl)
    {
        var ends = certificate.NotAfter!.Value;
        var summary = $"{Kind(certificate.Kind)} {certificate.Subject} expires";
        Line(text, "BEGIN", "VEVENT");
        Line(text, "UID", Uid(certificate.Id));
        Line(text, "DTSTAMP", Utc(stampedAt));
        Line(text, "DTSTART", Utc(ends));
        Line(text, "DTEND", Utc(ends < DateTimeOffset.MaxValue - s_eventLength ? ends + s_eventLength : ends));
        Line(text, "SUMMARY", Escaped(summary));
        Line(text, "DESCRIPTION", Escaped(Description(certificate)));
        Line(text, "CATEGORIES", Escaped(Kind(certificate.Kind)));
        Line(text, "TRANSP", "TRANSPARENT");
        if (pageUrl is not null)
        {
            Line(text, "URL", $"{pageUrl}?selected={Uri.EscapeDataString(certificate.Id)}");
        }

        Line(text, "BEGIN", "VALARM");
        Line(text, "ACTION", "DISPLAY");
        Line(text, "TRIGGER", $"-{Duration(AlarmBefore(certificate, thresholds))}");
        Line(text, "DESCRIPTION", Escaped(summary));
        Line(text, "END", "VALARM");
        Line(text, "END", "VEVENT");
    }

    /// <summary>
    /// When it is late, for what renews itself: before that there is nothing to do. Else the configured warning. Never
    /// earlier than its own life allows.
    /// </summary>
    private static TimeSpan AlarmBefore(CertificateView certificate, CertificateThresholds thresholds)
    {
        var ends = certificate.NotAfter!.Value;
        var before = certificate.LateFrom is { } late && late < ends ? ends - late : thresholds.WarnBefore;
        return certificate.NotBefore is { } from && from < ends && before > ends - from ? ends - from : before;
    }

    private static string Description(CertificateView certificate)
    {
        var lines = ImmutableArray.CreateBuilder<string>();
        lines.Add(certificate.Message);
        lines.Add($"Read from {certificate.Source} in cluster {certificate.Cluster}.");
        Add("Presented by", certificate.PresentedBy);
        Add("Renewed by", certificate.RenewedBy ?? "nobody that is known");
        Add("Next step:", certificate.NextStep);
        Add("SHA-256", certificate.Fingerprint);
        return string.Join('\n', lines);

        void Add(string label, string? value)
        {
            if (value is { Length: > 0 })
            {
                lines.Add($"{label} {value}");
            }
        }
    }

    private static string Kind(CertificateKind kind) => kind switch
    {
        CertificateKind.Root => "Root",
        CertificateKind.Issuer => "Issuer",
        CertificateKind.Workload => "Workload certificate",
        CertificateKind.Gateway => "Gateway certificate",
        CertificateKind.CertManager => "Certificate",
        CertificateKind.Webhook => "Webhook authority",
        _ => "Certificate",
    };

    /// <summary>Of the id and not of the bytes: the renewed certificate is the same appointment at a later time.</summary>
    private static string Uid(string id) => $"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(id)).AsSpan(0, 16))}@meshconsole";

    private static string Utc(DateTimeOffset at) => at.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);

    /// <summary>Section 3.3.6: whole days, or hours and minutes.</summary>
    private static string Duration(TimeSpan duration)
    {
        var minutes = Math.Max(0, (long)duration.TotalMinutes);
        return minutes % 1440 == 0 && minutes > 0
            ? string.Create(CultureInfo.InvariantCulture, $"P{minutes / 1440}D")
            : string.Create(CultureInfo.InvariantCulture, $"PT{minutes / 60}H{minutes % 60}M");
    }

    /// <summary>Section 3.3.11: backslash, semicolon, comma and line ends are escaped; other control characters may not stand in text.</summary>
    private static string Escaped(string text)
    {
        var cut = text.Length <= LongestText ? text : text[..LongestText] + "…";
        var escaped = new StringBuilder(cut.Length + 8);
        foreach (var c in cut.Replace("\r\n", "\n", StringComparison.Ordinal))
        {
            _ = c switch
            {
                '\\' or ';' or ',' => escaped.Append('\\').Append(c),
                '\n' or '\r' or '\u0085' or '\u2028' or '\u2029' => escaped.Append("\\n"),
                '\t' => escaped.Append(' '),
                _ when char.IsControl(c) => escaped,
                _ => escaped.Append(c),
            };
        }

        return escaped.ToString();
    }

    /// <summary>One property, folded (section 3.1): never within a character, which a reader that unfolds bytes would restore and others not.</summary>
    private static void Line(StringBuilder text, string name, string value)
    {
        var octets = 0;
        foreach (var rune in $"{name}:{value}".EnumerateRunes())
        {
            var length = rune.Utf8SequenceLength;
            if (octets + length > LongestLine)
            {
                text.Append("\r\n ");
                octets = 1;
            }

            text.Append(rune.ToString());
            octets += length;
        }

        text.Append("\r\n");
    }
}
