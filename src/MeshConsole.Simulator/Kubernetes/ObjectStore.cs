using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace MeshConsole.Simulator.Kubernetes;

/// <summary>
/// The objects of the simulated cluster, with one increasing resource version over all kinds, a bounded history per kind for watches
/// and consistent paging, optimistic concurrency and field managers. Safe for any number of threads.
/// </summary>
/// <remarks>
/// Objects given to it are copied, and those it gives are immutable. Refusals are <see cref="ApiStatusException"/>. Names, labels and
/// schemas are not judged here but by the API server in front of it, so that a scenario can hold what a cluster should never hold.
/// </remarks>
public sealed class ObjectStore
{
    private readonly TimeProvider _time;
    private readonly int _historyLimit;
    private readonly Lock _gate = new();
    private readonly Dictionary<ResourceType, ObjectHistory> _histories = [];
    private readonly ConcurrentQueue<StoreChange> _announcements = new();
    private int _announcing;
    private long _version = 1;
    private long _floor;

    /// <param name="historyLimit">How many changes are kept per kind; an older watch or continuation is answered with 410.</param>
    public ObjectStore(TimeProvider time, int historyLimit = 4096)
    {
        ArgumentNullException.ThrowIfNull(time);
        ArgumentOutOfRangeException.ThrowIfLessThan(historyLimit, 1);
        _time = time;
        _historyLimit = historyLimit;
    }

    /// <summary>
    /// Every change, in order of its version and one at a time, on the thread of some writer and outside the store's lock. A write from
    /// a handler is announced after the handler has returned. Objects put in by <see cref="Load(IEnumerable{JsonObject}, string)"/> are not announced.
    /// </summary>
    public event Action<StoreChange>? Changed;

    /// <summary>The version of the last change of any kind.</summary>
    public long CurrentVersion
    {
        get
        {
            lock (_gate) return _version;
        }
    }

    /// <summary>The version of the last change of a kind; zero when it never had an object. Cheap: for noticing that a view is out of date.</summary>
    public long Version(ResourceType type)
    {
        lock (_gate) return History(type).LastVersion;
    }

    public StoredObject? Find(ResourceType type, string? objectNamespace, string name)
    {
        ArgumentNullException.ThrowIfNull(type);
        lock (_gate) return History(type).Find(StoredObject.PathOf(type.Namespaced ? objectNamespace : null, name));
    }

    /// <summary>The object, or 404.</summary>
    public StoredObject Get(ResourceType type, string? objectNamespace, string name) =>
        Find(type, objectNamespace, name) ?? throw new ApiStatusException(ApiStatus.NotFound(type, name));

    /// <summary>The objects of a kind, of one namespace or of all (null), ordered by namespace and name.</summary>
    public IReadOnlyList<StoredObject> List(ResourceType type, string? objectNamespace = null) => Snapshot(type, objectNamespace).Objects;

    /// <summary>Like <see cref="List"/>, with the resource version of the moment.</summary>
    public StoreSnapshot Snapshot(ResourceType type, string? objectNamespace = null)
    {
        ArgumentNullException.ThrowIfNull(type);
        lock (_gate)
        {
            var objects = History(type).Objects;
            return new StoreSnapshot(_version, objectNamespace is null ? objects : InNamespace(type, objects, objectNamespace));
        }
    }

    /// <summary>Adds an object. Name (or generateName) and, for namespaced kinds, namespace come from its metadata.</summary>
    /// <returns>The object as it is kept.</returns>
    public StoredObject Create(ResourceType type, JsonObject json, WriteOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(type);
        ArgumentNullException.ThrowIfNull(json);
        options ??= WriteOptions.Default;
        var body = Body(json);
        var metadata = MetadataOf(body);
        StoredObject created;
        lock (_gate)
        {
            var history = History(type);
            var version = _version + 1;
            CompleteNew(type, body, metadata, options.FieldManager, options.Version, version);
            if (options.DryRun) MetadataOf(body).Remove("resourceVersion");
            created = StoredObject.Of(type, body);
            if (history.Find(created.Path) is not null) throw new ApiStatusException(ApiStatus.AlreadyExists(type, created.Name));
            if (options.DryRun) return created;
            Commit(history, new StoreChange(StoreChangeKind.Added, created, null));
        }
        Announce();
        return created;
    }

    /// <summary>
    /// Replaces an object, or 404. A <c>metadata.resourceVersion</c> or <c>metadata.uid</c> in it is a condition: 409 when the object
    /// has moved on. A replacement that changes nothing keeps the version.
    /// </summary>
    public StoredObject Replace(ResourceType type, JsonObject json, WriteOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(type);
        ArgumentNullException.ThrowIfNull(json);
        options ??= WriteOptions.Default;
        var metadata = json["metadata"] as JsonObject;
        var name = metadata?.Text("name") ?? throw new ApiStatusException(NameRequired(type));
        while (true)
        {
            var current = Get(type, metadata.Text("namespace"), name);
            if (metadata.Text("uid") is { Length: > 0 } uid && uid != current.Uid)
                throw new ApiStatusException(ApiStatus.Conflict(type, name, $"Precondition failed: UID in precondition: {uid}, UID in object meta: {current.Uid}"));
            if (TryWrite(current, json, options) is { } written) return written;
        }
    }

    /// <summary>Reads, edits and writes an object, again from the start when another writer came between.</summary>
    /// <param name="edit">Changes the copy it is given.</param>
    public StoredObject Update(ResourceType type, string? objectNamespace, string name, Action<JsonObject> edit, WriteOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(edit);
        return Update(
            type,
            objectNamespace,
            name,
            current =>
            {
                var json = current.ToJson();
                edit(json);
                return json;
            },
            options);
    }

    /// <inheritdoc cref="Update(ResourceType, string?, string, Action{JsonObject}, WriteOptions?)"/>
    /// <param name="edit">Gives the next state. A resource version other than the current one in it is a failed condition: 409.</param>
    public StoredObject Update(ResourceType type, string? objectNamespace, string name, Func<StoredObject, JsonObject> edit, WriteOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(edit);
        options ??= WriteOptions.Default;
        while (true)
        {
            var current = Get(type, objectNamespace, name);
            if (TryWrite(current, edit(current), options) is { } written) return written;
        }
    }

    /// <summary>Creates the object, or replaces it whatever its version.</summary>
    public StoredObject Put(ResourceType type, JsonObject json, WriteOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(json);
        var unconditional = (JsonObject)json.DeepClone();
        var metadata = MetadataOf(unconditional);
        metadata.Remove("resourceVersion");
        metadata.Remove("uid");
        while (true)
        {
            try
            {
                return Find(type, metadata.Text("namespace"), metadata.Text("name") ?? "") is null
                    ? Create(type, unconditional, options)
                    : Replace(type, unconditional, options);
            }
            catch (ApiStatusException exception) when (exception.Status.Reason is "AlreadyExists" or "NotFound")
            {
                // Another writer created or deleted it since we looked.
            }
        }
    }

    /// <summary>Deletes an object at once, or, when it has finalizers, marks it as being deleted; 404 when there is none.</summary>
    /// <returns>Its last state.</returns>
    public StoredObject Delete(ResourceType type, string? objectNamespace, string name, WriteOptions? options = null)
    {
        options ??= WriteOptions.Default;
        while (true)
        {
            var current = Get(type, objectNamespace, name);
            if (options.ExpectedUid is { } uid && uid != current.Uid)
                throw new ApiStatusException(ApiStatus.Conflict(type, name, $"Precondition failed: UID in precondition: {uid}, UID in object meta: {current.Uid}"));
            if (options.ExpectedVersion is { } version && version != ResourceVersions.Format(current.ResourceVersion))
            {
                throw new ApiStatusException(ApiStatus.Conflict(
                    type, name, $"Precondition failed: ResourceVersion in precondition: {version}, ResourceVersion in object meta: {current.ResourceVersion}"));
            }

            var body = current.ToBody();
            var metadata = MetadataOf(body);
            var finalized = metadata["finalizers"] is not JsonArray { Count: > 0 };
            if (!finalized)
            {
                if (metadata.ContainsKey("deletionTimestamp")) return current;
                metadata["deletionTimestamp"] = Now();
                metadata["deletionGracePeriodSeconds"] = 0;
            }
            if (options.DryRun) return finalized ? current : StoredObject.Of(type, body);

            StoredObject last;
            lock (_gate)
            {
                var history = History(type);
                if (history.Find(current.Path) != current) continue;
                metadata["resourceVersion"] = ResourceVersions.Format(_version + 1);
                last = StoredObject.Of(type, body);
                Commit(history, new StoreChange(finalized ? StoreChangeKind.Deleted : StoreChangeKind.Modified, last, current));
            }
            Announce();
            return last;
        }
    }

    /// <summary>
    /// Puts many objects in at once, for a fast start: without history and without <see cref="Changed"/>. Each says its kind by
    /// <c>apiVersion</c> and <c>kind</c>; uid, creationTimestamp, generation and managedFields are kept where given.
    /// </summary>
    public void Load(IEnumerable<JsonObject> objects, string fieldManager = "simulator")
    {
        ArgumentNullException.ThrowIfNull(objects);
        Load(objects.Select(json =>
        {
            var (apiVersion, kind) = (json.Text("apiVersion") ?? "", json.Text("kind") ?? "");
            var type = ResourceTypes.Find(apiVersion, kind) ?? throw new ArgumentException($"No kind {kind} of {apiVersion} is served.", nameof(objects));
            return (type, json);
        }), fieldManager);
    }

    /// <inheritdoc cref="Load(IEnumerable{JsonObject}, string)"/>
    public void Load(IEnumerable<(ResourceType Type, JsonObject Json)> objects, string fieldManager = "simulator")
    {
        ArgumentNullException.ThrowIfNull(objects);
        lock (_gate)
        {
            var loaded = new Dictionary<ResourceType, List<StoredObject>>();
            foreach (var (type, json) in objects)
            {
                var body = Body(json);
                CompleteNew(type, body, MetadataOf(body), fieldManager, VersionOf(json), ++_version);
                if (!loaded.TryGetValue(type, out var list)) loaded[type] = list = [];
                list.Add(StoredObject.Of(type, body));
            }
            foreach (var (type, list) in loaded)
                History(type).Load(list, _version);
        }
    }

    /// <summary>
    /// Makes every version that a client may know too old: running watches end with 410, and so do watches and continuations from
    /// before. What a compaction does to a client that was away for long.
    /// </summary>
    public void ExpireHistory()
    {
        lock (_gate)
        {
            _floor = ++_version;
            foreach (var history in _histories.Values)
                history.Forget(_floor);
        }
    }

    /// <summary>The objects at an earlier version; 410 when it is no longer kept, 504 when it has not been reached.</summary>
    internal IReadOnlyList<StoredObject> ListAt(ResourceType type, string? objectNamespace, long version)
    {
        lock (_gate)
        {
            var history = History(type);
            if (version > _version) throw new ApiStatusException(TooLarge(version, _version));
            if (version < history.Floor) throw new ApiStatusException(ApiStatus.Expired("The resourceVersion for the provided list is too old."));
            var objects = history.At(version);
            return objectNamespace is null ? objects : InNamespace(type, objects, objectNamespace);
        }
    }

    /// <summary>The changes of a kind after a version. 410 when some of them are forgotten.</summary>
    /// <returns>At most <paramref name="limit"/> changes; the version up to which nothing is missing; and, when there are none, what ends at the next change.</returns>
    internal (IReadOnlyList<StoreChange> Changes, long UpTo, Task Next) ChangesSince(ResourceType type, long version, int limit)
    {
        lock (_gate)
        {
            var history = History(type);
            if (version < history.Floor) throw new ApiStatusException(ApiStatus.Expired($"too old resource version: {version} ({history.Floor})"));
            var changes = history.Since(version, limit);
            var upTo = changes.Count == limit ? changes[^1].Version : Math.Max(version, _version);
            return (changes, upTo, changes.Count > 0 ? Task.CompletedTask : history.Next());
        }
    }

    /// <summary>The place of the first object whose path is not below <paramref name="path"/>.</summary>
    internal static int IndexFrom(ResourceType type, IReadOnlyList<StoredObject> objects, string path)
    {
        if (objects is ImmutableSortedSet<StoredObject> set)
        {
            var index = set.IndexOf(StoredObject.Probe(type, path));
            return index < 0 ? ~index : index;
        }
        var (low, high) = (0, objects.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (string.CompareOrdinal(objects[middle].Path, path) < 0) low = middle + 1;
            else high = middle;
        }
        return low;
    }

    internal static ApiStatus TooLarge(long version, long current) => new(504, "Timeout", $"Timeout: Too large resource version: {version}, current: {current}")
    {
        Details = new ApiStatusDetails { Causes = [new("ResourceVersionTooLarge", "Too large resource version", "")], RetryAfterSeconds = 1 },
    };

    /// <summary>Writes <paramref name="next"/> over <paramref name="current"/>; null when that is no longer the current state.</summary>
    private StoredObject? TryWrite(StoredObject current, JsonObject next, WriteOptions options)
    {
        var type = current.Type;
        if ((next["metadata"] as JsonObject)?.Text("resourceVersion") is { Length: > 0 } expected && expected != ResourceVersions.Format(current.ResourceVersion))
            throw new ApiStatusException(ApiStatus.Modified(type, current.Name));

        var before = current.ToBody();
        var body = Merge(type, before, Body(next), options.Scope);
        var metadata = CarryOver(type, before, body);
        if (SameBesidesManagers(before, body)) return current;

        if (type.HasGeneration && !SameDesire(before, body)) metadata["generation"] = Generation(before) + 1;
        ManagedFields.Update(metadata, before, body, new FieldWriter(options.FieldManager, VersionedName(type, options), Now(), options.Scope == WriteScope.Status ? "status" : null));
        if (options.DryRun) return StoredObject.Of(type, body);

        StoredObject written;
        lock (_gate)
        {
            var history = History(type);
            if (history.Find(current.Path) != current) return null;
            metadata["resourceVersion"] = ResourceVersions.Format(_version + 1);
            written = StoredObject.Of(type, body);
            var gone = metadata.ContainsKey("deletionTimestamp") && metadata["finalizers"] is not JsonArray { Count: > 0 };
            Commit(history, new StoreChange(gone ? StoreChangeKind.Deleted : StoreChangeKind.Modified, written, current));
        }
        Announce();
        return written;
    }

    /// <summary>The next state by the part of the object that the write may change.</summary>
    private static JsonObject Merge(ResourceType type, JsonObject before, JsonObject next, WriteScope scope)
    {
        switch (scope)
        {
            case WriteScope.Status:
                var onlyStatus = (JsonObject)before.DeepClone();
                Copy("status", next, onlyStatus);
                return onlyStatus;
            case WriteScope.Main when type.HasStatus:
                Copy("status", before, next);
                return next;
            default:
                return next;
        }
    }

    private static void Copy(string member, JsonObject from, JsonObject to)
    {
        if (from.TryGetPropertyValue(member, out var value)) to[member] = value?.DeepClone();
        else to.Remove(member);
    }

    /// <summary>Puts what a writer cannot change back into the metadata.</summary>
    private static JsonObject CarryOver(ResourceType type, JsonObject before, JsonObject body)
    {
        var (old, given) = (MetadataOf(before), MetadataOf(body));
        var name = old.Text("name")!;
        foreach (var member in (ReadOnlySpan<string>)["name", "namespace", "uid"])
        {
            if (given.Text(member) is { Length: > 0 } value && value != (old.Text(member) ?? ""))
                throw new ApiStatusException(ApiStatus.Invalid(type, name, ApiStatusCause.InvalidValue("metadata." + member, KubernetesJson.Quote(value), "field is immutable")));
        }
        foreach (var member in (ReadOnlySpan<string>)
            ["name", "generateName", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"])
        {
            Copy(member, old, given);
        }
        if (given["managedFields"] is not JsonArray) Copy("managedFields", old, given);
        var ordered = ObjectMetadata.InOrder(given);
        body["metadata"] = ordered;
        return ordered;
    }

    private static bool SameBesidesManagers(JsonObject before, JsonObject after)
    {
        if (before.Count != after.Count) return false;
        foreach (var (member, value) in before)
        {
            if (!after.TryGetPropertyValue(member, out var other)) return false;
            if (member == "metadata" ? !ObjectMetadata.SameBesidesManagers((JsonObject)value!, (JsonObject)other!) : !JsonNode.DeepEquals(value, other)) return false;
        }
        return true;
    }

    private static bool SameDesire(JsonObject before, JsonObject after) =>
        before.Select(member => member.Key).Union(after.Select(member => member.Key), StringComparer.Ordinal)
            .Where(member => member is not ("metadata" or "status"))
            .All(member => JsonNode.DeepEquals(before[member], after[member]));

    private static long Generation(JsonObject body) =>
        MetadataOf(body)["generation"] is JsonValue value && long.TryParse(value.ToJsonString(), NumberStyles.None, CultureInfo.InvariantCulture, out var generation) ? generation : 1;

    /// <summary>Fills in what the server says about a new object.</summary>
    private void CompleteNew(ResourceType type, JsonObject body, JsonObject metadata, string manager, string? version, long resourceVersion)
    {
        if (metadata.Text("name") is not { Length: > 0 } name)
        {
            var prefix = metadata.Text("generateName") is { Length: > 0 } text ? text : throw new ApiStatusException(NameRequired(type));
            metadata["name"] = name = prefix + Suffix($"{type}/{prefix}/{resourceVersion}");
        }
        if (!type.Namespaced) metadata.Remove("namespace");
        else if (metadata.Text("namespace") is not { Length: > 0 })
            throw new ApiStatusException(ApiStatus.Invalid(type, name, ApiStatusCause.Required("metadata.namespace", "")));

        if (metadata.Text("uid") is not { Length: > 0 })
            metadata["uid"] = UidOf($"{type}/{metadata.Text("namespace")}/{name}/{resourceVersion}");
        metadata["resourceVersion"] = ResourceVersions.Format(resourceVersion);
        if (metadata.Text("creationTimestamp") is not { Length: > 0 }) metadata["creationTimestamp"] = Now();
        if (!type.HasGeneration) metadata.Remove("generation");
        else if (metadata["generation"] is null) metadata["generation"] = 1;
        if (metadata["managedFields"] is not JsonArray { Count: > 0 })
            ManagedFields.Begin(metadata, body, new FieldWriter(manager, type.ApiVersion(version ?? type.PreferredVersion), metadata.Text("creationTimestamp")!, null));
        body["metadata"] = ObjectMetadata.InOrder(metadata);
    }

    private void Commit(ObjectHistory history, StoreChange change)
    {
        _version = change.Version;
        history.Append(change);
        if (Changed is not null) _announcements.Enqueue(change);
    }

    /// <summary>Raises <see cref="Changed"/> for what is queued, unless another thread (or a caller further up this one) is doing so.</summary>
    private void Announce()
    {
        while (!_announcements.IsEmpty && Interlocked.CompareExchange(ref _announcing, 1, 0) == 0)
        {
            try
            {
                while (_announcements.TryDequeue(out var change))
                    Changed?.Invoke(change);
            }
            finally
            {
                Volatile.Write(ref _announcing, 0);
            }
        }
    }

    private ObjectHistory History(ResourceType type)
    {
        if (!_histories.TryGetValue(type, out var history)) _histories[type] = history = new ObjectHistory(type, _historyLimit, _floor);
        return history;
    }

    private string Now() => KubernetesTime.Seconds(_time.GetUtcNow());

    private static StoredObject[] InNamespace(ResourceType type, ImmutableSortedSet<StoredObject> objects, string objectNamespace)
    {
        // '0' follows '/' in the order of bytes: everything of the namespace lies between the two.
        var from = IndexFrom(type, objects, objectNamespace + "/");
        var to = IndexFrom(type, objects, objectNamespace + "0");
        var result = new StoredObject[to - from];
        for (var index = 0; index < result.Length; index++)
            result[index] = objects[from + index];
        return result;
    }

    /// <summary>A copy without apiVersion and kind.</summary>
    private static JsonObject Body(JsonObject json)
    {
        var body = (JsonObject)json.DeepClone();
        body.Remove("apiVersion");
        body.Remove("kind");
        if (body.IndexOf("metadata") != 0)
        {
            var metadata = MetadataOf(body);
            body.Remove("metadata");
            body.Insert(0, "metadata", metadata);
        }
        return body;
    }

    private static JsonObject MetadataOf(JsonObject json)
    {
        if (json["metadata"] is JsonObject metadata) return metadata;
        metadata = [];
        json["metadata"] = metadata;
        return metadata;
    }

    private static string? VersionOf(JsonObject json) => json.Text("apiVersion") is { } apiVersion ? apiVersion[(apiVersion.IndexOf('/', StringComparison.Ordinal) + 1)..] : null;

    private static string VersionedName(ResourceType type, WriteOptions options) => type.ApiVersion(options.Version ?? type.PreferredVersion);

    private static ApiStatus NameRequired(ResourceType type) =>
        ApiStatus.Invalid(type, "", ApiStatusCause.Required("metadata.name", "name or generateName is required"));

    // Uids and generated names follow from what and when, so that the same start gives the same cluster.
    private static string UidOf(string what)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(what), hash);
        hash[6] = (byte)((hash[6] & 0x0f) | 0x40);
        hash[8] = (byte)((hash[8] & 0x3f) | 0x80);
        return new Guid(hash[..16], bigEndian: true).ToString("D", CultureInfo.InvariantCulture);
    }

    private static string Suffix(string what)
    {
        const string Alphabet = "bcdfghjklmnpqrstvwxz2456789";
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(what));
        return string.Create(5, hash, static (text, bytes) =>
        {
            for (var index = 0; index < text.Length; index++)
                text[index] = Alphabet[bytes[index] % Alphabet.Length];
        });
    }
}
