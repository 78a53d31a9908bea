using System.Text.Json;
using System.Text.Json.Nodes;

namespace MeshConsole.Simulator.Kubernetes;

/// <summary>Answers everything that changes objects.</summary>
internal sealed class WriteAnswers(ObjectStore store, KubernetesApiOptions options)
{
    private const int MaximumOperations = 10_000;
    private const string JsonPatchType = "application/json-patch+json";
    private const string MergePatchType = "application/merge-patch+json";
    private const string StrategicPatchType = "application/strategic-merge-patch+json";

    public async Task CreateAsync(ApiCall call, ResourceType type, string version)
    {
        var dryRun = call.DryRun("CreateOptions");
        var json = await call.ReadObjectAsync(type.Kind).ConfigureAwait(false);
        var created = Create(call, type, version, json, dryRun);
        await AnswerWriter.WriteAsync(call, 201, created, version).ConfigureAwait(false);
    }

    public async Task ReplaceAsync(ApiCall call, ResourceType type, string version)
    {
        var dryRun = call.DryRun("UpdateOptions");
        var json = await call.ReadObjectAsync(type.Kind).ConfigureAwait(false);
        var name = call.Request.Name;
        ObjectRules.CheckKind(json, type, version);
        ObjectRules.CheckName(json, name);
        ObjectRules.SetNamespace(json, type, call.Namespace, isNew: false);
        if (type.CreatesOnUpdate && call.Request.Subresource.Length == 0 && store.Find(type, call.Namespace, name) is null)
        {
            await AnswerWriter.WriteAsync(call, 201, Create(call, type, version, json, dryRun), version).ConfigureAwait(false);
            return;
        }

        var written = store.Update(
            type,
            call.Namespace,
            name,
            current =>
            {
                var metadata = json["metadata"] as JsonObject;
                if (metadata?.Text("uid") is { Length: > 0 } uid && uid != current.Uid)
                    throw new ApiStatusException(ApiStatus.Conflict(type, name, $"Precondition failed: UID in precondition: {uid}, UID in object meta: {current.Uid}"));
                if (!type.AllowsUnconditionalUpdate && metadata?.Text("resourceVersion") is not { Length: > 0 })
                    throw new ApiStatusException(ApiStatus.Invalid(type.Group, type.Plural, name, ApiStatusCause.InvalidValue("metadata.resourceVersion", "0x0", "must be specified for an update")));
                return Checked(call, type, (JsonObject)json.DeepClone(), current, dryRun);
            },
            Options(call, version, dryRun));
        await AnswerWriter.WriteAsync(call, 200, written, version).ConfigureAwait(false);
    }

    public async Task PatchAsync(ApiCall call, ResourceType type, string version)
    {
        var dryRun = call.DryRun("PatchOptions");
        var apply = await ReadPatchAsync(call, type).ConfigureAwait(false);
        var written = store.Update(
            type,
            call.Namespace,
            call.Request.Name,
            current =>
            {
                var next = Decoded(apply(current.ToJson(version)), type, version);
                ObjectRules.CheckName(next, call.Request.Name);
                ObjectRules.SetNamespace(next, type, call.Namespace, isNew: false);
                return Checked(call, type, next, current, dryRun);
            },
            Options(call, version, dryRun));
        await AnswerWriter.WriteAsync(call, 200, written, version).ConfigureAwait(false);
    }

    public async Task DeleteAsync(ApiCall call, ResourceType type, string version)
    {
        var deletion = await ReadDeletionAsync(call).ConfigureAwait(false);
        var gone = Delete(call, type, call.Request.Name, deletion);

        // What is shut down gracefully is answered with the object, the rest with a success that names it.
        if (type == ResourceTypes.Pods || type == ResourceTypes.Namespaces || type == ResourceTypes.Services || type == ResourceTypes.ServiceAccounts)
        {
            await AnswerWriter.WriteAsync(call, 200, gone, version).ConfigureAwait(false);
            return;
        }
        var success = new ApiStatus(200, "", "") { Details = ApiStatus.Of(type, gone.Name) with { Uid = gone.Uid } };
        var json = success.ToJson();
        json.Remove("code");
        await AnswerWriter.WriteAsync(call, 200, json).ConfigureAwait(false);
    }

    public async Task DeleteCollectionAsync(ApiCall call, ResourceType type, string version)
    {
        var selection = ListOptions.Read(call, type);
        var deletion = await ReadDeletionAsync(call).ConfigureAwait(false);
        var gone = new List<StoredObject>();
        foreach (var found in store.List(type, call.Namespace).Where(selection.Matches))
        {
            try
            {
                gone.Add(Delete(call, type, found.Name, deletion));
            }
            catch (ApiStatusException exception) when (exception.Status.Code == 404)
            {
                // Somebody else was faster.
            }
        }
        await ListAnswer.WriteAsync(call, type, version, new ListPage(store.CurrentVersion, gone, null, null)).ConfigureAwait(false);
    }

    private static ApiStatus Unprocessable { get; } =
        new(422, "Invalid", "the server rejected our request due to an error in our request") { Details = new ApiStatusDetails() };

    private StoredObject Create(ApiCall call, ResourceType type, string version, JsonObject json, bool dryRun)
    {
        ObjectRules.CheckKind(json, type, version);
        ObjectRules.SetNamespace(json, type, call.Namespace, isNew: true);
        if (json["metadata"] is JsonObject metadata && metadata.Text("resourceVersion") is { Length: > 0 })
            throw new ApiStatusException(new ApiStatus(500, "", "resourceVersion should not be set on objects to be created"));
        if (type.Namespaced && store.Find(ResourceTypes.Namespaces, null, call.Request.Namespace) is null)
            throw new ApiStatusException(ApiStatus.NotFound(ResourceTypes.Namespaces, call.Request.Namespace));
        ObjectRules.SetDefaults(json, type);
        ObjectRules.Validate(json, type);
        Admit(new AdmissionRequest("CREATE", type, json, null, call.User, dryRun));
        return store.Create(type, json, Options(call, version, dryRun));
    }

    /// <summary>The patched object; 422 when the patch has made something else of it.</summary>
    private static JsonObject Decoded(JsonNode? patched, ResourceType type, string version)
    {
        var fault = "the patched document is not an object";
        if (patched is JsonObject json)
        {
            try
            {
                ObjectRules.CheckKind(json, type, version);
                return json;
            }
            catch (ApiStatusException exception)
            {
                fault = exception.Status.Message;
            }
        }
        throw new ApiStatusException(ApiStatus.Invalid("", "", "", ApiStatusCause.InvalidValue("patch", KubernetesJson.Quote(patched?.ToJsonString() ?? "null"), fault)));
    }

    /// <summary>The next state after every check that needs the current one.</summary>
    private JsonObject Checked(ApiCall call, ResourceType type, JsonObject next, StoredObject current, bool dryRun)
    {
        // A stale condition is answered before the object is judged: the caller has to read anew in any case.
        var metadata = next["metadata"] as JsonObject ?? [];
        if (metadata.Text("resourceVersion") is { Length: > 0 } expected && expected != ResourceVersions.Format(current.ResourceVersion))
            throw new ApiStatusException(ApiStatus.Modified(type, current.Name));
        ObjectRules.MoveStringData(next, type);
        ObjectRules.Validate(next, type);
        Admit(new AdmissionRequest("UPDATE", type, next, current, call.User, dryRun));
        return next;
    }

    private void Admit(AdmissionRequest request)
    {
        foreach (var check in options.Admission)
            if (check.Review(request) is { } refusal) throw new ApiStatusException(refusal);
    }

    private StoredObject Delete(ApiCall call, ResourceType type, string name, WriteOptions deletion)
    {
        var current = store.Get(type, call.Namespace, name);
        Admit(new AdmissionRequest("DELETE", type, current.ToJson(), current, call.User, deletion.DryRun));
        var gone = store.Delete(type, call.Namespace, name, deletion);
        if (type != ResourceTypes.Namespaces || deletion.DryRun) return gone;
        // The simulated cluster has no namespace controller: what lies in the namespace goes with it.
        foreach (var contained in options.Types.Where(candidate => candidate.Namespaced))
        {
            foreach (var found in store.List(contained, name))
            {
                try
                {
                    store.Delete(contained, name, found.Name);
                }
                catch (ApiStatusException exception) when (exception.Status.Code == 404)
                {
                    // Somebody else was faster.
                }
            }
        }
        return gone;
    }

    private static WriteOptions Options(ApiCall call, string version, bool dryRun) => new()
    {
        FieldManager = call.FieldManager(),
        Version = version,
        Scope = call.Request.Subresource == "status" ? WriteScope.Status : WriteScope.Main,
        DryRun = dryRun,
    };

    private static async Task<Func<JsonNode, JsonNode?>> ReadPatchAsync(ApiCall call, ResourceType type)
    {
        string[] accepted = type.Custom ? [JsonPatchType, MergePatchType] : [JsonPatchType, MergePatchType, StrategicPatchType];
        if (!accepted.Contains(call.MediaType, StringComparer.OrdinalIgnoreCase)) throw new ApiStatusException(ApiCall.UnsupportedMediaType(accepted));
        var body = await call.ReadBodyAsync().ConfigureAwait(false);
        try
        {
            var json = KubernetesJson.Parse(body);
            switch (call.MediaType.ToLowerInvariant())
            {
                case JsonPatchType:
                    var patch = JsonPatch.Parse(json);
                    if (patch.Count > MaximumOperations)
                        throw new ApiStatusException(new ApiStatus(413, "RequestEntityTooLarge", $"The allowed maximum operations in a JSON patch is {MaximumOperations}, got {patch.Count}"));
                    return document =>
                    {
                        try
                        {
                            return patch.Apply(document);
                        }
                        catch (JsonPatchException exception)
                        {
                            // A real server keeps the cause to itself, too.
                            throw new ApiStatusException(Unprocessable, exception);
                        }
                    };
                case MergePatchType when json is JsonObject:
                    return document => MergePatch.Apply(document, json);
                case StrategicPatchType when json is JsonObject:
                    return document => Strategic(document, json);
                default:
                    throw new JsonException("A merge patch of an object is an object.");
            }
        }
        catch (JsonException exception)
        {
            throw new ApiStatusException(ApiStatus.BadRequest("error decoding patch: " + exception.Message), exception);
        }
    }

    private static JsonNode? Strategic(JsonNode document, JsonNode patch)
    {
        try
        {
            return StrategicMergePatch.Apply(document, patch);
        }
        catch (JsonException exception)
        {
            throw new ApiStatusException(ApiStatus.BadRequest(exception.Message), exception);
        }
    }

    private static async Task<WriteOptions> ReadDeletionAsync(ApiCall call)
    {
        var dryRun = call.DryRun("DeleteOptions");
        var body = await call.ReadBodyAsync().ConfigureAwait(false);
        if (body.Length == 0) return new WriteOptions { DryRun = dryRun };
        JsonObject json;
        try
        {
            json = KubernetesJson.ParseObject(body);
        }
        catch (JsonException exception)
        {
            throw new ApiStatusException(new ApiStatus(500, "", "couldn't get version/kind; json parse error: " + exception.Message), exception);
        }
        foreach (var value in json["dryRun"] as JsonArray ?? [])
        {
            if (value.AsText() != "All")
                throw new ApiStatusException(ApiStatus.Invalid("meta.k8s.io", "DeleteOptions", "", ApiStatusCause.NotSupported("dryRun", $"[]string{{{value?.ToJsonString()}}}", "\"All\"")));
            dryRun = true;
        }
        var preconditions = json["preconditions"] as JsonObject;
        return new WriteOptions { DryRun = dryRun, ExpectedUid = preconditions?.Text("uid"), ExpectedVersion = preconditions?.Text("resourceVersion") };
    }
}
