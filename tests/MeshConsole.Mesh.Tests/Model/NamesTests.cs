using System.Globalization;
using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Tests.Model;

public sealed class NamesTests
{
    [Theory]
    [InlineData("reviews", "reviews.shop.svc.cluster.local")]
    [InlineData("Reviews", "reviews.shop.svc.cluster.local")]
    [InlineData("reviews.prod", "reviews.prod")]
    [InlineData("reviews.prod.svc.cluster.local", "reviews.prod.svc.cluster.local")]
    [InlineData("*", "*")]
    [InlineData("*.example.com", "*.example.com")]
    [InlineData("10.0.0.1", "10.0.0.1")]
    [InlineData("::1", "::1")]
    [InlineData("", "")]
    public void Expand_ShortNamesOnly_AreCompleted(string host, string expected) => ServiceHost.Expand(host, "shop").ShouldBe(expected);

    [Theory]
    [InlineData("*", "a.b", true)]
    [InlineData("*.b", "a.b", true)]
    [InlineData("*.b", "x.a.b", true)]
    [InlineData("*.b", "b", false)]
    [InlineData("*.b", ".b", false)]
    [InlineData("a.b", "a.b", true)]
    [InlineData("a.b", "xa.b", false)]
    public void Matches_Patterns_CoverTheirHosts(string pattern, string host, bool expected) => ServiceHost.Matches(pattern, host).ShouldBe(expected);

    [Fact]
    public void DomainOf_ServiceHost_IsWhatFollowsSvc()
    {
        ServiceHost.DomainOf(Given.Service("a") with { Host = "a.payments.svc.mesh.example" }).ShouldBe("mesh.example");
        ServiceHost.DomainOf(Given.Service("a") with { Host = "odd" }).ShouldBe("cluster.local");
    }

    [Theory]
    [InlineData("0:0:0", "0 s")]
    [InlineData("0:1:59.9", "119 s")]
    [InlineData("0:2:00", "2 min")]
    [InlineData("1:59:59", "119 min")]
    [InlineData("2:00:00", "2 h")]
    [InlineData("1.23:59:59", "47 h")]
    [InlineData("2.00:00:00", "2 d")]
    [InlineData("3650.00:00:00", "3650 d")]
    [InlineData("-0:0:50", "50 s")]
    public void Duration_IsCutToItsUnit(string duration, string expected) =>
        DurationWords.Of(TimeSpan.Parse(duration, CultureInfo.InvariantCulture)).ShouldBe(expected);
}
