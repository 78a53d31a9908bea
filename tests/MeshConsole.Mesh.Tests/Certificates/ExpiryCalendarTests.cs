using System.Text;
using FsCheck;
using FsCheck.Fluent;
using MeshConsole.Mesh.Certificates;

namespace MeshConsole.Mesh.Tests.Certificates;

/// <summary>What is written is read back by a small reader of RFC 5545 that shares nothing with the writer.</summary>
public sealed class ExpiryCalendarTests
{
    [Fact]
    public void Event_HasEndAlarmAndWords()
    {
        var row = CertificateForecastTests.Row("c/gateway/edge/pay", CertificateState.Valid, left: 60, late: null) with { Subject = "CN=pay.example, O=A; B\\C", NextStep = "Do it", RenewedBy = null };
        var lines = Unfolded(Write(row));
        lines.ShouldContain("DTSTART:20260430T021000Z"); // 1 March 02:10 and 60 days
        lines.ShouldContain("DTSTAMP:20260301T021000Z");
        lines.ShouldContain(@"SUMMARY:Gateway certificate CN=pay.example\, O=A\; B\\C expires");
        lines.ShouldContain(@"DESCRIPTION:words\nRead from secret a/b key tls.crt in cluster c.\nRenewed by nobody that is known\nNext step: Do it");
        lines.ShouldContain("TRIGGER:-P30D");
        lines.ShouldContain("URL:https://console.example/certificates?selected=c%2Fgateway%2Fedge%2Fpay");
        lines[0].ShouldBe("BEGIN:VCALENDAR");
        lines[^1].ShouldBe("END:VCALENDAR");
    }

    [Fact]
    public void Uid_OfARenewedCertificate_IsTheSame()
    {
        var row = CertificateForecastTests.Row("c/gateway/edge/pay", CertificateState.Valid, left: 60, late: null);
        Uid(row).ShouldBe(Uid(row with { NotAfter = Given.Now.AddDays(150), Fingerprint = "new" }));
        Uid(row).ShouldNotBe(Uid(row with { Id = "c/gateway/edge/other" }));
        static string Uid(CertificateView one) => Unfolded(Write(one)).Single(line => line.StartsWith("UID:", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(60, 30.0, "TRIGGER:-P30D")]            // renews itself: when it is late
    [InlineData(0.6, 0.2, "TRIGGER:-PT9H36M")]         // 0.4 d before its end
    [InlineData(60, null, "TRIGGER:-P30D")]
    public void Alarm_IsWhenThereIsSomethingToDo(double left, double? late, string trigger) =>
        Unfolded(Write(CertificateForecastTests.Row("a", CertificateState.Valid, left, late))).ShouldContain(trigger);

    [Fact]
    public void Alarm_NeverComesBeforeTheCertificateItself() =>
        Unfolded(Write(CertificateForecastTests.Row("a", CertificateState.Valid, 10, null) with { NotBefore = Given.Now.AddDays(-2) })).ShouldContain("TRIGGER:-P12D");

    [Fact]
    public void Unknown_AndRepeatedCertificates_AreLeftOut()
    {
        var row = CertificateForecastTests.Row("a", CertificateState.Valid, 10, null) with { Fingerprint = "f" };
        Unfolded(ExpiryCalendar.Write([row, row with { Id = "b" }, CertificateForecastTests.Row("x", CertificateState.Unknown, null, null)], Given.Now, CertificateThresholds.Default))
            .Count(line => line == "BEGIN:VEVENT").ShouldBe(1);
    }

    [Fact]
    public void AnyText_ComesBackWholeOnShortLines() => Check.QuickThrowOnFailure(Prop.ForAll(
        ArbMap.Default.ArbFor<string>(),
        ArbMap.Default.ArbFor<NonNegativeInt>(),
        (hostile, repeat) =>
        {
            var message = string.Concat(Enumerable.Repeat((hostile ?? "") + "é€𝄞,;\\\r\nEND:VEVENT", 1 + (repeat.Get % 5)));
            var text = Write(CertificateForecastTests.Row("a", CertificateState.Valid, 10, null) with { Message = message, Subject = message });

            // Lines end with CRLF, hold at most 75 octets, and none begins a component that was not written.
            var raw = text.Split("\r\n");
            if (raw.Any(line => Encoding.UTF8.GetByteCount(line) > 75 || line.Contains('\r') || line.Contains('\n')) || raw[^1].Length > 0)
            {
                return false;
            }

            var lines = Unfolded(text);
            var description = Unescaped(lines.First(line => line.StartsWith("DESCRIPTION:", StringComparison.Ordinal))["DESCRIPTION:".Length..]);
            return lines.Count(line => line == "END:VEVENT") == 1 && lines.Count(line => line.StartsWith("BEGIN:", StringComparison.Ordinal)) == 3 && description.StartsWith(Legal(message), StringComparison.Ordinal);
        }));

    private static string Write(CertificateView row) => ExpiryCalendar.Write([row], Given.Now, CertificateThresholds.Default, "https://console.example/certificates");

    private static List<string> Unfolded(string text) => [.. text.Replace("\r\n ", "", StringComparison.Ordinal).Split("\r\n", StringSplitOptions.RemoveEmptyEntries)];

    private static string Unescaped(string text)
    {
        var plain = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            plain.Append(text[i] != '\\' ? text[i] : text[++i] is 'n' ? '\n' : text[i]);
        }

        return plain.ToString();
    }

    /// <summary>What may stand in a text: line ends as one sign, tabs as blanks, no other control characters, halves of pairs replaced.</summary>
    private static string Legal(string text)
    {
        var plain = new StringBuilder();
        foreach (var c in text.Replace("\r\n", "\n", StringComparison.Ordinal))
        {
            if (c is '\n' or '\r' or '\u0085' or '\u2028' or '\u2029')
            {
                plain.Append('\n');
            }
            else if (c == '\t')
            {
                plain.Append(' ');
            }
            else if (!char.IsControl(c))
            {
                plain.Append(c);
            }
        }

        return string.Concat(plain.ToString().EnumerateRunes().Select(rune => rune.ToString()));
    }
}
