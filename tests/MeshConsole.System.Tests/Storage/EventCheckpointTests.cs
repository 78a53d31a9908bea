using MeshConsole.Mesh.Audit;
using MeshConsole.Mesh.Kubernetes;
using MeshConsole.Mesh.Kubernetes.Connections;
using MeshConsole.Testing.RealServices;
using MeshConsole.Testing.Storage;

namespace MeshConsole.System.Tests.Storage;

/// <summary>A checkpoint as an Event of a real API server: accepted, readable, and whole.</summary>
[Collection(SharedKubernetes.Collection)]
public sealed class EventCheckpointTests(SharedKubernetes kubernetes)
{
    [SkippableFact]
    public async Task Checkpoint_WrittenAsEvent_IsReadBackAndVerifies()
    {
        var cluster = await kubernetes.GetAsync();
        using var scratch = ScratchFolder.Create("events");
        using var key = CheckpointKey.LoadOrCreate(scratch.File("audit-key.pem"));
        using var client = new KubernetesClient(KubernetesConnection.Through(cluster.TrustingHandler, cluster.Server, CredentialSource.BearerToken(cluster.TokenOf("admin"))), TimeProvider.System);
        var sink = new EventCheckpointSink(client, "real", "default", "tests");
        var checkpoint = key.Sign(7, new string('a', 64), StoredChanges.At);

        await sink.WriteAsync(checkpoint, default);

        // An answer that was lost is asked for again.
        await sink.WriteAsync(checkpoint, default);
        var stored = await cluster.Admin.GetAsync("api/v1/namespaces/default/events/meshconsole-audit-7-aaaaaaaaaaaa");
        stored["reason"]!.GetValue<string>().ShouldBe("AuditCheckpoint");
        var read = AuditCheckpoint.Read(stored["metadata"]!["annotations"]!["meshconsole.io/audit-checkpoint"]!.GetValue<string>());
        read.ShouldBe(checkpoint);
        read.IsSigned().ShouldBeTrue();

        (await Should.ThrowAsync<CheckpointSinkException>(() => new EventCheckpointSink(client, "real", "nowhere", "tests").WriteAsync(checkpoint, default))).Message.ShouldContain("real/nowhere");
    }
}
