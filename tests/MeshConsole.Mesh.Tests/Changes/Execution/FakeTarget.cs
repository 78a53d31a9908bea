using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MeshConsole.Mesh.Changes.Plans;
using MeshConsole.Mesh.Changes.Writes;
using MeshConsole.Mesh.Kubernetes;

namespace MeshConsole.Mesh.Tests.Changes.Execution;

/// <summary>An API server with one VirtualService: it applies JSON patches, tests first, and counts its versions.</summary>
internal sealed class FakeTarget : ITargetWriter
{
    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private JsonObject _object = new()
    {
        ["metadata"] = new JsonObject { ["uid"] = "uid-1", ["resourceVersion"] = "42", ["annotations"] = new JsonObject(), ["managedFields"] = new JsonArray() },
        ["spec"] = new JsonObject
        {
            ["http"] = new JsonArray(
                new JsonObject { ["match"] = "x-merchant-tier: enterprise", ["route"] = new JsonArray(new JsonObject { ["subset"] = "v2-new-provider", ["weight"] = 100 }) },
                new JsonObject { ["route"] = new JsonArray(new JsonObject { ["subset"] = "v1-stable", ["weight"] = 90 }, new JsonObject { ["subset"] = "v2-new-provider", ["weight"] = 10 }) }),
        },
    };

    private readonly List<(string WriteId, ImmutableArray<int> Weights, string User)> _landed = [];

    /// <summary>It was made a day ago, and nobody has touched it since.</summary>
    public FakeTarget(TimeProvider time)
    {
        _time = time;
        _object["metadata"]!["managedFields"]!.AsArray().Add(Entry("kubectl", time.GetUtcNow().AddDays(-1)));
    }

    /// <summary>Every patch that changed the object, in order.</summary>
    public ImmutableArray<(string WriteId, ImmutableArray<int> Weights, string User)> Landed
    {
        get
        {
            lock (_lock)
            {
                return [.. _landed];
            }
        }
    }

    public int Patches { get; private set; }

    /// <summary>Throws for every call: the API server is down.</summary>
    public bool Down { get; set; }

    /// <summary>People whom the cluster lets do nothing.</summary>
    public HashSet<string> Forbidden { get; } = new(StringComparer.Ordinal);

    /// <summary>Runs before a patch is applied; may throw, and then nothing is applied.</summary>
    public Func<TargetWrite, Task>? BeforePatch { get; set; }

    /// <summary>Runs after a patch was applied; may throw, and then the caller does not learn that it was.</summary>
    public Func<TargetWrite, Task>? AfterPatch { get; set; }

    public ImmutableArray<int> Weights
    {
        get
        {
            lock (_lock)
            {
                return WeightsOf(_object);
            }
        }
    }

    public string EnterpriseRule
    {
        get
        {
            lock (_lock)
            {
                return _object["spec"]!["http"]![0]!.ToJsonString();
            }
        }
    }

    /// <summary>Somebody else edits the weights.</summary>
    public void Edit(string manager, params int[] weights)
    {
        lock (_lock)
        {
            for (var i = 0; i < weights.Length; i++)
            {
                _object["spec"]!["http"]![1]!["route"]![i]!["weight"] = weights[i];
            }

            Moved(manager);
        }
    }

    /// <summary>Somebody else edits something that is no weight of the rule.</summary>
    public void EditElsewhere(string manager)
    {
        lock (_lock)
        {
            _object["spec"]!["http"]![0]!["timeout"] = $"{Version}s";
            Moved(manager);
        }
    }

    /// <summary>A status update: another version, the same spec.</summary>
    public void TouchStatus()
    {
        lock (_lock)
        {
            _object["metadata"]!["resourceVersion"] = (Version + 1).ToString(CultureInfo.InvariantCulture);
        }
    }

    public async Task<LiveTarget> ReadAsync(ChangeTarget target, ImmutableArray<PlanBackend> backends, Impersonation actingAs, CancellationToken cancellationToken)
    {
        await Task.Yield();
        Reachable(actingAs, cancellationToken);
        lock (_lock)
        {
            return Live();
        }
    }

    public async Task<AccessVerdict> ReviewAsync(ChangeTarget target, bool goingBack, Impersonation actingAs, CancellationToken cancellationToken)
    {
        await Task.Yield();
        if (Down)
        {
            throw Unreachable();
        }

        return new AccessVerdict(!Forbidden.Contains(actingAs.User), null);
    }

    public Task<DryRunAnswer> DryRunAsync(ChangeTarget target, TargetWrite patch, Impersonation actingAs, CancellationToken cancellationToken) =>
        Task.FromResult(Down ? new DryRunAnswer(false, null, "The API server does not answer.", null) : DryRun);

    /// <summary>What the server says to a trial.</summary>
    public DryRunAnswer DryRun { get; set; } = new(true, null, "", 200);

    public async Task<WrittenTarget> PatchAsync(ChangeTarget target, ImmutableArray<PlanBackend> backends, TargetWrite patch, Impersonation actingAs, CancellationToken cancellationToken)
    {
        await Task.Yield();
        lock (_lock)
        {
            Patches++;
        }

        if (BeforePatch is { } before)
        {
            await before(patch);
        }

        Reachable(actingAs, cancellationToken);
        LiveTarget live;
        lock (_lock)
        {
            var next = (JsonObject)_object.DeepClone();
            foreach (var operation in JsonNode.Parse(patch.Json)!.AsArray())
            {
                Apply(next, operation!.AsObject());
            }

            _object = next;
            Moved("meshconsole");
            _landed.Add((patch.WriteId, WeightsOf(_object), actingAs.User));
            live = Live();
        }

        if (AfterPatch is { } after)
        {
            await after(patch);
        }

        return new WrittenTarget(live, $"audit-{patch.WriteId}");
    }

    public static KubernetesException Unreachable() => new(KubernetesErrorKind.Unreachable, "The API server does not answer.");

    public static KubernetesException TimedOut() => new(KubernetesErrorKind.TimedOut, "No answer within 10 s.");

    private int Version => int.Parse(_object["metadata"]!["resourceVersion"]!.GetValue<string>(), CultureInfo.InvariantCulture);

    private static ImmutableArray<int> WeightsOf(JsonObject item) => [.. item["spec"]!["http"]![1]!["route"]!.AsArray().Select(r => r!["weight"]!.GetValue<int>())];

    private LiveTarget Live()
    {
        var metadata = _object["metadata"]!;
        return new LiveTarget(
            JsonDocument.Parse(_object.ToJsonString()).RootElement,
            metadata["uid"]!.GetValue<string>(),
            metadata["resourceVersion"]!.GetValue<string>(),
            Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(_object["spec"]!.ToJsonString()))),
            WeightsOf(_object),
            metadata["annotations"]!["meshconsole.io/last-change"]?.GetValue<string>());
    }

    private void Moved(string manager)
    {
        _object["metadata"]!["resourceVersion"] = (Version + 1).ToString(CultureInfo.InvariantCulture);
        _object["metadata"]!["managedFields"]!.AsArray().Add(Entry(manager, _time.GetUtcNow()));
    }

    private static JsonObject Entry(string manager, DateTimeOffset at) => new() { ["manager"] = manager, ["time"] = at.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) };

    private void Reachable(Impersonation actingAs, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (Down)
        {
            throw Unreachable();
        }

        if (Forbidden.Contains(actingAs.User))
        {
            throw new KubernetesException(KubernetesErrorKind.Forbidden, $"{actingAs.User} cannot do that.") { Code = 403 };
        }
    }

    private static void Apply(JsonObject root, JsonObject operation)
    {
        var path = operation["path"]!.GetValue<string>().Split('/').Skip(1).Select(s => s.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)).ToList();
        JsonNode parent = root;
        foreach (var segment in path.SkipLast(1))
        {
            parent = (parent is JsonArray list ? list[int.Parse(segment, CultureInfo.InvariantCulture)] : parent[segment]) ?? throw new TargetChangedException($"There is no {segment}.");
        }

        var value = operation["value"];
        switch (operation["op"]!.GetValue<string>())
        {
            case "test" when !JsonNode.DeepEquals(parent[path[^1]], value):
                throw new TargetChangedException($"The test of {string.Join('/', path)} failed.");
            case "test":
                break;
            default:
                parent[path[^1]] = value?.DeepClone();
                break;
        }
    }
}
