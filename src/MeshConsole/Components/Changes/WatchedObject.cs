using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using MeshConsole.Mesh.Changes.Plans;
using MeshConsole.Mesh.Changes.Writes;
using MeshConsole.Mesh.Kubernetes.Objects;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Components.Changes;

/// <summary>A plan against the object as the watch shows it: for readers who may not ask the API server through the service.</summary>
internal static class WatchedObject
{
    /// <summary>Unified diff of the object's YAML from now to these weights. Null when the object is not there as the plan knows it.</summary>
    public static string? Diff(MeshSnapshot snapshot, ChangePlan plan, ImmutableArray<int> weights)
    {
        var found = Find(snapshot, plan.Target);
        if (plan.Target.Policy is not null)
        {
            return OfPolicy(found, plan.Target, weights);
        }

        if (found is null)
        {
            return null;
        }

        try
        {
            return UnifiedDiff.OfWeights(Whole(found), plan.Target, plan.Backends, weights);
        }
        catch (TargetChangedException)
        {
            return null;
        }
    }

    /// <summary>Without labels and annotations, of which not all are watched.</summary>
    private static string? OfPolicy(MeshObject? found, ChangeTarget target, ImmutableArray<int> state)
    {
        var bare = target with { Policy = target.Policy! with { Labels = target.Policy.Labels.Clear(), Annotations = target.Policy.Annotations.Clear() } };
        try
        {
            return UnifiedDiff.OfPolicy(LiveTarget.Of(found is null ? default : Whole(found), bare), bare, state);
        }
        catch (TargetChangedException)
        {
            return null;
        }
    }

    private static JsonElement Whole(MeshObject found)
    {
        var metadata = new JsonObject { ["name"] = found.Meta.Name, ["namespace"] = found.Meta.Namespace, ["resourceVersion"] = found.Meta.ResourceVersion, ["uid"] = found.Meta.Uid };
        if (found.Meta.Annotations.GetValueOrDefault(TargetWrite.Annotation) is { } mark)
        {
            metadata["annotations"] = new JsonObject { [TargetWrite.Annotation] = mark };
        }

        var spec = found.Spec.ValueKind == JsonValueKind.Undefined ? null : JsonNode.Parse(found.Spec.GetRawText());
        using var whole = JsonDocument.Parse(new JsonObject { ["apiVersion"] = found.ApiVersion, ["kind"] = found.Kind, ["metadata"] = metadata, ["spec"] = spec }.ToJsonString());
        return whole.RootElement.Clone();
    }

    internal static MeshObject? Find(MeshSnapshot snapshot, ChangeTarget target)
    {
        if (snapshot.Clusters.FirstOrDefault(cluster => string.Equals(cluster.Name, target.Cluster, StringComparison.Ordinal))?.Objects is not { } objects)
        {
            return null;
        }

        return new[] { objects.VirtualServices, objects.HttpRoutes, objects.GrpcRoutes, objects.TrafficSplits, objects.PeerAuthentications }
            .Where(kind => !kind.IsDefault)
            .SelectMany(kind => kind)
            .FirstOrDefault(item => item.Kind == target.Kind && item.Meta.Namespace == target.Namespace && item.Meta.Name == target.Name);
    }
}
