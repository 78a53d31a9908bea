using System.Text.Json;
using BenchmarkDotNet.Attributes;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Testing;

namespace MeshConsole.Benchmarks.Micro;

/// <summary>A list of 10,000 pods as the API server sends it: read into slim records, against only scanning the same bytes.</summary>
[MemoryDiagnoser]
public class PodParsing
{
    private byte[] _list = [];

    [GlobalSetup]
    public void Write() => _list = PodListing.Create(PodMemory.Pods);

    [Benchmark(Baseline = true)]
    public int Scan()
    {
        var reader = new Utf8JsonReader(_list);
        var tokens = 0;
        while (reader.Read())
        {
            tokens++;
        }

        return tokens;
    }

    [Benchmark]
    public async Task<IReadOnlyList<Pod>> ParseAsync() => (await PodMemory.ParseAsync(_list, CancellationToken.None)).Pods;
}
