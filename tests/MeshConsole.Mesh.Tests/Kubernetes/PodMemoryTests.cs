using MeshConsole.Mesh.Kubernetes;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Kubernetes.Parsing;
using MeshConsole.Testing;

namespace MeshConsole.Mesh.Tests.Kubernetes;

/// <summary>Runs alone: what other tests allocate would be counted.</summary>
[CollectionDefinition(nameof(PodMemoryTests), DisableParallelization = true)]
[Collection(nameof(PodMemoryTests))]
public sealed class PodMemoryTests
{
    private const int Pods = 3_000;

    [Fact]
    public async Task WatchedPod_OfALargeMesh_RetainsAtMostOneAndAHalfKibibytes()
    {
        var list = PodListing.Create(Pods);
        list.Length.ShouldBeGreaterThan(Pods * 6_000);

        // Once to have everything loaded that is loaded once.
        GC.KeepAlive(await HoldAsync(list));
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var held = await HoldAsync(list);
        var perPod = (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)Pods;

        held.Objects.Count.ShouldBe(Pods);
        GC.KeepAlive(held);
        perPod.ShouldBeLessThan(1536);
        perPod.ShouldBeGreaterThan(200);
    }

    /// <summary>What a watcher holds of a list: the sorted set, its snapshot, and the pool of its parser.</summary>
    private static async Task<(SortedObjects<Pod> Objects, PodParser Parser)> HoldAsync(byte[] list)
    {
        var parser = new PodParser();
        var pods = new List<Pod>();
        using var stream = new JsonObjectStream(new MemoryStream(list), JsonLayout.List, longestObject: 1_000_000);
        while (await stream.ReadAsync(CancellationToken.None) is var part and not JsonPart.None)
        {
            if (part == JsonPart.Object)
            {
                pods.Add(parser.Parse(stream.Current));
            }
        }

        var objects = new SortedObjects<Pod>();
        objects.Replace(null, pods);
        objects.Snapshot.Length.ShouldBe(pods.Count);
        return (objects, parser);
    }
}
