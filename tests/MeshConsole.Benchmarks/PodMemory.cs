using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Kubernetes.Parsing;
using MeshConsole.Testing;

namespace MeshConsole.Benchmarks;

/// <summary>What stays in memory of a watched pod, and what reading it costs against only scanning the same bytes.</summary>
internal static class PodMemory
{
    internal const int Pods = 10_000;

    public static async Task ReportAsync(CancellationToken cancellationToken)
    {
        var list = PodListing.Create(Pods);
        GC.KeepAlive(await ParseAsync(list, cancellationToken));
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var held = await ParseAsync(list, cancellationToken);
        var perPod = (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)Pods;
        GC.KeepAlive(held);
        Row.Write("retained memory per watched pod", $"{perPod:F0} bytes", "≤ 1,536 bytes");
    }

    internal static async Task<(List<Pod> Pods, PodParser Parser)> ParseAsync(byte[] list, CancellationToken cancellationToken)
    {
        var parser = new PodParser();
        var pods = new List<Pod>(Pods);
        using var stream = new JsonObjectStream(new MemoryStream(list), JsonLayout.List, longestObject: 1_000_000);
        while (await stream.ReadAsync(cancellationToken) is var part and not JsonPart.None)
        {
            if (part == JsonPart.Object)
            {
                pods.Add(parser.Parse(stream.Current));
            }
        }

        return (pods, parser);
    }
}
