using MeshConsole.Mesh.Certificates;

namespace MeshConsole.Mesh.Tests.Certificates;

public sealed class CertificateForecastTests
{
    [Fact]
    public void Forecast_CountsBothFutures()
    {
        var view = CertificateForecast.Of(
            [
                Row("late", CertificateState.Late, left: 0.4, late: -0.1),                    // asks now in both
                Row("leaf", CertificateState.Valid, left: 0.9, late: 0.5),                    // within 24 h, only if nothing renews
                Row("managed", CertificateState.Valid, left: 30, late: 5),                    // within 7 d, only if nothing renews
                Row("bought", CertificateState.Valid, left: 55, late: null),                  // told 30 d before: in 25 d, in both
                Row("root", CertificateState.Valid, left: 3000, late: null),                  // in none
                Row("unknown", CertificateState.Unknown, left: null, late: null),             // in none, and said
            ],
            Given.Now,
            CertificateThresholds.Default);

        view.Spans.Select(span => (span.Seconds / 86400, span.WhenRenewalWorks, span.WhenNothingRenews)).ShouldBe([(1.0, 1, 2), (7.0, 1, 3), (30.0, 2, 4)]);
        view.Events.Select(one => (one.Id, one.Becomes, one.OnlyWithoutRenewal)).ShouldBe(
        [
            ("late", CertificateState.Late, false),
            ("leaf", CertificateState.Late, true),
            ("managed", CertificateState.Late, true),
            ("bought", CertificateState.Expiring, false),
        ]);
        view.Events[0].At.ShouldBe(Given.Now);
        view.Events[3].At.ShouldBe(Given.Now.AddDays(25));
        view.NotKnown.ShouldBe(1);
    }

    [Fact]
    public void Forecast_TwoRowsOfOneCertificate_AreOnePage()
    {
        var gateway = Row("a", CertificateState.Expiring, left: 5, late: null) with { Fingerprint = "f" };
        CertificateForecast.Of([gateway, gateway with { Id = "b", Kind = CertificateKind.CertManager }], Given.Now, CertificateThresholds.Default).Events.ShouldHaveSingleItem().Id.ShouldBe("a");
    }

    [Fact]
    public void Forecast_RenewedButNotKnownWhen_AsksAtItsEnd()
    {
        var one = CertificateForecast.Of([Row("a", CertificateState.Valid, left: 3, late: null) with { RenewedBy = "the agent" }], Given.Now, CertificateThresholds.Default).Events.ShouldHaveSingleItem();
        (one.Becomes, one.At, one.OnlyWithoutRenewal).ShouldBe((CertificateState.Expired, Given.Now.AddDays(3), true));
    }

    internal static CertificateView Row(string id, CertificateState state, double? left, double? late) => new()
    {
        Id = id,
        Cluster = "c",
        Kind = CertificateKind.Gateway,
        Subject = $"CN={id}",
        Source = "secret a/b key tls.crt",
        State = state,
        Message = "words",
        NotAfter = left is null ? null : Given.Now.AddDays(left.Value),
        LateFrom = late is null ? null : Given.Now.AddDays(late.Value),
    };
}
