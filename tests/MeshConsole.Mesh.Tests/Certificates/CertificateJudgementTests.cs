using MeshConsole.Mesh.Certificates;

namespace MeshConsole.Mesh.Tests.Certificates;

public sealed class CertificateJudgementTests
{
    [Theory]

    // Nobody renews it: 30 days before the end it is worth a look.
    [InlineData(60, 31, null, CertificateState.Valid, "Valid for another 31 d; nobody is known to renew it.")]
    [InlineData(60, 29, null, CertificateState.Expiring, "Expires in 29 d; nobody is known to renew it.")]
    [InlineData(60, 0.25, null, CertificateState.Expiring, "Expires in 6 h; nobody is known to renew it.")]
    [InlineData(60, -1, null, CertificateState.Expired, "Expired 24 h ago.")]
    [InlineData(60, 0, null, CertificateState.Expired, "Expired 0 s ago.")]

    // Renewed at half of its life (0.5), late under 0.4.
    [InlineData(0.25, 0.75, 0.5, CertificateState.Valid, "Renews in 6 h; expires in 18 h.")]
    [InlineData(0.55, 0.45, 0.5, CertificateState.Valid, "Renewal is due now; expires in 10 h.")]
    [InlineData(0.625, 0.375, 0.5, CertificateState.Late, "Late by 3 h: it should have been renewed; expires in 9 h.")]
    [InlineData(0.99, 0.01, 0.5, CertificateState.Late, "Late by 11 h: it should have been renewed; expires in 14 min.")]
    [InlineData(1.001, -0.001, 0.5, CertificateState.Expired, "Expired 86 s ago.")]

    // Long-lived and late: its last week is more than late.
    [InlineData(80, 10, 0.5, CertificateState.Late, "Late by 35 d: it should have been renewed; expires in 10 d.")]
    [InlineData(84, 6, 0.5, CertificateState.Expiring, "Late by 39 d: it should have been renewed; expires in 6 d.")]

    // Not begun.
    [InlineData(-1, 60, null, CertificateState.Unknown, "Not valid yet: its life begins in 24 h.")]
    public void Judge_AtOneInstant(double daysBehind, double daysLeft, double? dueAtLifeLeft, CertificateState state, string message)
    {
        var (notBefore, notAfter) = (Given.Now.AddDays(-daysBehind), Given.Now.AddDays(daysLeft));
        var renewal = dueAtLifeLeft is { } due ? CertificateRenewal.AtShare(notBefore, notAfter, due, 0.4) : null;
        var judgement = CertificateJudgement.Of(notBefore, notAfter, Given.Now, renewal, CertificateThresholds.Default);
        judgement.State.ShouldBe(state);
        judgement.Message.ShouldBe(message);
    }

    [Fact]
    public void Renewal_LateRatioAboveTheRotationPoint_IsNeverLateBeforeDue()
    {
        var renewal = CertificateRenewal.AtShare(Given.Now, Given.Now.AddHours(24), 0.5, 0.9);
        renewal.LateFrom.ShouldBe(renewal.DueAt);
    }
}
