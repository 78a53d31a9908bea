using System.Globalization;
using System.Text;
using System.Text.Json;

namespace MeshConsole.Simulator.Kubernetes;

/// <summary>Answers <c>list</c>: pages come from one version of the store, whatever is written meanwhile.</summary>
internal static class ListAnswer
{
    public static Task WriteAsync(ApiCall call, ObjectStore store, ResourceType type, string version)
    {
        var page = Read(call, store, type);
        return WriteAsync(call, type, version, page);
    }

    public static async Task WriteAsync(ApiCall call, ResourceType type, string version, ListPage page)
    {
        var opening = Encoding.UTF8.GetBytes($"{{\"kind\":\"{type.ListKind}\",\"apiVersion\":\"{type.ApiVersion(version)}\",\"metadata\":{Metadata(page)},\"items\":[");
        // Items of built-in kinds come without kind and apiVersion, those of defined kinds with them.
        var prefix = type.Custom ? AnswerWriter.ObjectPrefix(type, version) : "{"u8.ToArray();
        var separated = (byte[])[(byte)',', .. prefix];

        var writer = AnswerWriter.Start(call, 200, page.Items.Sum(item => (long)item.Utf8Body.Length));
        await using (writer.ConfigureAwait(false))
        {
            await writer.WriteAsync(opening).ConfigureAwait(false);
            for (var index = 0; index < page.Items.Count; index++)
            {
                await writer.WriteAsync(index == 0 ? prefix : separated).ConfigureAwait(false);
                await writer.WriteAsync(page.Items[index].Utf8Body[1..]).ConfigureAwait(false);
            }
            await writer.WriteAsync("]}\n"u8.ToArray()).ConfigureAwait(false);
        }
    }

    private static ListPage Read(ApiCall call, ObjectStore store, ResourceType type)
    {
        var options = ListOptions.Read(call, type);
        var version = 0L;
        IReadOnlyList<StoredObject> objects;
        var start = 0;
        // Tokens hold paths below the listed namespace.
        var scope = type.Namespaced && call.Namespace is { } listed ? listed + "/" : "";
        if (options.Continue.Length > 0)
        {
            if (options.ResourceVersion is not ("" or "0")) throw new ApiStatusException(ApiStatus.BadRequest("specifying resource version is not allowed when using continue"));
            var token = ContinueToken.Decode(options.Continue);
            if (token.Version > 0)
            {
                version = token.Version;
                objects = Continued(store, type, call.Namespace, token);
            }
            else
            {
                (version, objects) = Now(store, type, call.Namespace);
            }
            start = ObjectStore.IndexFrom(type, objects, scope + token.Start);
        }
        else if (options.AtExactVersion)
        {
            version = Number(options.ResourceVersion);
            objects = store.ListAt(type, call.Namespace, version);
        }
        else
        {
            (version, objects) = Now(store, type, call.Namespace);
            if (Number(options.ResourceVersion) is var wanted && wanted > version) throw new ApiStatusException(ObjectStore.TooLarge(wanted, version));
        }

        if (!options.IsSelective && options.Limit == 0 && start == 0) return new ListPage(version, objects, null, null);
        var items = new List<StoredObject>();
        var index = start;
        for (; index < objects.Count && (options.Limit == 0 || items.Count < options.Limit); index++)
            if (options.Matches(objects[index])) items.Add(objects[index]);
        if (index == objects.Count) return new ListPage(version, items, null, null);
        var next = new ContinueToken(version, objects[index - 1].Path[scope.Length..] + "\0");
        return new ListPage(version, items, next.Encode(), options.IsSelective ? null : objects.Count - index);
    }

    private static IReadOnlyList<StoredObject> Continued(ObjectStore store, ResourceType type, string? objectNamespace, ContinueToken token)
    {
        try
        {
            return store.ListAt(type, objectNamespace, token.Version);
        }
        catch (ApiStatusException exception) when (exception.Status.Code == 410)
        {
            throw new ApiStatusException(
                ApiStatus.Expired(
                    "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the "
                    + "continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects "
                    + "that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.") with
                { Continue = new ContinueToken(-1, token.Start).Encode() },
                exception);
        }
    }

    private static (long Version, IReadOnlyList<StoredObject> Objects) Now(ObjectStore store, ResourceType type, string? objectNamespace)
    {
        var snapshot = store.Snapshot(type, objectNamespace);
        return (snapshot.Version, snapshot.Objects);
    }

    private static long Number(string version) => ResourceVersions.TryParse(version, out var number) ? number : 0;

    private static string Metadata(ListPage page)
    {
        var text = new StringBuilder("{\"resourceVersion\":\"").Append(ResourceVersions.Format(page.Version)).Append('"');
        if (page.Continue is not null) text.Append(",\"continue\":\"").Append(JsonEncodedText.Encode(page.Continue)).Append('"');
        if (page.Remaining is { } remaining) text.Append(CultureInfo.InvariantCulture, $",\"remainingItemCount\":{remaining}");
        return text.Append('}').ToString();
    }
}

/// <summary>A page of a list.</summary>
/// <param name="Continue">Where the next one begins; null for the last.</param>
/// <param name="Remaining">How many objects follow; null where it is not known.</param>
internal sealed record ListPage(long Version, IReadOnlyList<StoredObject> Items, string? Continue, int? Remaining);
