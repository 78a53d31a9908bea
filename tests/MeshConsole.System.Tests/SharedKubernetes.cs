using MeshConsole.Testing.RealServices;

namespace MeshConsole.System.Tests;

/// <summary>
/// One API server for the tests that leave it as they found it (each with namespaces of its own). Started by the first test
/// that asks, so that a machine without it skips tests instead of failing a fixture.
/// </summary>
public sealed class SharedKubernetes : IAsyncLifetime
{
    public const string Collection = "one API server";

    private RealKubernetes? _cluster;

    public async Task<RealKubernetes> GetAsync()
    {
        Requires.Kubernetes();
        return _cluster ??= await RealKubernetes.StartAsync();
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_cluster is { } cluster)
        {
            await cluster.DisposeAsync();
        }
    }
}

[CollectionDefinition(SharedKubernetes.Collection, DisableParallelization = true)]
public sealed class SharedKubernetesCollection : ICollectionFixture<SharedKubernetes>;
