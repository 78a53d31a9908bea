using System.Globalization;
using System.Text.Json.Nodes;
using MeshConsole.Mesh.Kubernetes;

namespace MeshConsole.Mesh.Audit;

/// <summary>
/// Writes checkpoints as Events of a cluster, with the console's own account: the one thing it writes there by itself. Events
/// go when the API server forgets them (an hour, unless told otherwise), so something must collect them.
/// </summary>
/// <param name="clusterName">For messages.</param>
/// <param name="instance">Name of the pod or machine, as the reporter of the event.</param>
public sealed class EventCheckpointSink(KubernetesClient client, string clusterName, string @namespace, string instance) : ICheckpointSink
{
    private static readonly ResourceType s_events = new("", "v1", "events", "Event", Namespaced: true);

    public string Name => $"events of {clusterName}/{@namespace}";

    public Task<long?> LastSequenceAsync(CancellationToken cancellationToken) => Task.FromResult<long?>(null);

    public async Task WriteAsync(AuditCheckpoint checkpoint, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        try
        {
            await client.CreateAsync(s_events, @namespace, Content(checkpoint), new WriteOptions(), cancellationToken).ConfigureAwait(false);
        }
        catch (KubernetesException exists) when (exists.Kind == KubernetesErrorKind.AlreadyExists)
        {
            // The name holds number and hash of the record: an earlier try arrived although its answer did not.
        }
        catch (KubernetesException exception)
        {
            throw new CheckpointSinkException($"A checkpoint could not be written to the {Name}: {exception.Message.TrimEnd('.')}. The console's account needs the right to create events there; it is tried again.", exception);
        }
    }

    private JsonObject Content(AuditCheckpoint checkpoint)
    {
        var at = checkpoint.At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        return new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Event",
            ["metadata"] = new JsonObject
            {
                ["name"] = string.Create(CultureInfo.InvariantCulture, $"meshconsole-audit-{checkpoint.Sequence}-{checkpoint.Hash[..12]}"),
                ["namespace"] = @namespace,
                ["annotations"] = new JsonObject { ["meshconsole.io/audit-checkpoint"] = checkpoint.ToJson() },
            },
            ["involvedObject"] = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Namespace", ["name"] = @namespace, ["namespace"] = @namespace },
            ["type"] = "Normal",
            ["reason"] = "AuditCheckpoint",
            ["message"] = string.Create(CultureInfo.InvariantCulture, $"The audit of MeshConsole ended with record {checkpoint.Sequence}, hash {checkpoint.Hash}."),
            ["source"] = new JsonObject { ["component"] = "meshconsole", ["host"] = instance },
            ["firstTimestamp"] = at,
            ["lastTimestamp"] = at,
            ["count"] = 1,
        };
    }
}
