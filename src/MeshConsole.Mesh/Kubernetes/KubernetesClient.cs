using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MeshConsole.Mesh.Kubernetes.Connections;
using MeshConsole.Mesh.Kubernetes.Parsing;
using MeshConsole.Mesh.Snapshots;

namespace MeshConsole.Mesh.Kubernetes;

/// <summary>
/// A client of the Kubernetes API. Safe for concurrent use. Every failure is a <see cref="KubernetesException"/> that
/// says what was asked and what came back.
/// </summary>
public sealed class KubernetesClient : IDisposable
{
    private static readonly MediaTypeWithQualityHeaderValue s_json = new("application/json");

    private readonly KubernetesTransport _transport;
    private readonly KubernetesClientOptions _options;
    private readonly Impersonation? _impersonation;
    private readonly bool _ownsTransport;

    public KubernetesClient(KubernetesConnection connection, TimeProvider time, KubernetesClientOptions? options = null)
        : this(new KubernetesTransport(connection, time), options ?? new KubernetesClientOptions(), connection?.Impersonation, ownsTransport: true)
    {
    }

    private KubernetesClient(KubernetesTransport transport, KubernetesClientOptions options, Impersonation? impersonation, bool ownsTransport)
    {
        _transport = transport;
        _options = options;
        _impersonation = impersonation;
        _ownsTransport = ownsTransport;
    }

    /// <summary>Where this client talks to.</summary>
    public KubernetesConnection Connection => _transport.Connection;

    /// <summary>The server's clock by its last answer; null before the first.</summary>
    public ClockSkew? Clock => _transport.Clock;

    /// <summary>The same client, acting for somebody. It shares the connections of this one and ends with it.</summary>
    /// <exception cref="ArgumentException">A name cannot stand in a header: without it the request would be the console's own.</exception>
    public KubernetesClient As(Impersonation impersonation)
    {
        ArgumentNullException.ThrowIfNull(impersonation);
        if (!impersonation.IsSendable)
        {
            throw new ArgumentException("Users and groups to act for must be printable ASCII.", nameof(impersonation));
        }

        return new KubernetesClient(_transport, _options, impersonation, ownsTransport: false);
    }

    /// <summary>Version of the server.</summary>
    public async Task<KubernetesVersion> GetVersionAsync(CancellationToken cancellationToken)
    {
        var version = await GetPathAsync("read the server's version", "version", cancellationToken).ConfigureAwait(false);
        return new KubernetesVersion(Text(version, "gitVersion") ?? "", Text(version, "platform"));
    }

    /// <summary>Reads one object whole. Secrets are not read this way: see the overload with a parser.</summary>
    public Task<JsonElement> GetAsync(ResourceType type, string? @namespace, string name, CancellationToken cancellationToken)
    {
        RefuseSecrets(type);
        return GetPathAsync(Describe("get", type, @namespace, name), type.Path(@namespace, Require(name)), cancellationToken);
    }

    /// <summary>Reads one object as a slim record; null when it holds nothing the console keeps.</summary>
    public async Task<T?> GetAsync<T>(ResourceType type, string? @namespace, string name, ObjectParser<T> parser, CancellationToken cancellationToken)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(parser);
        var what = Describe("get", type, @namespace, name);
        return await SingleAsync(
            what,
            () => Request(HttpMethod.Get, type.Path(@namespace, Require(name))),
            json =>
            {
                var value = parser.TryParse(json, out var problem);
                return problem is null ? value : throw new KubernetesException(KubernetesErrorKind.Unreadable, $"{what}: the object cannot be read: {problem}");
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Lists all objects page by page. Where the server gives up the snapshot between two pages (410) the list starts
    /// again, at last without pages.
    /// </summary>
    public async Task<ResourceList<T>> ListAsync<T>(ResourceType type, string? @namespace, ObjectParser<T> parser, ListOptions options, CancellationToken cancellationToken)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(type);
        ArgumentNullException.ThrowIfNull(parser);
        ArgumentNullException.ThrowIfNull(options);
        var what = Describe("list", type, @namespace, name: null);
        var restarts = 0;
        var collected = new Collected<T>();
        while (true)
        {
            var path = ListPath(type, @namespace, options, restarts < 2 ? _options.PageSize : 0, collected.TakeContinue());
            try
            {
                await ReadPageAsync(what, path, parser, collected, cancellationToken).ConfigureAwait(false);
            }
            catch (KubernetesException exception) when (exception.Kind == KubernetesErrorKind.Gone && collected.Pages > 0 && restarts < 2)
            {
                restarts++;
                collected = new Collected<T>();
                continue;
            }

            if (collected.Bytes > _options.LongestList || collected.Pages > _options.MostPages)
            {
                throw TooLarge(what);
            }

            if (string.IsNullOrEmpty(collected.Continue))
            {
                return new ResourceList<T>(collected.Items, collected.ResourceVersion, [.. collected.Malformed], collected.Bytes, collected.Pages);
            }
        }
    }

    /// <summary>Opens a watch; returns once the server has accepted it.</summary>
    /// <exception cref="KubernetesException">With kind Gone when the resource version is too old.</exception>
    public async Task<WatchStream<T>> OpenWatchAsync<T>(
        ResourceType type,
        string? @namespace,
        ObjectParser<T> parser,
        ListOptions options,
        WatchOptions watch,
        CancellationToken cancellationToken)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(type);
        ArgumentNullException.ThrowIfNull(parser);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(watch);
        var what = Describe("watch", type, @namespace, name: null);
        var query = new StringBuilder("watch=true&allowWatchBookmarks=true");
        query.Append(CultureInfo.InvariantCulture, $"&timeoutSeconds={(int)watch.Timeout.TotalSeconds}");
        Append(query, "resourceVersion", watch.ResourceVersion);
        Append(query, "labelSelector", options.LabelSelector);
        Append(query, "fieldSelector", options.FieldSelector);
        var path = $"{type.Path(@namespace, name: null)}?{query}";

        using var timeout = new CancellationTokenSource(_options.WatchConnectTimeout, _transport.Time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        HttpResponseMessage? response = null;
        try
        {
            response = await _transport.SendAsync(what, () => Request(HttpMethod.Get, path, compress: false), linked.Token).ConfigureAwait(false);
            var body = await KubernetesTransport.OpenBodyAsync(response, linked.Token).ConfigureAwait(false);
            return new WatchStream<T>(what, _transport, response, body, parser, _options.LongestObject, watch.IdleTimeout);
        }
        catch (OperationCanceledException exception) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            response?.Dispose();
            throw TimedOut(what, _options.WatchConnectTimeout, exception);
        }
    }

    /// <summary>The events of a watch until the server closes it.</summary>
    public async IAsyncEnumerable<WatchEvent<T>> WatchAsync<T>(
        ResourceType type,
        string? @namespace,
        ObjectParser<T> parser,
        ListOptions options,
        WatchOptions watch,
        [EnumeratorCancellation] CancellationToken cancellationToken)
        where T : class
    {
        var stream = await OpenWatchAsync(type, @namespace, parser, options, watch, cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            while (await stream.ReadAsync(cancellationToken).ConfigureAwait(false) is { } watchEvent)
            {
                yield return watchEvent;
            }
        }
    }

    /// <summary>Creates an object and returns it as the server stored it (or would store it).</summary>
    public async Task<JsonElement> CreateAsync(ResourceType type, string? @namespace, JsonObject content, WriteOptions options, CancellationToken cancellationToken) =>
        (await CreateAuditedAsync(type, @namespace, content, options, cancellationToken).ConfigureAwait(false)).Object;

    /// <summary>Creates like <see cref="CreateAsync"/>, and says under which id the server's own audit keeps the request.</summary>
    /// <exception cref="KubernetesException">With kind AlreadyExists when there is an object of that name.</exception>
    public async Task<AuditedWrite> CreateAuditedAsync(ResourceType type, string? @namespace, JsonObject content, WriteOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(content);
        string? auditId = null;
        var written = await WriteAsync(
            HttpMethod.Post,
            Describe("create", type, @namespace, name: null),
            WritePath(type, @namespace, name: null, options),
            Utf8(content),
            "application/json",
            cancellationToken,
            response => auditId = KubernetesTransport.AuditIdOf(response)).ConfigureAwait(false);
        return new AuditedWrite(written, auditId);
    }

    /// <summary>Replaces an object; with its <c>metadata.resourceVersion</c> set, only if nobody else changed it.</summary>
    public Task<JsonElement> ReplaceAsync(ResourceType type, string? @namespace, string name, JsonObject content, WriteOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(content);
        return WriteAsync(HttpMethod.Put, Describe("replace", type, @namespace, name), WritePath(type, @namespace, Require(name), options), Utf8(content), "application/json", cancellationToken);
    }

    /// <summary>Patches an object and returns it as the server stored it (or would store it).</summary>
    /// <exception cref="KubernetesException">With kind Invalid when a <c>test</c> of a JSON patch fails, Conflict for a stale resource version.</exception>
    public async Task<JsonElement> PatchAsync(ResourceType type, string? @namespace, string name, V1Patch patch, WriteOptions options, CancellationToken cancellationToken) =>
        (await PatchAuditedAsync(type, @namespace, name, patch, options, cancellationToken).ConfigureAwait(false)).Object;

    /// <summary>Patches like <see cref="PatchAsync"/>, and says under which id the server's own audit keeps the request.</summary>
    /// <exception cref="KubernetesException">As of <see cref="PatchAsync"/>.</exception>
    public async Task<AuditedWrite> PatchAuditedAsync(ResourceType type, string? @namespace, string name, V1Patch patch, WriteOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(patch);
        string? auditId = null;
        var written = await WriteAsync(
            HttpMethod.Patch,
            Describe("patch", type, @namespace, name),
            WritePath(type, @namespace, Require(name), options),
            patch.Utf8(),
            patch.MediaType,
            cancellationToken,
            response => auditId = KubernetesTransport.AuditIdOf(response)).ConfigureAwait(false);
        return new AuditedWrite(written, auditId);
    }

    /// <summary>Deletes an object.</summary>
    /// <param name="resourceVersion">The version it must still have; null to delete whatever is there.</param>
    public Task DeleteAsync(ResourceType type, string? @namespace, string name, WriteOptions options, CancellationToken cancellationToken, string? resourceVersion = null) =>
        DeleteAuditedAsync(type, @namespace, name, options, null, resourceVersion, cancellationToken);

    /// <summary>Deletes an object, and says under which id the server's own audit keeps the request. The answer is the object, or a <c>Status</c>.</summary>
    /// <param name="uid">The uid it must have; null for whichever has the name.</param>
    /// <param name="resourceVersion">The version it must still have; null for any.</param>
    /// <exception cref="KubernetesException">With kind Conflict when it is another object or version.</exception>
    public async Task<AuditedWrite> DeleteAuditedAsync(ResourceType type, string? @namespace, string name, WriteOptions options, string? uid, string? resourceVersion, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        var body = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "DeleteOptions" };
        if (options.DryRun)
        {
            body["dryRun"] = new JsonArray("All");
        }

        var preconditions = new JsonObject();
        if (uid is not null)
        {
            preconditions["uid"] = uid;
        }

        if (resourceVersion is not null)
        {
            preconditions["resourceVersion"] = resourceVersion;
        }

        if (preconditions.Count > 0)
        {
            body["preconditions"] = preconditions;
        }

        string? auditId = null;
        var answer = await WriteAsync(
            HttpMethod.Delete,
            Describe("delete", type, @namespace, name),
            type.Path(@namespace, Require(name)),
            Utf8(body),
            "application/json",
            cancellationToken,
            response => auditId = KubernetesTransport.AuditIdOf(response)).ConfigureAwait(false);
        return new AuditedWrite(answer, auditId);
    }

    /// <summary>Asks whether this account may do something (SelfSubjectAccessReview).</summary>
    public async Task<AccessVerdict> ReviewAccessAsync(AccessReview review, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(review);
        var attributes = new JsonObject
        {
            ["verb"] = review.Verb,
            ["group"] = review.Resource.Group,
            ["version"] = review.Resource.Version,
            ["resource"] = review.Resource.Plural,
        };
        foreach (var (field, value) in new[] { ("namespace", review.Namespace), ("name", review.Name), ("subresource", review.Subresource) })
        {
            if (!string.IsNullOrEmpty(value))
            {
                attributes[field] = value;
            }
        }

        var body = new JsonObject
        {
            ["apiVersion"] = "authorization.k8s.io/v1",
            ["kind"] = "SelfSubjectAccessReview",
            ["spec"] = new JsonObject { ["resourceAttributes"] = attributes },
        };
        var answer = await WriteAsync(
            HttpMethod.Post,
            $"review access to {review.Verb} {review.Resource.QualifiedName}",
            "apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
            Utf8(body),
            "application/json",
            cancellationToken).ConfigureAwait(false);
        var status = answer.TryGetProperty("status", out var found) ? found : default;
        return new AccessVerdict(
            status.ValueKind == JsonValueKind.Object && status.TryGetProperty("allowed", out var allowed) && allowed.ValueKind == JsonValueKind.True,
            Text(status, "reason") is { Length: > 0 } reason ? reason : null);
    }

    public void Dispose()
    {
        if (_ownsTransport)
        {
            _transport.Dispose();
        }
    }

    /// <summary>Any JSON object by its path: discovery.</summary>
    internal Task<JsonElement> GetPathAsync(string what, string path, CancellationToken cancellationToken) =>
        SingleAsync(what, () => Request(HttpMethod.Get, path), ParseElement, cancellationToken);

    private static JsonElement ParseElement(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 256 });
        return JsonElement.ParseValue(ref reader);
    }

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static byte[] Utf8(JsonObject content) => Encoding.UTF8.GetBytes(content.ToJsonString());

    private static string Require(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return name;
    }

    private static void RefuseSecrets(ResourceType type)
    {
        if (type is { Group: "", Plural: "secrets" })
        {
            throw new ArgumentException("A Secret is never read whole: use the certificate parser, which leaves keys out.", nameof(type));
        }
    }

    private static string Describe(string verb, ResourceType type, string? @namespace, string? name)
    {
        ArgumentNullException.ThrowIfNull(type);
        var subject = string.IsNullOrEmpty(name) ? $"{verb} {type.QualifiedName}" : $"{verb} {type.QualifiedName} {Printable.Text(name, 100)}";
        return type.Namespaced && !string.IsNullOrEmpty(@namespace) ? $"{subject} in namespace {Printable.Text(@namespace, 100)}" : subject;
    }

    private static string ListPath(ResourceType type, string? @namespace, ListOptions options, int limit, string? continueToken)
    {
        var query = new StringBuilder();
        if (limit > 0)
        {
            query.Append(CultureInfo.InvariantCulture, $"limit={limit}");
        }

        Append(query, "continue", continueToken);
        Append(query, "labelSelector", options.LabelSelector);
        Append(query, "fieldSelector", options.FieldSelector);
        return $"{type.Path(@namespace, name: null)}?{query}";
    }

    private static string WritePath(ResourceType type, string? @namespace, string? name, WriteOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var query = new StringBuilder();
        Append(query, "fieldManager", options.FieldManager);
        Append(query, "dryRun", options.DryRun ? "All" : null);
        return $"{type.Path(@namespace, name)}?{query}";
    }

    private static void Append(StringBuilder query, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            query.Append(query.Length > 0 ? "&" : "").Append(name).Append('=').Append(Uri.EscapeDataString(value));
        }
    }

    private static KubernetesException TooLarge(string what) =>
        new(KubernetesErrorKind.Unreadable, $"{what}: the answer is larger than the console reads");

    private static KubernetesException TimedOut(string what, TimeSpan timeout, Exception exception) =>
        new(KubernetesErrorKind.TimedOut, $"{what}: no complete answer within {timeout.TotalSeconds:0.#} s", exception);

    private async Task ReadPageAsync<T>(string what, string path, ObjectParser<T> parser, Collected<T> collected, CancellationToken cancellationToken)
        where T : class
    {
        var read = await ReadBodyAsync(
            what,
            () => Request(HttpMethod.Get, path),
            JsonLayout.List,
            async (objects, token) =>
            {
                while (await objects.ReadAsync(token).ConfigureAwait(false) is var part and not JsonPart.None)
                {
                    if (part == JsonPart.Object)
                    {
                        collected.Add(parser, objects.Current);
                    }
                    else if (!collected.TrySetMetadata(objects.Current))
                    {
                        throw new KubernetesException(KubernetesErrorKind.Unreadable, $"{what}: the answer is not a list");
                    }

                    if (collected.Bytes + objects.TotalBytes > _options.LongestList)
                    {
                        throw TooLarge(what);
                    }
                }

                return (objects.HasItems, objects.TotalBytes);
            },
            cancellationToken).ConfigureAwait(false);
        if (!read.HasItems)
        {
            throw new KubernetesException(KubernetesErrorKind.Unreadable, $"{what}: the answer is not a list");
        }

        collected.PageRead(read.TotalBytes);
    }

    private Task<JsonElement> WriteAsync(HttpMethod method, string what, string path, byte[] body, string mediaType, CancellationToken cancellationToken, Action<HttpResponseMessage>? answered = null) =>
        SingleAsync(
            what,
            () =>
            {
                var request = Request(method, path);
                request.Content = new ByteArrayContent(body);
                request.Content.Headers.ContentType = new MediaTypeHeaderValue(mediaType);
                return request;
            },
            ParseElement,
            cancellationToken,
            answered);

    /// <summary>A request with one object as its answer. Turned away with 429 it was not carried out, so it is sent again.</summary>
    private async Task<TResult> SingleAsync<TResult>(string what, Func<HttpRequestMessage> create, ParseObject<TResult> parse, CancellationToken cancellationToken, Action<HttpResponseMessage>? answered = null)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await ReadBodyAsync(
                    what,
                    create,
                    JsonLayout.Sequence,
                    async (objects, token) => await objects.ReadAsync(token).ConfigureAwait(false) == JsonPart.Object
                        ? parse(objects.Current)
                        : throw new KubernetesException(KubernetesErrorKind.Unreadable, $"{what}: the answer is empty"),
                    cancellationToken,
                    answered).ConfigureAwait(false);
            }
            catch (KubernetesException exception) when (exception.Kind == KubernetesErrorKind.TooManyRequests && attempt < _options.Attempts)
            {
                var wait = exception.RetryAfter ?? TimeSpan.FromSeconds(1);
                if (wait > _options.LongestWait)
                {
                    throw;
                }

                await Task.Delay(wait, _transport.Time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task<TResult> ReadBodyAsync<TResult>(
        string what,
        Func<HttpRequestMessage> create,
        JsonLayout layout,
        Func<JsonObjectStream, CancellationToken, Task<TResult>> read,
        CancellationToken cancellationToken,
        Action<HttpResponseMessage>? answered = null)
    {
        using var timeout = new CancellationTokenSource(_options.RequestTimeout, _transport.Time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            using var response = await _transport.SendAsync(what, create, linked.Token).ConfigureAwait(false);
            answered?.Invoke(response);
            var body = await KubernetesTransport.OpenBodyAsync(response, linked.Token).ConfigureAwait(false);
            await using (body.ConfigureAwait(false))
            {
                using var objects = new JsonObjectStream(body, layout, _options.LongestObject);
                return await read(objects, linked.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException exception) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw TimedOut(what, _options.RequestTimeout, exception);
        }
        catch (JsonException exception)
        {
            throw new KubernetesException(KubernetesErrorKind.Unreadable, $"{what}: the answer breaks off in the middle, or is not JSON", exception);
        }
        catch (InvalidDataException exception)
        {
            throw new KubernetesException(KubernetesErrorKind.Unreadable, $"{what}: {exception.Message}", exception);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw _transport.Unreachable(what, exception);
        }
    }

    private HttpRequestMessage Request(HttpMethod method, string path, bool compress = true)
    {
        var request = new HttpRequestMessage(method, new Uri(_transport.Connection.Server, path))
        {
            // HTTP/2 carries all watches over one connection; over plain HTTP it becomes 1.1.
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        request.Headers.Accept.Add(s_json);
        request.Headers.UserAgent.ParseAdd("meshconsole");
        if (compress)
        {
            request.Headers.AcceptEncoding.ParseAdd("gzip");
        }

        if (_transport.Connection.TlsServerName is { } serverName && _transport.Connection.Server.Scheme == Uri.UriSchemeHttps)
        {
            // The name the handshake asks for is taken from the Host header; there is no setting of its own that counts.
            request.Headers.Host = serverName;
        }

        if (_impersonation is not null)
        {
            request.Headers.TryAddWithoutValidation("Impersonate-User", _impersonation.User);
            foreach (var group in _impersonation.Groups)
            {
                request.Headers.TryAddWithoutValidation("Impersonate-Group", group);
            }
        }

        return request;
    }

    private delegate TResult ParseObject<out TResult>(ReadOnlySpan<byte> json);

    private sealed class Collected<T>
        where T : class
    {
        public List<T> Items { get; } = [];

        public List<MalformedObject> Malformed { get; } = [];

        public string ResourceVersion { get; private set; } = "";

        public string? Continue { get; private set; }

        public long Bytes { get; private set; }

        public int Pages { get; private set; }

        public void Add(ObjectParser<T> parser, ReadOnlySpan<byte> json)
        {
            if (parser.TryParse(json, out var problem) is { } item)
            {
                Items.Add(item);
            }
            else if (problem is not null)
            {
                var identity = ObjectIdentity.Read(json);
                Malformed.Add(new MalformedObject(identity.Namespace, identity.Name, problem));
            }
        }

        public bool TrySetMetadata(ReadOnlySpan<byte> json)
        {
            try
            {
                var reader = JsonReading.Open(json);
                while (reader.NextProperty())
                {
                    if (reader.ValueTextEquals("resourceVersion"u8))
                    {
                        ResourceVersion = reader.ReadUniqueString("metadata.resourceVersion") ?? "";
                    }
                    else if (reader.ValueTextEquals("continue"u8))
                    {
                        Continue = reader.ReadUniqueString("metadata.continue");
                    }
                    else
                    {
                        reader.SkipValue();
                    }
                }

                return true;
            }
            catch (Exception exception) when (exception is MalformedObjectException or InvalidOperationException or JsonException)
            {
                return false;
            }
        }

        /// <summary>Where the next page begins; it must be said anew by each page.</summary>
        public string? TakeContinue()
        {
            var next = Continue;
            Continue = null;
            return next;
        }

        public void PageRead(long bytes)
        {
            Bytes += bytes;
            Pages++;
        }
    }
}
