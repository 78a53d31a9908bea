using MeshConsole.Endpoints;

namespace MeshConsole.Tests.Hubs;

public sealed class SharedComputationTests
{
    [Fact]
    public async Task ManyAtOnce_ComputeOnce()
    {
        var computed = 0;
        var shared = new SharedComputation<int>(() => Interlocked.Increment(ref computed));

        var results = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => Task.Run(shared.GetAsync)));

        computed.ShouldBe(1);
        results.ShouldAllBe(result => result == 1);
    }

    [Fact]
    public async Task Failure_ReachesEverybody()
    {
        var computed = 0;
        var shared = new SharedComputation<int>(() => throw new InvalidOperationException($"failure {++computed}"));

        for (var i = 0; i < 3; i++)
        {
            (await Should.ThrowAsync<InvalidOperationException>(shared.GetAsync)).Message.ShouldBe("failure 1");
        }
    }
}
