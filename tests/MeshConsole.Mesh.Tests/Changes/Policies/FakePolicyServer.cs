using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using MeshConsole.Mesh.Changes.Plans;
using MeshConsole.Mesh.Changes.Writes;
using MeshConsole.Mesh.Kubernetes;
using MeshConsole.Simulator.Kubernetes;

namespace MeshConsole.Mesh.Tests.Changes.Policies;

/// <summary>An API server with room for one PeerAuthentication: it creates, patches and deletes it with the preconditions of the real one.</summary>
internal sealed class FakePolicyServer : ITargetWriter
{
    private readonly Lock _lock = new();
    private readonly List<(string WriteId, string Verb)> _landed = [];
    private JsonObject? _object;
    private int _version = 100;
    private int _uids;

    public ImmutableArray<(string WriteId, string Verb)> Landed
    {
        get
        {
            lock (_lock)
            {
                return [.. _landed];
            }
        }
    }

    /// <summary>Runs before a write is applied; may throw, and then nothing is applied.</summary>
    public Action? Before { get; set; }

    /// <summary>Runs after; may throw, and then the caller does not learn that it was applied.</summary>
    public Action? After { get; set; }

    public JsonObject? Object
    {
        get
        {
            lock (_lock)
            {
                return (JsonObject?)_object?.DeepClone();
            }
        }
    }

    public void Put(string spec, string? labels = null)
    {
        lock (_lock)
        {
            _object = new JsonObject
            {
                ["metadata"] = new JsonObject { ["uid"] = $"uid-{++_uids}", ["labels"] = labels is null ? new JsonObject() : JsonNode.Parse(labels), ["annotations"] = new JsonObject { ["note"] = "kept" } },
                ["spec"] = JsonNode.Parse(spec),
            };
            Moved();
        }
    }

    public void Remove()
    {
        lock (_lock)
        {
            _object = null;
        }
    }

    public async Task<LiveTarget> ReadAsync(ChangeTarget target, ImmutableArray<PlanBackend> backends, Impersonation actingAs, CancellationToken cancellationToken)
    {
        await Task.Yield();
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            return Live(target);
        }
    }

    public Task<AccessVerdict> ReviewAsync(ChangeTarget target, bool goingBack, Impersonation actingAs, CancellationToken cancellationToken) => Task.FromResult(new AccessVerdict(true, null));

    public Task<DryRunAnswer> DryRunAsync(ChangeTarget target, TargetWrite write, Impersonation actingAs, CancellationToken cancellationToken) => Task.FromResult(new DryRunAnswer(true, null, "", 200));

    public async Task<WrittenTarget> PatchAsync(ChangeTarget target, ImmutableArray<PlanBackend> backends, TargetWrite write, Impersonation actingAs, CancellationToken cancellationToken)
    {
        await Task.Yield();
        Before?.Invoke();
        LiveTarget live;
        lock (_lock)
        {
            Apply(write);
            _landed.Add((write.WriteId, write.Verb));
            live = Live(target);
        }

        After?.Invoke();
        return new WrittenTarget(live, $"audit-{write.WriteId}");
    }

    private void Apply(TargetWrite write)
    {
        switch (write.Verb)
        {
            case TargetWrite.Create when _object is not null:
                throw new TargetChangedException("There is one of that name.");
            case TargetWrite.Create:
                _object = JsonNode.Parse(write.Json)!.AsObject();
                _object["metadata"]!["uid"] = $"uid-{++_uids}";
                Moved();
                break;
            case TargetWrite.Delete:
                var wanted = JsonNode.Parse(write.Json)!["preconditions"]!;
                if (_object is null || !JsonNode.DeepEquals(_object["metadata"]!["uid"], wanted["uid"]) || !JsonNode.DeepEquals(_object["metadata"]!["resourceVersion"], wanted["resourceVersion"]))
                {
                    throw new TargetChangedException("Another object, or another version.");
                }

                _object = null;
                break;
            default:
                try
                {
                    _object = JsonPatch.Parse(JsonNode.Parse(write.Json)).Apply(_object!.DeepClone())!.AsObject();
                }
                catch (JsonPatchException exception)
                {
                    throw new TargetChangedException(exception.Message);
                }

                Moved();
                break;
        }
    }

    private void Moved() => _object!["metadata"]!["resourceVersion"] = (++_version).ToString(CultureInfo.InvariantCulture);

    private LiveTarget Live(ChangeTarget target) => LiveTarget.Of(_object is null ? default : JsonSerializer.SerializeToElement(_object), target);
}
