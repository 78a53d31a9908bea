using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using MeshConsole.Mesh.Changes.Plans;
using MeshConsole.Mesh.Kubernetes;
using MeshConsole.Mesh.Kubernetes.Objects;

namespace MeshConsole.Mesh.Changes.Writes;

/// <summary>
/// Writes through the API server as the person who acts: every request carries their name and groups, so that their rights
/// decide and the server's own audit names them. The client's account needs the right to impersonate and no other.
/// </summary>
/// <param name="clients">Client of a configured cluster; null when there is none of that name.</param>
public sealed class KubernetesTargetWriter(Func<string, KubernetesClient?> clients) : ITargetWriter
{
    private static readonly WriteOptions s_write = new();
    private static readonly WriteOptions s_dryRun = new(DryRun: true);

    /// <inheritdoc/>
    public async Task<LiveTarget> ReadAsync(ChangeTarget target, ImmutableArray<PlanBackend> backends, Impersonation actingAs, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(target);
        var client = ClientFor(target, actingAs);
        JsonElement read;
        try
        {
            read = await client.GetAsync(TypeOf(target), target.Namespace, target.Name, cancellationToken).ConfigureAwait(false);
        }
        catch (KubernetesException exception) when (IsGone(exception, target))
        {
            return target.Policy is { } policy && (policy.Before is null || policy.After is null) ? LiveTarget.Absent(PolicyState.Of(default, target)) : throw Gone(target);
        }

        return Live(read, StateOf(read, target, backends));
    }

    /// <inheritdoc/>
    public async Task<AccessVerdict> ReviewAsync(ChangeTarget target, bool goingBack, Impersonation actingAs, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(target);
        var client = ClientFor(target, actingAs);
        var verdict = new AccessVerdict(false, null);
        foreach (var verb in target.Verbs(goingBack))
        {
            // Who may create is decided without a name: the object has none before it exists.
            verdict = await client.ReviewAccessAsync(new AccessReview(verb, TypeOf(target), target.Namespace, verb == TargetWrite.Create ? null : target.Name), cancellationToken).ConfigureAwait(false);
            if (!verdict.Allowed)
            {
                return verdict with { Reason = target.Policy is null ? verdict.Reason : $"{verb} is refused{(verdict.Reason is null ? "" : $": {verdict.Reason}")}" };
            }
        }

        return verdict;
    }

    /// <inheritdoc/>
    public async Task<DryRunAnswer> DryRunAsync(ChangeTarget target, TargetWrite write, Impersonation actingAs, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(write);
        try
        {
            var result = (await SendAsync(ClientFor(target, actingAs), TypeOf(target), target, write, s_dryRun, cancellationToken).ConfigureAwait(false)).Object;
            return write.Difference(result, target) is { } difference
                ? new DryRunAnswer(false, null, $"The server accepts the {Words(write)} and would change more than {(target.Policy is null ? "the weights" : "the mode")}. {difference}", 200)
                : new DryRunAnswer(true, write.Verb == TargetWrite.Delete ? null : result, $"The server accepts the {Words(write)}; nothing was written.", 200);
        }
        catch (KubernetesException exception)
        {
            return new DryRunAnswer(false, null, Refusal(exception, target), exception.Code) { IsOfAnOlderObject = IsPrecondition(exception) };
        }
    }

    /// <inheritdoc/>
    public async Task<WrittenTarget> PatchAsync(ChangeTarget target, ImmutableArray<PlanBackend> backends, TargetWrite write, Impersonation actingAs, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(write);
        var client = ClientFor(target, actingAs);
        var type = TypeOf(target);
        AuditedWrite written;
        try
        {
            written = await SendAsync(client, type, target, write, s_write, cancellationToken).ConfigureAwait(false);
        }
        catch (KubernetesException exception) when (IsPrecondition(exception) || (write.Verb != TargetWrite.Create && IsGone(exception, target)))
        {
            // The request may have been sent twice on its way (a connection that broke), the first one with success. Then the
            // object says so.
            return await FindOwnAsync(client, type, target, backends, write, cancellationToken).ConfigureAwait(false)
                ?? throw (IsGone(exception, target) ? Gone(target) : Changed(exception, target));
        }

        if (write.Verb != TargetWrite.Delete)
        {
            return Written(written.Object, target, backends, write, written.AuditId);
        }

        // An accepted deletion is not an object that is gone: a finalizer may have been added meanwhile.
        return await FindOwnAsync(client, type, target, backends, write, cancellationToken).ConfigureAwait(false) is { } gone
            ? gone with { AuditId = written.AuditId }
            : throw new KubernetesException(KubernetesErrorKind.Unreadable, "The API server accepted the deletion, and the object is still there.");
    }

    private static Task<AuditedWrite> SendAsync(KubernetesClient client, ResourceType type, ChangeTarget target, TargetWrite write, WriteOptions options, CancellationToken cancellationToken) => write.Verb switch
    {
        TargetWrite.Patch => client.PatchAuditedAsync(type, target.Namespace, target.Name, new V1Patch(write.Json, V1Patch.PatchType.JsonPatch), options, cancellationToken),
        TargetWrite.Create => client.CreateAuditedAsync(type, target.Namespace, JsonNode.Parse(write.Json)!.AsObject(), options, cancellationToken),
        TargetWrite.Delete => client.DeleteAuditedAsync(type, target.Namespace, target.Name, options, ((PolicyWrite)write).Uid, write.ResourceVersion, cancellationToken),
        _ => throw new ArgumentException($"Targets are not written by {write.Verb}.", nameof(write)),
    };

    private static ImmutableArray<int> StateOf(JsonElement read, ChangeTarget target, ImmutableArray<PlanBackend> backends) =>
        target.Policy is null ? TargetRule.Find(read, target, backends).Weights : PolicyState.Of(read, target);

    private static async Task<WrittenTarget?> FindOwnAsync(KubernetesClient client, ResourceType type, ChangeTarget target, ImmutableArray<PlanBackend> backends, TargetWrite write, CancellationToken cancellationToken)
    {
        try
        {
            var now = await client.GetAsync(type, target.Namespace, target.Name, cancellationToken).ConfigureAwait(false);
            return write.Verb != TargetWrite.Delete && LastChange(now) == write.WriteId ? Written(now, target, backends, write, null) : null;
        }
        catch (KubernetesException exception) when (write.Verb == TargetWrite.Delete && IsGone(exception, target))
        {
            return new WrittenTarget(LiveTarget.Absent(PolicyState.Of(default, target)), null);
        }
        catch (KubernetesException)
        {
            // The refusal stands; the executor looks again in any case.
            return null;
        }
    }

    /// <summary>From here on the write has happened: what is odd about it is said beside it and not thrown.</summary>
    private static WrittenTarget Written(JsonElement after, ChangeTarget target, ImmutableArray<PlanBackend> backends, TargetWrite write, string? auditId)
    {
        ImmutableArray<int> weights = [];
        string? unexpected;
        try
        {
            weights = StateOf(after, target, backends);
            unexpected = write.Difference(after, target);
        }
        catch (TargetChangedException exception)
        {
            unexpected = exception.Message;
        }

        return new WrittenTarget(Live(after, weights), auditId) { Unexpected = unexpected };
    }

    private static LiveTarget Live(JsonElement read, ImmutableArray<int> weights)
    {
        var metadata = read.Get("metadata");
        try
        {
            return new LiveTarget(read, metadata.Text("uid") ?? "", metadata.Text("resourceVersion") ?? "", SpecHash.Of(read), weights, LastChange(read));
        }
        catch (FormatException exception)
        {
            throw new KubernetesException(KubernetesErrorKind.Unreadable, $"The object has a spec that cannot be hashed: {exception.Message}.", exception);
        }
    }

    private static string? LastChange(JsonElement read) => read.Get("metadata").Get("annotations").Text(TargetWrite.Annotation);

    /// <summary>409 (also of an object that is there already), or a failed <c>test</c>: 422 about no object and no field, 500 on servers before 1.17 (kubernetes#68202).</summary>
    private static bool IsPrecondition(KubernetesException exception) => exception switch
    {
        { Kind: KubernetesErrorKind.Conflict or KubernetesErrorKind.AlreadyExists } => true,
        { Kind: KubernetesErrorKind.Invalid, Details: null or { Name: null or "", Causes.Length: 0 } } => true,
        { Kind: KubernetesErrorKind.ServerError, ServerMessage: { } said } => said.Contains("testing path", StringComparison.OrdinalIgnoreCase) || said.Contains("testing value", StringComparison.OrdinalIgnoreCase),
        _ => false,
    };

    /// <summary>The object, and not the kind as a whole: that one is answered without a name.</summary>
    private static bool IsGone(KubernetesException exception, ChangeTarget target) => exception.Kind == KubernetesErrorKind.NotFound && exception.Details?.Name == target.Name;

    private static TargetChangedException Gone(ChangeTarget target) =>
        new($"{target.Kind} {Words(target.Namespace)}/{Words(target.Name)} is not there any more. Nothing was written.");

    private static TargetChangedException Changed(KubernetesException exception, ChangeTarget target) =>
        new($"{target.Kind} {Words(target.Namespace)}/{Words(target.Name)} was changed by somebody else since it was read, so the API server refused the write (HTTP {exception.Code}). Nothing was written; look at what is there now.");

    private static string Refusal(KubernetesException exception, ChangeTarget target)
    {
        var said = Printable.Text(exception.ServerMessage ?? exception.Message, 1000);
        if (IsPrecondition(exception))
        {
            return Changed(exception, target).Message;
        }

        if (exception.Kind == KubernetesErrorKind.BadRequest && said.Contains("does not support dry run", StringComparison.Ordinal))
        {
            return $"Cannot dry-run: {said}. The webhook has side effects and does not declare sideEffects: None or NoneOnDryRun, so the server tries nothing.";
        }

        return exception.LeavesOutcomeUnknown ? $"Cannot dry-run: {Printable.Text(exception.Message, 1000)}" : said;
    }

    private static string Words(TargetWrite write) => write.Verb switch
    {
        TargetWrite.Create => "new object",
        TargetWrite.Delete => "deletion",
        _ => "patch",
    };

    private static string Words(string text) => Printable.Text(text, 120);

    /// <summary>Kind and version come from a plan that was stored, and are looked up all the same before they stand in a path.</summary>
    private static ResourceType TypeOf(ChangeTarget target)
    {
        var kind = target.Kind switch
        {
            RouteRules.VirtualService => ResourceKinds.VirtualServices,
            RouteRules.HttpRoute => ResourceKinds.HttpRoutes,
            RouteRules.GrpcRoute => ResourceKinds.GrpcRoutes,
            RouteRules.TrafficSplit => ResourceKinds.TrafficSplits,
            PolicyPlanner.Kind when target.Policy is not null => ResourceKinds.PeerAuthentications,
            _ => throw new ArgumentException($"Objects of kind {Words(target.Kind)} are not written.", nameof(target)),
        };
        return kind.Versions.Select(kind.In).FirstOrDefault(t => t.ApiVersion == target.ApiVersion)
            ?? throw new ArgumentException($"{target.Kind} is not written as {Words(target.ApiVersion)}.", nameof(target));
    }

    private KubernetesClient ClientFor(ChangeTarget target, Impersonation actingAs) =>
        (clients(target.Cluster) ?? throw new ArgumentException($"No cluster {Words(target.Cluster)} is configured.", nameof(target))).As(actingAs);
}
