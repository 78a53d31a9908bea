using System.Text;
using MeshConsole.Simulator.Prometheus;

namespace MeshConsole.Simulator.Tests.Prometheus;

public sealed class ExpositionWriterTests
{
    [Fact]
    public async Task WriteAsync_HostileLabels_AreEscaped()
    {
        var text = await WriteAsync(new MetricFamily("m", MetricType.Gauge, "a \\ and\na \"quote\"",
        [
            new MetricSample(LabelSet.Metric("m", ("b", "\"q\" \\ \n<b>é"), ("a", "1")), 0.5),
            new MetricSample(LabelSet.Metric("m"), double.PositiveInfinity, 1500),
        ]));
        text.ShouldBe("# HELP m a \\\\ and\\na \"quote\"\n# TYPE m gauge\nm{a=\"1\",b=\"\\\"q\\\" \\\\ \\n<b>é\"} 0.5\nm +Inf 1500\n");
    }

    [Fact]
    public async Task Families_OfAStore_GroupHistogramsAndLeaveOutWhatEnded()
    {
        var store = new SampleStore();
        store.Describe("h", new MetricMetadata("histogram", "Latency."));
        foreach (var name in new[] { "h_bucket", "h_sum", "h_count", "lone_count" }) store.Append(store.GetOrAdd(LabelSet.Metric(name)), 1000, 2);
        store.MarkStale(store.GetOrAdd(LabelSet.Metric("h_sum")), 2000);
        var text = await WriteAsync([.. ExpositionWriter.Families(store, 0)]);
        text.ShouldBe("# HELP h Latency.\n# TYPE h histogram\nh_bucket 2\nh_count 2\n# TYPE lone_count untyped\nlone_count 2\n");
    }

    [Theory]
    [InlineData(0, "0")]
    [InlineData(-0.0, "-0")]
    [InlineData(1, "1")]
    [InlineData(-12.5, "-12.5")]
    [InlineData(0.1, "0.1")]
    [InlineData(0.000001, "0.000001")]
    [InlineData(0.00000012, "1.2e-07")]
    [InlineData(1e20, "100000000000000000000")]
    [InlineData(1e21, "1e+21")]
    [InlineData(1.5e300, "1.5e+300")]
    [InlineData(123456789012345680, "123456789012345680")]
    [InlineData(1234567.891, "1234567.891")]
    [InlineData(9.5, "9.5")]
    [InlineData(double.NaN, "NaN")]
    [InlineData(double.NegativeInfinity, "-Inf")]
    [InlineData(5e-324, "5e-324")]
    public void PromNumber_Format_WritesAsPrometheus(double value, string expected) => PromNumber.ToText(value).ShouldBe(expected);

    private static async Task<string> WriteAsync(params MetricFamily[] families)
    {
        using var stream = new MemoryStream();
        await ExpositionWriter.WriteAsync(stream, families);
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
