using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using MeshConsole.Mesh.Model;

namespace MeshConsole.Mesh.Tests.Model;

public sealed class ResponseClassifierTests
{
    [Theory]
    [InlineData(200, null, "-", ResponseClass.Success)]
    [InlineData(200, null, "", ResponseClass.Success)]
    [InlineData(101, null, "-", ResponseClass.Success)]
    [InlineData(304, null, "-", ResponseClass.Success)]
    [InlineData(399, null, "-", ResponseClass.Success)]
    [InlineData(400, null, "-", ResponseClass.ClientError)]
    [InlineData(401, null, "-", ResponseClass.ClientError)]
    [InlineData(403, null, "UAEX", ResponseClass.ClientError)]
    [InlineData(404, null, "NR", ResponseClass.ClientError)]
    [InlineData(429, null, "RL", ResponseClass.ClientError)]
    [InlineData(499, null, "-", ResponseClass.ClientError)]
    [InlineData(500, null, "-", ResponseClass.Failure)]
    [InlineData(503, null, "UF,URX", ResponseClass.Failure)]
    [InlineData(503, null, "DC", ResponseClass.Failure)]
    [InlineData(504, null, "UT", ResponseClass.Failure)]
    [InlineData(599, null, "-", ResponseClass.Failure)]
    [InlineData(0, null, "-", ResponseClass.Failure)]
    [InlineData(0, null, "UC", ResponseClass.Failure)]
    [InlineData(0, null, "DC", ResponseClass.Abandoned)]
    [InlineData(0, null, "UF,DC", ResponseClass.Abandoned)]
    [InlineData(0, null, "DC,UF", ResponseClass.Abandoned)]
    [InlineData(0, null, "DCX", ResponseClass.Failure)]
    [InlineData(0, null, null, ResponseClass.Failure)]
    [InlineData(0, 0, "DC", ResponseClass.Abandoned)]
    [InlineData(0, 1, "DC", ResponseClass.ClientError)]
    [InlineData(200, 0, "-", ResponseClass.Success)]
    [InlineData(200, 1, "-", ResponseClass.ClientError)]
    [InlineData(200, 2, "-", ResponseClass.Failure)]
    [InlineData(200, 3, "-", ResponseClass.ClientError)]
    [InlineData(200, 4, "-", ResponseClass.Failure)]
    [InlineData(200, 5, "-", ResponseClass.ClientError)]
    [InlineData(200, 6, "-", ResponseClass.ClientError)]
    [InlineData(200, 7, "-", ResponseClass.ClientError)]
    [InlineData(200, 8, "-", ResponseClass.Failure)]
    [InlineData(200, 9, "-", ResponseClass.ClientError)]
    [InlineData(200, 10, "-", ResponseClass.ClientError)]
    [InlineData(200, 11, "-", ResponseClass.ClientError)]
    [InlineData(200, 12, "-", ResponseClass.ClientError)]
    [InlineData(200, 13, "-", ResponseClass.Failure)]
    [InlineData(200, 14, "-", ResponseClass.Failure)]
    [InlineData(200, 15, "-", ResponseClass.Failure)]
    [InlineData(200, 16, "-", ResponseClass.ClientError)]
    [InlineData(404, 14, "-", ResponseClass.Failure)]
    [InlineData(503, 5, "-", ResponseClass.Failure)]
    public void Classify_CodeStatusAndFlags_FollowTruthSeven(int code, int? grpc, string? flags, ResponseClass expected) =>
        ResponseClassifier.Classify(code, grpc, flags).ShouldBe(expected);

    [Fact]
    public void Total_MixedOutcomes_CountsEachInItsClass()
    {
        // 90 + 5 + 3 + 2 = 100: three fail (503), two are refused (404), five are abandoned.
        var totals = ResponseClassifier.Total(
        [
            new ResponseRate(200, null, "-", 90),
            new ResponseRate(0, null, "DC", 5),
            new ResponseRate(503, null, "UF", 3),
            new ResponseRate(404, null, "-", 2),
        ]);

        totals.All.ShouldBe(100);
        totals.ErrorRatio.ShouldBe(0.03);
        totals.ClientErrorRatio.ShouldBe(0.02);
    }

    [Fact]
    public void Total_NoRequests_HasNoRatio()
    {
        ResponseClassifier.Total([]).ErrorRatio.ShouldBeNull();
        ResponseClassifier.Total(default).ClientErrorRatio.ShouldBeNull();
        ResponseClassifier.Total([new ResponseRate(500, null, "-", 0), new ResponseRate(500, null, "-", double.NaN)]).ErrorRatio.ShouldBeNull();
    }

    [Fact]
    public void Total_AnyOutcomes_RatiosAreSharesAndOrderDoesNotMatter()
    {
        var response =
            from code in Gen.Elements(0, 101, 200, 302, 400, 404, 429, 500, 503)
            from grpc in Gen.Elements<int?>(null, 0, 1, 2, 5, 8, 14, 16)
            from flags in Gen.Elements("-", "DC", "UF", "UF,URX", "")
            from rate in Gen.Choose(0, 1000)
            select new ResponseRate(code, grpc, flags, rate);
        var responses = Gen.ListOf(response).Select(list => list.ToImmutableArray()).ToArbitrary();
        Prop.ForAll(responses, some =>
        {
            var totals = ResponseClassifier.Total(some);
            var reversed = ResponseClassifier.Total([.. some.Reverse()]);
            return totals == reversed
                && totals.All == some.Sum(r => r.RequestsPerSecond)
                && totals.Failures + totals.ClientErrors <= totals.All
                && totals.ErrorRatio is null or (>= 0 and <= 1)
                && (totals.ErrorRatio is null) == (totals.All == 0);
        }).QuickCheckThrowOnFailure();
    }
}
