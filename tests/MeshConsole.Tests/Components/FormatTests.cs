using MeshConsole.Components;

namespace MeshConsole.Tests.Components;

public sealed class FormatTests
{
    // Written with plain spaces here and compared with the thin ones replaced, so that the table can be read.
    private static void Same(string actual, string expected) => actual.Replace(Format.Thin, ' ').ShouldBe(expected);

    [Theory]
    [InlineData(null, "—")]
    [InlineData(double.NaN, "—")]
    [InlineData(0d, "0 /s")]
    [InlineData(0.1, "0.10 /s")]
    [InlineData(0.0999, "5.99 /min")]
    [InlineData(0.0005, "0.030 /min")]
    [InlineData(0.000001, "<0.001 /min")]
    [InlineData(1.234, "1.23 /s")]
    [InlineData(9.996, "10.0 /s")]
    [InlineData(12.34, "12.3 /s")]
    [InlineData(99.96, "100 /s")]
    [InlineData(999.4, "999 /s")]
    [InlineData(999.6, "1 000 /s")]
    [InlineData(1234d, "1 230 /s")]
    [InlineData(9994d, "9 990 /s")]
    [InlineData(9996d, "10.0 k/s")]
    [InlineData(1_234_567d, "1 230 k/s")]
    [InlineData(12_345_678d, "12.3 M/s")]
    public void Rate_HasThreeDigitsAndItsUnit(double? perSecond, string expected) => Same(Format.Rate(perSecond), expected);

    [Theory]
    [InlineData(null, "—")]
    [InlineData(0d, "0 ms")]
    [InlineData(0.01, "0.010 ms")]
    [InlineData(1.2, "1.20 ms")]
    [InlineData(48.04, "48.0 ms")]
    [InlineData(999.4, "999 ms")]
    [InlineData(999.5, "1.00 s")]
    [InlineData(1234d, "1.23 s")]
    [InlineData(59_949d, "59.9 s")]
    [InlineData(59_950d, "1.00 min")]
    [InlineData(double.PositiveInfinity, "∞")]
    [InlineData(-0.1, "-0.10 ms")]
    public void Latency_ChangesItsUnitBeforeItGrowsLong(double? ms, string expected) => Same(Format.Latency(ms), expected);

    [Theory]
    [InlineData(null, "—")]
    [InlineData(0d, "0 %")]
    [InlineData(1d, "100 %")]
    [InlineData(0.9, "90 %")]
    [InlineData(0.984, "98.4 %")]
    [InlineData(0.023, "2.3 %")]
    [InlineData(0.0004, "< 0.1 %")]
    [InlineData(0.99996, "> 99.9 %")]
    public void Percent_NeverSaysAllOrNothingOfLess(double? share, string expected) => Same(Format.Percent(share), expected);

    [Theory]
    [InlineData(0, "just now")]
    [InlineData(-5, "just now")]
    [InlineData(4, "4 s ago")]
    [InlineData(59, "59 s ago")]
    [InlineData(60, "1 min ago")]
    [InlineData(3600, "1 h ago")]
    [InlineData(48 * 3600, "2 d ago")]
    public void Age_IsOneNumberAndOneUnit(int seconds, string expected) => Same(Format.Age(TimeSpan.FromSeconds(seconds)), expected);

    [Theory]
    [InlineData(60, "60 s")]
    [InlineData(119, "119 s")]
    [InlineData(120, "2 min")]
    [InlineData(11 * 3600, "11 h")]
    [InlineData(5 * 86400, "5 d")]
    [InlineData(-5 * 86400, "5 d")]
    public void Duration_IsOneNumberAndOneUnit(int seconds, string expected) => Same(Format.Duration(TimeSpan.FromSeconds(seconds)), expected);

    [Theory]
    [InlineData("short", 5, "short")]
    [InlineData("abcdefghij", 5, "ab…ij")]
    [InlineData("abcdefghij", 6, "abc…ij")]
    [InlineData("ab", 1, "…")]
    public void Middle_KeepsBothEnds(string text, int length, string expected) => Format.Middle(text, length).ShouldBe(expected);

    [Fact]
    public void Middle_OfSurrogatePairs_DoesNotCutOneInHalf()
    {
        var text = string.Concat(Enumerable.Repeat("\U0001F512", 10));
        for (var length = 1; length < 20; length++)
        {
            var cut = Format.Middle(text, length);
            cut.Length.ShouldBeLessThanOrEqualTo(length);
            cut.Replace("\U0001F512", "", StringComparison.Ordinal).ShouldBe("…");
        }
    }

    [Fact]
    public void SignedLatency_ShowsThatItIsADifference()
    {
        Same(Format.SignedLatency(1.2), "+1.20 ms");
        Same(Format.SignedLatency(-1.2), "-1.20 ms");
        Same(Format.SignedLatency(0), "0 ms");
    }

    [Theory]
    [InlineData("main/payments/workload/ledger", "ledger")]
    [InlineData("main/unknown/unknown/unknown", "unknown caller")]
    [InlineData("main/payments/namespace/payments", "payments")]
    [InlineData("not a node", "not a node")]
    public void Node_IsNamedAsAReaderNamesIt(string id, string expected) => Format.Node(id).ShouldBe(expected);
}
