using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Tests.Snapshots;

public sealed class ClockSkewTests
{
    [Theory]

    // Date is cut to the second: half a second is added. Sent at 0, received at 200 ms: the middle is 100 ms.
    [InlineData(0, 200, 0.4, 0.6, false)]
    [InlineData(6, 200, 6.4, 0.6, true)]
    [InlineData(5, 200, 5.4, 0.6, false)]
    [InlineData(-12, 0, -11.5, 0.5, true)]

    // A slow answer proves little.
    [InlineData(8, 8000, 4.5, 4.5, false)]
    public void Skew_OfOneAnswer(int dateSeconds, int answeredMs, double ahead, double uncertainty, bool notable)
    {
        var skew = ClockSkew.Of("API server", Given.Now.AddSeconds(dateSeconds), Given.Now, Given.Now.AddMilliseconds(answeredMs));
        skew.Ahead.TotalSeconds.ShouldBe(ahead, 1e-9);
        skew.Uncertainty.TotalSeconds.ShouldBe(uncertainty, 1e-9);
        skew.IsNotable.ShouldBe(notable);
    }
}
